//! InvokeModel: a body in the model's own dialect. Anthropic's messages (a version in the body, no model, no `stream`) and embeddings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::anthropic;
use super::super::ask::{Ask, Output, Payload};
use super::super::error::ApiError;
use super::super::sse::Event;
use super::embed;

/// The version that a body for Anthropic must have.
const VERSION: &str = "bedrock-2023-05-31";

/// `POST /model/{id}/invoke`.
pub(super) fn whole(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let body = ask.json()?;
    match Kind::of(ask.target, &body) {
        Kind::Titan => embed::titan(ask),
        Kind::Cohere => embed::cohere(ask),
        Kind::Anthropic => messages(ask, body, false),
    }
}

/// `POST /model/{id}/invoke-with-response-stream`.
pub(super) fn stream(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let body = ask.json()?;
    match Kind::of(ask.target, &body) {
        Kind::Anthropic => messages(ask, body, true),
        Kind::Titan | Kind::Cohere => Err(invalid("The model is unsupported for streaming.")),
    }
}

/// Whose body it is.
enum Kind {
    Anthropic,
    Titan,
    Cohere,
}

impl Kind {
    /// By the id; an ARN says nothing, then by the body.
    fn of(model: &str, body: &Value) -> Self {
        let has = |name: &str| body.get(name).is_some();
        let named = |vendor: &str| model.contains(vendor);
        if named("titan-embed") || !named("anthropic.") && has("inputText") {
            Self::Titan
        } else if named("cohere.embed") || !named("anthropic.") && has("input_type") {
            Self::Cohere
        } else {
            Self::Anthropic
        }
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::bad(message).code("ValidationException")
}

/// The body without the version that it must have, and without betas.
pub(super) fn without_version(mut body: Value) -> Result<Value, ApiError> {
    let extraneous = |key: &str| {
        invalid(format!(
            "Malformed input request: #: extraneous key [{key}] is not permitted, please reformat your input and try again."
        ))
    };
    let Some(fields) = body.as_object_mut() else { return Err(invalid("Malformed input request: expected type: JSONObject")) };
    if let Some(key) = ["model", "stream"].into_iter().find(|key| fields.contains_key(*key)) {
        return Err(extraneous(key));
    }
    match fields.shift_remove("anthropic_version") {
        Some(Value::String(version)) if version == VERSION => {}
        Some(other) => return Err(invalid(format!("anthropic_version: {other} is not \"{VERSION}\""))),
        None => return Err(invalid("anthropic_version: Field required")),
    }
    match fields.shift_remove("anthropic_beta") {
        None | Some(Value::Array(_)) => Ok(body),
        Some(_) => Err(invalid("anthropic_beta: Input should be a valid list")),
    }
}

fn messages(ask: &Ask<'_>, body: Value, streamed: bool) -> Result<Output, ApiError> {
    let mut body = without_version(body)?;
    body["stream"] = json!(streamed);
    let output = anthropic::hosted(ask, body, ask.target)?;
    let Payload::Events { events, .. } = output.payload else { return Ok(with_counts(output, ask)) };
    // Bedrock sends no pings.
    let chunks = events.into_iter().filter(|event| event.name != Some("ping")).map(|event| chunk(&event, ask));
    Ok(Output::frames(chunks.collect()))
}

/// An event of Anthropic's as AWS wraps it.
fn chunk(event: &Event, ask: &Ask<'_>) -> Event {
    let mut data = event.data.clone();
    if event.name == Some("message_stop") && !ask.script.no_usage {
        let metrics = json!({"inputTokenCount": 0, "outputTokenCount": 0, "invocationLatency": 1, "firstByteLatency": 1});
        data = json!({"type": "message_stop", "amazon-bedrock-invocationMetrics": metrics}).to_string();
    }
    // Padding, so that the length of a chunk says nothing about its text.
    Event::named("chunk", &json!({"bytes": STANDARD.encode(data), "p": "abcdef"}))
}

fn with_counts(output: Output, ask: &Ask<'_>) -> Output {
    let Payload::Json(answer) = &output.payload else { return output };
    let count = |name: &str| answer.get("usage").and_then(|usage| usage.get(name)).and_then(Value::as_u64);
    match (count("input_tokens"), count("output_tokens")) {
        (Some(input), Some(out)) if !ask.script.no_usage => output
            .header("x-amzn-bedrock-input-token-count", input)
            .header("x-amzn-bedrock-output-token-count", out)
            .header("x-amzn-bedrock-invocation-latency", 1),
        _ => output,
    }
}

#[cfg(test)]
mod tests;
