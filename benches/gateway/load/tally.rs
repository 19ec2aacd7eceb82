//! What the clients have seen, and what is told of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What one client, or all together, have seen.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Of the right answers within the window.
    pub(super) latencies: Vec<Duration>,
    /// Of the events within the window, from the backend's write to the client's read.
    pub(super) event_latencies: Vec<Duration>,
    wrong: usize,
    first_wrong: Option<String>,
}

impl Tally {
    pub(super) fn wrong(&mut self, error: &anyhow::Error) {
        self.wrong += 1;
        self.first_wrong.get_or_insert_with(|| format!("{error:#}"));
    }

    pub(super) fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.event_latencies.extend(other.event_latencies);
        self.wrong += other.wrong;
        self.first_wrong = self.first_wrong.take().or(other.first_wrong);
    }

    pub(super) fn outcome(mut self, window: Duration, open: usize) -> Outcome {
        self.latencies.sort_unstable();
        self.event_latencies.sort_unstable();
        Outcome {
            completed: self.latencies.len(),
            seconds: window.as_secs_f64(),
            p50_ms: quantile(&self.latencies, 0.50) * 1e3,
            p99_ms: quantile(&self.latencies, 0.99) * 1e3,
            events: self.event_latencies.len(),
            event_p50_us: quantile(&self.event_latencies, 0.50) * 1e6,
            event_p99_us: quantile(&self.event_latencies, 0.99) * 1e6,
            open_at_the_end: open,
            wrong: self.wrong,
            first_wrong: self.first_wrong,
        }
    }
}

/// What a slice of load has seen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Right answers within the window.
    pub(crate) completed: usize,
    /// The window.
    pub(crate) seconds: f64,
    /// Half of the answers were complete in so many milliseconds.
    pub(crate) p50_ms: f64,
    /// 99 of 100 were.
    pub(crate) p99_ms: f64,
    /// Events with a timestamp.
    pub(crate) events: usize,
    /// Half of them were that late, in microseconds.
    pub(crate) event_p50_us: f64,
    /// 99 of 100 were.
    pub(crate) event_p99_us: f64,
    /// Answers under way when the window ended.
    pub(crate) open_at_the_end: usize,
    /// Answers that were missing or wrong, whenever.
    pub(crate) wrong: usize,
    /// What was wrong with the first of them.
    pub(crate) first_wrong: Option<String>,
}

/// A quantile of sorted values, in seconds; 0 where there are none.
fn quantile(sorted: &[Duration], share: f64) -> f64 {
    let index = (sorted.len().saturating_sub(1) as f64 * share).round() as usize;
    sorted.get(index).map_or(0.0, Duration::as_secs_f64)
}
