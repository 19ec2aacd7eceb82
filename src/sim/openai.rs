//! OpenAI chat completions: judges a body, and writes the reply to it.
//!
//! The rules are those of OpenAI's API reference (chat completions), its guides to function calling and structured outputs, and the
//! errors that the API gives in practice.

mod message;
mod request;
mod tool;
mod write;

use http::HeaderMap;
use serde_json::Value;

use super::check::Node;
use super::error::{Api, ApiError};
use super::prompt::Prompt;

pub(super) use write::{events, whole};

/// Reads a request as strictly as the API does.
pub(super) fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Prompt, ApiError> {
    let body = json(headers, body)?;
    request::read(&Node::root(&body)).map_err(|fault| ApiError::fault(Api::OpenAi, fault))
}

fn json(headers: &HeaderMap, body: &[u8]) -> Result<Value, ApiError> {
    let content_type = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !content_type.starts_with("application/json") {
        let message = format!("Unsupported content type: '{content_type}'. Use 'application/json'.");
        return Err(ApiError::new(http::StatusCode::UNSUPPORTED_MEDIA_TYPE, message).code("unsupported_content_type"));
    }
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("We could not parse the JSON body of your request: {error}.");
        ApiError::new(http::StatusCode::BAD_REQUEST, message)
    })
}

#[cfg(test)]
mod tests;
