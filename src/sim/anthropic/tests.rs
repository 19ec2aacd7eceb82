//! What the judge takes and what it refuses.

use http::HeaderValue;
use serde_json::{Value, json};

use super::super::prompt::{Choice, Format, Thinking};
use super::super::sealed;
use super::*;

fn headers(version: &'static str) -> HeaderMap {
    HeaderMap::from_iter([
        (http::header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (VERSION, HeaderValue::from_static(version)),
    ])
}

fn parse_json(body: &Value) -> Result<Prompt, ApiError> {
    parse(&headers("2023-06-01"), body.to_string().as_bytes())
}

/// A small right request with some fields changed; `null` takes a field away.
fn request(changes: &Value) -> Value {
    let mut body = json!({"model": "m", "max_tokens": 4096, "messages": [{"role": "user", "content": "hi"}]});
    for (key, value) in changes.as_object().unwrap() {
        body[key] = value.clone();
    }
    body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    body
}

fn refused(changes: Value) -> String {
    let error = parse_json(&request(&changes)).expect_err(&changes.to_string());
    assert_eq!(error.status, 400);
    error.message
}

fn refused_messages(list: Value) -> String {
    refused(json!({"messages": list}))
}

fn user(content: Value) -> Value {
    json!({"role": "user", "content": content})
}

fn assistant(content: Value) -> Value {
    json!({"role": "assistant", "content": content})
}

fn call(id: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": "f", "input": {"city": "Paris"}})
}

fn result(id: &str) -> Value {
    json!({"type": "tool_result", "tool_use_id": id, "content": "sunny"})
}

#[test]
fn a_request_with_everything_is_understood() {
    let ephemeral = json!({"type": "ephemeral", "ttl": "1h"});
    let body = json!({
        "model": "m", "max_tokens": 4096, "stream": true, "stop_sequences": ["END"], "metadata": {"user_id": "u"},
        "system": [{"type": "text", "text": "be brief", "cache_control": ephemeral}],
        "thinking": {"type": "enabled", "budget_tokens": 1024}, "top_p": 0.95,
        "tools": [
            {"name": "f", "description": "d", "input_schema": {"type": "object", "properties": {}}, "cache_control": ephemeral},
            {"type": "web_search_20250305", "name": "web_search"}],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": true},
        "output_config": {"effort": "high", "format": {"type": "json_schema",
            "schema": {"type": "object", "properties": {}, "additionalProperties": false}}},
        "messages": [
            user(json!([
                {"type": "text", "text": "look at these"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
                {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
                {"type": "document", "title": "t", "source": {"type": "base64", "media_type": "application/pdf", "data": "aGk="}},
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hello"}}])),
            assistant(json!([
                {"type": "thinking", "thinking": "hm", "signature": sealed::signature("hm")},
                {"type": "redacted_thinking", "data": sealed::seal("hm")},
                {"type": "text", "text": "let me look"}, call("a"), call("b")])),
            user(json!([result("b"), {"type": "tool_result", "tool_use_id": "a", "is_error": true}])),
        ],
    });
    let prompt = parse_json(&body).unwrap();
    assert_eq!((prompt.model.as_str(), prompt.stream, prompt.max_tokens), ("m", true, Some(4096)));
    assert_eq!((prompt.last.text.as_str(), prompt.last.results.len()), ("look at these", 2));
    assert!(prompt.last.results[1].is_error);
    assert_eq!((prompt.media.images, prompt.media.documents, prompt.tools.len()), (2, 2, 1));
    assert_eq!((prompt.choice, prompt.parallel, prompt.thinking), (Choice::Auto, false, Thinking::Shown));
    assert!(matches!(prompt.format, Format::Schema(_)));
    // be brief, look at these, let me look, two calls of two, one result, four media, one tool
    assert_eq!(prompt.tokens, 2 + 3 + 3 + 4 + 1 + 400 + 10);
}

#[test]
fn a_body_in_the_other_dialect_is_refused_where_it_differs() {
    assert_eq!(refused(json!({"max_tokens": null})), "max_tokens: Field required");
    assert_eq!(refused(json!({"stop": ["x"]})), "stop: Extra inputs are not permitted");
    assert_eq!(refused(json!({"stream_options": {}})), "stream_options: Extra inputs are not permitted");
    let tool = json!({"type": "function", "function": {"name": "f"}});
    assert!(refused(json!({"tools": [tool]})).starts_with("tools.0.type: Input tag 'function'"));
    assert!(refused_messages(json!([{"role": "tool", "content": "x"}])).starts_with("messages.0.role: Input should be 'user'"));
    let image = json!({"type": "image_url", "image_url": {"url": "https://example.com"}});
    assert!(refused_messages(json!([user(json!([image]))])).starts_with("messages.0.content.0.type:"));
    assert_eq!(
        refused(json!({"tool_choice": "auto", "tools": [{"name": "f", "input_schema": {"type": "object"}}]})),
        "tool_choice: Input should be an object"
    );
}

#[test]
fn version_and_content_type_are_demanded() {
    let body = request(&json!({})).to_string();
    let message = |headers: &HeaderMap| parse(headers, body.as_bytes()).unwrap_err().message;
    assert_eq!(message(&HeaderMap::new()), "anthropic-version: header is required");
    assert_eq!(message(&headers("2020-01-01")), "anthropic-version: is not a valid version");
    assert_eq!(
        message(&HeaderMap::from_iter([(VERSION, HeaderValue::from_static("2023-06-01"))])),
        "content-type: must be application/json"
    );
}

#[test]
fn the_newer_version_refuses_what_it_dropped() {
    let newer = |changes: Value| parse(&headers("2026-10-21"), request(&changes).to_string().as_bytes());
    assert!(newer(json!({})).is_ok());
    for sampling in ["temperature", "top_p", "top_k"] {
        let message = newer(json!({sampling: 1})).unwrap_err().message;
        assert!(message.starts_with(&format!("{sampling}:")), "{message}");
        assert!(parse_json(&request(&json!({sampling: 1}))).is_ok());
    }
    let document = json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}});
    let quoted = json!({"type": "text", "text": "x", "citations": [{}]});
    let messages = [json!([user(json!("x")), assistant(json!([document])), user(json!("y"))]), json!([user(json!([quoted]))])];
    for list in messages {
        assert!(parse_json(&request(&json!({"messages": list}))).is_ok());
        assert_eq!(newer(json!({"messages": list})).unwrap_err().status, 400);
    }
}

#[test]
fn every_tool_call_is_answered_at_once_and_every_answer_has_its_call() {
    let begin = [user(json!("x")), assistant(json!([call("a"), call("b")]))];
    let with = |rest: Value| {
        let mut list = begin.to_vec();
        list.extend(rest.as_array().unwrap().clone());
        json!(list)
    };
    assert!(parse_json(&request(&json!({"messages": with(json!([user(json!([result("b"), result("a")]))]))}))).is_ok());
    for rest in [json!([]), json!([user(json!("y"))]), json!([user(json!([result("a")]))]), json!([assistant(json!("y"))])] {
        assert!(refused_messages(with(rest)).contains("`tool_use` ids were found without `tool_result`"));
    }
    assert!(refused_messages(with(json!([user(json!([result("a"), result("c")]))]))).contains("unexpected `tool_use_id`"));
    let text_first = json!([user(json!([{"type": "text", "text": "y"}, result("a"), result("b")]))]);
    assert!(refused_messages(with(text_first)).contains("must come first"));
    assert!(refused_messages(json!([user(json!("x")), assistant(json!([call("a"), call("a")]))])).contains("must be unique"));
}

#[test]
fn messages_have_content_and_begin_with_the_user() {
    assert!(refused_messages(json!([])).contains("at least one message"));
    assert!(refused_messages(json!([assistant(json!("x"))])).contains("must use the \"user\" role"));
    assert!(refused_messages(json!([user(json!(""))])).contains("non-empty content"));
    assert!(refused_messages(json!([user(json!([]))])).contains("non-empty content"));
    assert!(refused_messages(json!([user(json!([{"type": "text", "text": ""}]))])).contains("must be non-empty"));
    assert!(refused_messages(json!([user(json!("x")), assistant(json!("y "))])).contains("trailing whitespace"));
    assert!(parse_json(&request(&json!({"messages": [user(json!("x")), assistant(json!("y"))]}))).is_ok());
}

#[test]
fn thinking_comes_back_as_it_was_given() {
    let with =
        |block: Value| json!([user(json!("x")), assistant(json!([block, {"type": "text", "text": "y"}])), user(json!("z"))]);
    let thinking = |text: &str| json!({"type": "thinking", "thinking": text, "signature": sealed::signature("hm")});
    assert!(parse_json(&request(&json!({"messages": with(thinking("hm"))}))).is_ok());
    assert!(refused_messages(with(thinking("changed"))).contains("Invalid `signature`"));
    assert!(refused_messages(with(json!({"type": "redacted_thinking", "data": "aGk="}))).contains("Invalid `data`"));
    let last = json!([user(json!("x")), assistant(json!([thinking("hm")])), user(json!("z"))]);
    assert!(refused_messages(last).contains("cannot be `thinking`"));
}

#[test]
fn a_budget_for_thinking_has_its_rules() {
    let thinking = json!({"type": "enabled", "budget_tokens": 2048});
    let tools = json!([{"name": "f", "input_schema": {"type": "object"}}]);
    let with = |changes: Value| {
        let mut all = json!({"thinking": thinking});
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        all
    };
    assert!(parse_json(&request(&with(json!({"temperature": 1})))).is_ok());
    assert!(refused(with(json!({"temperature": 0.5}))).contains("may only be set to 1"));
    assert!(refused(with(json!({"top_k": 5}))).contains("must be unset"));
    assert!(refused(with(json!({"max_tokens": 2048}))).contains("must be greater than"));
    assert!(refused(json!({"thinking": {"type": "enabled", "budget_tokens": 1023}})).contains("out of range"));
    assert!(refused(with(json!({"tools": tools, "tool_choice": {"type": "any"}}))).contains("forces tool use"));
    let unthinking = json!([user(json!("x")), assistant(json!([call("a")])), user(json!([result("a")]))]);
    assert!(refused(with(json!({"messages": unthinking}))).contains("Expected `thinking`"));
    assert!(parse_json(&request(&json!({"thinking": {"type": "adaptive"}, "messages": unthinking}))).is_ok());
}

#[test]
fn tools_and_cache_marks_are_held_to_their_rules() {
    let tool = |name: &str| json!({"name": name, "input_schema": {"type": "object"}});
    assert!(refused(json!({"tools": [tool("f"), tool("f")]})).contains("must be unique"));
    assert!(refused(json!({"tools": [tool("a b")]})).contains("does not match the pattern"));
    assert_eq!(refused(json!({"tools": [{"name": "f", "input_schema": {}}]})), "tools.0.input_schema.type: Field required");
    assert!(refused(json!({"tool_choice": {"type": "auto"}})).contains("only be specified while providing tools"));
    assert!(refused(json!({"tools": [tool("f")], "tool_choice": {"type": "tool", "name": "g"}})).contains("not found"));
    let marked = json!({"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}});
    assert!(parse_json(&request(&json!({"messages": [user(json!(vec![marked.clone(); 4]))]}))).is_ok());
    assert!(refused_messages(json!([user(json!(vec![marked; 5]))])).contains("A maximum of 4 blocks"));
    let open = json!({"format": {"type": "json_schema", "schema": {"type": "object", "properties": {"a": {}}}}});
    assert!(refused(json!({"output_config": open})).contains("additionalProperties"));
}

#[test]
fn counting_takes_no_fields_of_the_answer() {
    let body = json!({"model": "m", "messages": [user(json!("one two"))]});
    assert_eq!(parse_count(&headers("2023-06-01"), body.to_string().as_bytes()).unwrap().tokens, 2);
    let with_limit = request(&json!({})).to_string();
    assert!(parse_count(&headers("2023-06-01"), with_limit.as_bytes()).unwrap_err().message.starts_with("max_tokens"));
}
