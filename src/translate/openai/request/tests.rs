use serde_json::{Value, json};

use super::*;
use crate::translate::conversation::{Content, Conversation, Media, Message, Part, Role, Thinking, Tool, ToolResult};
use crate::translate::{Dialect, Format, Hosting, RequestError, Target};

const TARGET: Target<'static> = Target {
    dialect: Dialect::OpenAi,
    format: Format::Chat,
    hosting: &Hosting::Owner,
    stream: false,
    provider: "upstream",
    model: "served",
    path_prefix: "/v1",
    default_max_tokens: 4096,
    overrides: &[],
};

/// Parsed and written again: what the hub keeps.
fn again(body: &Value) -> Value {
    let body = body.to_string();
    let rendered = render(&parse(body.as_bytes()).unwrap(), &TARGET).unwrap();
    serde_json::from_slice(&rendered.body.unwrap()).unwrap()
}

fn field_at_fault(body: &Value) -> String {
    match parse(body.to_string().as_bytes()) {
        Err(RequestError::Invalid { field, message }) => {
            assert!(message.contains(&field), "the message does not name the field: {message}");
            field
        }
        other => panic!("{other:?}"),
    }
}

fn asking(message: Value) -> Value {
    json!({"model": "m", "messages": [message]})
}

fn messages(parts: Vec<Part<'static>>, role: Role) -> Conversation<'static> {
    Conversation { messages: vec![Message { role, name: None, parts }], ..Conversation::default() }
}

fn written(conversation: &Conversation<'_>) -> (Value, Vec<String>) {
    let rendered = render(conversation, &TARGET).unwrap();
    (serde_json::from_slice(&rendered.body.unwrap()).unwrap(), rendered.dropped)
}

fn refused(conversation: &Conversation<'_>) -> String {
    match render(conversation, &TARGET) {
        Err(RequestError::Unsupported { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_field_of_the_reference_survives_the_hub() {
    let mut body = json!({
        "model": "served",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "user", "name": "ann", "content": [
                {"type": "text", "text": "what is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png?b=c"}},
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
            ]},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":\"\\u00e9\"}"}},
                {"id": "call_2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ]},
            {"role": "tool", "tool_call_id": "call_1", "content": "1"},
            {"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "2"}, {"type": "text", "text": "3"}]},
            {"role": "user", "content": "and?"},
            {"role": "assistant", "content": "no", "name": "bot"},
            {"role": "assistant", "content": null, "refusal": "I cannot."},
        ],
        "tools": [
            {"type": "function", "function": {"name": "f", "description": "d", "strict": true,
                "parameters": {"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"type": "string"}}}}},
            {"type": "function", "function": {"name": "g"}},
            {"type": "custom", "custom": {"name": "sql", "format": {"type": "grammar"}}},
        ],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": false,
        "response_format": {"type": "json_schema", "json_schema":
            {"name": "n", "description": "d", "schema": {"type": "object"}, "strict": true}},
        "max_completion_tokens": 100,
        "reasoning_effort": "minimal",
        "temperature": 0.25, "top_p": 0.5, "n": 2, "stop": ["a", "b"], "seed": -7,
        "presence_penalty": 1.5, "frequency_penalty": -1.5, "logit_bias": {"50256": -100},
        "logprobs": true, "top_logprobs": 3,
        "stream": true,
        "service_tier": "flex",
        "user": "u-1",
        "metadata": {"k": "v"},
        "store": true, "modalities": ["text"], "prediction": {"type": "content", "content": "x"},
        "prompt_cache_key": "p", "verbosity": "low", "web_search_options": {}, "vendor_field": [1, 2.50],
    });
    let kept = again(&body);
    // The gateway counts, so it asks every stream for its usage.
    body["stream_options"] = json!({"include_usage": true});
    assert_eq!(kept, body);
}

#[test]
fn older_names_become_the_newer_ones() {
    let kept = again(&json!({"model": "m", "messages": [{"role": "user", "content": "x"}],
        "max_tokens": 5, "stop": "end", "safety_identifier": "s", "tool_choice": "any", "functions": null}));
    assert_eq!(kept["max_completion_tokens"], 5);
    assert_eq!(kept["stop"], json!(["end"]));
    assert_eq!(kept["user"], "s");
    assert_eq!(kept["tool_choice"], "required");
}

#[test]
fn how_to_call_tools_is_not_told_where_there_are_none() {
    let said = json!([{"role": "user", "content": "Hi"}]);
    for choice in [json!(null), json!("auto"), json!("none")] {
        let sent = again(&json!({"model": "m", "messages": said, "tool_choice": choice, "parallel_tool_calls": true}));
        assert_eq!((sent.get("tool_choice"), sent.get("parallel_tool_calls")), (None, None), "{choice}");
    }
    let sent = again(&json!({"model": "m", "messages": said, "tool_choice": "required"}));
    assert_eq!(sent["tool_choice"], "required", "OpenAI tells what is wrong with it");
}

#[test]
fn allowed_tools_stay_as_they_are() {
    let choice = json!({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}});
    let mut body = asking(json!({"role": "user", "content": "x"}));
    body["tool_choice"] = choice.clone();
    assert_eq!(again(&body)["tool_choice"], choice);
}

/// Field note 39.
#[test]
fn results_of_parallel_calls_are_one_turn() {
    let body = json!({"model": "m", "messages": [
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": "2", "name": "f"},
        {"role": "user", "content": "go on"},
        {"role": "tool", "tool_call_id": "c", "content": "3"},
    ]})
    .to_string();
    let conversation = parse(body.as_bytes()).unwrap();
    let turns: Vec<_> = conversation.messages.iter().map(|message| message.parts.len()).collect();
    assert_eq!(turns, [2, 1, 1]);
    assert_eq!(conversation.ignored, ["messages[].name"]);
}

#[test]
fn thinking_is_read_from_blocks_or_from_text() {
    let body = json!({"model": "m", "messages": [
        {"role": "assistant", "content": "x", "reasoning_content": "told twice", "thinking_blocks": [
            {"type": "thinking", "thinking": "hm", "signature": "sig"},
            {"type": "redacted_thinking", "data": "opaque", "index": 1},
        ]},
        {"role": "assistant", "content": "y", "reasoning_content": "so"},
        {"role": "assistant", "content": "z", "reasoning": "thus", "reasoning_details": [{"x": 1}], "annotations": []},
    ]})
    .to_string();
    let conversation = parse(body.as_bytes()).unwrap();
    let first = &conversation.messages[0].parts;
    assert!(matches!(&first[0].content, Content::Thinking(Thinking { text, signature: Some(s) }) if text == "hm" && s == "sig"));
    assert!(matches!(&first[1].content, Content::RedactedThinking(data) if data == "opaque"));
    assert!(matches!(&first[2].content, Content::Text(text) if text == "x"));
    for (at, expected) in [(1, "so"), (2, "thus")] {
        let part = &conversation.messages[at].parts[0].content;
        assert!(matches!(part, Content::Thinking(Thinking { text, signature: None }) if text == expected));
    }
    assert_eq!(conversation.ignored, ["messages[].reasoning_details"]);
}

#[test]
fn a_large_picture_is_borrowed_not_copied() {
    let body = asking(json!({"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{}", "A".repeat(1000))}},
    ]}))
    .to_string();
    let conversation = parse(body.as_bytes()).unwrap();
    let Content::Image(image) = &conversation.messages[0].parts[0].content else { panic!() };
    let Media::Base64 { media_type, data } = &image.source else { panic!() };
    for piece in [media_type, data] {
        assert!(body.as_bytes().as_ptr_range().contains(&piece.as_ptr()));
    }
}

#[test]
fn a_picture_with_escaped_slashes_is_the_same_picture() {
    let body = br#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"DATA:image\/png;charset=x;base64,a\/b="}}]}]}"#;
    let conversation = parse(body).unwrap();
    let Content::Image(image) = &conversation.messages[0].parts[0].content else { panic!() };
    let Media::Base64 { media_type, data } = &image.source else { panic!() };
    assert_eq!((&**media_type, &**data), ("image/png", "a/b="));
}

#[test]
fn errors_name_the_path() {
    let part = |part: Value| asking(json!({"role": "user", "content": [{"type": "text", "text": "a"}, part]}));
    let tool = |tool: Value| json!({"messages": [{"role": "user", "content": "x"}], "tools": [tool]});
    let with = |key: &str, value: Value| json!({"messages": [{"role": "user", "content": "x"}], key: value});
    for (body, field) in [
        (json!({"model": "m"}), "messages"),
        (json!({"messages": []}), "messages"),
        (json!({"messages": "x"}), "messages"),
        (json!({"messages": [{"content": "x"}]}), "messages[0].role"),
        (asking(json!({"role": "robot", "content": "x"})), "messages[0].role"),
        (asking(json!({"role": "function", "content": "x"})), "messages[0].role"),
        (asking(json!({"role": "user"})), "messages[0].content"),
        (asking(json!({"role": "user", "content": []})), "messages[0].content"),
        (asking(json!({"role": "user", "content": 5})), "messages[0].content"),
        (asking(json!({"role": "user", "content": "x", "tool_call_id": "1"})), "messages[0].tool_call_id"),
        (asking(json!({"role": "user", "content": "x", "shout": true})), "messages[0].shout"),
        (asking(json!({"role": "user", "content": "x", "tool_calls": [{}]})), "messages[0].tool_calls"),
        (asking(json!({"role": "tool", "content": "x"})), "messages[0].tool_call_id"),
        (asking(json!({"role": "tool", "tool_call_id": "1"})), "messages[0].content"),
        (asking(json!({"role": "assistant", "audio": {"id": "a"}})), "messages[0].audio"),
        (asking(json!({"role": "assistant", "function_call": {}})), "messages[0].function_call"),
        (asking(json!({"role": "assistant", "content": "x", "prefix": true})), "messages[0].prefix"),
        (asking(json!({"role": "assistant", "tool_calls": [{"id": "1"}]})), "messages[0].tool_calls[0].function"),
        (asking(json!({"role": "assistant", "tool_calls": [{"function": {"name": "f"}}]})), "messages[0].tool_calls[0].id"),
        (asking(json!({"role": "assistant", "tool_calls": [{"id": "1", "type": "custom"}]})), "messages[0].tool_calls[0].custom"),
        (asking(json!({"role": "assistant", "tool_calls": [{"id": "1", "type": "x"}]})), "messages[0].tool_calls[0].type"),
        (asking(json!({"role": "system", "content": [{"type": "image_url"}]})), "messages[0].content[0].type"),
        (part(json!({"type": "video_url"})), "messages[0].content[1].type"),
        (part(json!({"text": "x"})), "messages[0].content[1].type"),
        (part(json!({"type": "text"})), "messages[0].content[1].text"),
        (part(json!({"type": "image_url", "image_url": "u"})), "messages[0].content[1].image_url"),
        (part(json!({"type": "image_url", "image_url": {}})), "messages[0].content[1].image_url.url"),
        (part(json!({"type": "image_url", "image_url": {"url": "file:///etc/passwd"}})), "messages[0].content[1].image_url.url"),
        (part(json!({"type": "image_url", "image_url": {"url": "data:image/png,x"}})), "messages[0].content[1].image_url.url"),
        (part(json!({"type": "image_url", "image_url": {"url": "data:;base64,x"}})), "messages[0].content[1].image_url.url"),
        (part(json!({"type": "input_audio", "input_audio": {"data": "x"}})), "messages[0].content[1].input_audio.format"),
        (part(json!({"type": "file", "file": {}})), "messages[0].content[1].file.file_data"),
        (part(json!({"type": "file", "file": {"file_data": "x"}})), "messages[0].content[1].file.file_data"),
        (part(json!({"type": "file", "file": {"file_id": "f", "file_data": "x"}})), "messages[0].content[1].file.file_id"),
        (part(json!({"type": "text", "text": "x", "cache_control": {"type": "x"}})), "messages[0].content[1].cache_control.type"),
        (tool(json!({})), "tools[0].type"),
        (tool(json!({"type": "function"})), "tools[0].function"),
        (tool(json!({"type": "function", "function": {}})), "tools[0].function.name"),
        (tool(json!({"type": "function", "function": {"name": ""}})), "tools[0].function.name"),
        (tool(json!({"type": "function", "function": {"name": "f", "strict": "yes"}})), "tools[0].function.strict"),
        (with("tool_choice", json!("perhaps")), "tool_choice"),
        (with("tool_choice", json!({"type": "function"})), "tool_choice.function"),
        (with("tool_choice", json!({"type": "mcp"})), "tool_choice.type"),
        (with("tool_choice", json!(3)), "tool_choice"),
        (with("response_format", json!({"type": "grammar"})), "response_format.type"),
        (with("response_format", json!({"type": "json_schema"})), "response_format.json_schema"),
        (with("response_format", json!({"type": "json_object", "schema": {}})), "response_format.schema"),
        (with("reasoning_effort", json!("some")), "reasoning_effort"),
        (with("thinking", json!({"type": "disabled", "budget_tokens": 5})), "thinking.budget_tokens"),
        (with("functions", json!([])), "functions"),
        (with("function_call", json!("auto")), "function_call"),
        (with("temperature", json!("hot")), "temperature"),
        (with("max_tokens", json!(-1)), "max_tokens"),
        (with("n", json!(0)), "n"),
        (with("top_logprobs", json!(21)), "top_logprobs"),
        (with("top_logprobs", json!(2)), "top_logprobs"),
        (with("stop", json!([1])), "stop[0]"),
    ] {
        assert_eq!(field_at_fault(&body), field, "{body}");
    }
}

#[test]
fn a_key_that_comes_twice_inside_is_refused() {
    let body = br#"{"messages":[{"role":"user","role":"system","content":"x"}]}"#;
    let error = parse(body).unwrap_err();
    assert!(error.to_string().contains("duplicate field `role`"), "{error}");
}

#[test]
fn hostile_bodies_are_errors_not_panics() {
    let deep = format!(r#"{{"messages":[{{"role":"user","content":[{}"#, r#"{"type":["#.repeat(5_000));
    for body in ["", "null", "[]", "{}", "{", "\"x\"", r#"{"messages":[null]}"#, r#"{"messages":[[]]}"#, "\u{feff}{}", &deep] {
        assert!(parse(body.as_bytes()).is_err(), "{body:.40}");
    }
    assert!(parse(b"\xff\xfe").is_err());
}

#[test]
fn pictures_of_a_tool_follow_after_all_results_of_the_turn() {
    let image =
        || Content::Image(crate::translate::conversation::Image { source: Media::Url("https://a/b.png".into()), detail: None });
    let result = |id: &'static str, parts: Vec<Content<'static>>, is_error| {
        let parts = parts.into_iter().map(Part::from).collect();
        Part::from(Content::ToolResult(ToolResult { call_id: id.into(), parts, is_error }))
    };
    let mut conversation = messages(
        vec![
            result("a", vec![image()], false),
            result("b", vec![Content::Text("seen".into()), image()], false),
            Content::Text("and now?".into()).into(),
        ],
        Role::User,
    );
    conversation.messages.push(Message { role: Role::User, name: None, parts: vec![result("c", vec![], true)] });
    let (body, dropped) = written(&conversation);
    assert_eq!(
        body["messages"],
        json!([
            {"role": "tool", "tool_call_id": "a", "content": "The result is in the next message of the user."},
            {"role": "tool", "tool_call_id": "b", "content": "seen"},
            {"role": "user", "content": [
                {"type": "text", "text": "From the result of the tool call a:"},
                {"type": "image_url", "image_url": {"url": "https://a/b.png"}},
                {"type": "text", "text": "From the result of the tool call b:"},
                {"type": "image_url", "image_url": {"url": "https://a/b.png"}},
                {"type": "text", "text": "and now?"},
            ]},
            {"role": "tool", "tool_call_id": "c", "content": "The tool failed without a message."},
        ])
    );
    assert_eq!(dropped, ["is_error"]);
}

#[test]
fn results_in_two_messages_are_not_parted_by_a_picture() {
    let picture =
        Content::Image(crate::translate::conversation::Image { source: Media::Url("https://a/b.png".into()), detail: None });
    let result = |id: &'static str, content: Content<'static>| {
        vec![Part::from(Content::ToolResult(ToolResult { call_id: id.into(), parts: vec![content.into()], is_error: false }))]
    };
    let mut conversation = messages(result("a", picture), Role::User);
    conversation.messages.push(Message { role: Role::User, name: None, parts: result("b", Content::Text("2".into())) });
    let (body, _) = written(&conversation);
    let roles: Vec<_> = body["messages"].as_array().unwrap().iter().map(|message| message["role"].clone()).collect();
    assert_eq!(roles, ["tool", "tool", "user"]);
}

#[test]
fn thinking_and_hints_are_dropped_and_listed() {
    let parts = vec![
        Content::Thinking(Thinking { text: "hm".into(), signature: Some("s".into()) }).into(),
        Content::RedactedThinking("x".into()).into(),
        Part { content: Content::Text("so".into()), cache: Some(crate::translate::conversation::CacheHint::Default) },
    ];
    let mut conversation = messages(parts, Role::Assistant);
    conversation.sampling.top_k = Some(5);
    conversation.end_user = Some("u".repeat(65).into());
    conversation.reasoning = Some(crate::translate::conversation::Reasoning {
        mode: crate::translate::conversation::Thought::Budget(8_000),
        effort: None,
    });
    let (body, mut dropped) = written(&conversation);
    assert_eq!(body["messages"], json!([{"role": "assistant", "content": "so"}]));
    assert_eq!(body["reasoning_effort"], "medium");
    assert_eq!(body.get("user"), None);
    dropped.sort();
    assert_eq!(dropped, ["cache_control", "thinking", "thinking.budget_tokens", "top_k", "user"]);
}

#[test]
fn a_schema_without_properties_gets_some_because_openai_refuses_it() {
    for (given, sent) in [
        (r#"{"type":"object"}"#, r#"{"properties":{},"type":"object"}"#),
        (r#"{"type":"object","properties":{"a":{}}}"#, r#"{"type":"object","properties":{"a":{}}}"#),
        (r#"{ "type": "string" }"#, r#"{ "type": "string" }"#),
        (r#"true"#, r#"true"#),
    ] {
        let parameters: &serde_json::value::RawValue = serde_json::from_str(given).unwrap();
        let function = crate::translate::conversation::Function {
            name: "f".into(),
            description: None,
            parameters: Some(std::borrow::Cow::Borrowed(parameters)),
            strict: None,
            cache: None,
        };
        let mut conversation = messages(vec![Content::Text("x".into()).into()], Role::User);
        conversation.tools = vec![Tool::Function(function)];
        let body = render(&conversation, &TARGET).unwrap().body.unwrap();
        assert!(String::from_utf8_lossy(&body).contains(&format!(r#""parameters":{sent}}}"#)), "{body:?}");
    }
}

#[test]
fn what_openai_cannot_say_is_refused_by_name() {
    let document = |source, citations| {
        let document = crate::translate::conversation::Document { source, title: None, context: None, citations };
        messages(vec![Content::Document(document).into()], Role::User)
    };
    let raw: &serde_json::value::RawValue = serde_json::from_str("[1]").unwrap();
    let text = || messages(vec![Content::Text("x".into()).into()], Role::User);
    let with_tool = Conversation { tools: vec![Tool::Provider { kind: "bash_20250124".into(), raw }], ..text() };
    let with_mcp = Conversation { extras: vec![("mcp_servers".into(), raw)], ..text() };
    let smuggled = |key: &'static str| Conversation { extras: vec![(key.into(), raw)], ..text() };
    for (conversation, field) in [
        (smuggled("n"), "n"),
        (smuggled("max_completion_tokens"), "max_completion_tokens"),
        (document(Media::Url("https://a/b.pdf".into()), false), "messages[].content[].document.source.url"),
        (document(Media::FileId("file_1".into()), false), "messages[].content[].document.source.file_id"),
        (document(Media::Text("t".into()), true), "messages[].content[].document.citations"),
        (with_tool, "tools[0]"),
        (with_mcp, "mcp_servers"),
        (messages(vec![Content::RedactedThinking("x".into()).into()], Role::User), "messages[].content"),
        (messages(vec![Content::RedactedThinking("x".into()).into()], Role::System), "messages[].content"),
    ] {
        assert_eq!(refused(&conversation), field);
    }
}
