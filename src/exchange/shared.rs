//! What the streams of one exchange share: the gate stream owns it, attempt, watch and peek streams find it by number.
//!
//! The original request is kept once and let go as soon as an answer is committed. The number travels in Envoy's dynamic
//! metadata, which no client can write.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use dashmap::DashMap;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::attempts::Attempts;
use super::fields::Fields;
use crate::auth::Principal;
use crate::config::Snapshot;
use crate::route::{Choice, Route};
use crate::translate::{Api, Facts, Incoming, RequestError};

/// What the streams of one exchange share.
#[derive(Debug)]
pub struct Shared {
    /// Finds it in the registry.
    pub id: u64,
    /// The config that the exchange began with.
    pub snapshot: Arc<Snapshot>,
    /// Who calls.
    pub principal: Arc<Principal>,
    /// The client's API.
    pub api: Api,
    /// What the road needs to know of the request.
    pub facts: Facts,
    /// Who may serve it.
    pub route: Arc<Route>,
    /// The order in which they are tried: an index into the route's orders.
    pub order: usize,
    /// What has been tried.
    pub attempts: Mutex<Attempts>,
    original: Mutex<Option<Arc<Original>>>,
}

/// The request as the client sent it.
#[derive(Debug)]
pub struct Original {
    /// Its header fields.
    pub fields: Fields,
    /// Its body.
    pub body: Bytes,
}

impl Original {
    /// The request, read as far as every road needs it. `depth` bounds the nesting of JSON.
    ///
    /// # Errors
    /// The body is not of the kind that the API takes.
    pub fn incoming(&self, api: Api, depth: usize) -> Result<Incoming<'_>, RequestError> {
        let path = self.fields.get(":path").unwrap_or_default();
        let incoming = Incoming::read(api, path, self.fields.get("content-type"), &self.body, depth)?;
        Ok(Incoming { betas: self.fields.get("anthropic-beta"), ..incoming })
    }
}

impl Shared {
    /// A new exchange. [`Self::begin`] says where its first attempt goes.
    pub fn new(
        id: u64,
        snapshot: Arc<Snapshot>,
        principal: Arc<Principal>,
        api: Api,
        facts: Facts,
        route: Arc<Route>,
        original: Arc<Original>,
    ) -> Self {
        let attempts = Mutex::default();
        Self { id, snapshot, principal, api, facts, route, order: 0, attempts, original: Mutex::new(Some(original)) }
    }

    /// The first attempt goes to `route.choices[first]`, in an order that begins with it.
    pub fn begin(&mut self, first: usize, now: Instant) {
        self.order = self.route.order(first, now);
        self.attempts = Mutex::new(Attempts::begin(first, now));
    }

    /// The Envoy route that leads through the order.
    pub fn envoy_route(&self) -> Arc<str> {
        self.route.orders.get(self.order).map_or_else(|| Arc::from(""), |order| Arc::clone(&order.envoy_route))
    }

    /// The choice that Envoy's host metadata names.
    pub fn choice(&self, target: &str) -> Option<(usize, &Choice)> {
        self.route.choices.iter().enumerate().find(|(_, choice)| *choice.target == *target)
    }

    /// The original request, while no answer is committed.
    pub fn original(&self) -> Option<Arc<Original>> {
        self.original.lock().clone()
    }

    /// Lets the original request go: an answer is committed, nobody will ask for it again.
    pub fn release_original(&self) {
        self.original.lock().take();
    }
}

/// All exchanges under way, by number.
#[derive(Debug, Default)]
pub struct Registry {
    next: AtomicU64,
    exchanges: DashMap<u64, Arc<Shared>>,
}

impl Registry {
    /// A number that no other exchange has. Below 2^53, so that a protobuf number carries it exactly.
    pub fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Enters an exchange.
    pub fn enter(&self, shared: Arc<Shared>) {
        self.exchanges.insert(shared.id, shared);
    }

    /// Finds an exchange.
    pub fn find(&self, id: u64) -> Option<Arc<Shared>> {
        self.exchanges.get(&id).map(|entry| Arc::clone(&entry))
    }

    /// Removes an exchange.
    pub fn leave(&self, id: u64) {
        self.exchanges.remove(&id);
    }

    /// How many exchanges are under way.
    pub fn len(&self) -> usize {
        self.exchanges.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.exchanges.is_empty()
    }
}
