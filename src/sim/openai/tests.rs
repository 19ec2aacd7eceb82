//! What the judge takes and what it refuses.

mod calls;

use serde_json::{Value, json};

use super::super::check::Node;
use super::super::prompt::{Choice, Format, Prompt, Thinking};
use super::super::tests::direct::at;
use super::*;

fn parse_json(body: &Value) -> Result<Prompt, ApiError> {
    request::read(&Node::root(body)).map_err(|fault| ApiError::fault(Api::OpenAi, fault))
}

/// A small right request with some fields changed; `null` takes a field away.
fn request(changes: Value) -> Value {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    for (key, value) in changes.as_object().unwrap() {
        body[key] = value.clone();
    }
    let fields = body.as_object_mut().unwrap();
    fields.retain(|_, value| !value.is_null());
    body
}

fn refused(changes: Value) -> (String, String) {
    let error = parse_json(&request(changes.clone())).expect_err(&changes.to_string());
    assert_eq!(error.status, 400);
    (error.param.unwrap_or_default(), error.message)
}

fn messages(list: Value) -> Value {
    json!({"messages": list})
}

#[test]
fn a_request_with_everything_is_understood() {
    let body = json!({
        "model": "m", "stream": true, "stream_options": {"include_usage": true}, "temperature": 1.5, "top_p": 0.5, "seed": 7, "n": 2,
        "stop": ["END"], "max_completion_tokens": 50, "reasoning_effort": "high", "user": "u", "metadata": {"a": "b"},
        "logprobs": true, "top_logprobs": 3, "logit_bias": {"50256": -100}, "parallel_tool_calls": false, "store": false,
        "tools": [{"type": "function", "function": {"name": "get_weather", "description": "d", "strict": true, "parameters": {
            "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": false}}}],
        "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}},
        "messages": [
            {"role": "developer", "content": [{"type": "text", "text": "be brief"}]},
            {"role": "user", "name": "ann", "content": [
                {"type": "text", "text": "look at"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk=", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
                {"type": "file", "file": {"file_data": "data:application/pdf;base64,aGk=", "filename": "a.pdf"}},
                {"type": "file", "file": {"file_id": "file-1"}},
                {"type": "text", "text": "these"}]},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{\"city\": \"Paris\"}"}},
                {"id": "c2", "type": "function", "function": {"name": "get_weather", "arguments": "not json"}}]},
            {"role": "tool", "tool_call_id": "c2", "content": "no"},
            {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "sunny"}]},
        ],
    });
    let prompt = parse_json(&body).unwrap();
    assert_eq!((prompt.model.as_str(), prompt.stream, prompt.stream_usage, prompt.choices), ("m", true, true, 2));
    assert_eq!(prompt.system, ["be brief"]);
    assert_eq!(prompt.last.text, "look at these");
    assert_eq!(prompt.last.results.iter().map(|result| result.text.as_str()).collect::<Vec<_>>(), ["no", "sunny"]);
    assert_eq!((prompt.media.images, prompt.media.documents, prompt.media.recordings), (2, 2, 1));
    assert_eq!((prompt.choice, prompt.parallel), (Choice::Tool("get_weather".into()), false));
    assert_eq!((prompt.max_tokens, prompt.stop, prompt.thinking), (Some(50), vec!["END".to_owned()], Thinking::Hidden));
    assert!(matches!(prompt.format, Format::Schema(_)) && prompt.logprobs);
    // be brief, look at these, two calls (1 + 1, 1 + 2 words), two results, five media, one tool
    assert_eq!(prompt.tokens, 2 + 3 + 5 + 2 + 500 + 10);
}

#[test]
fn a_body_in_the_other_dialect_is_refused_where_it_differs() {
    assert_eq!(refused(json!({"system": "be brief"})).0, "system");
    assert_eq!(refused(json!({"stop_sequences": ["x"]})).0, "stop_sequences");
    assert_eq!(refused(json!({"tools": [{"name": "t", "input_schema": {}}]})).0, "tools[0].name");
    let block = |block: Value| refused(messages(json!([{"role": "user", "content": [block]}])));
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}});
    let (param, message) = block(image);
    assert_eq!(param, "messages[0].content[0].type");
    assert!(message.contains("'image'") && message.contains("'image_url'"), "{message}");
    assert_eq!(block(json!({"type": "tool_result", "tool_use_id": "x"})).0, "messages[0].content[0].type");
    assert_eq!(block(json!({"type": "text", "text": "x", "cache_control": {}})).0, "messages[0].content[0].cache_control");
}

#[test]
fn what_is_missing_or_of_the_wrong_type_is_named() {
    assert_eq!(refused(json!({"model": null})), ("model".into(), "Missing required parameter: 'model'.".into()));
    assert_eq!(refused(json!({"messages": null})).0, "messages");
    assert_eq!(refused(messages(json!([]))).0, "messages");
    assert_eq!(refused(json!({"model": ""})).0, "model");
    assert_eq!(refused(messages(json!([{"role": "user"}]))).0, "messages[0].content");
    assert_eq!(refused(messages(json!([{"role": "user", "content": []}]))).0, "messages[0].content");
    assert_eq!(refused(messages(json!([{"role": "robot", "content": "x"}]))).0, "messages[0].role");
    assert_eq!(refused(messages(json!([{"role": "assistant", "content": null}]))).0, "messages[0].content");
    assert_eq!(refused(messages(json!([{"role": "assistant", "tool_calls": []}]))).0, "messages[0].tool_calls");
    let (_, message) = refused(messages(json!([{"role": "user", "content": 7}])));
    assert!(message.contains("got an integer instead"), "{message}");
}

#[test]
fn numbers_are_held_to_their_ranges_and_options_to_each_other() {
    let wrong = [
        (json!({"temperature": 2.1}), "temperature"),
        (json!({"top_p": -0.1}), "top_p"),
        (json!({"max_tokens": 0}), "max_tokens"),
        (json!({"max_tokens": 5, "max_completion_tokens": 5}), "max_tokens"),
        (json!({"n": 0}), "n"),
        (json!({"stop": ["a", "b", "c", "d", "e"]}), "stop"),
        (json!({"top_logprobs": 2}), "top_logprobs"),
        (json!({"logit_bias": {"1": 101}}), "logit_bias.1"),
        (json!({"stream_options": {"include_usage": true}}), "stream_options"),
        (json!({"stream": "yes"}), "stream"),
        (json!({"tool_choice": "auto"}), "tool_choice"),
        (json!({"parallel_tool_calls": true}), "parallel_tool_calls"),
        (json!({"tools": []}), "tools"),
        (json!({"metadata": {"a": 1}}), "metadata.a"),
        (json!({"reasoning_effort": "extreme"}), "reasoning_effort"),
        (json!({"functions": []}), "functions"),
        (json!({"response_format": {"type": "json_object"}}), "messages"),
    ];
    for (changes, param) in wrong {
        assert_eq!(refused(changes).0, param);
    }
    let mentions = json!([{"role": "user", "content": "in JSON please"}]);
    assert!(parse_json(&request(json!({"response_format": {"type": "json_object"}, "messages": mentions}))).is_ok());
}

#[test]
fn every_tool_call_is_answered_and_every_answer_has_its_call() {
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let user = json!({"role": "user", "content": "x"});
    let calls = json!({"role": "assistant", "tool_calls": [call("a"), call("b")]});
    let result = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "r"});

    assert!(parse_json(&request(messages(json!([user, calls, result("b"), result("a"), user])))).is_ok());
    let (param, message) = refused(messages(json!([user, calls, result("a"), user])));
    assert!(param == "messages[1]" && message.ends_with("did not have response messages: b"), "{param} {message}");
    assert_eq!(refused(messages(json!([user, calls, result("a")]))).0, "messages[1]");
    assert_eq!(refused(messages(json!([user, result("a")]))).0, "messages[1]");
    assert_eq!(refused(messages(json!([user, calls, result("a"), result("a")]))).0, "messages[3]");
    let long = json!({"role": "assistant", "tool_calls": [call(&"x".repeat(41))]});
    assert_eq!(refused(messages(json!([user, long]))).0, "messages[1].tool_calls[0].id");
}

#[test]
fn media_are_data_of_a_known_type() {
    let url = |url: &str| {
        let part = json!({"type": "image_url", "image_url": {"url": url}});
        refused(messages(json!([{"role": "user", "content": [part]}])))
    };
    for wrong in ["aGk=", "data:image/png;base64,", "data:image/png;base64,???", "data:image/tiff;base64,aGk=", "ftp://x"] {
        assert_eq!(url(wrong).0, "messages[0].content[0].image_url.url", "{wrong}");
    }
    let file = |file: Value| refused(messages(json!([{"role": "user", "content": [{"type": "file", "file": file}]}]))).0;
    assert_eq!(file(json!({"filename": "a.pdf"})), "messages[0].content[0].file.file_data");
    assert_eq!(file(json!({"file_data": "data:application/pdf;base64,aGk="})), "messages[0].content[0].file");
    let text = json!({"file_data": "data:text/plain;base64,aGk=", "filename": "a.txt"});
    assert_eq!(file(text), "messages[0].content[0].file.file_data");
}

#[test]
fn a_body_that_is_no_json_is_told_so() {
    let chat = at("/v1/chat/completions");
    assert!(chat.send(b"{").unwrap_err().message.starts_with("We could not parse the JSON body"));
    assert_eq!(chat.send(b"[]").unwrap_err().status, 400);
    assert_eq!(chat.send("[".repeat(100_000).as_bytes()).unwrap_err().status, 400);
    assert_eq!(chat.header("content-type", "text/plain").send(b"{}").unwrap_err().status, 415);
}

#[test]
fn models_that_think_know_the_newer_limit_only() {
    assert!(refused(json!({"model": "gpt-5-mini", "max_tokens": 5})).1.contains("Use 'max_completion_tokens' instead."));
    assert!(parse_json(&request(json!({"model": "gpt-5-mini", "max_completion_tokens": 5}))).is_ok());
}
