//! Anthropic messages: judges a body, and writes the reply to it.
//!
//! The rules are those of Anthropic's API reference (messages), its guides to tool use, extended thinking, prompt caching and
//! structured outputs, its guide "Migrating to API version 2026-10-21", and the errors that the API gives in practice.

mod block;
mod message;
mod request;
mod signature;
mod tool;
mod write;

use http::{HeaderMap, HeaderName, StatusCode};
use serde_json::Value;

use super::check::Node;
use super::error::{Api, ApiError};
use super::prompt::Prompt;

pub(super) use write::{events, whole};

/// The header that every request must have.
pub(super) const VERSION: HeaderName = HeaderName::from_static("anthropic-version");

/// The versions of the API that differ in what they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V2023,
    /// No sampling parameters, no documents in assistant messages, no citations in user messages.
    V2026,
}

/// Reads a messages request as strictly as the API does.
pub(super) fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Prompt, ApiError> {
    let (version, body) = opened(headers, body)?;
    request::read(&Node::root(&body), version).map_err(|fault| ApiError::fault(Api::Anthropic, fault))
}

/// Reads a token counting request.
pub(super) fn parse_count(headers: &HeaderMap, body: &[u8]) -> Result<Prompt, ApiError> {
    let (version, body) = opened(headers, body)?;
    request::read_count(&Node::root(&body), version).map_err(|fault| ApiError::fault(Api::Anthropic, fault))
}

fn opened(headers: &HeaderMap, body: &[u8]) -> Result<(Version, Value), ApiError> {
    let bad = |message: String| ApiError::new(StatusCode::BAD_REQUEST, message);
    let version = match headers.get(VERSION).map(http::HeaderValue::as_bytes) {
        Some(b"2023-06-01") => Version::V2023,
        Some(b"2026-10-21") => Version::V2026,
        Some(_) => return Err(bad("anthropic-version: is not a valid version".to_owned())),
        None => return Err(bad("anthropic-version: header is required".to_owned())),
    };
    let content_type = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !content_type.starts_with("application/json") {
        return Err(bad("content-type: must be application/json".to_owned()));
    }
    let body = serde_json::from_slice(body).map_err(|error| bad(format!("The request body is not valid JSON: {error}")))?;
    Ok((version, body))
}

#[cfg(test)]
mod tests;
