//! Anthropic messages: judges a body, and writes the reply to it.
//!
//! The rules are those of Anthropic's API reference (messages), its guides to tool use, extended thinking, prompt caching and
//! structured outputs, its guide "Migrating to API version 2026-10-21", and the errors that the API gives in practice.

mod block;
mod message;
mod request;
mod tool;
mod write;

use http::{HeaderMap, HeaderName, StatusCode};
use serde_json::{Value, json};

use super::ask::{Ask, Output};
use super::check::Node;
use super::error::{Api, ApiError};
use super::models;
use super::prompt::Prompt;
use super::route::Route;

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

/// The endpoints. Both APIs have `/v1/models`; only Anthropic's clients send a version.
pub(super) fn route(method: &str, path: &str, headers: &HeaderMap) -> Option<Route> {
    let is_anthropic = headers.contains_key(VERSION);
    Some(match (method, path) {
        ("POST", "/v1/messages") => Route::new(Api::Anthropic, serve),
        ("POST", "/v1/messages/count_tokens") => Route::new(Api::Anthropic, count),
        ("GET", "/v1/models") if is_anthropic => Route::new(Api::Anthropic, models::serve_list),
        ("GET", path) if is_anthropic => Route::at(Api::Anthropic, models::serve_one, path.strip_prefix("/v1/models/")?),
        _ => return None,
    })
}

fn serve(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let prompt = parse(&ask.parts.headers, ask.body)?;
    answer(ask, &prompt)
}

fn answer(ask: &Ask<'_>, prompt: &Prompt) -> Result<Output, ApiError> {
    let reply = ask.reply(prompt)?;
    Ok(if prompt.stream {
        Output::events(events(&reply, prompt, ask.script, ask.seed))
    } else {
        Output::json(whole(&reply, prompt, ask.script, ask.seed))
    })
}

fn count(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let prompt = parse_count(&ask.parts.headers, ask.body)?;
    Ok(Output::json(json!({"input_tokens": prompt.tokens})))
}

/// Where others host Anthropic's models, the model stands in the path and the version in the body: the host's own older one, or the
/// same newer one as at Anthropic, which Anthropic's clients send to every host.
pub(super) fn hosted(ask: &Ask<'_>, mut body: Value, host: &'static str, model: &str) -> Result<Output, ApiError> {
    let version = take_version(&mut body, host)?;
    body["model"] = model.into();
    let prompt = request::read(&Node::root(&body), version).map_err(|fault| ApiError::fault(Api::Anthropic, fault))?;
    answer(ask, &prompt)
}

/// What a body for counting asks to count, with the model and the version in it.
pub(super) fn hosted_count(mut body: Value, host: &'static str) -> Result<Prompt, ApiError> {
    let version = take_version(&mut body, host)?;
    request::read_count(&Node::root(&body), version).map_err(|fault| ApiError::fault(Api::Anthropic, fault))
}

fn take_version(body: &mut Value, host: &'static str) -> Result<Version, ApiError> {
    let Some(fields) = body.as_object_mut() else { return Err(ApiError::bad("Input should be a valid dictionary")) };
    match fields.shift_remove("anthropic_version") {
        Some(Value::String(version)) if version == host => Ok(Version::V2023),
        Some(Value::String(version)) if version == "2026-10-21" => Ok(Version::V2026),
        Some(other) => Err(ApiError::bad(format!("anthropic_version: {other} is neither \"{host}\" nor \"2026-10-21\""))),
        None => Err(ApiError::bad("anthropic_version: Field required")),
    }
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
