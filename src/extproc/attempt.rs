//! The attempt stream: one message in, one answer out, then it ends.

use std::sync::Arc;

use envoy_types::pb::envoy::service::ext_proc::v3::common_response::ResponseStatus;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_response::Response;
use envoy_types::pb::envoy::service::ext_proc::v3::{CommonResponse, HeadersResponse};
use http::HeaderName;
use tonic::Status;

use super::convert::{self, Context};
use super::drive::{Flow, Session};
use super::message::{Message, Phase};
use super::outbound::{Answer, Outbox};
use crate::envoy::contract::{CONTENT_LENGTH_HEADER, TRANSLATED_HEADER};
use crate::exchange::Engine;
use crate::exchange::forward::Forward;

const CONTENT_LENGTH: HeaderName = HeaderName::from_static(CONTENT_LENGTH_HEADER);
const TRANSLATED: HeaderName = HeaderName::from_static(TRANSLATED_HEADER);

pub(super) struct Attempt {
    engine: Arc<Engine>,
}

impl Attempt {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }
}

impl Session for Attempt {
    async fn on(&mut self, mut message: Message, answers: &mut Outbox) -> Result<Flow, Status> {
        let Some(Phase::RequestHeaders(_)) = message.phase else {
            return Err(Status::invalid_argument("an attempt stream takes request headers only"));
        };
        let context = Context::take(&mut message);
        let missing = |what: &str| Status::failed_precondition(format!("Envoy did not tell {what}: its config does not fit"));
        let id = context.exchange.ok_or_else(|| missing("the exchange"))?;
        let target = context.target.ok_or_else(|| missing("the target"))?;
        let made = self.engine.attempt(id, &target, context.attempt.unwrap_or(1));
        let made = made.map_err(|unknown| Status::not_found(unknown.to_string()))?;
        answers.push(&match made {
            Ok(forward) => replace(forward, &target),
            Err(reply) => Answer::from(convert::immediate(reply)),
        });
        Ok(Flow::Close)
    }
}

/// The body comes from our memory. Envoy drops content-length when a body is replaced with the headers: a later filter puts it
/// back from ours, and lets nothing through that is not translated for its target.
fn replace(mut forward: Forward, target: &str) -> Answer {
    forward.edits.set_text(CONTENT_LENGTH, &forward.content_length.to_string());
    forward.edits.set_text(TRANSLATED, target);
    let common = CommonResponse {
        status: ResponseStatus::ContinueAndReplace.into(),
        header_mutation: convert::mutation(forward.edits),
        body_mutation: forward.body.map(|body| convert::body(body.into())),
        ..CommonResponse::default()
    };
    Answer::from(Response::RequestHeaders(HeadersResponse { response: Some(common) }))
}
