//! Google's Vertex AI: Gemini and Anthropic's models below the path of a project and a location.
//!
//! Anthropic's bodies have a version in them and no model (Anthropic's guide "Claude on Vertex AI"); whether they are streamed is
//! said by the path and by the body.

use serde_json::{Value, json};

use super::anthropic;
use super::ask::{Ask, Output};
use super::check::Node;
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
    let body = body(ask)?;
    if body.get("stream") == Some(&Value::Bool(true)) {
        return Err(ApiError::bad("stream: streaming needs the method streamRawPredict"));
    }
    anthropic::hosted(ask, body, ask.target)
}

fn stream(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let body = body(ask)?;
    if body.get("stream") != Some(&Value::Bool(true)) {
        return Err(ApiError::bad("stream: the method streamRawPredict needs `stream: true`"));
    }
    anthropic::hosted(ask, body, ask.target)
}

/// The body, without the version that it must have.
fn body(ask: &Ask<'_>) -> Result<Value, ApiError> {
    let mut body = ask.json()?;
    if body.get("model").is_some() {
        return Err(ApiError::bad("model: Extra inputs are not permitted"));
    }
    version(&mut body)?;
    Ok(body)
}

fn version(body: &mut Value) -> Result<(), ApiError> {
    match body.as_object_mut().and_then(|fields| fields.remove("anthropic_version")) {
        Some(Value::String(version)) if version == VERSION => Ok(()),
        Some(other) => Err(ApiError::bad(format!("anthropic_version: {other} is not \"{VERSION}\""))),
        None => Err(ApiError::bad("anthropic_version: Field required")),
    }
}

fn count(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let mut body = ask.json()?;
    // Whoever counts need not say a version here.
    if body.get("anthropic_version").is_some() {
        version(&mut body)?;
    }
    let prompt = anthropic::count_of(&Node::root(&body)).map_err(|fault| ApiError::fault(ask.api, fault))?;
    ask.serves(&prompt.model)?;
    Ok(Output::json(json!({"input_tokens": prompt.tokens})))
}

#[cfg(test)]
mod tests;
