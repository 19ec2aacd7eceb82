//! The gate stream: one per request, from the client's headers to the end of the answer.

use std::sync::Arc;

use bytes::Bytes;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_response::Response;
use envoy_types::pb::envoy::service::ext_proc::v3::{
    BodyResponse, CommonResponse, HeadersResponse, HttpHeaders, TrailersResponse,
};
use tonic::Status;

use super::convert::{self, Context};
use super::drive::{Flow, Session};
use super::message::{HttpBody, Message, Phase};
use super::outbound::{Answer, Outbox};
use crate::auth::certificate::Certificate;
use crate::envoy::contract::{EXCHANGE_KEY, ROUTE_KEY};
use crate::exchange::answer::{AnswerHead, Broken, HeadStep};
use crate::exchange::open::Opened;
use crate::exchange::request::Sent;
use crate::exchange::{Engine, Exchange};
use crate::usage::Fact;

/// The largest frame of HTTP/2 that is taken, in bytes: its default. What is larger was gathered in memory of its own.
const FRAME: usize = 16 << 10;

pub(super) struct Gate {
    engine: Arc<Engine>,
    exchange: Option<Box<Exchange>>,
}

impl Gate {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        Self { engine, exchange: None }
    }

    fn exchange(&mut self) -> Result<&mut Exchange, Status> {
        self.exchange.as_deref_mut().ok_or_else(|| Status::failed_precondition("the request's headers have not been seen"))
    }

    async fn request_headers(&mut self, headers: HttpHeaders, certificate: Option<Certificate>) -> Answer {
        match Exchange::open(&self.engine, convert::fields(headers.headers), certificate, headers.end_of_stream).await {
            Opened::Reply(reply, exchange) => {
                self.exchange = exchange;
                Answer::from(convert::immediate(reply))
            }
            Opened::Body(exchange) => {
                self.exchange = Some(exchange);
                Answer::from(Response::RequestHeaders(HeadersResponse::default()))
            }
            // No body will come, so the order is told here: without it the request would be stuck where it leads nowhere.
            Opened::Sent(exchange, sent) => {
                self.exchange = Some(exchange);
                send(*sent, |common| Response::RequestHeaders(HeadersResponse { response: Some(common) }))
            }
        }
    }

    async fn request_body(&mut self, body: HttpBody) -> Result<Answer, Status> {
        Ok(match self.exchange()?.request(apart(body.body)).await {
            Ok(sent) => send(sent, |common| Response::RequestBody(BodyResponse { response: Some(common) })),
            Err(reply) => Answer::from(convert::immediate(reply)),
        })
    }

    fn answer_headers(&mut self, headers: HttpHeaders, context: Context) -> Answer {
        let head = AnswerHead {
            fields: convert::fields(headers.headers),
            target: context.target,
            details: context.details,
            end: headers.end_of_stream,
        };
        // An answer to a request that was never opened is one of Envoy's own (a bad request line, say): it stays as it is.
        let Some(exchange) = self.exchange.as_deref_mut() else {
            return Answer::from(Response::ResponseHeaders(HeadersResponse::default()));
        };
        match exchange.answer_head(&head) {
            HeadStep::Reply(reply) => Answer::from(convert::immediate(reply)),
            HeadStep::Continue(edits, mode) => {
                let common = CommonResponse { header_mutation: convert::mutation(edits), ..CommonResponse::default() };
                let mut answer = Answer::from(Response::ResponseHeaders(HeadersResponse { response: Some(common) }));
                answer.message.mode_override = Some(convert::mode_override(mode));
                answer
            }
        }
    }

    fn answer_body(&mut self, body: &HttpBody) -> Result<Response, Status> {
        let step = self.exchange()?.answer_chunk(&body.body, body.end_of_stream).map_err(broken)?;
        let common = CommonResponse {
            header_mutation: convert::mutation(step.edits),
            body_mutation: step.body.map(convert::body),
            ..CommonResponse::default()
        };
        Ok(Response::ResponseBody(BodyResponse { response: Some(common) }))
    }

    fn answer_trailers(&mut self) -> Result<Response, Status> {
        self.exchange()?.answer_trailers().map_err(broken)?;
        Ok(Response::ResponseTrailers(TrailersResponse::default()))
    }
}

impl Session for Gate {
    async fn on(&mut self, mut message: Message, answers: &mut Outbox) -> Result<Flow, Status> {
        let phase = message.phase.take().ok_or_else(|| Status::invalid_argument("a message without a phase"))?;
        let mut answer = match phase {
            Phase::RequestHeaders(headers) => self.request_headers(headers, convert::certificate(&mut message)).await,
            Phase::RequestBody(body) => self.request_body(body).await?,
            Phase::AnswerHeaders(headers) => self.answer_headers(headers, Context::take(&mut message)),
            Phase::AnswerBody(body) => Answer::from(self.answer_body(&body)?),
            Phase::AnswerTrailers(_) => Answer::from(self.answer_trailers()?),
            Phase::RequestTrailers(_) => Answer::from(Response::RequestTrailers(TrailersResponse::default())),
        };
        if answer.metadata.is_none() {
            answer.metadata = self.exchange.as_mut().and_then(|exchange| exchange.take_metadata());
        }
        answers.push(&answer);
        Ok(Flow::Go)
    }
}

fn send(sent: Sent, answer: fn(CommonResponse) -> Response) -> Answer {
    let common = CommonResponse {
        // Without one, be it empty, Envoy does not choose the route again.
        header_mutation: Some(convert::mutation(sent.forward.edits).unwrap_or_default()),
        body_mutation: sent.forward.body.map(|body| convert::body(body.into())),
        clear_route_cache: true,
        ..CommonResponse::default()
    };
    let mut answer = Answer::from(answer(common));
    let route = Fact::Text(sent.envoy_route.to_string().into());
    let mut metadata = sent.facts;
    metadata.extend([(ROUTE_KEY, route), (EXCHANGE_KEY, Fact::Number(sent.id as f64))]);
    answer.metadata = Some(metadata);
    answer
}

/// The body in memory of its own. One that is smaller than a frame lies in the connection's buffer, which it would hold for as long as
/// the provider takes to answer.
fn apart(body: Bytes) -> Bytes {
    if body.len() < FRAME { Bytes::copy_from_slice(&body) } else { body }
}

fn broken(error: Broken) -> Status {
    Status::aborted(error.to_string())
}
