//! What a request has taken from its buckets, until it is known what it really used.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use tokio::time::Instant;

use super::claim::{Against, Claim};
use super::clock::Moment;
use super::rules::{Rules, Subject};
use super::{Ask, Limiter, standing};
use crate::usage::{Price, Tokens};

/// What a request has used.
#[derive(Debug, Clone, Copy, Default)]
pub enum Spent<'a> {
    /// These tokens.
    At {
        /// At this provider.
        provider: &'a str,
        /// What they cost there, where that is known.
        price: Option<Price>,
        /// The tokens.
        tokens: Tokens,
    },
    /// No tokens: no provider has worked for it.
    #[default]
    Nothing,
}

/// What a request has taken. Settles exactly once, when it is dropped at the latest: no path can leave anything reserved.
///
/// An admitted request counts as a request whatever becomes of it; only what it uses is settled.
#[derive(Debug)]
#[must_use = "dropped at once, it gives all tokens back"]
pub struct Reservation {
    rules: Rules,
    subject: Option<Box<Subject>>,
    hold: Hold,
}

impl Reservation {
    pub(super) fn new(rules: Rules, hold: Hold, ask: &Ask<'_>) -> Self {
        Self { subject: rules.remember(ask), rules, hold }
    }

    /// Charges what was used, at the end of the request, which is `now`: the rest is given back, what is more becomes debt.
    pub fn settle(mut self, spent: Spent<'_>, now: Instant) {
        self.settle_for(&spent, || now);
    }

    /// Charges no tokens: the request was rejected later on, or failed before any provider worked for it.
    pub fn refund(self) {
        drop(self);
    }

    /// OpenAI's `x-ratelimit-*` headers: where the caller stood when this was reserved, in the tightest rule of each kind.
    pub fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        standing::headers(&self.rules, &self.hold.claims, self.hold.taken)
    }

    /// The names of the rules in the shadow that would not have admitted the request.
    pub fn would_exceed(&self) -> Vec<Arc<str>> {
        self.names(|claim| claim.shadow && !claim.fits())
    }

    /// The names of the rules in which the request is not counted, because their store is away and that stops nobody.
    pub fn uncounted(&self) -> Vec<Arc<str>> {
        self.names(|claim| claim.answer.counts == Against::Nothing)
    }

    fn names(&self, is_told: impl Fn(&Claim) -> bool) -> Vec<Arc<str>> {
        let told = self.hold.claims.iter().filter(|claim| is_told(claim));
        told.filter_map(|claim| Some(Arc::clone(&self.rules.of(claim)?.name))).collect()
    }

    fn settle_for(&mut self, spent: &Spent<'_>, now: impl FnOnce() -> Instant) {
        if self.hold.settled {
            return;
        }
        let about = (self.hold.limiter.names, self.hold.taken);
        self.rules.note_used(&mut self.hold.claims, self.subject.as_deref(), spent, about);
        self.hold.settle(now);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.settle_for(&Spent::Nothing, Instant::now);
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
    pub(super) fn settle(&mut self, now: impl FnOnce() -> Instant) {
        if std::mem::replace(&mut self.settled, true) {
            return;
        }
        match self.place {
            Place::Memory => self.limiter.settle(&self.claims, self.taken, now),
            Place::Remote(flight) => {
                if let Some(remote) = &self.limiter.remote {
                    remote.settle(&self.claims, (self.taken, now()), flight);
                }
            }
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.settle(Instant::now);
    }
}
