//! Whether the store is asked at all. Opens when it fails, or is too slow several times in a row; closed again by whoever has
//! found it well. Each change is told once.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

/// So many answers in a row that are late or missing mean that the store is away.
const MISSES: u32 = 5;

/// Nobody has looked for the store yet.
const UNKNOWN: u8 = 0;
const THERE: u8 = 1;
const AWAY: u8 = 2;

/// Whether the store is asked.
#[derive(Debug)]
pub(in crate::limit) struct Breaker {
    state: AtomicU8,
    misses: AtomicU32,
}

impl Breaker {
    /// Open: nobody has found the store yet.
    pub(in crate::limit) fn new() -> Self {
        Self { state: AtomicU8::new(UNKNOWN), misses: AtomicU32::new(0) }
    }

    pub(in crate::limit) fn is_away(&self) -> bool {
        self.state.load(Ordering::Relaxed) != THERE
    }

    /// An answer came in time.
    pub(in crate::limit) fn answered(&self) {
        self.misses.store(0, Ordering::Relaxed);
    }

    /// An answer did not come in time.
    pub(in crate::limit) fn missed(&self) {
        if self.misses.fetch_add(1, Ordering::Relaxed) + 1 >= MISSES {
            self.open("it answers too slowly");
        }
    }

    /// The store is away, for this reason.
    pub(in crate::limit) fn open(&self, reason: &str) {
        if self.state.swap(AWAY, Ordering::Relaxed) != AWAY {
            tracing::error!(reason, "the limit store is away: limits are what `when_away` says until it is back");
        }
    }

    /// The store is there.
    pub(in crate::limit) fn close(&self) {
        self.misses.store(0, Ordering::Relaxed);
        if self.state.swap(THERE, Ordering::Relaxed) != THERE {
            tracing::info!("the limit store is there: limits are shared");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_several_misses_in_a_row_and_not_after_as_many_with_answers_between() {
        let breaker = Breaker::new();
        breaker.close();
        for _ in 0..3 {
            (1..MISSES).for_each(|_| breaker.missed());
            assert!(!breaker.is_away());
            breaker.answered();
        }
        (0..MISSES).for_each(|_| breaker.missed());
        assert!(breaker.is_away());
        breaker.close();
        breaker.missed();
        assert!(!breaker.is_away());
    }

    #[test]
    fn a_failure_opens_it_at_once() {
        let breaker = Breaker::new();
        assert!(breaker.is_away(), "nobody has found the store yet");
        breaker.close();
        breaker.open("the connection was reset");
        assert!(breaker.is_away());
    }
}
