use serde_json::{Value, json};

use super::*;
use crate::translate::answer::{Answer, FinishReason};
use crate::translate::conversation::Content;
use crate::translate::{anthropic, openai};

fn openai(body: &Value) -> Value {
    let body = body.to_string();
    serde_json::from_slice(&openai::response::render(&parse(body.as_bytes()).unwrap(), "asked")).unwrap()
}

fn candidate(parts: Value, reason: &str) -> Value {
    json!({"candidates": [{"content": {"parts": parts, "role": "model"}, "finishReason": reason, "index": 0}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 7},
        "modelVersion": "gemini-2.5-flash", "responseId": "r1"})
}

fn reason(body: &Value) -> FinishReason {
    parse(body.to_string().as_bytes()).unwrap().choices[0].finish.reason
}

#[test]
fn text_thinking_and_calls_are_read() {
    let parts = json!([{"text": "Hm", "thought": true}, {"text": "Hi", "thoughtSignature": "Cg=="},
        {"functionCall": {"name": "f", "args": {"a": "b"}}}]);
    let told = openai(&candidate(parts, "STOP"));
    assert_eq!((&told["id"], &told["model"]), (&json!("r1"), &json!("gemini-2.5-flash")));
    let message = &told["choices"][0]["message"];
    assert_eq!((&message["content"], &message["reasoning_content"]), (&json!("Hi"), &json!("Hm")));
    assert_eq!(message["thinking_blocks"][1], json!({"type": "thinking", "thinking": "", "signature": "google:Cg=="}));
    assert_eq!(message["tool_calls"][0]["function"], json!({"name": "f", "arguments": "{\"a\":\"b\"}"}));
    assert!(message["tool_calls"][0]["id"].as_str().unwrap().starts_with("call_"));
    assert_eq!(told["choices"][0]["finish_reason"], "tool_calls");
}

#[test]
fn calls_without_ids_get_different_ones() {
    let call = json!({"functionCall": {"name": "f"}});
    let told = openai(&candidate(json!([call, call]), "STOP"));
    let calls = told["choices"][0]["message"]["tool_calls"].as_array().unwrap();
    assert_ne!(calls[0]["id"], calls[1]["id"]);
    assert_eq!(calls[0]["function"]["arguments"], "{}");
}

#[test]
fn every_reason_to_stop_says_whether_the_answer_is_whole() {
    let text = json!([{"text": "Hi"}]);
    assert_eq!(reason(&candidate(text.clone(), "STOP")), FinishReason::Stop);
    assert_eq!(reason(&candidate(text.clone(), "MAX_TOKENS")), FinishReason::Length);
    for word in ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "OTHER", "NEW"] {
        assert_eq!(reason(&candidate(text.clone(), word)), FinishReason::ContentFilter, "{word}");
    }
}

#[test]
fn a_call_that_the_model_wrote_wrongly_is_an_error_and_no_empty_answer() {
    let body = json!({"candidates": [{"content": {}, "finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "print(x)"}]});
    let error = parse(body.to_string().as_bytes()).unwrap_err().to_string();
    assert!(error.contains("MALFORMED_FUNCTION_CALL") && error.contains("print(x)"), "{error}");
}

#[test]
fn a_blocked_prompt_is_an_answer_that_was_held_back_and_says_why() {
    let body = json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 9}});
    let told = openai(&body);
    assert_eq!(told["choices"][0]["finish_reason"], "content_filter");
    assert_eq!(told["choices"][0]["message"]["refusal"], "Google blocked the prompt (PROHIBITED_CONTENT)");
    assert_eq!(told["usage"]["prompt_tokens"], 9);
    let body = body.to_string();
    let told: Value = serde_json::from_slice(&anthropic::response::render(&parse(body.as_bytes()).unwrap(), "asked")).unwrap();
    assert_eq!(told["stop_reason"], "refusal");
}

#[test]
fn what_is_no_answer_is_malformed() {
    for body in ["", "{}", "[]", "null", r#"{"candidates":[]}"#, r#"{"error":{"code":500,"message":"x"}}"#, r#"{"candidates":7}"#]
    {
        assert!(parse(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn pictures_of_the_model_are_kept_in_the_hub() {
    let body = candidate(json!([{"inlineData": {"mimeType": "image/png", "data": "AA=="}}]), "STOP").to_string();
    let answer = parse(body.as_bytes()).unwrap();
    assert!(matches!(answer.choices[0].parts[0].content, Content::Image(_)));
}

#[test]
fn an_answer_of_another_provider_is_written_in_googles_shape() {
    let body =
        json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "tool_use", "content": [
        {"type": "thinking", "thinking": "Hm", "signature": "ErUB"}, {"type": "redacted_thinking", "data": "zz"},
        {"type": "text", "text": "Hi"}, {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}],
        "usage": {"input_tokens": 5, "cache_read_input_tokens": 2, "output_tokens": 7}})
        .to_string();
    let answer = anthropic::response::parse(body.as_bytes()).unwrap();
    let told: Value = serde_json::from_slice(&render(&answer, "asked")).unwrap();
    assert_eq!(
        told,
        json!({
            "candidates": [{"content": {"role": "model", "parts": [
                {"text": "Hm", "thought": true, "thoughtSignature": "a2FubW9uLXNpZ25hdHVyZTpFclVC"},
                {"text": "", "thought": true, "thoughtSignature": "a2FubW9uLXJlZGFjdGVkOnp6"},
                {"text": "Hi"},
                {"functionCall": {"id": "t1", "name": "f", "args": {"a": 1}}},
            ]}, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 7, "cachedContentTokenCount": 2, "totalTokenCount": 14},
            "modelVersion": "claude", "responseId": "msg_1",
        })
    );
}

#[test]
fn arguments_that_are_no_object_are_told_as_what_they_are() {
    let body = json!({"choices": [{"message": {"tool_calls": [
        {"id": "1", "function": {"name": "f", "arguments": "{\"a\":"}}, {"id": "2", "function": {"name": "g", "arguments": ""}}]}}]})
    .to_string();
    let answer = openai::response::parse(body.as_bytes()).unwrap();
    let told: Value = serde_json::from_slice(&render(&answer, "asked")).unwrap();
    let parts = &told["candidates"][0]["content"]["parts"];
    assert_eq!(parts[0]["functionCall"]["args"], json!({"INVALID_JSON": "{\"a\":"}));
    assert_eq!(parts[1]["functionCall"]["args"], json!({}));
}

#[test]
fn an_answer_without_a_word_has_an_empty_text() {
    let told: Value = serde_json::from_slice(&render(&Answer::default(), "asked")).unwrap();
    assert_eq!(told["candidates"], json!([]));
    let body = r#"{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}"#;
    let answer = openai::response::parse(body.as_bytes()).unwrap();
    let told: Value = serde_json::from_slice(&render(&answer, "asked")).unwrap();
    assert_eq!(told["candidates"][0]["content"]["parts"], json!([{"text": ""}]));
    assert_eq!(told["modelVersion"], "asked");
}
