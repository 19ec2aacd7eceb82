//! Requests that fail to say who they are, counted for each address that they come from.
//!
//! It saves work, it guards no secret: keys are too long to be guessed. A source that fails too often is told to wait instead of
//! what is wrong, and no signature of a token is checked for it. A key that is known, a token that was checked before and a client
//! certificate come in all the same, whoever else fails behind the same address.
//!
//! The arithmetic is governor's; what it remembers stands in a table of ours, which is bounded: when it is full of sources that
//! matter, all new ones share one entry. That is stricter, never looser.

use core::net::IpAddr;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::rejection::{Kind, Rejection};

/// The most sources that are remembered.
const MOST_SOURCES: usize = 10_000;
/// A full table is looked through at most once in this time, in nanoseconds.
const BETWEEN_SWEEPS: u64 = 1_000_000_000;

/// How often an address may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// So many failures at once …
    pub failures: NonZeroU32,
    /// … and as many again in this time.
    pub every: Duration,
}

/// What the throttle is doing, for the person on call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThrottleStatus {
    /// Sources that are remembered because they failed lately.
    pub sources: usize,
    /// Requests that were told to wait.
    pub refused: u64,
}

/// Counts failures.
#[derive(Debug)]
pub(super) struct Throttle {
    allowance: Allowance,
    table: Arc<Mutex<Table>>,
    limiter: RateLimiter<Ask, Book, Since, NoOpMiddleware<Nanos>>,
    refused: AtomicU64,
}

impl Throttle {
    /// `None`: the time is so short that nothing would be held back.
    pub(super) fn new(allowance: Allowance) -> Option<Self> {
        Self::with_room_for(MOST_SOURCES, allowance)
    }

    fn with_room_for(sources: usize, allowance: Allowance) -> Option<Self> {
        let share = allowance.every.checked_div(allowance.failures.get())?;
        let quota = Quota::with_period(share)?.allow_burst(allowance.failures);
        let clock = Since(Instant::now());
        let table = Arc::new(Mutex::new(Table { marks: HashMap::new(), most: sources, swept: None }));
        let limiter = RateLimiter::new(quota, Book { clock, table: Arc::clone(&table) }, clock);
        Some(Self { allowance, table, limiter, refused: AtomicU64::new(0) })
    }

    pub(super) fn allowance(&self) -> Allowance {
        self.allowance
    }

    /// Whether the source may fail once more; nothing is counted.
    pub(super) fn allows(&self, source: IpAddr) -> Result<(), Rejection> {
        self.check(source, false)
    }

    /// Counts a failure. An error: there were too many.
    pub(super) fn failed(&self, source: IpAddr) -> Result<(), Rejection> {
        self.check(source, true)
    }

    pub(super) fn status(&self) -> ThrottleStatus {
        ThrottleStatus { sources: self.table.lock().marks.len(), refused: self.refused.load(Ordering::Relaxed) }
    }

    fn check(&self, source: IpAddr, counts: bool) -> Result<(), Rejection> {
        let checked = self.limiter.check_key(&Ask { source: Source::of(source), counts });
        checked.map_err(|not_until| {
            self.refused.fetch_add(1, Ordering::Relaxed);
            wait(not_until.wait_time_from(self.limiter.clock().now()))
        })
    }
}

fn wait(time: Duration) -> Rejection {
    let message = "Too many requests from this address did not say who they are, or said it wrongly. Correct the key or token, and \
                   try again later.";
    Rejection { retry_after: Some(time), ..Rejection::new(Kind::TooManyFailures, message) }
}

/// Where requests come from: one address, or one network of IPv6, since whoever has one address there has 2⁶⁴.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    Address(IpAddr),
    Network(u64),
    /// All who found no room for an entry of their own.
    Others,
}

impl Source {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => Self::Network(u64::try_from(address.to_bits() >> 64).unwrap_or_default()),
            address @ IpAddr::V4(_) => Self::Address(address),
        }
    }
}

/// A question to governor: may `source` fail? Only where it `counts` is the answer written down.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Ask {
    source: Source,
    counts: bool,
}

/// Time since the throttle began, which tests can pause.
#[derive(Debug, Clone, Copy)]
struct Since(Instant);

impl Clock for Since {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

/// What governor remembers: for each source the time at which all of its failures will be forgotten.
#[derive(Debug)]
struct Book {
    clock: Since,
    table: Arc<Mutex<Table>>,
}

#[derive(Debug)]
struct Table {
    marks: HashMap<Source, Nanos>,
    most: usize,
    swept: Option<u64>,
}

impl StateStore for Book {
    type Key = Ask;

    fn measure_and_replace<T, F, E>(&self, ask: &Ask, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut table = self.table.lock();
        let source = table.place(ask.source, self.clock.now().as_u64());
        let (outcome, mark) = decide(table.marks.get(&source).copied())?;
        if ask.counts {
            table.marks.insert(source, mark);
        }
        Ok(outcome)
    }
}

impl Table {
    /// Where a source is written down.
    fn place(&mut self, source: Source, now: u64) -> Source {
        if self.marks.len() < self.most || self.marks.contains_key(&source) {
            return source;
        }
        if self.swept.is_none_or(|swept| now.saturating_sub(swept) >= BETWEEN_SWEEPS) {
            self.swept = Some(now);
            self.marks.retain(|_, mark| mark.as_u64() > now);
        }
        if self.marks.len() < self.most { source } else { Source::Others }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn throttle(failures: u32, room: usize) -> Throttle {
        let failures = NonZeroU32::new(failures).unwrap();
        Throttle::with_room_for(room, Allowance { failures, every: MINUTE }).unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_fails_too_often_waits_for_its_share_of_the_time() {
        let throttle = throttle(3, 10);
        let source = address("192.0.2.1");
        for _ in 0..3 {
            assert!(throttle.allows(source).is_ok());
            assert!(throttle.failed(source).is_ok());
        }
        let refused = throttle.failed(source).unwrap_err();
        assert_eq!((refused.kind, refused.retry_after), (Kind::TooManyFailures, Some(MINUTE / 3)));
        assert!(throttle.allows(source).is_err());
        assert!(throttle.allows(address("192.0.2.2")).is_ok(), "another source is not concerned");
        tokio::time::advance(MINUTE / 3).await;
        assert!(throttle.allows(source).is_ok());
        assert!(throttle.failed(source).is_ok());
        assert!(throttle.failed(source).is_err());
        assert_eq!(throttle.status(), ThrottleStatus { sources: 1, refused: 3 });
    }

    #[tokio::test(start_paused = true)]
    async fn to_ask_counts_nothing() {
        let throttle = throttle(1, 10);
        for _ in 0..10 {
            assert!(throttle.allows(address("192.0.2.1")).is_ok());
        }
        assert_eq!(throttle.status().sources, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_of_ipv6_is_one_source_and_a_mapped_address_is_its_own_in_ipv4() {
        let throttle = throttle(1, 10);
        assert!(throttle.failed(address("2001:db8::1")).is_ok());
        assert!(throttle.failed(address("2001:db8::ffff:1")).is_err());
        assert!(throttle.failed(address("2001:db8:0:1::1")).is_ok());
        assert!(throttle.failed(address("::ffff:192.0.2.1")).is_ok());
        assert!(throttle.failed(address("192.0.2.1")).is_err());
        assert!(throttle.failed(address("192.0.2.2")).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded_and_forgets_only_what_no_longer_matters() {
        let throttle = throttle(1, 100);
        let nth = |n: u32| IpAddr::from((0xC000_0200 + n).to_be_bytes());
        for n in 0..100 {
            assert!(throttle.failed(nth(n)).is_ok());
        }
        assert!(throttle.failed(nth(100)).is_ok(), "the first of the others");
        assert!(throttle.failed(nth(101)).is_err(), "shares its entry");
        assert_eq!(throttle.status().sources, 101);
        assert!((0..100).all(|n| throttle.failed(nth(n)).is_err()), "none was forgotten");
        tokio::time::advance(MINUTE).await;
        assert!(throttle.failed(nth(200)).is_ok());
        assert_eq!(throttle.status().sources, 1);
    }
}
