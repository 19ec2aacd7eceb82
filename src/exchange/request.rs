//! The client's body: where it goes, may it spend, in whose dialect, with which credential.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::forward::{Forward, forward};
use super::reply::Reply;
use super::shared::{Original, Shared};
use super::{Exchange, Metadata};
use crate::auth::Principal;
use crate::rejection::{Kind, Rejection};
use crate::route::Route;
use crate::translate::{self, Facts, Incoming};
use crate::usage::Fact;

/// A request that goes on to a provider.
#[derive(Debug)]
pub struct Sent {
    /// What is sent.
    pub forward: Forward,
    /// The Envoy route that leads there.
    pub envoy_route: Arc<str>,
    /// The number under which attempt streams find the exchange.
    pub id: u64,
    /// What Envoy has to know beforehand: what its rate limit service is asked by. Nothing where there is none.
    pub facts: Metadata,
}

impl Exchange {
    /// The whole body of the request is here.
    pub async fn request(&mut self, body: Bytes) -> Result<Sent, Reply> {
        let sent = self.decide(body).await;
        sent.map_err(|rejection| self.reject(&rejection))
    }

    async fn decide(&mut self, body: Bytes) -> Result<Sent, Rejection> {
        let bounds = &self.snapshot.bounds;
        if body.len() > bounds.request_bytes {
            let limit = bounds.request_bytes;
            return Err(Rejection::new(Kind::TooLarge, format!("the request body is larger than {limit} bytes")));
        }
        if let Some(route) = self.unread.as_ref().map(|unread| Arc::clone(&unread.route)) {
            return self.pass_on(route, body).await;
        }
        if let Some(encoding) = self.fields.get("content-encoding").filter(|encoding| *encoding != "identity") {
            let message = format!("the request body is compressed ({encoding}): send it without content-encoding");
            return Err(Rejection::new(Kind::InvalidRequest, message));
        }
        let depth = bounds.json_depth;
        let original = Arc::new(Original { fields: std::mem::take(&mut self.fields), body });
        let incoming = original.incoming(self.api, depth)?;
        let facts = translate::facts(&incoming)?;
        self.facts = Some(facts.clone());
        let principal = self.principal.clone().ok_or_else(|| Rejection::new(Kind::Internal, "the caller is not known"))?;
        let route = Arc::clone(self.snapshot.routes.select(&facts.model, &principal)?);
        let order = self.reserve(&principal, &facts, &route, &original.fields, &incoming).await?;
        self.send(principal, &original, &incoming, facts, (route, order))
    }

    /// Sends the request to the first provider of an order of the route that can take it.
    pub(super) fn send(
        &mut self,
        principal: Arc<Principal>,
        original: &Arc<Original>,
        incoming: &Incoming<'_>,
        facts: Facts,
        (route, order): (Arc<Route>, usize),
    ) -> Result<Sent, Rejection> {
        let now = Instant::now();
        let snapshot = Arc::clone(&self.snapshot);
        let id = self.engine.registry.number();
        let mut shared = Shared::new(id, snapshot, principal, self.api, facts, Arc::clone(&route), Arc::clone(original));
        let mut refusal = None;
        for &first in route.orders.get(order).map_or(&[][..], |order| &order.choices) {
            let Some(choice) = route.choices.get(first) else { continue };
            shared.begin(first, now);
            match forward(&shared, original, incoming, choice, true) {
                Ok(forward) => return Ok(self.commit(shared, forward)),
                Err(rejection) => refusal = refusal.or(Some(rejection)),
            }
        }
        Err(refusal.unwrap_or_else(|| Rejection::new(Kind::Internal, "the route has no provider")))
    }

    fn commit(&mut self, shared: Shared, mut forward: Forward) -> Sent {
        let shared = Arc::new(shared);
        shared.attempts.lock().dropped(std::mem::take(&mut forward.dropped));
        self.engine.registry.enter(Arc::clone(&shared));
        let envoy_route = shared.envoy_route();
        let id = shared.id;
        self.shared = Some(shared);
        let facts = self.facts_beforehand();
        Sent { forward, envoy_route, id, facts }
    }

    /// The facts by which [`crate::config::RateLimitService`] counts, under the names that they have at the end, too.
    fn facts_beforehand(&self) -> Metadata {
        let (Some(_), Some(shared)) = (&self.snapshot.rate_limit_service, &self.shared) else { return Metadata::new() };
        let first = shared.attempts.lock().list().last().map(|attempt| attempt.choice);
        let provider = first.and_then(|first| shared.route.choices.get(first)).map(|choice| &choice.provider.name);
        let principal = &shared.principal;
        let known = [
            ("key", Some(&*principal.key)),
            ("tenant", principal.tenant.as_deref()),
            ("model_asked", Some(&*shared.facts.model)),
            ("provider", provider.map(|name| &**name)),
        ];
        known.into_iter().filter_map(|(name, text)| Some((name, Fact::text(text?)))).collect()
    }
}
