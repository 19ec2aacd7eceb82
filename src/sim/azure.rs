//! Azure OpenAI: OpenAI's endpoints below a deployment's path (with an `api-version`), or below `/openai/v1`.
//!
//! What differs: the key's header, the shape of errors, the content filter's results in every answer, and the first chunk of a
//! stream, which has no choices. Of a deployment whose name contains `async` the filter's results come in chunks of their own,
//! which have no `delta` (Azure's "asynchronous filter"). A deployment's path decides which model answers; a model in the body
//! is ignored there.

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::ask::{Ask, Output, Payload, Serve};
use super::error::{Api, ApiError};
use super::route::Route;
use super::sse::Event;
use super::{models, openai};

/// The endpoints. `/openai/v1` is Azure's only with Azure's own header: other vendors have OpenAI's API there.
pub(super) fn route(method: &str, path: &str, headers: &HeaderMap) -> Option<Route> {
    let rest = path.strip_prefix("/openai/")?;
    if let Some(rest) = rest.strip_prefix("deployments/") {
        let (deployment, rest) = rest.split_once('/')?;
        let (api, serve) = endpoint(method, rest)?;
        return Some(Route::at(api, serve, deployment));
    }
    if let Some(rest) = rest.strip_prefix("v1/") {
        let (api, serve) = endpoint(method, rest)?;
        return headers.contains_key("api-key").then(|| Route::new(api, serve));
    }
    match rest {
        // The older place of responses: no deployment, but a version.
        "responses" => {
            let (api, serve) = endpoint(method, rest)?;
            Some(Route::new(api, serve))
        }
        _ => None,
    }
}

fn endpoint(method: &str, rest: &str) -> Option<(Api, Serve)> {
    match (method, rest) {
        ("GET", "models") => Some((Api::Azure, models::serve_list)),
        ("POST", "chat/completions") => Some((Api::Azure, chat)),
        ("POST", rest) => {
            let (api, serve) = openai::endpoint(rest)?;
            Some((if api == Api::Responses { Api::AzureResponses } else { Api::Azure }, serve))
        }
        _ => None,
    }
}

/// Whether the version that a path without one in it needs is there. Called before the key is looked at, as a path that is not there.
pub(super) fn check_version(ask: &Ask<'_>) -> Result<(), ApiError> {
    let path = ask.parts.uri.path();
    let is_versioned = path.starts_with("/openai/v1/") || !matches!(ask.api, Api::Azure | Api::AzureResponses);
    let version = ask.query("api-version");
    let fits = |version: &str| {
        let date = version.strip_suffix("-preview").unwrap_or(version);
        date.len() == 10
            && date.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
    };
    match version.as_deref() {
        _ if is_versioned => Ok(()),
        Some(version) if fits(version) => Ok(()),
        Some(_) => Err(ApiError::bad("API version not supported").code("BadRequest")),
        None => Err(ApiError::new(StatusCode::NOT_FOUND, "Resource not found")),
    }
}

/// Chat completions, with what the content filter says.
fn chat(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let output = openai::serve(ask)?;
    let payload = match output.payload {
        Payload::Json(answer) => Payload::Json(whole(answer)),
        Payload::Events { framing, events } => Payload::Events { framing, events: stream(events) },
        bytes @ Payload::Bytes { .. } => bytes,
    };
    Ok(Output { payload, ..output })
}

/// What the filter found, by category.
fn results(filtered: bool) -> Value {
    let harmless = json!({"filtered": false, "severity": "safe"});
    let violence = if filtered { json!({"filtered": true, "severity": "medium"}) } else { harmless.clone() };
    json!({"hate": harmless, "self_harm": harmless, "sexual": harmless, "violence": violence})
}

fn of_prompt() -> Value {
    json!([{"prompt_index": 0, "content_filter_results": results(false)}])
}

fn is_filtered(choice: &Value) -> bool {
    choice.get("finish_reason").is_some_and(|reason| reason == "content_filter")
}

fn whole(mut answer: Value) -> Value {
    for choice in answer.get_mut("choices").and_then(Value::as_array_mut).into_iter().flatten() {
        choice["content_filter_results"] = results(is_filtered(choice));
    }
    answer["prompt_filter_results"] = of_prompt();
    answer
}

fn stream(events: Vec<Event>) -> Vec<Event> {
    let first = json!({
        "choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": of_prompt(),
    });
    let mut filtered = vec![Event::data(&first)];
    for event in events {
        let Ok(mut chunk) = serde_json::from_str::<Value>(&event.data) else {
            filtered.push(event);
            continue;
        };
        let is_async = chunk.get("model").and_then(Value::as_str).is_some_and(|model| model.contains("async"));
        for choice in chunk.get_mut("choices").and_then(Value::as_array_mut).into_iter().flatten() {
            let (ends, index) = (!choice["finish_reason"].is_null(), choice["index"].clone());
            let says = choice["delta"].get("content").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
            if is_async && ends {
                filtered.push(Event::data(&without_delta(&index)));
            } else if !is_async && (says || ends) {
                choice["content_filter_results"] = if is_filtered(choice) {
                    results(true)
                } else if says {
                    results(false)
                } else {
                    json!({})
                };
            }
        }
        filtered.push(Event::data(&chunk));
    }
    filtered
}

/// What the asynchronous filter says, of text that was sent already.
fn without_delta(index: &Value) -> Value {
    let offsets = json!({"check_offset": 0, "start_offset": 0, "end_offset": 100});
    let choice = json!({
        "content_filter_offsets": offsets, "content_filter_results": results(false), "finish_reason": null, "index": index,
    });
    json!({"choices": [choice], "created": 0, "id": "", "model": "", "object": ""})
}

#[cfg(test)]
mod tests;
