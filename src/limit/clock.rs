//! The limiter's time: whole microseconds, counted from 1970 as Redis counts them.
//!
//! Budgets that drain do so in steady time, which no clock that is put right can turn back. Days and months begin by the wall clock,
//! which a suspended machine or a clock that was set may have moved on: it is read again now and then ([`Clock::put_right`]).

use std::sync::atomic::{AtomicI64, Ordering};

use tokio::time::Instant;

/// A moment, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// In steady time: what drains, drains by it.
    pub(super) steady: u64,
    /// By the wall clock: what begins anew with a day or a month does so by it.
    pub(super) wall: i64,
}

/// Tells the moment.
#[derive(Debug)]
pub(super) struct Clock {
    epoch: Instant,
    /// What the wall clock said at the epoch.
    began: u64,
    /// How far the wall clock is ahead of steady time.
    ahead: AtomicI64,
}

impl Clock {
    pub(super) fn new() -> Self {
        let began = u64::try_from(wall()).unwrap_or_default();
        Self { epoch: Instant::now(), began, ahead: AtomicI64::new(0) }
    }

    pub(super) fn at(&self, now: Instant) -> Moment {
        let elapsed = u64::try_from(now.saturating_duration_since(self.epoch).as_micros()).unwrap_or(u64::MAX);
        let steady = self.began.saturating_add(elapsed);
        let wall = i64::try_from(steady).unwrap_or(i64::MAX).saturating_add(self.ahead.load(Ordering::Relaxed));
        Moment { steady, wall }
    }

    /// Takes the wall clock at its word.
    pub(super) fn put_right(&self) {
        let steady = i64::try_from(self.at(Instant::now()).steady).unwrap_or(i64::MAX);
        self.ahead.store(wall().saturating_sub(steady), Ordering::Relaxed);
    }
}

fn wall() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}
