//! What a request has taken from its buckets, until it is known what it really used.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};

use super::claim::Claim;
use super::clock::Moment;
use super::rules::Rules;
use super::{Limiter, standing};
use crate::usage::Tokens;

/// What a request has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Spent {
    /// These tokens.
    Tokens(Tokens),
    /// No tokens: no provider has worked for it.
    #[default]
    Nothing,
}

/// What a request has taken. Settles exactly once, when it is dropped at the latest: no path can leave anything reserved.
///
/// An admitted request counts as a request whatever becomes of it; only tokens are settled.
#[derive(Debug)]
#[must_use = "dropped at once, it gives all tokens back"]
pub struct Reservation {
    rules: Rules,
    hold: Hold,
    used: Spent,
}

impl Reservation {
    pub(super) fn new(rules: Rules, hold: Hold) -> Self {
        Self { rules, hold, used: Spent::Nothing }
    }

    /// Charges what was used: the rest is given back, what is more becomes debt.
    pub fn settle(mut self, used: Spent) {
        self.used = used;
    }

    /// Charges no tokens: the request was rejected later on, or failed before any provider worked for it.
    pub fn refund(self) {
        self.settle(Spent::Nothing);
    }

    /// OpenAI's `x-ratelimit-*` headers: where the caller stood when this was reserved, in the tightest rule of each kind.
    pub fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        standing::headers(&self.rules, &self.hold.claims, self.hold.taken)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let used = match self.used {
            Spent::Tokens(tokens) => tokens,
            Spent::Nothing => Tokens::default(),
        };
        let rules = &self.rules;
        self.hold.settle(|index| rules.iter().nth(index).map_or(0, |rule| rule.counts.spent(&used)));
    }
}

/// What was taken for a list of claims, wherever it was. Dropped before anybody has said what was used, it gives everything back, the
/// request itself, too: nobody has waited for it.
#[derive(Debug)]
pub(super) struct Hold {
    limiter: Arc<Limiter>,
    place: Place,
    pub(super) claims: Vec<Claim>,
    pub(super) taken: Moment,
    settled: bool,
}

/// Who has taken it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// This process's memory.
    Memory,
    /// The store that is elsewhere, which knows the places in flight by this number.
    Remote(u64),
}

impl Hold {
    pub(super) fn new(limiter: Arc<Limiter>, place: Place, claims: Vec<Claim>, taken: Moment) -> Self {
        Self { limiter, place, claims, taken, settled: false }
    }

    /// Settles each claim for what was used of it.
    pub(super) fn settle(&mut self, used: impl Fn(usize) -> u64) {
        if std::mem::replace(&mut self.settled, true) {
            return;
        }
        let settled = self.claims.iter().enumerate().map(|(index, claim)| (claim, used(index)));
        match self.place {
            Place::Memory => self.limiter.settle(settled, self.taken),
            Place::Remote(flight) => {
                if let Some(remote) = &self.limiter.remote {
                    remote.settle(settled, self.taken, flight);
                }
            }
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.settle(|_| 0);
    }
}
