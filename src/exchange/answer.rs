//! The provider's answer on its way back: which attempt won, what the client sees, what was seen.
//!
//! A stream is translated event by event as it arrives ([`Answering::Stream`]); any other answer comes as one piece
//! ([`Answering::Whole`], Envoy's BUFFERED mode), so that its status can still be changed when the body turns out to be wrong; sound
//! and the like pass byte by byte ([`Answering::Bytes`]).
//! An answer that Envoy made by itself is replaced by one in the client's API's shape.

mod bytes;
mod local;
mod stream;
mod whole;

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use tokio::time::Instant;

use self::bytes::Passing;
use self::local::{envoys_end, envoys_reason};
use self::stream::Streaming;
use self::whole::{Holding, undecodable};
use super::Exchange;
use super::attempts::End;
use super::fields::{Edits, Fields};
use super::reply::{DETAILS_PREFIX, Reply};
use crate::codec::encoding::Decoder;
use crate::rejection::{Kind, Rejection};
use crate::route::retry_after;
use crate::translate::calls::{BEDROCK_INPUT_TOKENS, Back};
use crate::translate::{self, AnswerContext, ErrorHeaders, Framing, Seen, Task};
use crate::upstream::Credential;
use crate::usage::Outcome;

/// What Envoy tells of an answer before its body.
#[derive(Debug, Default)]
pub struct AnswerHead {
    /// Header fields.
    pub fields: Fields,
    /// The target that the host was chosen for: Envoy's host metadata.
    pub target: Option<String>,
    /// How Envoy came by this answer (`via_upstream`: a provider gave it).
    pub details: Option<String>,
    /// Whether it has no body.
    pub end: bool,
}

/// What becomes of an answer whose headers are known.
#[derive(Debug)]
pub enum HeadStep {
    /// The gateway answers instead.
    Reply(Reply),
    /// The answer goes on.
    Continue(Edits, BodyMode),
}

/// How the body of an answer is wanted from Envoy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyMode {
    /// Not at all.
    None,
    /// Piece by piece.
    Streamed,
    /// As a whole.
    Buffered,
}

/// What becomes of a piece of a body.
#[derive(Debug, Default)]
pub struct ChunkStep {
    /// Header changes; only where the body is wanted as a whole.
    pub edits: Edits,
    /// What the client gets; `None`: the piece as it is.
    pub body: Option<Vec<u8>>,
}

/// How far the answer is.
#[derive(Debug)]
pub(super) enum Answering {
    /// No answer yet.
    Waiting,
    /// Event by event.
    Stream(Box<Streaming>),
    /// As one piece.
    Whole(Box<Holding>),
    /// Byte by byte, whatever it is.
    Bytes(Box<Passing>),
    /// It is all here; this was seen of it.
    Seen(Box<Seen>),
    /// The client has been told that the stream failed: whatever comes after is swallowed.
    Failed,
    /// Nothing more is of interest.
    Done,
}

const ATTEMPTS: HeaderName = HeaderName::from_static("x-kanmon-attempts");
/// Where Envoy's rate limit filter tells the seconds until a budget is full again (draft 03 of its headers).
const RATE_LIMIT_RESET: &str = "x-ratelimit-reset";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-kanmon-request-id");

/// Headers of a provider that are not for the client: they tell of the gateway's account there.
const ACCOUNT_HEADERS: [&str; 2] = ["set-cookie", "openai-organization"];
/// The same, by prefix: limits that hold for the gateway's key, not for the client's.
const ACCOUNT_PREFIXES: [&str; 2] = ["x-ratelimit-", "anthropic-ratelimit-"];

impl Exchange {
    /// The headers of an answer are here.
    pub fn answer_head(&mut self, head: &AnswerHead) -> HeadStep {
        let status = head.fields.get(":status").and_then(|status| status.parse().ok()).unwrap_or(502);
        self.status = Some(status);
        let details = head.details.as_deref().unwrap_or_default();
        if details.starts_with(DETAILS_PREFIX) {
            return self.replied_by_attempt();
        }
        if details != "via_upstream" {
            return HeadStep::Reply(self.replied_by_envoy(status, details, &head.fields));
        }
        let step = self.answered(head, status);
        if let Some(shared) = &self.shared {
            shared.release_original();
        }
        step.unwrap_or_else(|rejection| HeadStep::Reply(self.reject(&rejection)))
    }

    /// A provider answered.
    fn answered(&mut self, head: &AnswerHead, status: u16) -> Result<HeadStep, Rejection> {
        let context = self.won(head, status)?;
        if context.api.task() == Task::Opaque {
            return self.passed_back(head, status);
        }
        let success = (200..300).contains(&status);
        let kind = head.fields.get(CONTENT_TYPE.as_str()).unwrap_or_default();
        let shape = if success { shape(&context, kind)? } else { Shape::Whole };
        let mut edits = self.answer_headers(head);
        let decoder = self.decoder(head, shape != Shape::Whole)?;
        if decoder.is_some() {
            edits.remove(CONTENT_ENCODING.as_str());
        }
        if shape == Shape::Bytes && !head.end {
            if decoder.is_some() {
                edits.remove(CONTENT_LENGTH.as_str());
            }
            self.answering = Answering::Bytes(Box::new(Passing::new(decoder)));
            return Ok(HeadStep::Continue(edits, BodyMode::Streamed));
        }
        if shape == Shape::Stream {
            edits.remove(CONTENT_LENGTH.as_str());
            if context.framing != Framing::Sse {
                edits.set(CONTENT_TYPE, HeaderValue::from_static(Framing::Sse.content_type()));
            }
            self.answering = Answering::Stream(Box::new(Streaming::new(context, decoder)));
            return Ok(HeadStep::Continue(edits, BodyMode::Streamed));
        }
        let holding = Holding::new(context, decoder, head, status, self.snapshot.bounds.answer_bytes, self.has_own_key(head));
        if head.end {
            return Ok(HeadStep::Reply(self.empty_body(holding, edits)));
        }
        self.answering = Answering::Whole(Box::new(holding));
        Ok(HeadStep::Continue(edits, BodyMode::Buffered))
    }

    /// Providers compress at times although nobody asked them to. A stream's size is not bounded as a whole, only its events are.
    fn decoder(&self, head: &AnswerHead, is_stream: bool) -> Result<Option<Decoder>, Rejection> {
        let encoding = head.fields.get(CONTENT_ENCODING.as_str()).unwrap_or_default();
        let limit = if is_stream { u64::MAX } else { self.snapshot.bounds.answer_bytes as u64 };
        Decoder::new(encoding, limit).map_err(|error| undecodable(&error))
    }

    /// Notes who answered. An answer of nobody that the route knows is not trusted.
    fn won(&self, head: &AnswerHead, status: u16) -> Result<AnswerContext, Rejection> {
        let unknown = || Rejection::new(Kind::Internal, "an answer came from a host that is not one of the route's providers");
        let shared = self.shared.as_ref().ok_or_else(unknown)?;
        let (index, choice) = head.target.as_deref().and_then(|target| shared.choice(target)).ok_or_else(unknown)?;
        let now = Instant::now();
        shared.attempts.lock().answered(index, status, now);
        // What passes unread says nothing of how the provider's models are.
        if !shared.route.fallback.counts(status, choice.provider.dialect) && shared.api.task() != Task::Opaque {
            self.engine.health.succeeded(&choice.provider.name);
        }
        if let (401 | 403, Some(kept)) = (status, choice.provider.credential.kept()) {
            kept.doubt(now);
        }
        let mut call = Back::of(shared.api, choice.provider.dialect, &choice.provider.hosting);
        if let Some(original) = shared.original().filter(|_| call.reads_the_request())
            && let Ok(incoming) = original.incoming(shared.api, self.snapshot.bounds.json_depth)
        {
            call.read(&incoming);
        }
        call.header_tokens = head.fields.get(BEDROCK_INPUT_TOKENS).and_then(|tokens| tokens.parse().ok());
        let format = choice.provider.format_for(shared.api);
        let original = shared.original();
        let body = original.as_ref().map_or(&b""[..], |original| &original.body);
        let echo = translate::echo(shared.api, format, body);
        let custom_tools = translate::custom_tools(shared.api, format, body);
        Ok(AnswerContext {
            api: shared.api,
            format,
            echo,
            framing: choice.provider.dialect.framing(),
            asked_model: shared.facts.model.clone(),
            stream: shared.facts.stream,
            wants_usage: shared.facts.wants_usage,
            call,
            custom_tools,
            input_estimate: self.input_estimate,
            headers: if status < 400 { ErrorHeaders::default() } else { ErrorHeaders::of(|name| head.fields.get(name)) },
            answer_bytes: self.snapshot.bounds.answer_bytes,
            event_bytes: self.snapshot.bounds.event_bytes,
        })
    }

    /// Whether who answered was asked with the caller's own key: what it says of that is the caller's business.
    fn has_own_key(&self, head: &AnswerHead) -> bool {
        let choice = self.shared.as_ref().zip(head.target.as_deref()).and_then(|(shared, target)| shared.choice(target));
        choice.is_some_and(|(_, choice)| matches!(choice.provider.credential, Credential::Caller))
    }

    fn answer_headers(&self, head: &AnswerHead) -> Edits {
        let mut edits = Edits::default();
        for name in head.fields.names() {
            let account = ACCOUNT_HEADERS.contains(&name) || ACCOUNT_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
            if account || name.starts_with(super::forward::OWN_PREFIX) {
                edits.remove(name);
            }
        }
        if let Some(reservation) = &self.reservation {
            edits.set.extend(reservation.headers());
        }
        edits.set_text(REQUEST_ID, &self.request_id);
        self.set_clients_request_id(head, &mut edits);
        if let Some(attempts) = self.attempts_header() {
            edits.set_text(ATTEMPTS, &attempts);
        }
        edits.remove.retain(|name| !edits.set.iter().any(|(set, _)| set.as_str() == name));
        edits
    }

    /// The client's SDK looks for the request's id in a header of its own API: the provider's id stands there, or ours where it has
    /// none.
    fn set_clients_request_id(&self, head: &AnswerHead, edits: &mut Edits) {
        let Some(shared) = &self.shared else { return };
        let wanted = shared.api.family().request_id_header();
        if head.fields.get(wanted.as_str()).is_none() {
            let id = translate::REQUEST_IDS.iter().find_map(|name| head.fields.get(name)).unwrap_or(&self.request_id);
            edits.set_text(wanted, id);
        }
    }

    /// Each attempt told, where there is something to tell: more than one, or a failure. `openai;429;12ms, claude;200;340ms`.
    fn attempts_header(&self) -> Option<String> {
        let shared = self.shared.as_ref()?;
        let attempts = shared.attempts.lock();
        let failed = self.status.is_none_or(|status| status >= 400);
        let name = |choice: usize| shared.route.choices.get(choice).map_or_else(String::new, |choice| choice.target.to_string());
        (failed || attempts.list().len() > 1).then(|| attempts.describe(name))
    }

    /// An attempt stream gave up and has answered in the client's API's shape; its message is in the attempt's notes.
    fn replied_by_attempt(&mut self) -> HeadStep {
        let mut edits = Edits::default();
        edits.set_text(REQUEST_ID, &self.request_id);
        if let Some(attempts) = self.attempts_header() {
            edits.set_text(ATTEMPTS, &attempts);
        }
        self.answering = Answering::Done;
        self.finish(Outcome::ProviderError, None);
        HeadStep::Continue(edits, BodyMode::None)
    }

    /// Envoy answered by itself: no provider did.
    fn replied_by_envoy(&mut self, status: u16, details: &str, fields: &Fields) -> Reply {
        let now = Instant::now();
        let end = envoys_end(details);
        if let Some(shared) = &self.shared {
            let failed = shared.attempts.lock().close(end, now).filter(|_| end != End::NotSent);
            if let Some(choice) = failed.and_then(|failed| shared.route.choices.get(failed)) {
                self.engine.health.failed(&choice.provider.name, &choice.provider.rest, None, now);
            }
            shared.release_original();
        }
        let mut rejection = envoys_reason(status, details, self.snapshot.bounds.request_bytes);
        if rejection.kind == Kind::RateLimited {
            rejection.retry_after = fields.get(RATE_LIMIT_RESET).and_then(|reset| retry_after::parse(reset, Timestamp::now()));
        }
        let mut reply = self.reject(&rejection);
        if let Some(value) = self.attempts_header().and_then(|told| HeaderValue::from_str(&told).ok()) {
            reply.headers.push((ATTEMPTS, value));
        }
        reply
    }

    /// A piece of the body is here. `end`: it is the last one, and no trailers follow.
    ///
    /// # Errors
    /// The answer cannot go on and the client must see the stream break: what it has so far cannot be told from a whole answer.
    pub fn answer_chunk(&mut self, chunk: &[u8], end: bool) -> Result<ChunkStep, Broken> {
        match std::mem::replace(&mut self.answering, Answering::Done) {
            Answering::Stream(streaming) => Ok(self.stream_chunk(streaming, chunk, end)),
            Answering::Whole(holding) => Ok(self.whole_body(*holding, chunk)),
            Answering::Bytes(passing) => self.bytes_chunk(passing, chunk, end),
            Answering::Done | Answering::Seen(_) => Ok(ChunkStep::default()),
            Answering::Failed => {
                self.answering = Answering::Failed;
                Ok(ChunkStep { edits: Edits::default(), body: Some(Vec::new()) })
            }
            Answering::Waiting => Err(Broken),
        }
    }

    /// The answer ends with trailers: no body can be added any more.
    ///
    /// # Errors
    /// As for [`Self::answer_chunk`]: something would have to be added.
    pub fn answer_trailers(&mut self) -> Result<(), Broken> {
        match std::mem::replace(&mut self.answering, Answering::Done) {
            Answering::Stream(streaming) => self.stream_trailers(streaming),
            Answering::Bytes(passing) => self.bytes_trailers(*passing),
            Answering::Whole(_) | Answering::Waiting => Err(Broken),
            Answering::Done | Answering::Seen(_) | Answering::Failed => Ok(()),
        }
    }
}

/// What an answer is, by what its provider says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Events.
    Stream,
    /// JSON, or what should be.
    Whole,
    /// Sound, subtitles, text: nothing that is read here.
    Bytes,
}

/// What a good answer is. A conversation is streamed if and only if it was asked to be; a call may be answered otherwise (models that
/// cannot stream ignore the wish), as long as its API has such answers and nothing has to be translated.
fn shape(context: &AnswerContext, content_type: &str) -> Result<Shape, Rejection> {
    let is_stream = context.framing.is_told_by(content_type);
    let may_stream = match context.api.task() {
        Task::Conversation(_) => context.stream,
        Task::Call(call) => call.may_answer_in_events(),
        Task::Opaque => return Ok(Shape::Bytes),
    };
    match context.api.task() {
        _ if is_stream && !may_stream => Err(unasked("no stream", "a stream")),
        Task::Conversation(_) if !is_stream && context.stream => Err(unasked("a stream", "something else")),
        _ if is_stream => Ok(Shape::Stream),
        Task::Call(call) if call.may_answer_in_bytes() && !is_json(content_type) => Ok(Shape::Bytes),
        Task::Conversation(_) | Task::Call(_) | Task::Opaque => Ok(Shape::Whole),
    }
}

fn unasked(asked: &str, given: &str) -> Rejection {
    Rejection::new(Kind::BadAnswer, format!("the provider was asked for {asked} and answered with {given}"))
}

fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}

/// The stream must break: an error status for the processor's stream, a reset for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer broke off where no error can be told any more")]
pub struct Broken;
