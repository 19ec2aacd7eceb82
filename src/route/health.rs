//! Which providers rest: not tried first for a while, because they asked for it (Retry-After) or failed several times in a row.
//!
//! Kept by a provider's name, so that it survives a reload, and only for providers of the config, so that it stays small.
//! Asked for every request: a look-up and an atomic load, no lock. A rest that has ended leaves the failures counted: the next
//! failure begins another rest at once, the next success ends the row.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::time::Instant;

use crate::config::model::Rest;
use crate::upstream::Provider;

/// Which providers rest.
#[derive(Debug)]
pub struct Health {
    start: Instant,
    slots: ArcSwap<HashMap<Arc<str>, Arc<Slot>>>,
}

#[derive(Debug, Default)]
struct Slot {
    /// Failures since the last success.
    failures: AtomicU32,
    /// When its rest ends, in milliseconds since the start.
    wakes: AtomicU64,
}

/// How a provider does, for whoever looks after the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The provider's name.
    pub provider: Arc<str>,
    /// Failures since the last success.
    pub failures: u32,
    /// How long it still rests.
    pub rests_for: Option<Duration>,
}

impl Health {
    /// Knows no provider yet.
    pub fn new(now: Instant) -> Self {
        Self { start: now, slots: ArcSwap::default() }
    }

    /// Knows exactly these providers from now on; what it knew of them stays. To be called with every new config.
    pub fn keep(&self, providers: &[Arc<Provider>]) {
        let known = self.slots.load();
        let slot = |name: &Arc<str>| (name.clone(), known.get(name).cloned().unwrap_or_default());
        self.slots.store(Arc::new(providers.iter().map(|provider| slot(&provider.name)).collect()));
    }

    /// A provider failed in a way that another one might not. `retry_after` is what it said itself.
    pub fn failed(&self, provider: &str, rest: &Rest, retry_after: Option<Duration>, now: Instant) {
        let slots = self.slots.load();
        let Some(slot) = slots.get(provider) else { return };
        let more = |failures: u32| Some(failures.saturating_add(1));
        let failures =
            slot.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).unwrap_or_default().saturating_add(1);
        let asked = retry_after.map(|wait| wait.min(rest.at_most.0)).filter(|wait| !wait.is_zero());
        let wait = match asked {
            Some(wait) => wait,
            None if failures >= rest.after_failures => rest.duration.0,
            None => return,
        };
        if !wait.is_zero() {
            // Rounded up, so that no rest is lost to the millisecond.
            let wakes = self.milliseconds(now.checked_add(wait).unwrap_or(now)).saturating_add(1);
            slot.wakes.fetch_max(wakes, Ordering::Relaxed);
        }
    }

    /// A provider answered.
    pub fn succeeded(&self, provider: &str) {
        if let Some(slot) = self.slots.load().get(provider)
            && slot.failures.load(Ordering::Relaxed) > 0
        {
            slot.failures.store(0, Ordering::Relaxed);
        }
    }

    /// Whether a provider rests. One that is not known does not.
    pub fn is_resting(&self, provider: &str, now: Instant) -> bool {
        self.wakes(provider, now).is_some()
    }

    /// When a provider that rests wakes.
    pub fn wakes(&self, provider: &str, now: Instant) -> Option<Instant> {
        let wakes = self.slots.load().get(provider)?.wakes.load(Ordering::Relaxed);
        (wakes > self.milliseconds(now)).then(|| self.start + Duration::from_millis(wakes))
    }

    /// How every provider does, by name.
    pub fn status(&self, now: Instant) -> Vec<Status> {
        let slots = self.slots.load();
        let status = |(name, slot): (&Arc<str>, &Arc<Slot>)| {
            let left = slot.wakes.load(Ordering::Relaxed).saturating_sub(self.milliseconds(now));
            let failures = slot.failures.load(Ordering::Relaxed);
            Status { provider: name.clone(), failures, rests_for: (left > 0).then(|| Duration::from_millis(left)) }
        };
        let mut list: Vec<_> = slots.iter().map(status).collect();
        list.sort_by(|a, b| a.provider.cmp(&b.provider));
        list
    }

    fn milliseconds(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.start).as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::model;
    use crate::route::order::tests::provider;

    const SECOND: Duration = Duration::from_secs(1);

    fn rest(after_failures: u32, seconds: u64, at_most: u64) -> Rest {
        Rest { after_failures, duration: model::Duration::seconds(seconds), at_most: model::Duration::seconds(at_most) }
    }

    fn health(now: Instant) -> Health {
        let health = Health::new(now);
        health.keep(&[provider("a"), provider("b")]);
        health
    }

    #[test]
    fn failures_in_a_row_make_it_rest_and_a_success_breaks_the_row() {
        let now = Instant::now();
        let health = health(now);
        let rest = rest(3, 30, 600);
        for _ in 0..2 {
            health.failed("a", &rest, None, now);
            health.failed("a", &rest, None, now);
            assert!(!health.is_resting("a", now));
            health.succeeded("a");
        }
        for _ in 0..3 {
            health.failed("a", &rest, None, now);
        }
        assert!(health.is_resting("a", now) && !health.is_resting("b", now));
        assert!(health.is_resting("a", now + 30 * SECOND));
        assert!(!health.is_resting("a", now + 31 * SECOND));
    }

    #[test]
    fn after_a_rest_one_more_failure_is_enough() {
        let now = Instant::now();
        let health = health(now);
        for _ in 0..3 {
            health.failed("a", &rest(3, 30, 600), None, now);
        }
        let later = now + 60 * SECOND;
        assert!(!health.is_resting("a", later));
        health.failed("a", &rest(3, 30, 600), None, later);
        assert!(health.is_resting("a", later + 29 * SECOND));
    }

    #[test]
    fn a_retry_after_counts_at_once_and_is_bounded() {
        let now = Instant::now();
        let health = health(now);
        health.failed("a", &rest(5, 30, 600), Some(7 * SECOND), now);
        assert!(health.is_resting("a", now + 6 * SECOND) && !health.is_resting("a", now + 8 * SECOND));
        health.failed("b", &rest(5, 30, 600), Some(Duration::MAX), now);
        assert!(health.is_resting("b", now + 599 * SECOND) && !health.is_resting("b", now + 601 * SECOND));
    }

    #[test]
    fn a_shorter_rest_does_not_end_a_longer_one() {
        let now = Instant::now();
        let health = health(now);
        health.failed("a", &rest(5, 30, 600), Some(100 * SECOND), now);
        health.failed("a", &rest(5, 30, 600), Some(SECOND), now);
        assert!(health.is_resting("a", now + 99 * SECOND));
    }

    #[test]
    fn rests_can_be_switched_off() {
        let now = Instant::now();
        let health = health(now);
        for _ in 0..10 {
            health.failed("a", &rest(1, 0, 0), Some(100 * SECOND), now);
        }
        assert!(!health.is_resting("a", now));
    }

    #[test]
    fn a_reload_keeps_what_is_known_and_forgets_who_is_gone() {
        let now = Instant::now();
        let health = health(now);
        health.failed("a", &rest(1, 30, 600), None, now);
        health.failed("b", &rest(1, 30, 600), None, now);
        health.keep(&[provider("a"), provider("c")]);
        health.failed("b", &rest(1, 30, 600), None, now);
        let names: Vec<_> = health.status(now).iter().map(|status| (status.provider.to_string(), status.failures)).collect();
        assert_eq!(names, [("a".to_owned(), 1), ("c".to_owned(), 0)]);
        assert!(health.is_resting("a", now) && !health.is_resting("b", now));
    }

    #[test]
    fn absurd_times_do_not_overflow() {
        let now = Instant::now();
        let health = health(now);
        let forever = Rest { at_most: model::Duration(Duration::MAX), ..rest(1, u64::MAX, 0) };
        health.failed("a", &forever, Some(Duration::MAX), now);
        health.failed("b", &forever, None, now);
        let _ = (health.status(now), health.wakes("a", now), health.is_resting("b", now));
    }
}
