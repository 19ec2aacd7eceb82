//! What Google answered, told to a client, and sent back by it: the signatures come home.

use serde_json::{Value, json};

use super::*;
use crate::codec::sse::Event;
use crate::translate::gemini::{response, stream};

const ANSWER: &str = r#"{"candidates":[{"content":{"role":"model","parts":[
    {"text":"Let me look.","thought":true},
    {"functionCall":{"name":"f","args":{"a":1},"id":"x1"},"thoughtSignature":"Cg+/"},
    {"functionCall":{"name":"g","args":{},"id":"x2"}}]},"finishReason":"STOP","index":0}]}"#;

fn home() -> Value {
    json!([
        {"text": "Let me look.", "thought": true},
        {"functionCall": {"id": "x1", "name": "f", "args": {"a": 1}}, "thoughtSignature": "Cg+/"},
        {"functionCall": {"id": "x2", "name": "g", "args": {}}},
    ])
}

#[test]
fn through_a_client_of_anthropics_api() {
    let answer = response::parse(ANSWER.as_bytes()).unwrap();
    let told: Value = serde_json::from_slice(&anthropic::response::render(&answer, "m")).unwrap();
    let messages = json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": told["content"]}]);
    let request = json!({"model": "m", "max_tokens": 9, "messages": messages});
    let (body, _) = from_anthropic(&request, "gemini-3-pro-preview").unwrap();
    assert_eq!(body["contents"][1]["parts"], home());
}

#[test]
fn through_a_client_of_openais_api() {
    let answer = response::parse(ANSWER.as_bytes()).unwrap();
    let told: Value = serde_json::from_slice(&openai::response::render(&answer, "m")).unwrap();
    let message = &told["choices"][0]["message"];
    assert_eq!(message["tool_calls"][0]["extra_content"], json!({"google": {"thought_signature": "Cg+/"}}));
    let request = json!({"messages": [{"role": "user", "content": "a"}, message]});
    let (body, _) = from_openai(&request, "gemini-3-pro-preview").unwrap();
    // Thinking that is not signed itself is not worth a place.
    assert_eq!(body["contents"][1]["parts"].as_array().unwrap()[..], home().as_array().unwrap()[1..]);
}

#[test]
fn through_a_stream_of_openais_api() {
    let (mut reader, mut writer) = (stream::Reader::default(), openai::stream::Writer::new("m", true));
    let mut out = Vec::new();
    let data = ANSWER.replace('\n', " ");
    let event = Event { name: None, data: data.as_bytes().into(), raw: b"", exception: false };
    reader.event(&event, &mut |delta| writer.delta(&delta, &mut out)).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.matches(r#""extra_content":{"google":{"thought_signature":"Cg+/"}}"#).count(), 1, "{text}");
    assert!(text.contains(r#""finish_reason":"tool_calls""#), "{text}");
}

#[test]
fn googles_models_behind_openais_api_get_their_signature_back() {
    let request = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "", "signature": "google:Cg=="}, {"type": "tool_use", "id": "1", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "x"}]},
    ]})
    .to_string();
    let conversation = anthropic::request::parse(request.as_bytes()).unwrap();
    let sent = |model: &str| body(&openai::request::render(&conversation, &target(model)).unwrap())["messages"][1].take();
    let call = sent("gemini-3-flash")["tool_calls"][0].take();
    assert_eq!(call["extra_content"], json!({"google": {"thought_signature": "Cg=="}}));
    // Others refuse fields that they do not know.
    assert_eq!(sent("gpt-5")["tool_calls"][0].get("extra_content"), None);
}

#[test]
fn anthropic_never_gets_what_google_signed() {
    let request = json!({"messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b", "thinking_blocks": [{"type": "thinking", "thinking": "x", "signature": "google:Cg=="}]},
    ]})
    .to_string();
    let conversation = openai::request::parse(request.as_bytes()).unwrap();
    let rendered = anthropic::request::render(&conversation, &target("claude-x")).unwrap();
    assert_eq!(body(&rendered)["messages"][1]["content"], "b");
    assert_eq!(rendered.dropped, ["thinking"]);
}
