//! How many requests are in flight, and how they ended. What a test looks at to see that a connection was let go.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use serde::Serialize;

/// Counters since the start.
#[derive(Debug, Default)]
pub(super) struct Stats {
    requests: AtomicU64,
    completed: AtomicU64,
    cut: AtomicU64,
    aborted: AtomicU64,
    connections: AtomicU64,
    open: AtomicI64,
}

/// The counters at one moment. Every request is in exactly one of `in_flight`, `completed`, `cut` and `aborted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Snapshot {
    /// Requests received.
    requests: u64,
    /// Requests whose answer has not ended yet.
    in_flight: u64,
    /// Answers that were handed over to the last byte.
    completed: u64,
    /// Answers that the script broke off.
    cut: u64,
    /// Requests whose client went away before the answer had ended.
    aborted: u64,
    /// Connections accepted.
    connections: u64,
    /// Connections that are open.
    connections_open: i64,
}

impl Stats {
    /// The counters now.
    pub(super) fn snapshot(&self) -> Snapshot {
        let (completed, cut, aborted) = (self.completed.load(Relaxed), self.cut.load(Relaxed), self.aborted.load(Relaxed));
        let requests = self.requests.load(Relaxed);
        Snapshot {
            requests,
            in_flight: requests.saturating_sub(completed + cut + aborted),
            completed,
            cut,
            aborted,
            connections: self.connections.load(Relaxed),
            connections_open: self.open.load(Relaxed),
        }
    }
}

/// A request in flight. Dropped before its end was told, it counts as aborted by the client.
#[derive(Debug)]
pub(super) struct Flight(Option<Arc<Stats>>);

impl Flight {
    pub(super) fn begin(stats: &Arc<Stats>) -> Self {
        stats.requests.fetch_add(1, Relaxed);
        Self(Some(Arc::clone(stats)))
    }

    /// The answer was handed over to the last byte.
    pub(super) fn complete(&mut self) {
        if let Some(stats) = self.0.take() {
            stats.completed.fetch_add(1, Relaxed);
        }
    }

    /// The script broke the answer off.
    pub(super) fn cut(&mut self) {
        if let Some(stats) = self.0.take() {
            stats.cut.fetch_add(1, Relaxed);
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if let Some(stats) = self.0.take() {
            stats.aborted.fetch_add(1, Relaxed);
        }
    }
}

/// A connection that is open.
#[derive(Debug)]
pub(super) struct Connection(Arc<Stats>);

impl Connection {
    pub(super) fn open(stats: &Arc<Stats>) -> Self {
        stats.connections.fetch_add(1, Relaxed);
        stats.open.fetch_add(1, Relaxed);
        Self(Arc::clone(stats))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_ends_in_exactly_one_way() {
        let stats = Arc::new(Stats::default());
        let mut completed = Flight::begin(&stats);
        let mut cut = Flight::begin(&stats);
        let aborted = Flight::begin(&stats);
        assert_eq!(stats.snapshot().in_flight, 3);
        completed.complete();
        completed.cut();
        cut.cut();
        drop((completed, cut, aborted));
        let now = stats.snapshot();
        assert_eq!((now.requests, now.in_flight, now.completed, now.cut, now.aborted), (3, 0, 1, 1, 1));
    }
}
