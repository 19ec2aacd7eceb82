//! Google's Vertex AI: Gemini and Anthropic's models below the path of a project and a location.
//!
//! Anthropic's bodies have a version in them and no model (Anthropic's guide "Claude on Vertex AI"); whether they are streamed is
//! said by the path and by the body.

use serde_json::{Value, json};

use super::anthropic;
use super::ask::{Ask, Output};
use super::error::{Api, ApiError};
use super::gemini;
use super::route::Route;

/// The version that a body for Anthropic must have.
const VERSION: &str = "vertex-2023-10-16";

/// The name in the path for counting tokens; the model itself stands in the body.
const COUNT: &str = "count-tokens";

/// The endpoints.
pub(super) fn route(method: &str, path: &str) -> Option<Route> {
    let rest = path.strip_prefix("/v1/projects/").or_else(|| path.strip_prefix("/v1beta1/projects/"))?;
    let parts: Vec<&str> = rest.split('/').collect();
    let [project, "locations", location, "publishers", publisher, "models", named] = parts.as_slice() else { return None };
    if method != "POST" || project.is_empty() || location.is_empty() {
        return None;
    }
    let (model, action) = named.rsplit_once(':')?;
    match (*publisher, action) {
        ("google", "predict") => Some(Route::at(Api::Vertex, gemini::predict, model)),
        ("google", action) => Some(Route::at(Api::Vertex, gemini::action_of(action)?, model)),
        ("anthropic", "rawPredict") if model == COUNT => Some(Route::at(Api::AnthropicVertex, count, model)),
        ("anthropic", "rawPredict") => Some(Route::at(Api::AnthropicVertex, predict, model)),
        ("anthropic", "streamRawPredict") => Some(Route::at(Api::AnthropicVertex, stream, model)),
        _ => None,
    }
}

fn predict(ask: &Ask<'_>) -> Result<Output, ApiError> {
    messages(ask, false)
}

fn stream(ask: &Ask<'_>) -> Result<Output, ApiError> {
    messages(ask, true)
}

fn messages(ask: &Ask<'_>, streamed: bool) -> Result<Output, ApiError> {
    let body = ask.json()?;
    if body.get("model").is_some() {
        return Err(ApiError::bad("model: Extra inputs are not permitted"));
    }
    if (body.get("stream") == Some(&Value::Bool(true))) != streamed {
        return Err(ApiError::bad("stream: the method streamRawPredict needs `stream: true`, and rawPredict does not take it"));
    }
    anthropic::hosted(ask, body, VERSION, ask.target)
}

fn count(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let prompt = anthropic::hosted_count(ask.json()?, VERSION)?;
    ask.serves(&prompt.model)?;
    Ok(Output::json(json!({"input_tokens": prompt.tokens})))
}

#[cfg(test)]
mod tests;
