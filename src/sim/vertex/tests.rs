//! Both publishers below a project's path.

use serde_json::{Value, json};

use super::super::tests::direct::{Direct, at, changed};

fn path(publisher: &str, named: &str) -> Direct {
    at(&format!("/v1/projects/p/locations/us-east5/publishers/{publisher}/models/{named}"))
}

fn claude(changes: Value) -> Value {
    let body =
        json!({"anthropic_version": "vertex-2023-10-16", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]});
    changed(body, &changes)
}

#[test]
fn gemini_is_the_same_but_wants_roles() {
    let body = json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]});
    let answer = path("google", "gemini-2.5-flash:generateContent").json(&body);
    assert_eq!(answer["candidates"][0]["content"]["parts"][0]["text"], "You said: hi");
    assert!(answer["createTime"].is_string());
    assert_eq!(path("google", "gemini-2.5-flash:streamGenerateContent?alt=sse").events(&body).len(), 3);
    let roleless = json!({"contents": [{"parts": [{"text": "hi"}]}]});
    assert!(path("google", "gemini-2.5-flash:generateContent").refused(&roleless).1.contains("valid role"));
    assert_eq!(path("google", "gemini-2.5-flash:countTokens").json(&body)["totalTokens"], 1);
}

#[test]
fn claude_has_a_version_in_its_body_and_no_model() {
    let answer = path("anthropic", "claude-haiku-4-5@20251001:rawPredict").json(&claude(json!({})));
    assert_eq!((&answer["model"], &answer["content"][0]["text"]), (&json!("claude-haiku-4-5@20251001"), &json!("You said: hi")));
    let events = path("anthropic", "claude-haiku-4-5:streamRawPredict").events(&claude(json!({"stream": true})));
    assert_eq!(events.last().unwrap().name, Some("message_stop"));
    let refused = |named: &str, changes: Value| path("anthropic", named).refused(&claude(changes)).1;
    assert_eq!(refused("c:rawPredict", json!({"anthropic_version": null})), "anthropic_version: Field required");
    assert!(refused("c:rawPredict", json!({"anthropic_version": "2023-06-01"})).contains("is neither \"vertex-2023-10-16\""));
    let newer = json!({"anthropic_version": "2026-10-21", "temperature": 0.5});
    assert_eq!(refused("c:rawPredict", newer), "temperature: not supported in API version 2026-10-21");
    assert_eq!(refused("c:rawPredict", json!({"model": "c"})), "model: Extra inputs are not permitted");
    assert!(refused("c:rawPredict", json!({"stream": true})).contains("streamRawPredict"));
    assert!(refused("c:streamRawPredict", json!({})).contains("stream: true"));
    assert_eq!(refused("c:rawPredict", json!({"stop": "x"})), "stop: Extra inputs are not permitted");
}

#[test]
fn tokens_are_counted_for_the_model_in_the_body() {
    let body =
        json!({"anthropic_version": "vertex-2023-10-16", "model": "c", "messages": [{"role": "user", "content": "one two"}]});
    assert_eq!(path("anthropic", "count-tokens:rawPredict").json(&body)["input_tokens"], 2);
}

#[test]
fn texts_are_embedded_by_predict_too() {
    let body = json!({"instances": [{"content": "a b", "task_type": "RETRIEVAL_QUERY"}, {"content": "c"}], "parameters": {"outputDimensionality": 2}});
    let answer = path("google", "text-embedding-005:predict").json(&body);
    assert_eq!(answer["predictions"][0]["embeddings"]["statistics"]["token_count"], 2);
    assert_eq!(answer["predictions"][1]["embeddings"]["values"].as_array().unwrap().len(), 2);
}

#[test]
fn nothing_else_is_there() {
    for path in [
        "/v1/projects/p/locations/l/publishers/meta/models/m:rawPredict",
        "/v1/projects//locations/l/publishers/google/models/m:predict",
    ] {
        assert_eq!(at(path).refused(&json!({})).0, 404);
    }
}
