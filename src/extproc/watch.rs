//! The watch stream: entered only when a provider answers an attempt with an error status, which the gate stream does not see when
//! another attempt follows. It notes status and Retry-After, changes nothing, and ends.

use std::collections::VecDeque;
use std::sync::Arc;

use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_response::Response;
use envoy_types::pb::envoy::service::ext_proc::v3::{HeadersResponse, ProcessingRequest};
use tonic::Status;

use super::answer::Answer;
use super::convert::{self, Context};
use super::drive::{Flow, Session};
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
    async fn on(&mut self, mut message: ProcessingRequest, answers: &mut VecDeque<Answer>) -> Result<Flow, Status> {
        let context = Context::take(&mut message);
        let Some(Request::ResponseHeaders(headers)) = message.request else {
            return Err(Status::invalid_argument("a watch stream takes response headers only"));
        };
        let fields = convert::fields(headers.headers);
        let status = fields.get(":status").and_then(|status| status.parse().ok());
        if let (Some(id), Some(target), Some(status)) = (context.exchange, context.target, status) {
            self.engine.failed(id, &Failure::new(&target, status, &fields));
        }
        answers.push_back(Answer::from(Response::ResponseHeaders(HeadersResponse::default())));
        Ok(Flow::Close)
    }
}
