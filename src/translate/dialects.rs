//! The one place that knows which dialects there are: from a dialect's name to its functions.
//!
//! A new dialect adds an arm to each match here, and a folder with the same four files as the others (`request`, `response`,
//! `stream`, `error`); nothing else of the facade changes. Dialects themselves never name each other.

use super::answer::{Answer, Delta, ProviderError};
use super::conversation::Conversation;
use super::{AnswerError, Dialect, Rendered, RequestError, Target, anthropic, openai};
use crate::codec::sse::Event;
use crate::rejection::Rejection;

impl Dialect {
    /// Where a request of this dialect goes.
    pub(super) fn path(self, target: &Target<'_>) -> String {
        match self {
            Self::OpenAi => openai::request::path(target),
            Self::Anthropic => anthropic::request::path(target),
        }
    }

    pub(super) fn parse_request(self, body: &[u8]) -> Result<Conversation<'_>, RequestError> {
        match self {
            Self::OpenAi => openai::request::parse(body),
            Self::Anthropic => anthropic::request::parse(body),
        }
    }

    pub(super) fn render_request(self, conversation: &Conversation<'_>, target: &Target<'_>) -> Result<Rendered, RequestError> {
        match self {
            Self::OpenAi => openai::request::render(conversation, target),
            Self::Anthropic => anthropic::request::render(conversation, target),
        }
    }

    pub(super) fn parse_answer(self, body: &[u8]) -> Result<Answer<'_>, AnswerError> {
        match self {
            Self::OpenAi => openai::response::parse(body),
            Self::Anthropic => anthropic::response::parse(body),
        }
    }

    pub(super) fn render_answer(self, answer: &Answer<'_>, asked_model: &str) -> Vec<u8> {
        match self {
            Self::OpenAi => openai::response::render(answer, asked_model),
            Self::Anthropic => anthropic::response::render(answer, asked_model),
        }
    }

    pub(super) fn parse_error(self, status: u16, body: &[u8]) -> ProviderError<'_> {
        match self {
            Self::OpenAi => openai::error::parse(status, body),
            Self::Anthropic => anthropic::error::parse(status, body),
        }
    }

    pub(super) fn render_error(self, status: u16, error: &ProviderError<'_>) -> Vec<u8> {
        match self {
            Self::OpenAi => openai::error::render(status, error),
            Self::Anthropic => anthropic::error::render(status, error),
        }
    }

    pub(super) fn rejection(self, rejection: &Rejection) -> Vec<u8> {
        match self {
            Self::OpenAi => openai::error::rejection(rejection),
            Self::Anthropic => anthropic::error::rejection(rejection),
        }
    }
}

/// Reads a provider's stream.
#[derive(Debug)]
pub(super) enum Reader {
    OpenAi(openai::stream::Reader),
    Anthropic(anthropic::stream::Reader),
}

impl Reader {
    pub(super) fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::OpenAi => Self::OpenAi(openai::stream::Reader::default()),
            Dialect::Anthropic => Self::Anthropic(anthropic::stream::Reader::default()),
        }
    }

    pub(super) fn event(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError> {
        match self {
            Self::OpenAi(reader) => reader.event(event, emit),
            Self::Anthropic(reader) => reader.event(event, emit),
        }
    }

    /// The text that an event adds, and to which answer, where that is all that it says and can be told without reading it.
    pub(super) fn glance<'e>(&self, event: &'e Event<'_>) -> Option<(u32, &'e [u8])> {
        match self {
            Self::OpenAi(reader) => reader.glance(event),
            Self::Anthropic(_) => None,
        }
    }
}

/// Writes a client's stream.
#[derive(Debug)]
pub(super) enum Writer {
    OpenAi(openai::stream::Writer),
    Anthropic(anthropic::stream::Writer),
}

impl Writer {
    pub(super) fn new(dialect: Dialect, asked_model: &str, wants_usage: bool) -> Self {
        match dialect {
            Dialect::OpenAi => Self::OpenAi(openai::stream::Writer::new(asked_model, wants_usage)),
            Dialect::Anthropic => Self::Anthropic(anthropic::stream::Writer::new(asked_model, wants_usage)),
        }
    }

    pub(super) fn delta(&mut self, delta: &Delta<'_>, out: &mut Vec<u8>) {
        match self {
            Self::OpenAi(writer) => writer.delta(delta, out),
            Self::Anthropic(writer) => writer.delta(delta, out),
        }
    }

    pub(super) fn fail(&mut self, rejection: &Rejection, out: &mut Vec<u8>) {
        match self {
            Self::OpenAi(writer) => writer.fail(rejection, out),
            Self::Anthropic(writer) => writer.fail(rejection, out),
        }
    }
}
