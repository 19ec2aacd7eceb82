//! The one place that knows which formats there are: from a format's name to its functions. Formats never name each other.
//!
//! To add a **format of providers**: a folder with `request::{path, render}`, `response::parse`, `error::parse` and
//! `stream::Reader`; a variant of [`Format`]; an arm for it in each `match self` over a `Format` below.
//! To add a **format of clients**: in its folder also `request::{facts, parse}`, `response::render`, `error::{render, rejection,
//! is_own}` and `stream::Writer`; a variant of [`ClientFormat`], of `Writer`, and their arms below. What a pass-through must change
//! besides the model goes into `request::pass`.
//! To add an **API**: a variant of [`Api`](super::Api) with its arms in `api.rs`, and its path in `exchange::endpoint`. What is not a
//! conversation is a new variant of [`Task`](super::Task): the compiler names the places of the road that must learn it. A new
//! [`Family`] has its arms in `api.rs`, below, and in `route::models`.
//! To add a **dialect**: a variant of [`Dialect`](super::Dialect) with its arms in `dialect.rs`; where a host wants the format
//! otherwise, a variant of [`Hosting`](super::Hosting); a row in the tables of `tests/golden/tables.rs` and `tests::hostile`.
//! To add a **framing**: a variant of [`Framing`](super::Framing) (and of its `ALL`) and an arm in each match of `frames.rs`.

use std::borrow::Cow;

use super::answer::{Answer, Delta, ProviderError};
use super::conversation::Conversation;
use super::{
    AnswerContext, AnswerError, Api, ClientFormat, Facts, Family, Format, Incoming, Rendered, RequestError, Target, Task,
};
use super::{anthropic, calls, cohere, completions, converse, gemini, openai, outbound, responses};
use crate::codec::json::{Splice, TopLevel};
use crate::codec::sse::Event;
use crate::rejection::Rejection;

/// What is done with a provider's format.
impl Format {
    /// Where a request goes at the format's owner.
    pub(super) fn path(self, target: &Target<'_>) -> String {
        match self {
            Self::Chat => openai::request::path(target),
            Self::Completions => completions::request::path(target),
            Self::Responses => responses::request::path(target),
            Self::Messages => anthropic::request::path(target),
            Self::Gemini => gemini::request::path(target),
            Self::Converse => converse::request::path(target),
            Self::Cohere => cohere::request::path(target),
        }
    }

    pub(super) fn render_request(self, conversation: &Conversation<'_>, target: &Target<'_>) -> Result<Rendered, RequestError> {
        match self {
            Self::Chat => openai::request::render(conversation, target),
            // Nobody is asked in these but by clients of the same format, whose bytes pass through.
            Self::Completions | Self::Responses => Err(outbound::passes_only(self, target)),
            Self::Messages => anthropic::request::render(conversation, target),
            Self::Gemini => gemini::request::render(conversation, target),
            Self::Converse => converse::request::render(conversation, target),
            Self::Cohere => cohere::request::render(conversation, target),
        }
    }

    pub(super) fn parse_answer(self, body: &[u8]) -> Result<Answer<'_>, AnswerError> {
        match self {
            Self::Chat => openai::response::parse(body),
            Self::Completions => completions::response::parse(body),
            Self::Responses => responses::response::parse(body),
            Self::Messages => anthropic::response::parse(body),
            Self::Gemini => gemini::response::parse(body),
            Self::Converse => converse::response::parse(body),
            Self::Cohere => cohere::response::parse(body),
        }
    }

    pub(super) fn parse_error(self, status: u16, body: &[u8]) -> ProviderError<'_> {
        match self {
            Self::Chat | Self::Completions | Self::Responses => openai::error::parse(status, body),
            Self::Messages => anthropic::error::parse(status, body),
            Self::Gemini => gemini::error::parse(status, body),
            Self::Converse => converse::error::parse(status, body),
            Self::Cohere => cohere::error::parse(status, body),
        }
    }

    /// Whether a stream is whole when every choice has told why it stopped, although nothing says that it has ended.
    pub(super) fn finish_completes(self) -> bool {
        match self {
            // Compatible vendors leave `[DONE]` out, and Google has nothing like it.
            Self::Chat | Self::Completions | Self::Gemini => true,
            Self::Responses | Self::Messages | Self::Cohere => false,
            // What comes behind the reason is the usage.
            Self::Converse => true,
        }
    }
}

/// What is done with a client's format.
impl ClientFormat {
    pub(super) fn facts(self, incoming: &Incoming<'_>) -> Result<Facts, RequestError> {
        match self {
            Self::Chat => openai::request::facts(incoming.parsed.json()?),
            Self::Completions => completions::request::facts(incoming.parsed.json()?),
            Self::Responses => responses::request::facts(incoming.parsed.json()?),
            Self::Messages => anthropic::request::facts(incoming.parsed.json()?),
            Self::Gemini => gemini::request::facts(incoming),
        }
    }

    pub(super) fn parse_request<'a>(self, incoming: &Incoming<'a>, facts: &Facts) -> Result<Conversation<'a>, RequestError> {
        match self {
            Self::Chat => openai::request::parse(incoming.body),
            Self::Completions => completions::request::parse(incoming.body),
            Self::Responses => responses::request::parse(incoming.body),
            Self::Messages => anthropic::request::parse(incoming.body),
            Self::Gemini => Ok(Conversation { stream: facts.stream, ..gemini::request::parse(incoming.body)? }),
        }
    }

    /// What must be changed of a request that passes through; returns what was dropped.
    pub(super) fn pass_request(
        self,
        splice: &mut Splice<'_>,
        top: &TopLevel<'_>,
        facts: &Facts,
        target: &Target<'_>,
    ) -> Result<Vec<String>, RequestError> {
        match self {
            Self::Chat | Self::Completions => {
                outbound::set_model(splice, facts, target);
                openai::request::pass(splice, top, facts)?;
            }
            Self::Responses => {
                outbound::set_model(splice, facts, target);
                responses::request::pass(splice, top)?;
            }
            Self::Messages => {
                outbound::set_model(splice, facts, target);
                return Ok(anthropic::request::pass(splice, top));
            }
            Self::Gemini => gemini::request::pass(splice, top),
        }
        Ok(Vec::new())
    }

    /// What an answer repeats of its request; empty where nothing is repeated.
    pub(super) fn echo(self, body: &[u8]) -> String {
        match self {
            Self::Responses => responses::echo(TopLevel::scan(body, usize::MAX).ok().as_ref()),
            Self::Chat | Self::Completions | Self::Messages | Self::Gemini => String::new(),
        }
    }

    pub(super) fn render_answer(self, answer: &Answer<'_>, context: &AnswerContext) -> Vec<u8> {
        let asked_model = &context.asked_model;
        match self {
            Self::Chat => openai::response::render(answer, asked_model),
            Self::Completions => completions::response::render(answer, asked_model),
            Self::Responses => responses::response::render(answer, asked_model, &context.echo),
            Self::Messages => anthropic::response::render(answer, asked_model),
            Self::Gemini => gemini::response::render(answer, asked_model),
        }
    }

    /// Whether an event tells usage only, so that it can be kept from a client who did not ask for it.
    pub(super) fn is_usage_chunk(self, event: &Event<'_>) -> bool {
        match self {
            Self::Chat | Self::Completions => openai::stream::is_usage_chunk(event),
            Self::Responses | Self::Messages | Self::Gemini => false,
        }
    }
}

/// Errors in a stream that passes.
impl ClientFormat {
    /// An event that tells an error in a way that the client's SDK would pass over, as one that it raises. `None`: it raises it as it
    /// is. Anthropic's and Google's SDKs raise whatever their own providers tell.
    pub(super) fn retold_error(self, event: &Event<'_>, error: &ProviderError<'_>) -> Option<Vec<u8>> {
        match self {
            Self::Chat | Self::Completions | Self::Responses => openai::error::retold(event, error),
            Self::Messages | Self::Gemini => None,
        }
    }
}

/// Errors, in the words of the client's API.
impl Family {
    /// A provider's error.
    pub(super) fn render_error(self, status: u16, error: &ProviderError<'_>) -> Vec<u8> {
        match self {
            Self::OpenAi => openai::error::render(status, error),
            Self::Anthropic => anthropic::error::render(status, error),
            Self::Cohere => cohere::error::render(status, error),
            Self::Gemini => gemini::error::render(status, error),
        }
    }

    /// A provider's error that has the family's shape already, with what the family's SDKs look for. `None`: it has another shape.
    pub(super) fn kept_error<'b>(self, status: u16, error: &ProviderError<'_>, body: &'b [u8]) -> Option<Cow<'b, [u8]>> {
        let is_own = match self {
            Self::OpenAi => return openai::error::kept(status, error, body),
            Self::Anthropic => anthropic::error::is_own(body),
            Self::Cohere => cohere::error::is_own(body),
            Self::Gemini => gemini::error::is_own(body),
        };
        is_own.then_some(Cow::Borrowed(body))
    }

    /// An answer of the gateway itself.
    pub(super) fn rejection(self, rejection: &Rejection) -> Vec<u8> {
        match self {
            Self::OpenAi => openai::error::rejection(rejection),
            Self::Anthropic => anthropic::error::rejection(rejection),
            Self::Cohere => cohere::error::rejection(rejection),
            Self::Gemini => gemini::error::rejection(rejection),
        }
    }
}

/// Reads a provider's stream.
#[derive(Debug)]
pub(super) enum Reader {
    Chat(openai::stream::Reader),
    Completions(completions::stream::Reader),
    Responses(responses::stream::Reader),
    Messages(anthropic::stream::Reader),
    Gemini(gemini::stream::Reader),
    Converse(converse::stream::Reader),
    Cohere(cohere::stream::Reader),
    Call(calls::Reader),
}

impl Reader {
    pub(super) fn new(format: Format) -> Self {
        match format {
            Format::Chat => Self::Chat(openai::stream::Reader::default()),
            Format::Completions => Self::Completions(completions::stream::Reader::default()),
            Format::Responses => Self::Responses(responses::stream::Reader::default()),
            Format::Messages => Self::Messages(anthropic::stream::Reader::default()),
            Format::Gemini => Self::Gemini(gemini::stream::Reader::default()),
            Format::Converse => Self::Converse(converse::stream::Reader::default()),
            Format::Cohere => Self::Cohere(cohere::stream::Reader::default()),
        }
    }

    /// Of what a client of this API asks for.
    pub(super) fn of(api: Api, format: Format) -> Self {
        match api.task() {
            Task::Conversation(_) => Self::new(format),
            Task::Call(_) | Task::Opaque => Self::Call(calls::Reader::default()),
        }
    }

    pub(super) fn event(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError> {
        match self {
            Self::Chat(reader) => reader.event(event, emit),
            Self::Completions(reader) => reader.event(event, emit),
            Self::Responses(reader) => reader.event(event, emit),
            Self::Messages(reader) => reader.event(event, emit),
            Self::Gemini(reader) => reader.event(event, emit),
            Self::Converse(reader) => reader.event(event, emit),
            Self::Cohere(reader) => reader.event(event, emit),
            Self::Call(reader) => reader.event(event, emit),
        }
    }

    /// The number of an event that follows on those taken so far, where the format numbers its events.
    pub(super) fn next_number(&self) -> Option<u64> {
        match self {
            Self::Responses(reader) => Some(reader.next_number()),
            Self::Chat(_) | Self::Completions(_) | Self::Messages(_) | Self::Gemini(_) => None,
            Self::Converse(_) | Self::Cohere(_) | Self::Call(_) => None,
        }
    }
}

/// Writes a client's stream.
#[derive(Debug)]
pub(super) enum Writer {
    Chat(openai::stream::Writer),
    Completions(completions::stream::Writer),
    Responses(responses::stream::Writer),
    Messages(anthropic::stream::Writer),
    Gemini(gemini::stream::Writer),
}

impl Writer {
    pub(super) fn new(format: ClientFormat, context: &AnswerContext) -> Self {
        let (asked_model, wants_usage) = (&context.asked_model, context.wants_usage);
        match format {
            ClientFormat::Chat => Self::Chat(openai::stream::Writer::new(asked_model, wants_usage)),
            ClientFormat::Completions => Self::Completions(completions::stream::Writer::new(asked_model, wants_usage)),
            ClientFormat::Responses => Self::Responses(responses::stream::Writer::new(asked_model, &context.echo)),
            ClientFormat::Messages => Self::Messages(anthropic::stream::Writer::new(asked_model, wants_usage)),
            ClientFormat::Gemini => Self::Gemini(gemini::stream::Writer::new(asked_model, wants_usage)),
        }
    }

    pub(super) fn delta(&mut self, delta: &Delta<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Chat(writer) => writer.delta(delta, out),
            Self::Completions(writer) => writer.delta(delta, out),
            Self::Responses(writer) => writer.delta(delta, out),
            Self::Messages(writer) => writer.delta(delta, out),
            Self::Gemini(writer) => writer.delta(delta, out),
        }
    }

    /// Whether it has told the client that what the provider says cannot be told: such an answer is not whole, however it ends.
    pub(super) fn gave_up(&self) -> bool {
        match self {
            Self::Chat(_) | Self::Completions(_) => false,
            Self::Responses(writer) => writer.gave_up(),
            Self::Gemini(writer) => writer.gave_up(),
            Self::Messages(writer) => writer.gave_up(),
        }
    }

    /// Numbers events on from here, where the format numbers them: those before have passed.
    pub(super) fn go_on_from(&mut self, number: u64) {
        if let Self::Responses(writer) = self {
            writer.go_on_from(number);
        }
    }

    pub(super) fn fail(&mut self, rejection: &Rejection, out: &mut Vec<u8>) {
        match self {
            Self::Chat(writer) => writer.fail(rejection, out),
            Self::Completions(writer) => writer.fail(rejection, out),
            Self::Responses(writer) => writer.fail(rejection, out),
            Self::Messages(writer) => writer.fail(rejection, out),
            Self::Gemini(writer) => writer.fail(rejection, out),
        }
    }
}
