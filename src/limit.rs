//! Stage 4, may it spend: limits on requests and tokens. Reserve before the provider is called, settle when the answer has ended.
//!
//! [`Limiter`] owns every bucket and outlives config reloads; [`Rules`] are a config's limits, ready to use; [`Limiter::reserve`]
//! checks one [`Ask`] against all rules and takes from all buckets or from none; the [`Reservation`] settles exactly once,
//! by [`Reservation::settle`] or by being dropped.
//!
//! Every bucket is one signed number, the theoretical arrival time of GCRA (`pace`). Token rules decide by our own arithmetic,
//! which must go into debt and give back; request rules are decided by `governor`, whose state lives in our table like any
//! other. All checks and all takes of a request happen under one lock: it is held for about 100 ns for each rule
//! at most, and it makes "all or nothing" plain instead of a roll-back that others could see in between. A rejection writes nothing.

mod claim;
mod estimate;
mod exceeded;
mod pace;
mod reservation;
mod rules;
mod standing;
mod table;
#[cfg(test)]
mod tests;

use std::hash::RandomState;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::time::Instant;

use claim::Claim;
use table::Table;

use crate::usage::Tokens;

pub use estimate::{estimate_input_tokens, estimate_output_tokens};
pub use exceeded::Exceeded;
pub use reservation::{Reservation, Spent};
pub use rules::{Counts, Rules, UNASKED_OUTPUT};

/// What a request wants to spend.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The name of the API key.
    pub key: &'a str,
    /// Who the key belongs to. Callers without a tenant share the budget of a rule per tenant.
    pub tenant: Option<&'a str>,
    /// The model asked for.
    pub model: &'a str,
    /// Prompt tokens, estimated.
    pub input_tokens: u64,
    /// The most output tokens asked for, over all choices; `None`: the caller did not say.
    pub output_tokens: Option<u64>,
}

/// All buckets. One for the process, shared.
#[derive(Debug)]
pub struct Limiter {
    /// Time is counted from here, in nanoseconds.
    epoch: Instant,
    /// Seeded at random, so that nobody can choose names that share a bucket.
    hasher: RandomState,
    table: Mutex<Table>,
    /// When it was last said that memory is full.
    complained: AtomicU64,
}

/// It is not said more often than this, in nanoseconds.
const BETWEEN_COMPLAINTS: u64 = 60_000_000_000;

impl Limiter {
    /// A limiter in which every bucket is full.
    pub fn new() -> Arc<Self> {
        Self::with_room_for(table::MOST_BUCKETS)
    }

    fn with_room_for(buckets: usize) -> Arc<Self> {
        Arc::new(Self {
            epoch: Instant::now(),
            hasher: RandomState::new(),
            table: Mutex::new(Table::new(buckets)),
            complained: AtomicU64::new(0),
        })
    }

    /// Takes what the request asks for from the bucket of every rule, or nothing from any.
    ///
    /// Of several rules that do not admit the request, one that it can never fit is told first, then the one with the longest
    /// wait.
    pub fn reserve(self: &Arc<Self>, rules: &Rules, ask: &Ask<'_>, now: Instant) -> Result<Reservation, Exceeded> {
        let mut claims: Vec<Claim> = rules.iter().map(|rule| Claim::new(rule, ask, &self.hasher)).collect();
        let elapsed = self.elapsed(now);
        self.take(rules, &mut claims, elapsed);
        if claims.iter().any(|claim| claim.shares) {
            self.complain(elapsed);
        }
        let worst = rules.iter().zip(&claims).filter(|(_, claim)| !claim.fits()).max_by_key(|(_, claim)| claim.verdict);
        match worst {
            None => Ok(Reservation::new(Arc::clone(self), rules.clone(), claims, elapsed)),
            Some((rule, claim)) => {
                let standings = rules.iter().zip(&claims).map(|(rule, claim)| claim.standing_before(rule));
                Err(Exceeded::new(rule, claim, ask, standing::headers(standings)))
            }
        }
    }

    /// How many buckets are held in memory: those that are not full, and some that are and wait to be forgotten.
    pub fn buckets(&self) -> usize {
        self.table.lock().len()
    }

    /// Checks all claims, then takes all of them or none.
    fn take(&self, rules: &Rules, claims: &mut [Claim], elapsed: u64) {
        if claims.is_empty() {
            return;
        }
        let mut table = self.table.lock();
        table.tend(elapsed);
        for (rule, claim) in rules.iter().zip(claims.iter_mut()) {
            claim.check(rule, &table, elapsed);
        }
        if claims.iter().all(Claim::fits) {
            for (rule, claim) in rules.iter().zip(claims.iter()) {
                claim.take(rule, &mut table, elapsed);
            }
        }
    }

    fn complain(&self, elapsed: u64) {
        let last = self.complained.load(Ordering::Relaxed);
        let due = last == 0 || elapsed.saturating_sub(last) >= BETWEEN_COMPLAINTS;
        if due && self.complained.compare_exchange(last, elapsed.max(1), Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            tracing::error!("the limiter's memory is full: new keys, tenants or models share one budget for each limit");
        }
    }

    fn settle(&self, rules: &Rules, claims: &[Claim], taken: u64, used: &Tokens) {
        if rules.iter().all(|rule| !rule.counts.are_settled()) {
            return;
        }
        let elapsed = self.elapsed(Instant::now());
        let mut table = self.table.lock();
        for (rule, claim) in rules.iter().zip(claims) {
            claim.settle(rule, &mut table, taken, elapsed, used);
        }
    }

    /// Nanoseconds from the epoch to `now`: 584 years fit.
    fn elapsed(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.epoch).as_nanos()).unwrap_or(u64::MAX)
    }
}
