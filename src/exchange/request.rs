//! The client's body: where it goes, may it spend, in whose dialect, with which credential.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::Exchange;
use super::forward::{Forward, forward};
use super::reply::Reply;
use super::shared::{Original, Shared};
use crate::auth::Principal;
use crate::rejection::{Kind, Rejection};
use crate::route::Route;
use crate::translate::{self, Facts, Incoming};

/// A request that goes on to a provider.
#[derive(Debug)]
pub struct Sent {
    /// What is sent.
    pub forward: Forward,
    /// The Envoy route that leads there.
    pub envoy_route: Arc<str>,
    /// The number under which attempt streams find the exchange.
    pub id: u64,
}

impl Exchange {
    /// The whole body of the request is here.
    pub async fn request(&mut self, body: Bytes) -> Result<Sent, Reply> {
        let sent = self.decide(body).await;
        sent.map_err(|rejection| self.reject(&rejection))
    }

    async fn decide(&mut self, body: Bytes) -> Result<Sent, Rejection> {
        let bounds = &self.snapshot.bounds;
        if body.len() > bounds.request_bytes {
            let limit = bounds.request_bytes;
            return Err(Rejection::new(Kind::TooLarge, format!("the request body is larger than {limit} bytes")));
        }
        if let Some(route) = self.unread.as_ref().map(|unread| Arc::clone(&unread.route)) {
            return self.pass_on(route, body).await;
        }
        if let Some(encoding) = self.fields.get("content-encoding").filter(|encoding| *encoding != "identity") {
            let message = format!("the request body is compressed ({encoding}): send it without content-encoding");
            return Err(Rejection::new(Kind::InvalidRequest, message));
        }
        let depth = bounds.json_depth;
        let original = Arc::new(Original { fields: std::mem::take(&mut self.fields), body });
        let incoming = original.incoming(self.api, depth)?;
        let facts = translate::facts(&incoming)?;
        self.facts = Some(facts.clone());
        let principal = self.principal.clone().ok_or_else(|| Rejection::new(Kind::Internal, "the caller is not known"))?;
        let route = Arc::clone(self.snapshot.routes.select(&facts.model, &principal)?);
        let order = self.reserve(&principal, &facts, &route, &original.fields, &incoming).await?;
        self.send(principal, &original, &incoming, facts, (route, order))
    }

    /// Sends the request to the first provider of an order of the route that can take it.
    pub(super) fn send(
        &mut self,
        principal: Arc<Principal>,
        original: &Arc<Original>,
        incoming: &Incoming<'_>,
        facts: Facts,
        (route, order): (Arc<Route>, usize),
    ) -> Result<Sent, Rejection> {
        let now = Instant::now();
        let snapshot = Arc::clone(&self.snapshot);
        let id = self.engine.registry.number();
        let mut shared = Shared::new(id, snapshot, principal, self.api, facts, Arc::clone(&route), Arc::clone(original));
        let mut refusal = None;
        for &first in route.orders.get(order).map_or(&[][..], |order| &order.choices) {
            let Some(choice) = route.choices.get(first) else { continue };
            shared.begin(first, now);
            match forward(&shared, original, incoming, choice, true) {
                Ok(forward) => return Ok(self.commit(shared, forward)),
                Err(rejection) => refusal = refusal.or(Some(rejection)),
            }
        }
        Err(refusal.unwrap_or_else(|| Rejection::new(Kind::Internal, "the route has no provider")))
    }

    fn commit(&mut self, shared: Shared, mut forward: Forward) -> Sent {
        let shared = Arc::new(shared);
        shared.attempts.lock().dropped(std::mem::take(&mut forward.dropped));
        self.engine.registry.enter(Arc::clone(&shared));
        let envoy_route = shared.envoy_route();
        let id = shared.id;
        self.shared = Some(shared);
        Sent { forward, envoy_route, id }
    }
}
