//! Stage 4, may it spend: limits on requests, tokens, money and more. Reserve before the provider is called, settle when the
//! answer has ended.
//!
//! [`Limiter`] owns every bucket and outlives config reloads; [`Rules`] are a config's limits, ready to use; [`Limiter::reserve`]
//! checks one [`Ask`] against all rules and takes from all buckets or from none; the [`Reservation`] settles exactly once,
//! by [`Reservation::settle`] or by being dropped.
//!
//! A rule makes a [`claim::Claim`] on a bucket; a store answers all claims of a request, all or nothing, and settles them (`store`).
//! Every bucket is one number, with one arithmetic wherever it is kept (`budget`). In memory all checks and all takes of a request
//! happen under one lock, which makes "all or nothing" plain instead of a roll-back that others could see in between. A rejection
//! writes nothing.

mod asking;
mod budget;
mod claim;
mod clock;
mod estimate;
mod exceeded;
mod expression;
mod names;
mod period;
mod refused;
#[cfg_attr(not(feature = "redis"), allow(dead_code, reason = "only a store that is elsewhere needs the rest"))]
mod reservation;
mod rules;
mod standing;
mod state;
#[cfg_attr(not(feature = "redis"), allow(dead_code, reason = "only a store that is elsewhere needs the rest"))]
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

use claim::Claim;
use clock::{Clock, Moment};
use names::Names;
use reservation::{Hold, Place};
use store::memory::Memory;
use store::remote::Remote;

use crate::usage::Price;

pub use estimate::{estimate_input_tokens, estimate_output_tokens};
pub use exceeded::Exceeded;
pub use expression::{Expression, ExpressionError};
pub use refused::Refused;
pub use reservation::{Reservation, Spent};
pub use rules::{Counts, Rules, UNASKED_OUTPUT};
pub use standing::{DAYS, span};
pub use state::{Amount, Known, State, States};
#[cfg(feature = "redis")]
pub use store::redis::{Line, check_url};

/// What a request wants to spend.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The name of the API key.
    pub key: &'a str,
    /// Who the key belongs to. Callers without a tenant share the budget of a rule per tenant.
    pub tenant: Option<&'a str>,
    /// The model asked for.
    pub model: &'a str,
    /// The route's name.
    pub route: &'a str,
    /// The provider that is tried first.
    pub provider: &'a str,
    /// What the request says in [`Rules::wanted_headers`].
    pub headers: &'a [Option<&'a str>],
    /// What the caller's token says in [`Rules::wanted_claims`].
    pub claims: &'a [Option<&'a str>],
    /// What the provider's tokens cost, where that is known and [`Rules::count_money`].
    pub price: Option<Price>,
    /// Prompt tokens, estimated.
    pub input_tokens: u64,
    /// The most output tokens asked for, over all choices; `None`: the caller did not say.
    pub output_tokens: Option<u64>,
}

impl Ask<'_> {
    /// Nobody wants nothing.
    pub const fn nobody() -> Self {
        Self {
            key: "",
            tenant: None,
            model: "",
            route: "",
            provider: "",
            headers: &[],
            claims: &[],
            price: None,
            input_tokens: 0,
            output_tokens: None,
        }
    }
}

/// All budgets. One for the process, shared.
#[derive(Debug)]
pub struct Limiter {
    clock: Clock,
    names: Names,
    memory: Memory,
    remote: Option<Arc<Remote>>,
    /// When it was last said that memory is full.
    complained: AtomicU64,
}

/// How a store does that is elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct StoreStatus {
    /// Whether it is away.
    pub away: bool,
    /// Requests whose settlement never reached it: what they reserved stays charged.
    pub settlements_lost: u64,
}

/// It is not said more often than this, in microseconds.
const BETWEEN_COMPLAINTS: u64 = 60_000_000;

impl Limiter {
    /// A limiter in which every bucket is full.
    pub fn new() -> Arc<Self> {
        Self::with_room_for(store::MOST_BUCKETS)
    }

    fn with_room_for(buckets: usize) -> Arc<Self> {
        Self::made_of(Names::random(), buckets, None)
    }

    /// A limiter that keeps its budgets elsewhere, and in memory only while that is away.
    #[cfg(feature = "redis")]
    fn with_remote(remote: Arc<Remote>) -> Arc<Self> {
        Self::made_of(Names::fleet(), store::MOST_BUCKETS, Some(remote))
    }

    fn made_of(names: Names, buckets: usize, remote: Option<Arc<Remote>>) -> Arc<Self> {
        let (clock, memory) = (Clock::new(), Memory::new(buckets));
        Arc::new(Self { clock, names, memory, remote, complained: AtomicU64::new(0) })
    }

    /// Takes what the request asks for from the bucket of every rule in this process's memory, or nothing from any.
    ///
    /// Of several rules that do not admit the request, one that it can never fit is told first, then the one with the longest
    /// wait.
    pub fn reserve(self: &Arc<Self>, rules: &Rules, ask: &Ask<'_>, now: Instant) -> Result<Reservation, Exceeded> {
        rules.can_price(ask)?;
        let now = self.clock.at(now);
        let mut claims = rules.claims(ask, self.names, now);
        self.take(&mut claims, now);
        match Exceeded::new(rules, &claims, ask, now) {
            Some(exceeded) => Err(exceeded),
            None => Ok(Reservation::new(rules.clone(), Hold::new(Arc::clone(self), Place::Memory, claims, now), ask)),
        }
    }

    /// How many buckets are held in memory: those that are not full, and some that are and wait to be forgotten.
    pub fn buckets(&self) -> usize {
        self.memory.len()
    }

    /// How the store does, where budgets are kept elsewhere.
    pub fn store(&self) -> Option<StoreStatus> {
        let remote = self.remote.as_ref()?;
        Some(StoreStatus { away: remote.breaker.is_away(), settlements_lost: remote.lost() })
    }

    /// Resolves when all that was settled before has reached the store of the budgets.
    pub async fn flush(&self) {
        if let Some(remote) = &self.remote {
            remote.flush().await;
        }
    }

    /// Reads the wall clock again, by which days and months begin.
    pub fn put_clock_right(&self) {
        self.clock.put_right();
    }

    /// Takes from memory.
    fn take(&self, claims: &mut [Claim], now: Moment) {
        self.memory.take(claims, now);
        if claims.iter().any(|claim| claim.answer.common) {
            self.complain(now);
        }
    }

    fn settle(&self, claims: &[Claim], taken: Moment, now: impl FnOnce() -> Instant) {
        self.memory.settle(claims, taken, || self.clock.at(now()));
    }

    fn complain(&self, now: Moment) {
        let last = self.complained.load(Ordering::Relaxed);
        let due = last == 0 || now.steady.saturating_sub(last) >= BETWEEN_COMPLAINTS;
        if due && self.complained.compare_exchange(last, now.steady.max(1), Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            tracing::error!("the limiter's memory is full: new keys, tenants or models share one budget for each limit");
        }
    }
}
