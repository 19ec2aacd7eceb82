//! Stage 5, in whose dialect: rewrites a request into a provider's dialect and its answer back into the client's.
//!
//! Three words: an [`Api`] is what a client calls, a [`Format`] is what goes over the wire, a [`Dialect`] is a format at a host, as a
//! config names it. Formats do not know each other: each knows the hub only ([`conversation`] for requests, [`answer`] for answers).
//! The same format on both sides is a pass-through: the body is scanned once, only what must change is spliced, every other byte
//! is kept.
//! Pure functions and state machines over bytes: no I/O, no tonic, and no clock but for the `created` that OpenAI's shape demands.
//!
//! Invariants: what a provider cannot express and would change the meaning is an error that names the field; an answer that was
//! cut never renders as one that ended; a stream may be split at any byte and renders the same.

pub mod answer;
pub mod anthropic;
mod api;
pub mod calls;
pub mod citation;
mod claude;
pub mod cohere;
mod complete;
pub mod completions;
pub mod conversation;
pub mod converse;
mod custom;
mod dialect;
mod dialects;
mod extras;
mod facts;
mod fault;
mod format;
mod frames;
pub mod gemini;
mod hints;
mod hosting;
mod inbound;
mod incoming;
mod media;
mod object;
pub mod opaque;
pub mod openai;
mod outbound;
mod passthrough;
mod plain;
mod reading;
pub mod responses;
mod schema;
mod seen;
mod segment;
mod signature;
mod stream;
#[cfg(test)]
mod tests;
pub mod text;
mod text_or;
mod tool_id;
mod verdict;
mod wrong;

pub use api::{Api, Family, Task};
pub use custom::names as custom_tools;
pub use dialect::{Dialect, Place};
pub use facts::{Facts, facts, prompt};
pub use format::{ClientFormat, Format, Framing};
pub use frames::Frames;
pub use hosting::{Azure, AzureVersion, Hosting, OutputLimit, Vendor, Vertex};
pub use inbound::{REQUEST_IDS, provider_error, whole};
pub use incoming::{Incoming, Parsed};
pub use outbound::{passes, request};
pub use stream::Stream;
pub use verdict::first_event_verdict;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

use crate::codec::{aws_events, sse};
use crate::rejection::Rejection;
use crate::usage::{Tokens, Units};

/// Where a request goes: what translation must know of it.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The provider's dialect.
    pub dialect: Dialect,
    /// The format that the request is made in: [`Dialect::format_for`].
    pub format: Format,
    /// Who hosts the format.
    pub hosting: &'a Hosting,
    /// The provider's name, for messages.
    pub provider: &'a str,
    /// The provider's name of the model.
    pub model: &'a str,
    /// Whether a streamed answer is asked for ([`Facts::stream`]): some APIs say so in the path.
    pub stream: bool,
    /// Path before the API's own (`/v1` at OpenAI), without a trailing slash.
    pub path_prefix: &'a str,
    /// Output limit to send where the client gave none and the dialect demands one (Anthropic's `max_tokens`).
    pub default_max_tokens: u64,
    /// Top-level body fields to set, as JSON, and to remove (`None`).
    pub overrides: &'a [(String, Option<Box<serde_json::value::RawValue>>)],
}

/// A request in the provider's dialect.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// Path and query, from the root of the provider's endpoint.
    pub path: String,
    /// Headers that the format wants (`anthropic-version`). `content-type` only where it is not `application/json`, or the body was
    /// rendered anew.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body; `None`: the client's own bytes are right as they are.
    pub body: Option<Bytes>,
    /// Hints that the provider has no place for and that do not change the meaning (`seed`, `user`): told in the usage record.
    pub dropped: Vec<String>,
}

/// Why a request cannot be put into the provider's dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The body breaks the rules of the client's own API.
    #[error("{message}")]
    Invalid {
        /// The field, as a path (`messages[2].content`).
        field: String,
        /// What is wrong, and what to do.
        message: String,
    },
    /// The provider's dialect has no such thing.
    #[error("`{field}` cannot be expressed for provider `{provider}` ({dialect}): {message}")]
    Unsupported {
        /// The field, as a path.
        field: String,
        /// The provider's name.
        provider: String,
        /// The provider's dialect.
        dialect: &'static str,
        /// What to do instead.
        message: String,
    },
}

/// Why an answer cannot be put into the client's dialect. Always the provider's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The body is not what the provider's API promises.
    #[error("the provider's answer is not a valid {dialect} answer: {message}")]
    Malformed {
        /// The format's name.
        dialect: &'static str,
        /// What is wrong.
        message: String,
    },
    /// An event or body is larger than allowed.
    #[error("the provider's answer has an event of more than {limit} bytes")]
    TooLarge {
        /// The bound, in bytes.
        limit: usize,
    },
}

/// What was seen of an answer while it passed: for settling, telemetry and the usage record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The model that answered, in the provider's words.
    pub model: Option<String>,
    /// The provider's id of the answer.
    pub id: Option<String>,
    /// The usage that the provider reported.
    pub usage: Option<Tokens>,
    /// What it cost besides tokens.
    pub units: Units,
    /// Why the model stopped.
    pub finish: Option<answer::FinishReason>,
    /// Bytes of generated text, thinking and tool arguments: the base of the estimate when no usage is reported.
    pub output_bytes: u64,
    /// Whether any generated token has been seen.
    pub started: bool,
    /// Whether the provider said that the answer is complete.
    pub complete: bool,
    /// An error that the provider reported within a 200 answer.
    pub error: Option<String>,
    /// What the client was not told, because its API has no place for it: for the usage record.
    pub untold: Vec<&'static str>,
}

/// What the first event of a stream says about whether the stream may be committed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is part of an answer.
    Meaningful,
    /// It says nothing yet: a ping, the head of an answer, a role.
    NotYet,
    /// It is an error: another provider may do better.
    Error {
        /// The HTTP status that the error would have had.
        status: u16,
        /// The provider's message.
        message: String,
    },
}

/// What must be known to bring an answer back to the client.
#[derive(Debug, Clone)]
pub struct AnswerContext {
    /// The client's API.
    pub api: Api,
    /// The format that the provider was asked in.
    pub format: Format,
    /// How the provider frames a stream.
    pub framing: Framing,
    /// The model that the client asked for, where the provider does not tell which one answered.
    pub asked_model: String,
    /// What the answer repeats of its request: [`echo`].
    pub echo: String,
    /// Whether a streamed answer was asked for.
    pub stream: bool,
    /// [`Facts::wants_usage`].
    pub wants_usage: bool,
    /// What the answer of a call needs besides.
    pub call: calls::Back,
    /// The custom tools of the request: [`custom_tools`].
    pub custom_tools: Vec<String>,
    /// What the prompt was estimated at, in tokens: told where the provider tells no usage, and the client's API demands one.
    pub input_estimate: u64,
    /// What headers say of an error.
    pub headers: ErrorHeaders,
    /// The largest answer that is translated as a whole, in bytes.
    pub answer_bytes: usize,
    /// The largest single event of a stream, in bytes.
    pub event_bytes: usize,
}

/// What a provider says of an error in headers: AWS tells it nowhere else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorHeaders {
    /// The type of the error.
    pub kind: Option<String>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
}

/// An answer that is not streamed, for the client.
#[derive(Debug, Clone)]
pub struct Whole {
    /// The body; `None`: the provider's own bytes are right as they are.
    pub body: Option<Bytes>,
    /// What was seen of it.
    pub seen: Seen,
}

/// What became of a piece of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The client gets the same bytes.
    AsIs,
    /// The client gets what was written instead; it may be nothing.
    Rewritten,
}

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The provider said that the answer is complete.
    Complete,
    /// It did not, or reported an error.
    Cut,
}

/// A provider's error, for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderErrorAnswer {
    /// The status that the client gets.
    pub status: u16,
    /// The body; `None`: the provider's own bytes have the client's shape.
    pub body: Option<Bytes>,
    /// The provider's message, for records.
    pub message: String,
    /// Whether it is the gateway's credential that the provider refuses: none of the client's business.
    pub refuses_credential: bool,
}

impl AnswerContext {
    /// Whether the client understands the provider's answers as they are.
    pub(crate) fn is_pass_through(&self) -> bool {
        match self.api.task() {
            Task::Conversation(client) => client.format() == self.format && self.framing.carries_sse(),
            Task::Call(_) => self.call.passes(),
            Task::Opaque => true,
        }
    }
}

/// What an answer in the client's format repeats of its request; empty where it repeats nothing, or is the provider's own.
pub fn echo(api: Api, format: Format, body: &[u8]) -> String {
    match api.task() {
        Task::Conversation(client) if client.format() != format => client.echo(body),
        Task::Conversation(_) | Task::Call(_) | Task::Opaque => String::new(),
    }
}

/// An answer of the gateway itself, in the shape of the client's API.
pub fn rejection(family: Family, rejection: &Rejection) -> Vec<u8> {
    family.rejection(rejection)
}

impl From<aws_events::FrameError> for AnswerError {
    fn from(error: aws_events::FrameError) -> Self {
        match error {
            aws_events::FrameError::TooLarge { limit } => Self::TooLarge { limit },
            error @ aws_events::FrameError::Damaged(_) => {
                Self::Malformed { dialect: "AWS event stream", message: error.to_string() }
            }
        }
    }
}

impl From<sse::TooLarge> for AnswerError {
    fn from(error: sse::TooLarge) -> Self {
        Self::TooLarge { limit: error.limit }
    }
}
