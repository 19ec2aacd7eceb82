//! Asking wherever budgets are kept: at once in memory; elsewhere the request waits, but never longer than the config says, and what
//! no store decides, the rules decide for the time that it is away.

use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use super::claim::Claim;
use super::clock::Moment;
use super::exceeded::Exceeded;
use super::refused::Refused;
use super::reservation::{Hold, Place, Reservation};
use super::rules::Rules;
use super::store::remote::{Remote, Told};
use super::{Ask, Limiter};
use crate::config::model::WhenAway;

/// What was decided.
#[derive(Debug)]
pub(super) enum Decision {
    /// By a store.
    Told(Told),
    /// This rule lets nobody through while the store is away.
    Away(usize),
}

impl Limiter {
    /// Takes what the request asks for from the bucket of every rule, wherever budgets are kept, or nothing from any. Does not wait
    /// where they are in memory. Dropped before the answer, all is given back that the store has taken or is about to take.
    ///
    /// # Errors
    /// A limit is reached, or the store is away and a limit lets nobody through then.
    pub async fn ask(self: &Arc<Self>, rules: &Rules, ask: &Ask<'_>, now: Instant) -> Result<Reservation, Refused> {
        let Some(remote) = self.remote.as_ref().filter(|_| !rules.is_empty()) else {
            return Ok(self.reserve(rules, ask, now)?);
        };
        rules.can_price(ask)?;
        let claims = rules.claims(ask, self.names, self.clock.at(now));
        match self.decide(remote, claims, now).await {
            Decision::Told(Told::Taken(hold)) => Ok(Reservation::new(rules.clone(), hold, ask)),
            Decision::Told(Told::Refused(claims, now)) => Err(Refused::exceeded(Exceeded::new(rules, &claims, ask, now))),
            Decision::Away(index) => Err(Refused::away(rules.iter().nth(index).map(|rule| Arc::clone(&rule.name)))),
        }
    }

    pub(super) async fn decide(self: &Arc<Self>, remote: &Remote, claims: Vec<Claim>, now: Instant) -> Decision {
        let Some(told) = remote.ask(claims.clone(), false) else { return self.without_store(remote, claims) };
        match timeout_at(now + remote.terms.timeout, told).await {
            Ok(Ok(told)) => Decision::Told(told),
            Ok(Err(_)) => self.without_store(remote, claims),
            Err(_) => {
                remote.breaker.missed();
                self.without_store(remote, claims)
            }
        }
    }

    /// Decides by what each rule says for the time that the store is away.
    fn without_store(self: &Arc<Self>, remote: &Remote, mut claims: Vec<Claim>) -> Decision {
        let terms = remote.terms;
        let when_away = |claim: &Claim| claim.when_away.unwrap_or(terms.when_away);
        if let Some(index) = claims.iter().position(|claim| when_away(claim) == WhenAway::Deny && !claim.shadow) {
            return Decision::Away(claims.get(index).map_or(0, |claim| claim.rule));
        }
        for claim in &mut claims {
            match when_away(claim) {
                WhenAway::Local => claim.count_against_part(terms.gateways),
                WhenAway::Allow | WhenAway::Deny => claim.count_against_nothing(),
            }
        }
        let now = self.clock.at(Instant::now());
        self.take(&mut claims, now);
        Decision::Told(if claims.iter().any(Claim::refuses) {
            Told::Refused(claims, now)
        } else {
            Told::Taken(Hold::new(Arc::clone(self), Place::Memory, claims, now))
        })
    }

    /// Finds out where the buckets of claims stand, and when that was; `None`: the store is away.
    pub(super) async fn look(&self, mut claims: Vec<Claim>) -> Option<(Vec<Claim>, Moment)> {
        let now = Instant::now();
        let Some(remote) = &self.remote else {
            let now = self.clock.at(now);
            self.memory.look(&mut claims, now);
            return Some((claims, now));
        };
        match timeout_at(now + remote.terms.timeout, remote.ask(claims, true)?).await {
            Ok(Ok(Told::Refused(claims, now))) => Some((claims, now)),
            _ => None,
        }
    }
}
