//! The arithmetic of a bucket: so much per window, as a line on which time moves on and every charge takes a stretch.
//!
//! A bucket's number (its mark) is the end of all stretches taken so far, GCRA's theoretical arrival time, in units in which both
//! a nanosecond and a token (or request) are whole numbers. So nothing is ever rounded but the time to wait, upwards. With
//! 10^12 tokens per second such a unit is a picosecond and 64 bits would be used up after 106 days, hence 128.
//! The level is how far the mark is ahead of now: 0 is a full budget, `capacity` an empty one, beyond it is debt.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};

/// Larger amounts, and larger charges, count as this many. Keeps all products within 128 bits.
const MOST: u64 = 1_000_000_000_000_000;
/// Longer windows count as this long: ten years, in nanoseconds.
const LONGEST: u128 = 10 * 366 * 86_400 * 1_000_000_000;

/// An amount per window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// The amount, as configured.
    pub(super) amount: u64,
    /// The window, as configured.
    pub(super) window: Duration,
    /// Units in a nanosecond.
    pub(super) per_ns: u64,
    /// Units that one token, or one request, takes.
    one: u64,
    /// The units that fit into a bucket.
    capacity: i128,
    /// For requests: what governor decides by. `None` there: not a single request is allowed.
    quota: Option<Quota>,
    requests: bool,
}

impl Pace {
    /// So many tokens per window: a token takes `window` units, a nanosecond is `amount` units.
    pub(super) fn tokens(amount: u64, window: Duration) -> Self {
        let per_ns = amount.min(MOST);
        let one = nanoseconds(window);
        let capacity = i128::from(per_ns) * i128::from(one);
        Self { amount, window, per_ns: per_ns.max(1), one, capacity, quota: None, requests: false }
    }

    /// So many requests per window. The unit is governor's, a nanosecond; its amounts end at 2^32 - 1.
    pub(super) fn requests(amount: u64, window: Duration) -> Self {
        let burst = u32::try_from(amount).unwrap_or(u32::MAX);
        let one = (nanoseconds(window) / u64::from(burst).max(1)).max(1);
        let quota = NonZeroU32::new(burst)
            .and_then(|burst| Quota::with_period(Duration::from_nanos(one)).map(|quota| quota.allow_burst(burst)));
        let capacity = i128::from(one) * i128::from(burst);
        Self { amount, window, per_ns: 1, one, capacity, quota, requests: true }
    }

    /// The place of a time on the line.
    pub(super) fn at(&self, elapsed: u64) -> i128 {
        i128::from(elapsed).saturating_mul(i128::from(self.per_ns))
    }

    /// The stretch that so many tokens or requests take.
    pub(super) fn stretch(&self, count: u64) -> i128 {
        i128::from(count.min(MOST)) * i128::from(self.one)
    }

    /// Whether so many can fit at all, into a bucket that is full.
    pub(super) fn holds(&self, count: u64) -> bool {
        self.stretch(count) <= self.capacity
    }

    /// The level after a charge of `count`, or the nanoseconds until it fits.
    pub(super) fn admit(&self, level: i128, count: u64) -> Result<i128, u64> {
        if self.requests {
            return self.quota.map_or(Err(u64::MAX), |quota| governor_admits(quota, level));
        }
        let next = level.saturating_add(self.stretch(count));
        if next <= self.capacity { Ok(next) } else { Err(self.time(next - self.capacity)) }
    }

    /// How many are left at this level.
    pub(super) fn left(&self, level: i128) -> u64 {
        u64::try_from((self.capacity - level.min(self.capacity)) / i128::from(self.one)).unwrap_or(0)
    }

    /// The nanoseconds until so many units have drained, rounded up.
    pub(super) fn time(&self, units: i128) -> u64 {
        let per_ns = i128::from(self.per_ns);
        u64::try_from(units.max(0).saturating_add(per_ns - 1) / per_ns).unwrap_or(u64::MAX)
    }
}

fn nanoseconds(window: Duration) -> u64 {
    u64::try_from(window.as_nanos().clamp(1, LONGEST)).unwrap_or(u64::MAX)
}

/// Asks governor for one request. Its time is told to be 0 and its state to be the level, so that it answers with the level
/// after the request; whether that is ever written is not governor's to decide, which is what makes its limits undoable.
fn governor_admits(quota: Quota, level: i128) -> Result<i128, u64> {
    let level = u64::try_from(level).unwrap_or(u64::MAX / 2).min(u64::MAX / 2);
    let limiter = RateLimiter::<_, _, _, NoOpMiddleware<Nanos>>::new(quota, Level::new(level), Still);
    match limiter.check() {
        Ok(()) => Ok(i128::from(limiter.into_state_store().next.get())),
        Err(not_until) => Err(nanoseconds(not_until.wait_time_from(Nanos::new(0)))),
    }
}

/// A clock that stands still.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(0)
    }
}

/// A bucket's level, for governor.
#[derive(Debug)]
struct Level {
    before: u64,
    next: std::cell::Cell<u64>,
}

impl Level {
    fn new(before: u64) -> Self {
        Self { before, next: std::cell::Cell::new(before) }
    }
}

impl StateStore for Level {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let (outcome, next) = decide(Some(Nanos::new(self.before)))?;
        self.next.set(next.as_u64());
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MONTH: Duration = Duration::from_secs(31 * 86_400);

    #[test]
    fn amounts_from_one_to_a_million_millions_are_exact_in_any_window() {
        for amount in [1, 3, 7, 999_983, 1_000_000_007, 999_999_999_989, 1_000_000_000_000] {
            for window in [Duration::from_secs(1), Duration::from_secs(61), MONTH] {
                let pace = Pace::tokens(amount, window);
                let full = pace.admit(0, amount).unwrap();
                assert_eq!(pace.left(full), 0);
                let wait = pace.admit(full, 1).unwrap_err();
                assert!(pace.admit(full - pace.at(wait), 1).is_ok(), "{amount} per {window:?}");
                assert!(pace.admit(full - pace.at(wait - 1), 1).is_err(), "{amount} per {window:?}");
                assert_eq!(pace.time(full), u64::try_from(window.as_nanos()).unwrap());
            }
        }
    }

    #[test]
    fn a_thousand_years_of_uptime_and_absurd_charges_do_not_overflow() {
        for pace in
            [Pace::tokens(u64::MAX, Duration::MAX), Pace::requests(u64::MAX, Duration::MAX), Pace::tokens(0, Duration::ZERO)]
        {
            let now = pace.at(u64::MAX);
            assert!(now >= 0);
            let level = pace.stretch(u64::MAX).saturating_mul(3);
            assert!(pace.admit(level, u64::MAX).is_err());
            assert_eq!(pace.left(i128::MAX), 0);
            assert!(pace.time(i128::MAX) > 0);
        }
    }

    #[test]
    fn an_amount_of_zero_admits_nothing() {
        assert!(Pace::tokens(0, MONTH).admit(0, 1).is_err());
        assert!(!Pace::tokens(0, MONTH).holds(1));
        assert!(Pace::requests(0, MONTH).admit(0, 1).is_err());
        assert!(!Pace::requests(0, MONTH).holds(1));
    }

    #[test]
    fn governor_admits_a_burst_and_then_one_request_for_each_share_of_the_window() {
        let pace = Pace::requests(3, Duration::from_secs(3));
        let mut level = 0;
        for left in [2, 1, 0] {
            level = pace.admit(level, 1).unwrap();
            assert_eq!(pace.left(level), left);
        }
        assert_eq!(pace.admit(level, 1), Err(1_000_000_000));
        assert!(pace.admit(level - 999_999_999, 1).is_err());
        assert!(pace.admit(level - 1_000_000_000, 1).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_told_to_wait_fits_after_the_wait_and_not_before(
            amount in 1_u64..1_000_000_000_000,
            seconds in 1_u64..2_678_400,
            level in 0_u64..2_000_000,
            share in 1_u64..1_000,
            requests: bool,
        ) {
            let window = Duration::from_secs(seconds);
            let pace = if requests { Pace::requests(amount, window) } else { Pace::tokens(amount, window) };
            let count = if requests { 1 } else { (amount / share).max(1) };
            let level = pace.capacity / 1_000_000 * i128::from(level);
            if let Err(wait) = pace.admit(level, count) {
                prop_assert!(pace.admit((level - pace.at(wait)).max(0), count).is_ok());
                prop_assert!(pace.admit(level - pace.at(wait - 1), count).is_err());
            }
        }
    }
}
