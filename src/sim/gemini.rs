//! Google's Gemini API: judges a body, and writes the answer to it. Vertex AI has the same below paths of its own (`vertex`).
//!
//! The rules are those of the API reference (`v1beta`: models), the guides to function calling, thinking, thought signatures and
//! structured output, and the errors that the API gives in practice.

mod content;
mod embed;
mod names;
mod request;
mod schema;
mod tool;
mod write;

use http::HeaderMap;
use serde_json::json;

use super::ask::{Ask, Output, Serve};
use super::check::{Fault, Node};
use super::error::{Api, ApiError};
use super::models;
use super::route::Route;
use super::sse::Event;

/// The header with the key.
const KEY: &str = "x-goog-api-key";

/// The endpoints, of every version of the API. Below `/v1` only an action or the key's header tells them from OpenAI's.
pub(super) fn route(method: &str, path: &str, headers: &HeaderMap) -> Option<Route> {
    let rest = ["/v1beta/models", "/v1alpha/models", "/v1/models"].iter().find_map(|prefix| path.strip_prefix(prefix))?;
    if method == "GET" {
        let is_google = !path.starts_with("/v1/") || headers.contains_key(KEY);
        let route = match rest {
            "" => Route::new(Api::Gemini, models::serve_list),
            _ => Route::at(Api::Gemini, models::serve_one, rest.strip_prefix('/')?),
        };
        return is_google.then_some(route);
    }
    // A model's name has no colon here, but on Vertex AI it may.
    let (model, action) = rest.strip_prefix('/')?.rsplit_once(':')?;
    let serve = match action {
        "batchEmbedContents" => embed::batch,
        _ => action_of(action)?,
    };
    (method == "POST").then(|| Route::at(Api::Gemini, serve, model))
}

/// What can be asked of a model, here and on Vertex AI.
pub(super) fn action_of(action: &str) -> Option<Serve> {
    Some(match action {
        "generateContent" => generate,
        "streamGenerateContent" => stream,
        "countTokens" => count,
        "embedContent" => embed::one,
        _ => return None,
    })
}

pub(super) use embed::predict;

/// Reads a JSON body, whichever way its fields are written.
fn read<T>(ask: &Ask<'_>, judge: impl FnOnce(&Node<'_>) -> Result<T, Fault>) -> Result<T, ApiError> {
    let body = names::camel(ask.json()?);
    judge(&Node::root(&body)).map_err(|fault| ApiError::fault(ask.api, fault))
}

fn generate(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let prompt = read(ask, |body| request::read(body, ask.api, ask.target))?;
    let reply = ask.reply(&prompt)?;
    Ok(Output::json(write::whole(&reply, &prompt, ask)))
}

/// With `alt=sse` as events, without as one array.
fn stream(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let prompt = read(ask, |body| request::read(body, ask.api, ask.target))?;
    let reply = ask.reply(&prompt)?;
    let chunks = write::chunks(&reply, &prompt, ask);
    match ask.query("alt").as_deref() {
        Some("sse") => Ok(Output::events(chunks.iter().map(Event::data).collect())),
        None | Some("json") => Ok(Output::json(chunks.into())),
        Some(other) => Err(ApiError::bad(format!("Invalid value at 'alt': \"{other}\""))),
    }
}

fn count(ask: &Ask<'_>) -> Result<Output, ApiError> {
    ask.serves(ask.target)?;
    let tokens = read(ask, |body| count_of(body, ask))?;
    let mut answer = json!({"totalTokens": tokens, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": tokens}]});
    if ask.api == Api::Vertex {
        answer["totalBillableCharacters"] = json!(tokens.saturating_mul(4));
    }
    Ok(Output::json(answer))
}

/// Contents alone, or (but on Vertex AI) a whole request.
fn count_of(body: &Node<'_>, ask: &Ask<'_>) -> Result<u64, Fault> {
    let fields: &[&str] = match ask.api {
        Api::Vertex => &["contents", "generationConfig", "model", "systemInstruction", "tools"],
        _ => &["contents", "generateContentRequest"],
    };
    let object = body.object(fields)?;
    let Some(request) = object.get("generateContentRequest") else {
        return Ok(request::read(body, ask.api, ask.target)?.tokens);
    };
    let model = request.any_object()?.need("model")?;
    if model.string()?.strip_prefix("models/") != Some(ask.target) {
        return Err(model.rule("the model in the request must be that of the path"));
    }
    Ok(request::read(&request, ask.api, ask.target)?.tokens)
}

/// Whether a model is of the third generation, which has rules of its own.
fn is_third(model: &str) -> bool {
    model.contains("gemini-3")
}

#[cfg(test)]
mod tests;
