//! This gateway's side of a store that is elsewhere. A request asks by message and waits, settlements are handed over and not
//! waited for. At the other end of both channels is the one task that talks to the store (`redis::line`).
//!
//! Nothing here waits, and everything is bounded: a store that does not keep up is a store that is away.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::breaker::Breaker;
use crate::config::model::WhenAway;
use crate::limit::budget::{Budget, Kind, Settlement};
use crate::limit::claim::Claim;
use crate::limit::clock::Moment;
use crate::limit::reservation::Hold;

/// Requests that wait to be sent to the store.
const MOST_ASKING: usize = 4_096;
/// Settlements that wait to be sent to the store: while it is away, they gather here.
const MOST_SETTLING: usize = 65_536;

/// The store, as requests see it.
#[derive(Debug)]
pub(in crate::limit) struct Remote {
    asking: mpsc::Sender<Question>,
    settling: mpsc::Sender<Settling>,
    pub(in crate::limit) breaker: Breaker,
    pub(in crate::limit) terms: Terms,
    /// Places in flight that this gateway holds, to be renewed: their numbers, and the buckets of each.
    flights: Mutex<HashMap<u64, Vec<u128>>>,
    next_flight: AtomicU64,
    lost: AtomicU64,
}

/// How the store is dealt with.
#[derive(Debug, Clone, Copy)]
pub(in crate::limit) struct Terms {
    /// How long a request waits.
    pub(in crate::limit) timeout: Duration,
    pub(in crate::limit) when_away: WhenAway,
    /// How many share the store.
    pub(in crate::limit) gateways: u32,
}

/// The other ends of the channels.
#[derive(Debug)]
pub(in crate::limit) struct Inbox {
    pub(in crate::limit) asking: mpsc::Receiver<Question>,
    pub(in crate::limit) settling: mpsc::Receiver<Settling>,
}

/// A request asks.
#[derive(Debug)]
pub(in crate::limit) struct Question {
    pub(in crate::limit) claims: Vec<Claim>,
    /// The number of the places in flight, if it gets any.
    pub(in crate::limit) flight: u64,
    /// Dropped without an answer: the store is away.
    pub(in crate::limit) reply: oneshot::Sender<Told>,
    /// When it was asked.
    pub(in crate::limit) at: Instant,
    /// Only where the buckets stand is of interest, and nothing is to be taken.
    pub(in crate::limit) look: bool,
}

/// What a store has told.
#[derive(Debug)]
pub(in crate::limit) enum Told {
    /// All was taken.
    Taken(Hold),
    /// Nothing was.
    Refused(Vec<Claim>, Moment),
}

/// What is handed over.
#[derive(Debug)]
pub(in crate::limit) enum Settling {
    /// A request has ended.
    Corrections(Vec<Correction>, Instant),
    /// To be told when all that came before has been sent.
    Flush(oneshot::Sender<()>),
}

/// What changes in one bucket when a request has ended.
#[derive(Debug, Clone)]
pub(in crate::limit) struct Correction {
    pub(in crate::limit) bucket: u128,
    pub(in crate::limit) change: Change,
}

/// What changes.
#[derive(Debug, Clone)]
pub(in crate::limit) enum Change {
    /// What was reserved becomes what was used.
    Settle(Budget, Settlement),
    /// A place in flight is free.
    Land(u64),
    /// A place in flight is still held.
    Renew(u64),
}

impl Remote {
    pub(in crate::limit) fn new(terms: Terms) -> (Arc<Self>, Inbox) {
        let (asking, asked) = mpsc::channel(MOST_ASKING);
        let (settling, settled) = mpsc::channel(MOST_SETTLING);
        let remote = Self {
            asking,
            settling,
            breaker: Breaker::new(),
            terms,
            flights: Mutex::default(),
            next_flight: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        };
        (Arc::new(remote), Inbox { asking: asked, settling: settled })
    }

    /// Asks the store; `None`: it is away.
    pub(in crate::limit) fn ask(&self, claims: Vec<Claim>, look: bool) -> Option<oneshot::Receiver<Told>> {
        if self.breaker.is_away() {
            return None;
        }
        let (reply, told) = oneshot::channel();
        let flight = self.next_flight.fetch_add(1, Ordering::Relaxed);
        let question = Question { claims, flight, reply, at: Instant::now(), look };
        if self.asking.try_send(question).is_err() {
            self.breaker.missed();
            return None;
        }
        Some(told)
    }

    /// Hands over what is to be settled.
    pub(in crate::limit) fn settle(&self, claims: &[Claim], (taken, now): (Moment, Instant), flight: u64) {
        let mut flies = false;
        let corrections: Vec<_> = claims
            .iter()
            .filter_map(|claim| {
                let settlement = claim.settlement(taken)?;
                let change = match claim.budget.kind {
                    Kind::Flight => Change::Land(flight),
                    Kind::Flow { .. } | Kind::Calendar { .. } => Change::Settle(claim.budget, settlement),
                };
                flies |= claim.budget.kind == Kind::Flight;
                Some(Correction { bucket: claim.bucket, change })
            })
            .collect();
        if flies {
            self.flights.lock().remove(&flight);
        }
        if !corrections.is_empty() && self.settling.try_send(Settling::Corrections(corrections, now)).is_err() {
            self.lose(1, "too many wait for the limit store");
        }
    }

    /// Notes the places in flight that a request has got, until it settles.
    pub(in crate::limit) fn flies(&self, claims: &[Claim], flight: u64) {
        let places = claims.iter().filter(|claim| claim.answer.taken && claim.budget.kind == Kind::Flight);
        let buckets: Vec<_> = places.map(|claim| claim.bucket).collect();
        if !buckets.is_empty() {
            self.flights.lock().insert(flight, buckets);
        }
    }

    /// What tells the store that the places in flight are still held.
    pub(in crate::limit) fn renewals(&self) -> Vec<Correction> {
        let flights = self.flights.lock();
        let places = flights.iter().flat_map(|(flight, buckets)| buckets.iter().map(|bucket| (*flight, *bucket)));
        places.map(|(flight, bucket)| Correction { bucket, change: Change::Renew(flight) }).collect()
    }

    /// Whether what is to be renewed is still held.
    pub(in crate::limit) fn still_flies(&self, renewal: &Correction) -> bool {
        matches!(renewal.change, Change::Renew(flight) if self.flights.lock().contains_key(&flight))
    }

    /// Resolves when all that was handed over before has reached the store.
    pub(in crate::limit) async fn flush(&self) {
        let (done, told) = oneshot::channel();
        if self.settling.send(Settling::Flush(done)).await.is_ok() {
            let _ = told.await;
        }
    }

    /// Settlements that never reached the store.
    pub(in crate::limit) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Settlements that will never reach the store.
    pub(in crate::limit) fn lose(&self, count: u64, reason: &str) {
        let before = self.lost.fetch_add(count, Ordering::Relaxed);
        // The first, and then one of each thousand.
        if before == 0 || before / 1_000 != (before + count) / 1_000 {
            tracing::error!(lost = before + count, reason, "settlements were lost: what their requests reserved stays charged");
        }
    }
}
