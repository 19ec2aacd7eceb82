//! Errors. Their bodies are the same for all of OpenAI's APIs; a stream tells them in events of its own.
//!
//! The official SDKs raise an error for an event that has an `error` object, and their types want the same fields flat: an `error`
//! event has both. It comes after `response.failed`, which is what applications that read events look for.

use serde::Serialize;

use super::frame::ResponseError;
pub use crate::translate::openai::error::{parse, rejection, render};

/// An error, as `error` events tell it.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Event<'c> {
    #[serde(rename = "type")]
    kind: &'static str,
    sequence_number: u64,
    code: Option<&'c str>,
    message: &'c str,
    param: Option<&'c str>,
    error: Nested<'c>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Nested<'c> {
    #[serde(rename = "type")]
    kind: &'c str,
    code: Option<&'c str>,
    message: &'c str,
    param: Option<&'c str>,
}

/// An error in a stream, of the provider or of the gateway.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'c> {
    /// The HTTP status that it would have had.
    pub(super) status: u16,
    pub(super) kind: &'c str,
    pub(super) code: Option<&'c str>,
    pub(super) message: &'c str,
    pub(super) param: Option<&'c str>,
}

impl<'c> Told<'c> {
    /// As an `error` event tells it.
    pub(super) fn event(self, sequence_number: u64) -> Event<'c> {
        let Self { kind, code, message, param, .. } = self;
        Event { kind: "error", sequence_number, code, message, param, error: Nested { kind, code, message, param } }
    }

    /// As a failed response tells it: OpenAI has a code for a few things only.
    pub(super) fn of_response(self) -> ResponseError<'c> {
        let code = match self.status {
            429 => "rate_limit_exceeded",
            400..500 => "invalid_prompt",
            _ => "server_error",
        };
        ResponseError { code, message: self.message }
    }
}
