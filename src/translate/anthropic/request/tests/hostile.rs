//! Requests that break Anthropic's rules, ask for what only Anthropic has, or mean harm.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{TARGET, anthropic};
use crate::translate::RequestError;

fn parse(body: &Value) -> Result<(), RequestError> {
    anthropic::request::parse(body.to_string().as_bytes()).map(|_| ())
}

fn request(fields: Value) -> Value {
    let mut request = json!({ "model": "m", "max_tokens": 1, "messages": [{ "role": "user", "content": "Hi" }] });
    for (key, value) in fields.as_object().unwrap() {
        request[key] = value.clone();
    }
    request
}

fn says(role: &str, block: Value) -> Value {
    request(json!({ "messages": [{ "role": "user", "content": "Hi" }, { "role": role, "content": [block] }] }))
}

fn invalid(body: &Value) -> String {
    match parse(body) {
        Err(RequestError::Invalid { field, message }) => {
            assert!(message.contains(&field), "{message} does not name {field}");
            field
        }
        other => panic!("not invalid: {other:?}"),
    }
}

#[test]
fn what_is_missing_or_wrong_is_named_with_its_path() {
    let image = |source: Value| says("user", json!({ "type": "image", "source": source }));
    let tool = |tool: Value| request(json!({ "tools": [tool] }));
    for (body, field) in [
        (json!({ "messages": [] }), "max_tokens"),
        (json!({ "max_tokens": 1 }), "messages"),
        (json!({ "max_tokens": 1, "messages": [] }), "messages"),
        (json!({ "max_tokens": -1, "messages": [] }), "max_tokens"),
        (request(json!({ "messages": [{ "content": "Hi" }] })), "messages[0].role"),
        (request(json!({ "messages": [{ "role": "tool", "content": "Hi" }] })), "messages[0].role"),
        (request(json!({ "messages": [{ "role": "user" }] })), "messages[0].content"),
        (request(json!({ "messages": [{ "role": "user", "content": {} }] })), "messages[0].content"),
        (request(json!({ "messages": [{ "role": "user", "content": 1 }] })), "messages[0].content"),
        (says("user", json!({ "text": "x" })), "messages[1].content[0].type"),
        (says("user", json!({ "type": "text" })), "messages[1].content[0].text"),
        (says("user", json!({ "type": "text", "text": 5 })), "messages[1].content[0].text"),
        (says("user", json!({ "type": "thinking", "thinking": "x" })), "messages[1].content[0].type"),
        (says("user", json!({ "type": "tool_use", "id": "a", "name": "b", "input": {} })), "messages[1].content[0].type"),
        (says("assistant", json!({ "type": "tool_use", "id": "a", "name": "b", "input": [] })), "messages[1].content[0].input"),
        (says("assistant", json!({ "type": "tool_result", "tool_use_id": "a" })), "messages[1].content[0].type"),
        (says("user", json!({ "type": "tool_result" })), "messages[1].content[0].tool_use_id"),
        (
            says("user", json!({ "type": "tool_result", "tool_use_id": "a", "content": [{ "type": "text" }] })),
            "messages[1].content[0].content[0].text",
        ),
        (image(json!("x")), "messages[1].content[0].source"),
        (image(json!({ "type": "base64", "media_type": "image/png" })), "messages[1].content[0].source.data"),
        (image(json!({ "type": "base64", "media_type": "image/png", "data": 7 })), "messages[1].content[0].source.data"),
        (image(json!({ "type": "text", "data": "x" })), "messages[1].content[0].source.type"),
        (
            says("user", json!({ "type": "text", "text": "x", "cache_control": { "type": "ephemeral", "ttl": "1d" } })),
            "messages[1].content[0].cache_control.ttl",
        ),
        (request(json!({ "system": [{ "type": "image" }] })), "system[0].type"),
        (tool(json!({ "input_schema": {} })), "tools[0].name"),
        (tool(json!({ "name": "", "input_schema": {} })), "tools[0].name"),
        (tool(json!({ "name": "t" })), "tools[0].input_schema"),
        (tool(json!({ "name": 1, "input_schema": {} })), "tools[0].name"),
        (request(json!({ "tool_choice": { "type": "tool" } })), "tool_choice.name"),
        (request(json!({ "tool_choice": { "type": "all" } })), "tool_choice.type"),
        (request(json!({ "tool_choice": "auto" })), "tool_choice"),
        (request(json!({ "thinking": { "type": "enabled" } })), "thinking.budget_tokens"),
        (request(json!({ "thinking": { "type": "on" } })), "thinking.type"),
        (request(json!({ "output_config": { "effort": "huge" } })), "output_config.effort"),
        (request(json!({ "output_config": { "format": { "type": "json_schema" } } })), "output_config.format.schema"),
        (request(json!({ "stop_sequences": "END" })), "stop_sequences"),
        (request(json!({ "stream": "yes" })), "stream"),
    ] {
        assert_eq!(invalid(&body), field, "{body}");
    }
}

#[test]
fn what_only_anthropic_has_is_told_so_with_its_path() {
    let document = json!({ "type": "document", "source": { "type": "content", "content": [] } });
    for (body, field) in [
        (says("user", json!({ "type": "search_result", "source": "s", "title": "t", "content": [] })), "messages[1].content[0]"),
        (says("user", json!({ "type": "container_upload", "file_id": "f" })), "messages[1].content[0]"),
        (says("assistant", json!({ "type": "server_tool_use", "id": "s", "name": "n", "input": {} })), "messages[1].content[0]"),
        (
            says("assistant", json!({ "type": "web_search_tool_result", "tool_use_id": "s", "content": { "error_code": "x" } })),
            "messages[1].content[0]",
        ),
        (says("user", document), "messages[1].content[0].source.content"),
        (says("user", json!({ "type": "text", "text": "x", "made_up": 1 })), "messages[1].content[0].made_up"),
        (request(json!({ "output_config": { "task_budget": {} } })), "output_config.task_budget"),
        (
            request(json!({ "tools": [{ "name": "t", "input_schema": {}, "allowed_callers": ["code_execution_20250825"] }] })),
            "tools[0].allowed_callers",
        ),
    ] {
        match parse(&body) {
            Err(error @ RequestError::Unsupported { .. }) => {
                let text = error.to_string();
                assert!(
                    text.starts_with(&format!("`{field}` cannot be expressed for provider `any` (of another dialect)")),
                    "{text}"
                );
            }
            other => panic!("not unsupported: {other:?}"),
        }
    }
}

#[test]
fn unknown_fields_stand_in_extras_and_nulls_do_not() {
    let body = request(json!({ "mcp_servers": [1], "container": null, "made_up": { "a": [] } })).to_string();
    let conversation = anthropic::request::parse(body.as_bytes()).unwrap();
    let extras: Vec<_> = conversation.extras.iter().map(|(key, raw)| (&**key, raw.get())).collect();
    assert_eq!(extras, [("mcp_servers", "[1]"), ("made_up", r#"{"a":[]}"#)]);
}

#[test]
fn text_is_borrowed_from_the_body() {
    let body =
        says("user", json!({ "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AAAA" } }));
    let body = body.to_string();
    let conversation = anthropic::request::parse(body.as_bytes()).unwrap();
    let crate::translate::conversation::Content::Image(image) = &conversation.messages[1].parts[0].content else { panic!() };
    let crate::translate::conversation::Media::Base64 { data, .. } = &image.source else { panic!() };
    assert!(matches!(data.0, std::borrow::Cow::Borrowed("AAAA")));
}

#[test]
fn fields_that_come_twice_and_depth_without_end_are_refused() {
    let twice = br#"{"max_tokens":1,"max_tokens":2,"messages":[]}"#;
    assert!(anthropic::request::parse(twice).is_err());
    let nested = r#"[{"type":"tool_result","tool_use_id":"a","content":"#.repeat(100_000);
    let deep = format!(r#"{{"max_tokens":1,"messages":[{{"role":"user","content":{nested}"#);
    assert!(anthropic::request::parse(deep.as_bytes()).is_err());
    // Depth where nobody looks is only passed over.
    let unknown = format!(r#"{{"max_tokens":1,"x":{}{},"messages":[]}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(anthropic::request::parse(unknown.as_bytes()).is_err());
}

#[test]
fn what_the_client_wrote_is_told_back_only_in_part() {
    let long = "x".repeat(1 << 20);
    for body in [
        says("user", json!({ "type": long })),
        says("user", json!({ "type": "image", "source": { "type": long } })),
        says("user", json!({ "type": "text", "text": "x", &long: 1 })),
        request(json!({ "messages": [{ "role": long }] })),
        request(json!({ "tool_choice": { "type": long } })),
    ] {
        let error = parse(&body).unwrap_err().to_string();
        assert!(error.len() < 2_048, "{}", error.len());
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let words = ["type", "text", "image", "source", "data", "content", "tool_use", "tool_result", "input", "role", "user", "id"];
    let word = prop::sample::select(words.to_vec());
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_request_panics_and_what_is_read_can_be_written_or_is_refused(content in any_json(), system in any_json(), tool in any_json()) {
        let body = json!({ "max_tokens": 1, "system": system, "messages": [{ "role": "user", "content": content }], "tools": [tool] });
        let text = body.to_string();
        if let Ok(conversation) = anthropic::request::parse(text.as_bytes())
            && let Ok(rendered) = anthropic::request::render(&conversation, &TARGET) {
            prop_assert!(serde_json::from_slice::<Value>(&rendered.body.unwrap()).is_ok());
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = anthropic::request::parse(&bytes);
        let _ = anthropic::response::parse(&bytes);
        let _ = anthropic::error::parse(500, &bytes);
    }
}
