//! Whose API a path belongs to, and what is asked of it there.
//!
//! Each dialect knows its own paths. Where vendors put OpenAI's API below a prefix of their own, the prefix is taken off.

use std::borrow::Cow;

use http::StatusCode;
use http::request::Parts;

use super::ask::{Ask, Output, Serve};
use super::error::{Api, ApiError};
use super::{anthropic, azure, bedrock, cohere, gemini, openai, path, vertex};

/// An endpoint, found.
pub(super) struct Route {
    pub(super) api: Api,
    pub(super) serve: Serve,
    /// What the path names, decoded: a model or a deployment. Empty where it names none.
    pub(super) target: String,
}

impl Route {
    pub(super) fn new(api: Api, serve: Serve) -> Self {
        Self { api, serve, target: String::new() }
    }

    /// An endpoint whose path names something.
    pub(super) fn at(api: Api, serve: Serve, target: &str) -> Self {
        Self { api, serve, target: path::decode(target).into_owned() }
    }
}

/// Where vendors have OpenAI's API: Groq, Google, OpenRouter, Fireworks, DeepInfra.
const VENDORS: [&str; 5] = ["/openai/v1/", "/v1beta/openai/", "/api/v1/", "/inference/v1/", "/v1/openai/"];

/// The endpoint that a request means. There is always one, if only to say that there is none.
pub(super) fn find(parts: &Parts) -> Route {
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    let found = anthropic::route(method, path, &parts.headers)
        .or_else(|| azure::route(method, path, &parts.headers))
        .or_else(|| vertex::route(method, path))
        .or_else(|| gemini::route(method, path, &parts.headers))
        .or_else(|| bedrock::route(method, path))
        .or_else(|| cohere::route(method, path))
        .or_else(|| openai::route(method, &without_prefix(path)));
    found.unwrap_or_else(|| Route::new(api_of(path), unknown))
}

fn without_prefix(path: &str) -> Cow<'_, str> {
    let rest = VENDORS.iter().find_map(|prefix| path.strip_prefix(prefix));
    rest.map_or(Cow::Borrowed(path), |rest| Cow::Owned(format!("/v1/{rest}")))
}

/// Whose error it is that there is nothing at a path.
fn api_of(path: &str) -> Api {
    let known = [
        ("/v1/messages", Api::Anthropic),
        ("/v1/projects/", Api::Vertex),
        ("/v1beta/", Api::Gemini),
        ("/model/", Api::Bedrock),
        ("/v2/", Api::Cohere),
        ("/openai/", Api::Azure),
    ];
    known.iter().find(|(prefix, _)| path.starts_with(prefix)).map_or(Api::OpenAi, |(_, api)| *api)
}

fn unknown(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let (method, path) = (&ask.parts.method, ask.parts.uri.path());
    Err(match ask.api {
        Api::Azure => ApiError::new(StatusCode::NOT_FOUND, "Resource not found"),
        Api::Bedrock => ApiError::new(StatusCode::NOT_FOUND, format!("{method} {path}")).code("UnknownOperationException"),
        _ => ApiError::new(StatusCode::NOT_FOUND, format!("Invalid URL ({method} {path})")),
    })
}
