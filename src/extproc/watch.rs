//! The watch stream: entered only when a provider answers an attempt with an error status, which the gate stream does not see when
//! another attempt follows. It notes status and Retry-After, changes nothing, and ends.

use std::sync::Arc;

use envoy_types::pb::envoy::service::ext_proc::v3::HeadersResponse;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_response::Response;
use tonic::Status;

use super::convert::{self, Context};
use super::drive::{Flow, Session};
use super::message::{Message, Phase};
use super::outbound::{Answer, Outbox};
use crate::exchange::Engine;
use crate::exchange::attempt::Failure;

pub(super) struct Watch {
    engine: Arc<Engine>,
}

impl Watch {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }
}

impl Session for Watch {
    async fn on(&mut self, mut message: Message, answers: &mut Outbox) -> Result<Flow, Status> {
        let context = Context::take(&mut message);
        let Some(Phase::AnswerHeaders(headers)) = message.phase else {
            return Err(Status::invalid_argument("a watch stream takes response headers only"));
        };
        let fields = convert::fields(headers.headers);
        let status = fields.get(":status").and_then(|status| status.parse().ok());
        if let (Some(id), Some(target), Some(status)) = (context.exchange, context.target, status) {
            self.engine.failed(id, &Failure::new(&target, status, &fields));
        }
        answers.push(&Answer::from(Response::ResponseHeaders(HeadersResponse::default())));
        Ok(Flow::Close)
    }
}
