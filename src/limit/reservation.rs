//! What a request has taken from its buckets, until it is known what it really used.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};

use super::claim::Claim;
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
    limiter: Arc<Limiter>,
    rules: Rules,
    claims: Vec<Claim>,
    /// When it was made, in the limiter's time.
    taken: u64,
    used: Spent,
}

impl Reservation {
    pub(super) fn new(limiter: Arc<Limiter>, rules: Rules, claims: Vec<Claim>, taken: u64) -> Self {
        Self { limiter, rules, claims, taken, used: Spent::Nothing }
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
        standing::headers(self.rules.iter().zip(&self.claims).map(|(rule, claim)| claim.standing_after(rule)))
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let used = match self.used {
            Spent::Tokens(tokens) => tokens,
            Spent::Nothing => Tokens::default(),
        };
        self.limiter.settle(&self.rules, &self.claims, self.taken, &used);
    }
}
