//! One request on its road, from the client's headers to the settled bill.
//!
//! An [`Exchange`] does no I/O: it is told what Envoy saw and says what to answer. Only `extproc` knows the protocol, so the same
//! engine can be driven by a test or a fuzzer. It waits in one place only, for the store of the budgets, where that is not in memory.
//! Its phases, in order: [`Exchange::open`] (who calls), [`Exchange::request`] (where
//! to, may it spend, in whose dialect, with which credential), [`Exchange::answer_head`], [`Exchange::answer_chunk`],
//! [`Exchange::answer_trailers`]. Attempts after the first come in through [`attempt`] on streams of their own.
//!
//! Invariant: every exchange ends exactly once, in [`finish`]: its reservation is settled, its usage record written. An exchange
//! that is dropped on the way (the client left, Envoy reset the stream) ends there, too.

pub mod answer;
pub mod attempt;
pub mod attempts;
pub mod endpoint;
pub mod fields;
mod finish;
pub mod forward;
mod identify;
mod opaque;
pub mod open;
pub mod reply;
pub mod request;
pub mod shared;
mod spend;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::answer::Answering;
use self::fields::Fields;
use self::opaque::Unread;
use self::reply::Reply;
use self::shared::{Registry, Shared};
use crate::auth::Principal;
use crate::config::{Live, Snapshot};
use crate::limit::{Limiter, Reservation};
use crate::route::Health;
use crate::translate::{Api, Facts};
use crate::usage::{Fact, Outcome, Sink};

/// What all exchanges of a process share.
#[derive(Debug)]
pub struct Engine {
    /// The config in force.
    pub live: Arc<Live>,
    /// The budgets.
    pub limiter: Arc<Limiter>,
    /// Which providers rest.
    pub health: Arc<Health>,
    /// The exchanges under way.
    pub registry: Registry,
    /// Where usage records go.
    pub sink: Sink,
}

/// One request on its road.
#[derive(Debug)]
pub struct Exchange {
    engine: Arc<Engine>,
    snapshot: Arc<Snapshot>,
    began: Instant,
    began_at: jiff::Timestamp,
    request_id: String,
    api: Api,
    unread: Option<Unread>,
    principal: Option<Arc<Principal>>,
    fields: Fields,
    facts: Option<Facts>,
    shared: Option<Arc<Shared>>,
    reservation: Option<Reservation>,
    input_estimate: u64,
    answering: Answering,
    status: Option<u16>,
    first_token: Option<Duration>,
    outcome: Option<Outcome>,
    metadata: Option<Metadata>,
}

/// Facts for Envoy's dynamic metadata, namespace `kanmon`.
pub type Metadata = Vec<(&'static str, Fact<'static>)>;

impl Exchange {
    /// The facts for Envoy's dynamic metadata, once, when the exchange has ended.
    pub fn take_metadata(&mut self) -> Option<Metadata> {
        self.metadata.take()
    }

    /// Ends the exchange with a rejection.
    fn reject(&mut self, rejection: &crate::rejection::Rejection) -> Reply {
        let reply = Reply::rejection(self.api.family(), rejection, Some(&self.request_id));
        self.status = Some(reply.status);
        self.finish(Outcome::Rejected(rejection.kind.row().code), Some(rejection.message.clone()));
        reply
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.finish(Outcome::Aborted, None);
    }
}
