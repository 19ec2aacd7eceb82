//! Streams of providers: 100 text events, with what each dialect says around them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kanmon::codec::{aws_events, sse};
use kanmon::translate::Dialect;
use serde_json::{Value, json};

const TEXTS: usize = 100;
const TEXT: &str = "some more words ";

/// A streamed answer of a provider, each event as it is written.
pub(crate) fn stream(dialect: Dialect) -> Vec<Vec<u8>> {
    match dialect {
        Dialect::OpenAi => chat().iter().map(|data| event(None, data)).chain([b"data: [DONE]\n\n".to_vec()]).collect(),
        Dialect::Anthropic => messages().iter().map(|data| event(data["type"].as_str(), data)).collect(),
        Dialect::AnthropicBedrock => messages().iter().map(chunk).collect(),
        Dialect::Bedrock => converse().iter().map(|(kind, data)| frame(kind, data)).collect(),
        Dialect::Gemini => gemini().iter().map(|data| event(None, data)).collect(),
        Dialect::Cohere => cohere().iter().map(|data| event(data["type"].as_str(), data)).collect(),
        other => unreachable!("the stream of {} is that of another", other.name()),
    }
}

fn event(name: Option<&str>, data: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    sse::write(&mut out, name, data.to_string().as_bytes());
    out
}

fn frame(kind: &str, data: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    aws_events::write_event(&mut out, kind, data.to_string().as_bytes());
    out
}

/// Anthropic's event in a frame of Bedrock's.
fn chunk(data: &Value) -> Vec<u8> {
    frame("chunk", &json!({"bytes": STANDARD.encode(data.to_string())}))
}

fn chat() -> Vec<Value> {
    let chunk = |choice: Value| json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "served", "choices": [choice]});
    let text = chunk(json!({"index": 0, "delta": {"content": TEXT}, "finish_reason": null}));
    let mut all = vec![text; TEXTS];
    all.push(chunk(json!({"index": 0, "delta": {}, "finish_reason": "stop"})));
    all
}

fn messages() -> Vec<Value> {
    let usage = json!({"input_tokens": 9, "output_tokens": 1});
    let message = json!({"id": "m", "type": "message", "role": "assistant", "model": "served", "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage});
    let mut all = vec![
        json!({"type": "message_start", "message": message}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
    ];
    let text = json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": TEXT}});
    all.extend(vec![text; TEXTS]);
    all.push(json!({"type": "content_block_stop", "index": 0}));
    all.push(json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"output_tokens": 300}}));
    all.push(json!({"type": "message_stop"}));
    all
}

fn converse() -> Vec<(&'static str, Value)> {
    let text = ("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"text": TEXT}, "p": "abcdefgh"}));
    let mut all = vec![("messageStart", json!({"role": "assistant", "p": "abcd"}))];
    all.extend(vec![text; TEXTS]);
    all.push(("contentBlockStop", json!({"contentBlockIndex": 0, "p": "abcd"})));
    all.push(("messageStop", json!({"stopReason": "end_turn", "p": "abcd"})));
    let usage = json!({"inputTokens": 9, "outputTokens": 300, "totalTokens": 309});
    all.push(("metadata", json!({"usage": usage, "metrics": {"latencyMs": 100}, "p": "abcd"})));
    all
}

fn gemini() -> Vec<Value> {
    let answer = |candidate: Value| {
        let usage = json!({"promptTokenCount": 9, "candidatesTokenCount": 300, "totalTokenCount": 309});
        json!({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "served", "responseId": "r"})
    };
    let content = json!({"parts": [{"text": TEXT}], "role": "model"});
    let mut all = vec![answer(json!({"content": content, "index": 0})); TEXTS];
    all.push(answer(json!({"content": {"parts": [{"text": "."}], "role": "model"}, "finishReason": "STOP", "index": 0})));
    all
}

fn cohere() -> Vec<Value> {
    let mut all = vec![
        json!({"type": "message-start", "id": "m", "delta": {"message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}}}),
        json!({"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}}),
    ];
    all.extend(vec![json!({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": TEXT}}}}); TEXTS]);
    all.push(json!({"type": "content-end", "index": 0}));
    let usage =
        json!({"billed_units": {"input_tokens": 9, "output_tokens": 300}, "tokens": {"input_tokens": 9, "output_tokens": 300}});
    all.push(json!({"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}}));
    all
}
