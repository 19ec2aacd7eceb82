//! The peek stream: entered only for event streams of providers that are peeked. It holds the answer's headers until the first
//! meaningful event: an error there becomes an error status, so that Envoy tries the next provider; anything else is let go.
//!
//! Envoy sends the body without waiting for the answer to the headers (`send_body_without_waiting_for_header_response`). The
//! stream must end at once when it has committed: a body that goes on through an upstream filter crashes Envoy 1.40 under
//! back-pressure.

use std::sync::Arc;

use envoy_types::pb::envoy::service::ext_proc::v3::processing_response::Response;
use envoy_types::pb::envoy::service::ext_proc::v3::{BodyResponse, CommonResponse, HeadersResponse, HttpHeaders};
use tonic::Status;

use super::convert::{self, Context};
use super::drive::{Flow, Session};
use super::message::{HttpBody, Message, Phase};
use super::outbound::{Answer, Outbox};
use crate::exchange::Engine;
use crate::exchange::attempt::Failure;
use crate::exchange::fields::{Edits, Fields};
use crate::translate::{self, AnswerError, Api, Format, Frames, Verdict};

/// The most that is held while looking for a meaningful event, in bytes.
const WINDOW: usize = 64 * 1024;

pub(super) struct Peek {
    engine: Arc<Engine>,
    looking: Option<Looking>,
}

struct Looking {
    exchange: u64,
    target: String,
    api: Api,
    format: Format,
    fields: Fields,
    frames: Frames,
    bytes: usize,
    /// Body messages that wait for their answer.
    held: usize,
}

/// What the first events say.
enum Found {
    Nothing,
    Good,
    Error(u16),
}

impl Peek {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        Self { engine, looking: None }
    }

    fn headers(&mut self, headers: HttpHeaders, context: Context, answers: &mut Outbox) -> Flow {
        let fields = convert::fields(headers.headers);
        self.looking = self.look(fields, context);
        if self.looking.is_some() && !headers.end_of_stream {
            return Flow::Go;
        }
        answers.push(&let_go(Edits::default()));
        Flow::Close
    }

    /// Compressed streams are not looked into: the gate stream decodes them.
    fn look(&self, fields: Fields, context: Context) -> Option<Looking> {
        let (exchange, target) = (context.exchange?, context.target?);
        let (api, format, framing) = self.engine.answers_of(exchange, &target)?;
        let is_stream = fields.get("content-type").is_some_and(|kind| framing.is_told_by(kind));
        let plain = fields.get("content-encoding").is_none_or(|encoding| encoding == "identity");
        let ok = fields.get(":status") == Some("200");
        let frames = Frames::new(framing, WINDOW);
        (plain && ok && is_stream).then_some(Looking { exchange, target, api, format, fields, frames, bytes: 0, held: 0 })
    }

    fn body(&mut self, body: &HttpBody, answers: &mut Outbox) -> Result<Flow, Status> {
        let looking = self.looking.as_mut().ok_or_else(|| Status::failed_precondition("a body before its headers"))?;
        looking.held += 1;
        let found = looking.find(&body.body);
        let edits = match found {
            Found::Nothing if !body.end_of_stream => return Ok(Flow::Go),
            Found::Nothing | Found::Good => Edits::default(),
            Found::Error(status) => {
                let failure = Failure::new(&looking.target, status, &looking.fields);
                self.engine.failed(looking.exchange, &failure);
                let mut edits = Edits::default();
                edits.pseudo(":status", status.to_string());
                edits
            }
        };
        answers.push(&let_go(edits));
        for _ in 0..looking.held {
            answers.push(&Answer::from(Response::ResponseBody(BodyResponse::default())));
        }
        Ok(Flow::Close)
    }
}

impl Looking {
    fn find(&mut self, chunk: &[u8]) -> Found {
        self.bytes += chunk.len();
        let (api, format, mut found) = (self.api, self.format, Found::Nothing);
        let pushed: Result<(), AnswerError> = self.frames.push(chunk, &mut |event| {
            if matches!(found, Found::Nothing) {
                found = match translate::first_event_verdict(api, format, &event) {
                    Verdict::NotYet => Found::Nothing,
                    Verdict::Meaningful => Found::Good,
                    Verdict::Error { status, .. } => Found::Error(status),
                };
            }
            Ok(())
        });
        match found {
            Found::Nothing if pushed.is_err() || self.bytes > WINDOW => Found::Good,
            found => found,
        }
    }
}

impl Session for Peek {
    async fn on(&mut self, mut message: Message, answers: &mut Outbox) -> Result<Flow, Status> {
        let context = Context::take(&mut message);
        match message.phase {
            Some(Phase::AnswerHeaders(headers)) => Ok(self.headers(headers, context, answers)),
            Some(Phase::AnswerBody(body)) => self.body(&body, answers),
            _ => Err(Status::invalid_argument("a peek stream takes response headers and bodies only")),
        }
    }
}

fn let_go(edits: Edits) -> Answer {
    let common = CommonResponse { header_mutation: convert::mutation(edits), ..CommonResponse::default() };
    Answer::from(Response::ResponseHeaders(HeadersResponse { response: Some(common) }))
}
