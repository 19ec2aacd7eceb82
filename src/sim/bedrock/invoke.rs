//! InvokeModel: a body in the model's own dialect. Anthropic's messages (a version in the body, no model, no `stream`), embeddings,
//! and ranks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::anthropic;
use super::super::ask::{Ask, Output, Payload};
use super::super::error::ApiError;
use super::super::sse::Event;
use super::{embed, rank};

/// The version that a body for Anthropic must have.
pub(super) const VERSION: &str = "bedrock-2023-05-31";

/// `POST /model/{id}/invoke`.
pub(super) fn whole(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let body = ask.json()?;
    match Kind::of(ask.target, &body) {
        Kind::Titan => embed::titan(ask),
        Kind::Cohere => embed::cohere(ask),
        Kind::Rank => rank::serve(ask),
        Kind::Anthropic => messages(ask, body, false),
    }
}

/// `POST /model/{id}/invoke-with-response-stream`.
pub(super) fn stream(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let body = ask.json()?;
    match Kind::of(ask.target, &body) {
        Kind::Anthropic => messages(ask, body, true),
        Kind::Titan | Kind::Cohere | Kind::Rank => Err(invalid("The model is unsupported for streaming.")),
    }
}

/// Whose body it is.
enum Kind {
    Anthropic,
    Titan,
    Cohere,
    Rank,
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
        } else if named(".rerank") || !named("anthropic.") && has("query") {
            Self::Rank
        } else {
            Self::Anthropic
        }
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::bad(message).code("ValidationException")
}

/// A body that has neither model nor `stream`, without its betas.
pub(super) fn checked(mut body: Value) -> Result<Value, ApiError> {
    let Some(fields) = body.as_object_mut() else { return Err(invalid("Malformed input request: expected type: JSONObject")) };
    if let Some(key) = ["model", "stream"].into_iter().find(|key| fields.contains_key(*key)) {
        let what = format!("Malformed input request: #: extraneous key [{key}] is not permitted");
        return Err(invalid(format!("{what}, please reformat your input and try again.")));
    }
    match fields.shift_remove("anthropic_beta") {
        None | Some(Value::Array(_)) => Ok(body),
        Some(_) => Err(invalid("anthropic_beta: Input should be a valid list")),
    }
}

fn messages(ask: &Ask<'_>, body: Value, streamed: bool) -> Result<Output, ApiError> {
    let mut body = checked(body)?;
    body["stream"] = json!(streamed);
    let output = anthropic::hosted(ask, body, VERSION, ask.target)?;
    let Payload::Events { events, .. } = output.payload else { return Ok(with_counts(output, ask)) };
    let counted = (count(&events, "/message/usage/input_tokens"), count(&events, "/usage/output_tokens"));
    // Bedrock sends no pings.
    let chunks = events.into_iter().filter(|event| event.name != Some("ping")).map(|event| chunk(event, counted));
    Ok(Output::frames(chunks.collect()))
}

/// The last number at this place of the events.
fn count(events: &[Event], place: &str) -> Option<u64> {
    let data = events.iter().rev().filter_map(|event| serde_json::from_str::<Value>(&event.data).ok());
    data.filter_map(|data| data.pointer(place).and_then(Value::as_u64)).next()
}

/// An event of Anthropic's as AWS wraps it. The last one has AWS's own counts, where usage is told.
fn chunk(event: Event, counted: (Option<u64>, Option<u64>)) -> Event {
    let mut data = event.data;
    if let (Some("message_stop"), (Some(input), Some(output))) = (event.name, counted) {
        let metrics =
            json!({"inputTokenCount": input, "outputTokenCount": output, "invocationLatency": 1, "firstByteLatency": 1});
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
