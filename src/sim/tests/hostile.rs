//! Bodies that nobody would send: whatever the judge says of them, it says it, and what it takes is answered.

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::prompt::Prompt;
use super::super::{Script, anthropic, openai, plan, reply, schema};

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

fn headers() -> HeaderMap {
    HeaderMap::from_iter([
        (http::header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (anthropic::VERSION, HeaderValue::from_static("2023-06-01")),
    ])
}

/// Renders the answer to what was taken, whole and streamed.
fn answer(prompt: &Prompt) {
    let script = Script { tool_calls: Some(3), thinking: Some(3), ..Script::default() };
    let reply = reply::answer(prompt, &script, "seed");
    for events in [openai::events(&reply, prompt, &script, "seed"), anthropic::events(&reply, prompt, &script, "seed")] {
        let error = events[0].clone();
        assert!(!plan::stream(events, &error, &script).unwrap().is_empty());
    }
    openai::whole(&reply, prompt, &script, "seed");
    anthropic::whole(&reply, prompt, &script, "seed");
}

proptest! {
    #[test]
    fn any_value_in_any_field_is_judged(field in 0..8_usize, value in json_value(), more in json_value()) {
        let fields = ["messages", "tools", "tool_choice", "response_format", "output_config", "thinking", "system", "stop"];
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": more}]});
        body[fields[field]] = value;
        let chat = openai::parse(&headers(), body.to_string().as_bytes());
        body["max_tokens"] = json!(10);
        let message = anthropic::parse(&headers(), body.to_string().as_bytes());
        for prompt in chat.into_iter().chain(message) {
            answer(&prompt);
        }
    }

    #[test]
    fn any_schema_has_an_instance_that_ends(schema in json_value()) {
        let instance = schema::instance(&schema).to_string();
        prop_assert!(instance.len() < 100_000);
    }

    #[test]
    fn any_bytes_are_judged(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(openai::parse(&headers(), &bytes).is_err());
        prop_assert!(anthropic::parse(&headers(), &bytes).is_err());
    }
}
