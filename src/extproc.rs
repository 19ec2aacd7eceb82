//! Stage 1, what Envoy sends and what it gets back: the external processor.
//!
//! Four kinds of stream, told apart by the metadata `x-kanmon-role` that the filter's config sends: [`gate`], one per request;
//! [`attempt`], for attempts after the first; [`watch`], for error answers of single attempts; [`peek`], for the first event of a
//! stream. Only this module knows tonic and Envoy's messages.
//!
//! Invariant: a stream that this side ends with status OK lets traffic through untranslated in Envoy, even with
//! `failure_mode_allow: false`. So a stream ends with OK only when Envoy has closed its half, or after the last answer of an
//! attempt, watch or peek stream; everything else is an error status.

mod attempt;
mod convert;
mod drive;
mod gate;
mod inbound;
mod message;
mod metadata;
mod outbound;
mod peek;
pub mod server;
mod service;
mod watch;
mod wire;

use std::sync::Arc;

use tonic::Status;

use crate::envoy::contract::{ATTEMPT, GATE, PEEK, ROLE_METADATA, WATCH};
use crate::exchange::Engine;
use drive::{Session, drive};
use inbound::Inbound;
use outbound::Outbound;

/// The external processor.
#[derive(Debug)]
pub struct Processor {
    engine: Arc<Engine>,
}

impl Processor {
    /// A processor for this engine.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }

    /// The answers to one stream of messages.
    fn process(&self, role: &str, inbound: Inbound) -> Result<Outbound, Status> {
        let engine = Arc::clone(&self.engine);
        match role {
            GATE => Ok(answers(inbound, gate::Gate::new(engine))),
            ATTEMPT => Ok(answers(inbound, attempt::Attempt::new(engine))),
            WATCH => Ok(answers(inbound, watch::Watch::new(engine))),
            PEEK => Ok(answers(inbound, peek::Peek::new(engine))),
            _ => Err(Status::invalid_argument(format!(
                "the ext_proc filter's initial_metadata must give {ROLE_METADATA}: gate, attempt, watch or peek"
            ))),
        }
    }
}

fn answers(inbound: Inbound, session: impl Session) -> Outbound {
    Outbound::new(drive(inbound, session))
}
