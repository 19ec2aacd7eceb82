//! The body of a request for a count: made of the body that would be sent for an answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;

use super::Wire;
use crate::codec::json::{JsonError, Splice, TopLevel};
use crate::translate::calls::place::bare;

/// The depth of a body was bounded when it came in, so what is made of it needs no bound.
const ANY_DEPTH: usize = usize::MAX;

/// What `count_tokens` does not take: it is about the answer, not the prompt.
const OF_THE_ANSWER: [&str; 8] =
    ["max_tokens", "stream", "temperature", "top_p", "top_k", "stop_sequences", "service_tier", "metadata"];
/// `ConverseTokensRequest`.
const OF_CONVERSE: [&str; 4] = ["messages", "system", "toolConfig", "additionalModelRequestFields"];
/// Vertex AI's `CountTokensRequest`.
const OF_VERTEX: [&str; 4] = ["contents", "systemInstruction", "tools", "generationConfig"];
/// vLLM's `TokenizeChatRequest`.
const OF_VLLM: [&str; 5] = ["model", "messages", "tools", "chat_template", "chat_template_kwargs"];

/// The version of Anthropic's API on Bedrock.
const ON_BEDROCK: &str = r#""bedrock-2023-05-31""#;

/// The same on Vertex AI: Anthropic's SDK sends it with counts, too, though Google's guide leaves it out.
const ON_VERTEX: &str = r#""vertex-2023-10-16""#;

/// The body for a count, of the body for an answer in the owner's own API (Anthropic's messages, Converse, Gemini, a chat).
///
/// # Errors
/// [`JsonError`] for a body that is no JSON object; a renderer of this crate makes none.
pub(in crate::translate::calls) fn conversation_body(wire: Wire, body: &[u8], model: &str) -> Result<Vec<u8>, JsonError> {
    match wire {
        Wire::Anthropic => without(body, &OF_THE_ANSWER),
        Wire::AnthropicOnVertex => on_vertex(&without(body, &OF_THE_ANSWER)?, model),
        Wire::AnthropicOnBedrock => invocation(body),
        Wire::Converse => {
            let converse = only(body, &OF_CONVERSE)?;
            Ok(nested(&["input", "converse"], &converse))
        }
        Wire::Gemini => {
            let top = TopLevel::scan(body, ANY_DEPTH)?;
            let mut splice = Splice::new(body, &top);
            splice.set("model", json(&format!("models/{}", bare(model))));
            let request = splice.finish().unwrap_or_default();
            Ok(nested(&["generateContentRequest"], &request))
        }
        Wire::Vertex => only(body, &OF_VERTEX),
        Wire::Vllm => only(body, &OF_VLLM),
    }
}

/// The body for a count at a host of the client's own API, of the client's own body.
///
/// # Errors
/// [`JsonError`] for a body that is no JSON object.
pub(in crate::translate::calls) fn passed_body(wire: Wire, body: &[u8], model: &str) -> Result<Vec<u8>, JsonError> {
    match wire {
        Wire::AnthropicOnBedrock => invocation(body),
        _ => on_vertex(body, model),
    }
}

/// Vertex AI has the model in the body of a count, and the version too.
fn on_vertex(body: &[u8], model: &str) -> Result<Vec<u8>, JsonError> {
    let top = TopLevel::scan(body, ANY_DEPTH)?;
    let mut splice = Splice::new(body, &top);
    splice.set("model", json(model));
    splice.set("anthropic_version", ON_VERTEX.as_bytes());
    Ok(splice.finish().map_or_else(|| body.to_vec(), Vec::from))
}

/// What Bedrock would be sent by InvokeModel, as `InvokeModelTokensRequest`: a valid body names the version and a limit.
fn invocation(body: &[u8]) -> Result<Vec<u8>, JsonError> {
    #[derive(Serialize)]
    struct Count {
        input: Input,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        invoke_model: InvokeModel,
    }
    #[derive(Serialize)]
    struct InvokeModel {
        body: String,
    }
    let top = TopLevel::scan(body, ANY_DEPTH)?;
    let mut splice = Splice::new(body, &top);
    splice.set("anthropic_version", ON_BEDROCK.as_bytes());
    if top.get("max_tokens").is_none() {
        splice.set("max_tokens", &b"1"[..]);
    }
    splice.remove("model");
    splice.remove("stream");
    let body = STANDARD.encode(splice.finish().unwrap_or_default());
    Ok(json(&Count { input: Input { invoke_model: InvokeModel { body } } }))
}

/// The body with these fields and no others, in their order.
fn only(body: &[u8], fields: &[&str]) -> Result<Vec<u8>, JsonError> {
    let top = TopLevel::scan(body, ANY_DEPTH)?;
    let kept: Fields<'_> = Fields(top.fields().filter(|(field, _)| fields.contains(field)).collect());
    Ok(json(&kept))
}

fn without(body: &[u8], fields: &[&str]) -> Result<Vec<u8>, JsonError> {
    let top = TopLevel::scan(body, ANY_DEPTH)?;
    let kept: Fields<'_> = Fields(top.fields().filter(|(field, _)| !fields.contains(field)).collect());
    Ok(json(&kept))
}

struct Fields<'a>(Vec<(&'a str, &'a RawValue)>);

impl Serialize for Fields<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// Objects within each other, the innermost given.
fn nested(keys: &[&str], inner: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(inner.len() + 64);
    for key in keys {
        out.extend_from_slice(format!("{{\"{key}\":").as_bytes());
    }
    out.extend_from_slice(inner);
    out.resize(out.len() + keys.len(), b'}');
    out
}

/// JSON of what is made of plain structs with string keys, which cannot fail.
fn json(value: &(impl Serialize + ?Sized)) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
