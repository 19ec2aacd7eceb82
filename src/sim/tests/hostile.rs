//! Bodies that nobody would send: whatever the judge says of them, it says it, and what it takes is answered.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::ask::Payload;
use super::super::{Script, plan, schema};
use super::direct::{self, Direct};

/// Words that mean something to the judge, so that more than the first check is reached.
const WORDS: &[&str] = &[
    "type",
    "text",
    "role",
    "user",
    "assistant",
    "tool",
    "content",
    "function",
    "name",
    "auto",
    "image_url",
    "url",
    "tool_use",
    "tool_result",
    "id",
    "input",
    "arguments",
    "json_schema",
    "schema",
    "object",
    "properties",
    "required",
    "$ref",
    "#",
    "array",
    "items",
    "minItems",
    "anyOf",
    "thinking",
    "enabled",
    "parts",
    "functionCall",
    "functionResponse",
    "functionDeclarations",
    "args",
    "response",
    "toolUse",
    "toolResult",
    "toolUseId",
    "toolSpec",
    "inputSchema",
    "json",
    "document",
    "source",
    "input_text",
    "function_call",
    "call_id",
    "reasoning",
    "model",
    "data:image/png;base64,",
    "日本",
    "",
];

fn json_value() -> impl Strategy<Value = Value> {
    let word = || proptest::sample::select(WORDS);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((word(), inner), 0..6).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>()
            )),
        ]
    })
}

/// Every conversation, with a small right body, and the fields of it that matter most.
const PLACES: &[(&str, &str, &[&str])] = &[
    (
        "/v1/chat/completions",
        r#"{"model": "m", "messages": [{"role": "user", "content": "x"}]}"#,
        &["messages", "tools", "tool_choice", "response_format", "stop"],
    ),
    ("/v1/responses", r#"{"model": "m", "input": "x"}"#, &["input", "tools", "tool_choice", "text", "reasoning", "include"]),
    ("/v1/completions", r#"{"model": "m", "prompt": "x"}"#, &["prompt", "stop", "logit_bias"]),
    (
        "/v1/messages",
        r#"{"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "x"}]}"#,
        &["messages", "tools", "tool_choice", "output_config", "thinking", "system", "stop_sequences"],
    ),
    (
        "/v1beta/models/gemini-3-pro:generateContent",
        r#"{"contents": [{"parts": [{"text": "x"}]}]}"#,
        &["contents", "tools", "toolConfig", "generationConfig", "systemInstruction", "safetySettings"],
    ),
    (
        "/model/anthropic.claude/converse",
        r#"{"messages": [{"role": "user", "content": [{"text": "x"}]}]}"#,
        &["messages", "system", "toolConfig", "inferenceConfig", "additionalModelRequestFields", "outputConfig"],
    ),
    (
        "/model/anthropic.claude/invoke",
        r#"{"anthropic_version": "bedrock-2023-05-31", "max_tokens": 10, "messages": [{"role": "user", "content": "x"}]}"#,
        &["messages", "tools", "thinking"],
    ),
    (
        "/v2/chat",
        r#"{"model": "m", "messages": [{"role": "user", "content": "x"}]}"#,
        &["messages", "tools", "response_format", "documents", "thinking"],
    ),
    ("/v1/embeddings", r#"{"model": "m", "input": "x"}"#, &["input"]),
    ("/v2/embed", r#"{"model": "m", "input_type": "search_query", "texts": ["x"], "embedding_types": ["float"]}"#, &["texts"]),
    ("/v1/moderations", r#"{"input": "x"}"#, &["input"]),
    ("/v1/images/generations", r#"{"prompt": "x"}"#, &["size", "n", "stream"]),
    ("/tokenize", r#"{"model": "m", "messages": []}"#, &["messages", "tools"]),
];

/// A place that takes whatever key there is.
fn at(path: &str) -> Direct {
    let script = Script { tool_calls: Some(3), thinking: Some(3), ..Script::default() };
    direct::at(path).header("authorization", "Bearer k").header("anthropic-version", "2023-06-01").script(script)
}

fn judge(path: &str, body: &[u8]) {
    if let Ok(output) = at(path).send(body)
        && let Payload::Events { framing, events } = output.payload
    {
        let error = events[0].clone();
        assert!(!plan::stream(events, framing, &error, &Script::default()).unwrap().is_empty());
    }
}

#[test]
fn every_small_body_is_right() {
    for (path, body, _) in PLACES.iter().filter(|(path, ..)| *path != "/tokenize") {
        assert!(at(path).send(body.as_bytes()).is_ok(), "{path}: {:?}", at(path).send(body.as_bytes()));
    }
}

proptest! {
    #[test]
    fn any_value_in_any_field_is_judged(value in json_value()) {
        for (path, body, fields) in PLACES {
            let body: Value = serde_json::from_str(body).unwrap();
            for field in *fields {
                let mut changed = body.clone();
                changed[*field] = value.clone();
                judge(path, changed.to_string().as_bytes());
            }
        }
    }

    #[test]
    fn any_part_of_any_message_is_judged(part in json_value()) {
        for (path, body, _) in PLACES {
            let mut body: Value = serde_json::from_str(body).unwrap();
            for place in ["/messages/0/content", "/contents/0/parts", "/input"] {
                if let Some(content) = body.pointer_mut(place) {
                    *content = json!([part]);
                }
            }
            body["stream"] = json!(true);
            judge(path, body.to_string().as_bytes());
        }
    }

    #[test]
    fn any_schema_has_an_instance_that_ends(schema in json_value()) {
        let instance = schema::instance(&schema).to_string();
        prop_assert!(instance.len() < 100_000);
    }

    #[test]
    fn any_bytes_are_judged(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for (path, ..) in PLACES {
            prop_assert!(at(path).send(&bytes).is_err());
        }
        let form = |path: &str| at(path).header("content-type", "multipart/form-data; boundary=x").send(&bytes);
        prop_assert!(form("/v1/audio/transcriptions").is_err() && form("/v1/images/edits").is_err());
    }
}
