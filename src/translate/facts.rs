//! What the road needs to know of a request before anything is translated: taken from the path and the body's outermost layer only.

use super::calls::Prompt;
use super::fault::Fault;
use super::{Incoming, RequestError, Task, calls};
use crate::codec::json::TopLevel;

/// What the road needs to know of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The model asked for.
    pub model: String,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// The most output tokens asked for, over all choices.
    pub max_output_tokens: Option<u64>,
    /// Whether the caller asked for the usage chunk of an OpenAI stream (always true where the API tells usage anyway).
    pub wants_usage: bool,
}

impl Facts {
    /// Of a request that is not read: no tokens are reserved for it. `model` stands for its model in limits that count by model.
    pub fn unread(model: String) -> Self {
        Self { model, stream: false, max_output_tokens: Some(0), wants_usage: true }
    }
}

/// What the road needs to know of a request.
///
/// # Errors
/// [`RequestError::Invalid`] for a field that is missing or of the wrong type.
pub fn facts(incoming: &Incoming<'_>) -> Result<Facts, RequestError> {
    match incoming.api.task() {
        Task::Conversation(format) => format.facts(incoming),
        Task::Call(call) => calls::facts(call, incoming),
        Task::Opaque => Ok(Facts::unread(String::new())),
    }
}

/// What the prompt of a request is, for whoever estimates its tokens.
pub fn prompt(incoming: &Incoming<'_>) -> Prompt {
    match incoming.api.task() {
        Task::Conversation(_) => Prompt::Text,
        Task::Call(call) => calls::prompt(call, &incoming.parsed),
        Task::Opaque => Prompt::Tokens(0),
    }
}

/// The model, where it is a field of the body.
pub(super) fn model(top: &TopLevel<'_>) -> Result<String, RequestError> {
    let model = top.str("model")?.unwrap_or_default();
    if model.is_empty() { Err(Fault::new("model", "is missing: name a model").into()) } else { Ok(model.into_owned()) }
}

/// Whether to stream, where it is a field of the body.
pub(super) fn stream(top: &TopLevel<'_>) -> Result<bool, RequestError> {
    Ok(top.bool("stream")?.unwrap_or_default())
}
