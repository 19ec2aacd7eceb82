//! May it spend: what the limits are asked, and for which provider.
//!
//! Limits are asked for the provider that is tried first. Where it is the provider's budget that has no room, the next one is asked for,
//! as if the first one rested; if none has room, the client is told of the one that has it soonest.

use tokio::time::Instant;

use super::Exchange;
use super::fields::Fields;
use crate::auth::Principal;
use crate::limit::{self, Ask, Exceeded, Refused};
use crate::rejection::{Kind, Rejection};
use crate::route::{Choice, Route};
use crate::translate::calls::Prompt;
use crate::translate::{self, Facts, Incoming};

/// Whose request it is, and what of it limits look at.
struct Asking<'a> {
    principal: &'a Principal,
    facts: &'a Facts,
    route: &'a Route,
    headers: Vec<Option<&'a str>>,
    claims: Vec<Option<&'a str>>,
}

impl Exchange {
    /// Reserves what the request may use: the only place where an exchange waits, for the store of the budgets, where that is not in
    /// memory. Which order of the route to try: an index into its orders.
    pub(super) async fn reserve(
        &mut self,
        principal: &Principal,
        facts: &Facts,
        route: &Route,
        fields: &Fields,
        incoming: &Incoming<'_>,
    ) -> Result<usize, Rejection> {
        self.input_estimate = match translate::prompt(incoming) {
            Prompt::Text => limit::estimate_input_tokens(incoming.body),
            Prompt::Tokens(tokens) => tokens,
        };
        let rules = &self.snapshot.limits;
        let headers = rules.wanted_headers().iter().map(|name| fields.get(name)).collect();
        let claims = rules.wanted_claims().iter().map(|name| principal.claims.get(&**name).map(|value| &**value)).collect();
        let asking = Asking { principal, facts, route, headers, claims };
        let random = rand::random();
        let mut full: Vec<&str> = Vec::new();
        let mut soonest: Option<Exceeded> = None;
        loop {
            let now = Instant::now();
            let Some(picked) = route.pick_without(&full, &self.engine.health, now, random) else { break };
            let Some(choice) = route.choices.get(picked) else { break };
            match self.engine.limiter.ask(rules, &self.ask(&asking, choice), now).await {
                Ok(reservation) => {
                    self.reservation = Some(reservation);
                    return Ok(picked);
                }
                Err(Refused::Exceeded(exceeded)) if exceeded.is_about_the_provider() => {
                    full.push(&choice.provider.name);
                    soonest = Some(sooner(soonest, exceeded));
                }
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(soonest.map_or_else(|| Rejection::new(Kind::Internal, "the route has no provider"), Rejection::from))
    }

    /// What the request asks for, if this choice comes first.
    fn ask<'a>(&self, asking: &'a Asking<'a>, choice: &'a Choice) -> Ask<'a> {
        Ask {
            key: &asking.principal.key,
            tenant: asking.principal.tenant.as_deref(),
            model: &asking.facts.model,
            route: &asking.route.name,
            provider: &choice.provider.name,
            headers: &asking.headers,
            claims: &asking.claims,
            price: if self.snapshot.limits.count_money() { self.price(choice, None) } else { None },
            input_tokens: self.input_estimate,
            output_tokens: asking.facts.max_output_tokens,
        }
    }
}

/// Which of two limits lets the request through sooner, if one does at all.
fn sooner(one: Option<Exceeded>, other: Exceeded) -> Exceeded {
    match one {
        Some(one) if one.retry_after().is_some_and(|wait| other.retry_after().is_none_or(|later| wait <= later)) => one,
        _ => other,
    }
}
