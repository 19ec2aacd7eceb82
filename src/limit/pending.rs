//! A request that waits for a store to answer, and what comes of it when no answer comes in time.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::claim::Claim;
use super::exceeded::Exceeded;
use super::refused::Refused;
use super::reservation::Reservation;
use super::rules::Rules;
use super::store::remote::Told;
use super::{Ask, Limiter};

/// What comes of asking.
#[derive(Debug)]
pub enum Asked {
    /// It is decided.
    Now(Result<Reservation, Refused>),
    /// The store was asked.
    Later(Pending),
}

/// A request that waits for the store of its budgets. Dropped before the answer, all is given back that the store has taken or is
/// about to take.
#[derive(Debug)]
#[must_use = "the store has been asked"]
pub struct Pending {
    limiter: Arc<Limiter>,
    rules: Rules,
    claims: Vec<Claim>,
    told: oneshot::Receiver<Told>,
    until: Instant,
}

impl Pending {
    pub(super) fn new(
        limiter: Arc<Limiter>,
        rules: Rules,
        claims: Vec<Claim>,
        told: oneshot::Receiver<Told>,
        until: Instant,
    ) -> Self {
        Self { limiter, rules, claims, told, until }
    }

    /// Waits for the answer, but not longer than the config says.
    pub async fn answer(self) -> Answered {
        let Self { limiter, rules, claims, told, until } = self;
        let told = match timeout_at(until, told).await {
            Ok(Ok(told)) => Decision::Told(told),
            Ok(Err(_)) => limiter.without_store(claims),
            Err(_) => {
                limiter.missed();
                limiter.without_store(claims)
            }
        };
        Answered { rules, told }
    }
}

/// A store's answer, or what stands for it.
#[derive(Debug)]
pub struct Answered {
    rules: Rules,
    told: Decision,
}

/// What was decided.
#[derive(Debug)]
pub(super) enum Decision {
    /// By a store.
    Told(Told),
    /// A rule, by its place in the list, lets nobody through while the store is away.
    Away(usize),
}

impl Answered {
    pub(super) fn new(rules: Rules, told: Decision) -> Self {
        Self { rules, told }
    }

    /// The outcome for the request that asked.
    ///
    /// # Errors
    /// A limit is reached, or the store is away and a limit lets nobody through then.
    pub fn reservation(self, ask: &Ask<'_>) -> Result<Reservation, Refused> {
        match self.told {
            Decision::Told(Told::Taken(hold)) => Ok(Reservation::new(self.rules, hold)),
            Decision::Told(Told::Refused(claims, now)) => Err(Refused::exceeded(Exceeded::new(&self.rules, &claims, ask, now))),
            Decision::Away(index) => Err(Refused::away(self.rules.iter().nth(index).map(|rule| Arc::clone(&rule.name)))),
        }
    }
}
