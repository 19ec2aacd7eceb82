//! Stage 1, what Envoy sends and what it gets back: the external processor.
//!
//! Four kinds of stream, told apart by the metadata `x-kanmon-role` that the filter's config sends: [`gate`], one per request;
//! [`attempt`], for attempts after the first; [`watch`], for error answers of single attempts; [`peek`], for the first event of a
//! stream. Only this module knows tonic and Envoy's messages.
//!
//! Invariant: a stream that this side ends with status OK lets traffic through untranslated in Envoy, even with
//! `failure_mode_allow: false`. So a stream ends with OK only when Envoy has closed its half, or after the last answer of an
//! attempt, watch or peek stream; everything else is an error status.

mod answer;
mod attempt;
mod convert;
mod drive;
mod gate;
mod metadata;
mod peek;
pub mod server;
mod service;
mod watch;

use std::pin::Pin;
use std::sync::Arc;

use envoy_types::pb::envoy::service::ext_proc::v3::ProcessingRequest;
use futures_util::Stream;
use tonic::{Request, Response, Status, Streaming};

use crate::envoy::contract::{ATTEMPT, GATE, PEEK, ROLE_METADATA, WATCH};
use crate::exchange::Engine;

/// The outbound half of a stream.
type Answers = Pin<Box<dyn Stream<Item = Result<answer::Answer, Status>> + Send>>;

/// The external processor.
#[derive(Debug, Clone)]
pub struct Processor {
    engine: Arc<Engine>,
}

impl Processor {
    /// A processor for this engine.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }

    /// The answers to one stream of messages.
    fn process(&self, request: Request<Streaming<ProcessingRequest>>) -> Result<Response<Answers>, Status> {
        let role = request.metadata().get(ROLE_METADATA).and_then(|role| role.to_str().ok()).unwrap_or_default().to_owned();
        let inbound = request.into_inner();
        let engine = Arc::clone(&self.engine);
        let outbound: Answers = match role.as_str() {
            GATE => Box::pin(drive::drive(inbound, gate::Gate::new(engine))),
            ATTEMPT => Box::pin(drive::drive(inbound, attempt::Attempt::new(engine))),
            WATCH => Box::pin(drive::drive(inbound, watch::Watch::new(engine))),
            PEEK => Box::pin(drive::drive(inbound, peek::Peek::new(engine))),
            _ => {
                return Err(Status::invalid_argument(format!(
                    "the ext_proc filter's initial_metadata must give {ROLE_METADATA}: gate, attempt, watch or peek"
                )));
            }
        };
        Ok(Response::new(outbound))
    }
}
