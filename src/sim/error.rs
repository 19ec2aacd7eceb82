//! An error as the real APIs tell it: in the shape, with the types and in the words that each uses for a status.

mod shape;
mod words;

use http::StatusCode;
use serde_json::{Value, json};

use super::check::Fault;
use super::script::Script;
use super::sse::Event;

/// Whose shape an answer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    OpenAi,
    /// OpenAI's responses: the errors of [`Api::OpenAi`], but in a stream an event of their own.
    Responses,
    Azure,
    /// Responses at Azure.
    AzureResponses,
    Anthropic,
    /// Anthropic on Vertex AI: Anthropic judges the body, Google everything before it.
    AnthropicVertex,
    Gemini,
    Vertex,
    Bedrock,
    Cohere,
}

/// An error, in no shape yet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) message: String,
    /// The field at fault, where OpenAI tells it.
    pub(super) param: Option<String>,
    /// The API's own code, where it has one: OpenAI's and Azure's `code`, AWS's error type, Google's reason.
    pub(super) code: Option<&'static str>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), param: None, code: None }
    }

    /// A body that the API does not take.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    /// An error that the script asked for.
    pub(super) fn scripted(status: StatusCode, script: &Script) -> Self {
        let code = match status.as_u16() {
            400 if script.finish.as_deref() == Some("content_filter") => Some("content_filter"),
            401 => Some("invalid_api_key"),
            404 => Some("model_not_found"),
            429 => Some("rate_limit_exceeded"),
            _ => None,
        };
        Self { code, ..Self::new(status, format!("simulated {status}")) }
    }

    /// A body that breaks the API's rules, told in the API's words.
    pub(super) fn fault(api: Api, fault: Fault) -> Self {
        let (message, code) = words::of(api, &fault);
        let param = (!fault.path.is_empty()).then_some(fault.path);
        Self { param, code, ..Self::bad(message) }
    }

    /// The body of the answer.
    pub(super) fn body(&self, api: Api, request_id: &str) -> Value {
        shape::body(self, api, request_id)
    }

    /// AWS tells the kind of an error in a header.
    pub(super) fn aws_type(&self) -> &'static str {
        self.code.filter(|code| code.ends_with("Exception")).unwrap_or_else(|| shape::aws_type(self.status))
    }

    /// The error as an event in the middle of a stream, after so many others.
    pub(super) fn event(&self, api: Api, request_id: &str, sent: usize) -> Event {
        match api {
            Api::Anthropic | Api::AnthropicVertex => Event::named("error", &shape::anthropic(self, request_id)),
            Api::Responses | Api::AzureResponses => {
                let event = json!({
                    "type": "error", "code": self.code.unwrap_or("server_error"), "message": self.message, "param": null,
                    "sequence_number": sent,
                });
                Event::named("error", &event)
            }
            Api::Bedrock => Event::exception(shape::aws_stream_type(self.status), &self.body(api, request_id)),
            Api::Cohere => {
                let delta = json!({"error": self.message, "finish_reason": "ERROR"});
                Event::named("message-end", &json!({"type": "message-end", "delta": delta}))
            }
            Api::OpenAi | Api::Azure | Api::Gemini | Api::Vertex => Event::data(&self.body(api, request_id)),
        }
    }
}
