use serde_json::{Value, json};

use super::parse;
use crate::translate::RequestError;
use crate::translate::conversation::{
    CacheHint, Content, Conversation, Effort, Media, ResponseFormat, Role, Tool, ToolChoice, ToolResult,
};

/// A request with an input and these fields besides.
fn with(fields: Value) -> String {
    let mut request = json!({"model": "m", "input": "Hi"});
    if let (Value::Object(request), Value::Object(fields)) = (&mut request, fields) {
        request.extend(fields);
    }
    request.to_string()
}

fn with_items(items: Value) -> String {
    json!({"model": "m", "input": items}).to_string()
}

fn read(request: &str) -> Conversation<'_> {
    parse(request.as_bytes()).unwrap()
}

/// Kind and field of what is wrong.
fn wrong(request: &str) -> (&'static str, String) {
    match parse(request.as_bytes()).unwrap_err() {
        RequestError::Invalid { field, .. } => ("invalid", field),
        RequestError::Unsupported { field, .. } => ("unsupported", field),
    }
}

/// Roles and contents, a line each.
fn said(conversation: &Conversation<'_>) -> Vec<String> {
    let part = |content: &Content<'_>| match content {
        Content::Text(text) => format!("text {text}"),
        Content::Image(image) => format!("image {:?} {:?}", image.source, image.detail),
        Content::Audio(audio) => format!("audio {} {}", audio.format, audio.data),
        Content::Document(document) => format!("document {:?} {:?}", document.source, document.title),
        Content::Thinking(thinking) => format!("thinking {} {:?}", thinking.text, thinking.signature),
        Content::RedactedThinking(data) => format!("redacted {data}"),
        Content::ToolCall(call) | Content::CustomCall(call) => format!("call {} {} {}", call.id, call.name, call.arguments),
        Content::ToolResult(ToolResult { call_id, parts, .. }) => format!("result {call_id} of {} parts", parts.len()),
        Content::Refusal(text) => format!("refusal {text}"),
    };
    let messages = conversation.messages.iter();
    messages
        .map(|message| {
            let parts: Vec<_> = message.parts.iter().map(|p| part(&p.content)).collect();
            format!("{:?}: {}", message.role, parts.join("; "))
        })
        .collect()
}

#[test]
fn a_string_is_what_the_user_says_and_instructions_come_first() {
    let request = with(json!({"instructions": "Be brief."}));
    assert_eq!(said(&read(&request)), ["System: text Be brief.", "User: text Hi"]);
}

#[test]
fn every_role_and_every_kind_of_content_has_its_place() {
    let request = with_items(json!([
        {"role": "developer", "content": "D"},
        {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "S"}]},
        {"role": "user", "content": [
            {"type": "input_text", "text": "U"},
            {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "low"},
            {"type": "input_image", "image_url": "https://x.test/a.png"},
            {"type": "input_image", "file_id": "file-1"},
            {"type": "input_file", "file_data": "data:application/pdf;base64,JVBE", "filename": "a.pdf"},
            {"type": "input_file", "file_data": "JVBE", "filename": "b.PDF"},
            {"type": "input_file", "file_url": "https://x.test/a.pdf"},
            {"type": "input_file", "file_id": "file-2"},
            {"type": "input_audio", "input_audio": {"format": "wav", "data": "UklG"}},
        ]},
        {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [
            {"type": "output_text", "text": "A", "annotations": []}, {"type": "refusal", "refusal": "No"}]},
    ]));
    let conversation = read(&request);
    assert_eq!(
        said(&conversation),
        [
            "Developer: text D",
            "System: text S",
            "User: text U; image Base64 { media_type: \"image/png\", data: \"AA==\" } Some(\"low\"); \
         image Url(\"https://x.test/a.png\") None; image FileId(\"file-1\") None; \
         document Base64 { media_type: \"application/pdf\", data: \"JVBE\" } Some(\"a.pdf\"); \
         document Base64 { media_type: \"application/pdf\", data: \"JVBE\" } Some(\"b.PDF\"); \
         document Url(\"https://x.test/a.pdf\") None; document FileId(\"file-2\") None; audio wav UklG",
            "Assistant: text A; refusal No",
        ]
    );
    assert_eq!(conversation.ignored, Vec::<String>::new());
}

#[test]
fn a_picture_is_borrowed_and_not_copied() {
    let request = with_items(json!([{"role": "user", "content": [
        {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}]}]));
    let conversation = read(&request);
    let Content::Image(image) = &conversation.messages[0].parts[0].content else { panic!("not an image") };
    let Media::Base64 { data, .. } = &image.source else { panic!("not base64") };
    assert!(matches!(data.0, std::borrow::Cow::Borrowed(_)));
}

#[test]
fn the_items_of_a_turn_become_one_message_and_parallel_outputs_another() {
    let request = with_items(json!([
        {"role": "user", "content": "Weather?"},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm"}]},
        {"type": "message", "role": "assistant", "id": "msg_1", "status": "completed",
         "content": [{"type": "output_text", "text": "Let me see", "annotations": []}]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{\"a\":1}", "status": "completed"},
        {"type": "function_call", "call_id": "call_2", "name": "g", "arguments": ""},
        {"type": "function_call_output", "call_id": "call_1", "output": "12"},
        {"type": "function_call_output", "call_id": "call_2", "output": [
            {"type": "input_text", "text": "see"}, {"type": "input_image", "image_url": "https://x.test/a.png"}]},
        {"role": "assistant", "content": "Done"},
    ]));
    assert_eq!(
        said(&read(&request)),
        [
            "User: text Weather?",
            "Assistant: thinking Hm None; text Let me see; call call_1 f {\"a\":1}; call call_2 g {}",
            "User: result call_1 of 1 parts; result call_2 of 2 parts",
            "Assistant: text Done",
        ]
    );
}

#[test]
fn thinking_that_another_provider_sealed_comes_back_as_it_was() {
    let request = with_items(json!([
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm"}],
         "encrypted_content": "kanmon.signed.v1:c2ln"},
        {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "kanmon.signed.v1:b25seQ=="},
        {"type": "reasoning", "id": "rs_3", "summary": [], "encrypted_content": "kanmon.redacted.v1:xyz"},
        {"role": "user", "content": "go on"},
    ]));
    let conversation = read(&request);
    assert_eq!(said(&conversation)[0], "Assistant: thinking Hm Some(\"c2ln\"); thinking  Some(\"b25seQ==\"); redacted xyz");
    assert_eq!(conversation.ignored, Vec::<String>::new());
}

#[test]
fn openais_own_encrypted_reasoning_is_told_as_ignored() {
    let request = with_items(json!([
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA"},
        {"type": "reasoning", "id": "rs_2", "encrypted_content": "gAAAA",
         "summary": [{"type": "summary_text", "text": "One"}, {"type": "summary_text", "text": "Two"}]},
        {"type": "reasoning", "id": "rs_3", "summary": [], "content": [{"type": "reasoning_text", "text": "open"}]},
        {"role": "user", "content": "go on"},
    ]));
    let conversation = read(&request);
    assert_eq!(said(&conversation)[0], "Assistant: thinking One\n\nTwo None; thinking open None");
    assert_eq!(conversation.ignored, ["input[].encrypted_content"]);
}

#[test]
fn what_needs_state_says_to_send_the_items() {
    for (field, value) in [
        ("previous_response_id", json!("resp_1")),
        ("conversation", json!("conv_1")),
        ("conversation", json!({"id": "conv_1"})),
        ("background", json!(true)),
        ("prompt", json!({"id": "pmpt_1"})),
    ] {
        let request = with(json!({field: value}));
        assert_eq!(wrong(&request), ("unsupported", field.to_owned()));
        let message = parse(request.as_bytes()).unwrap_err().to_string();
        assert!(message.contains("stored"), "{message}");
    }
    for item in [json!({"type": "item_reference", "id": "msg_1"}), json!({"id": "msg_1"})] {
        assert_eq!(wrong(&with_items(json!([item]))), ("unsupported", "input[0]".to_owned()));
    }
}

#[test]
fn items_and_tools_that_only_openai_has_are_named() {
    let search = json!({"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}});
    let computer = json!({"type": "computer_call_output", "call_id": "c", "output": {"type": "computer_screenshot"}});
    for item in [search, computer, json!({"type": "compaction", "encrypted_content": "x"})] {
        assert_eq!(
            wrong(&with_items(json!([{"role": "user", "content": "Hi"}, item]))),
            ("unsupported", "input[1].type".to_owned())
        );
    }
    let grammar = json!({"type": "grammar", "syntax": "regex", "definition": "a+"});
    let custom = json!({"tools": [{"type": "custom", "name": "x", "format": grammar}]});
    assert_eq!(wrong(&with(custom)), ("unsupported", "tools[0].format".to_owned()));
    assert_eq!(wrong(&with(json!({"tool_choice": {"type": "file_search"}}))), ("unsupported", "tool_choice.type".to_owned()));
    assert_eq!(wrong(&with(json!({"reasoning": {"mode": "pro"}}))), ("unsupported", "reasoning.mode".to_owned()));
}

#[test]
fn a_hosted_tool_is_kept_for_a_provider_that_knows_it() {
    let request = with(json!({"tools": [{"type": "web_search", "search_context_size": "low"}]}));
    let conversation = read(&request);
    let Tool::Provider { kind, raw } = &conversation.tools[0] else { panic!("not a provider's tool") };
    assert_eq!((&**kind, raw.get()), ("web_search", r#"{"type":"web_search","search_context_size":"low"}"#));
}

#[test]
fn functions_keep_their_schema_and_strictness() {
    let request = with(json!({"tools": [
        {"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}, "strict": true},
        {"type": "function", "name": "g", "parameters": null, "strict": null, "defer_loading": false},
    ], "parallel_tool_calls": false}));
    let conversation = read(&request);
    let functions: Vec<_> = conversation
        .tools
        .iter()
        .map(|tool| match tool {
            Tool::Function(function) => (&*function.name, function.parameters.as_deref().map(|raw| raw.get()), function.strict),
            Tool::Provider { .. } => panic!("not a function"),
        })
        .collect();
    assert_eq!(functions, [("f", Some(r#"{"type":"object"}"#), Some(true)), ("g", None, None)]);
    assert_eq!(conversation.parallel_tool_calls, Some(false));
}

#[test]
fn every_tool_choice_is_read() {
    let tools = json!([{"type": "function", "name": "f"}, {"type": "function", "name": "g"}]);
    let choice = |choice: Value| {
        let request = with(json!({"tools": tools, "tool_choice": choice}));
        let conversation = read(&request);
        (format!("{:?}", conversation.tool_choice.unwrap()), conversation.tools.len())
    };
    assert_eq!(choice(json!("auto")), ("Auto".to_owned(), 2));
    assert_eq!(choice(json!("none")), ("None".to_owned(), 2));
    assert_eq!(choice(json!("required")), ("Required".to_owned(), 2));
    assert_eq!(choice(json!({"type": "function", "name": "g"})), ("Function(\"g\")".to_owned(), 2));
}

#[test]
fn tools_that_are_not_allowed_are_not_offered() {
    let request = with(json!({
        "tools": [{"type": "function", "name": "f"}, {"type": "function", "name": "g"}, {"type": "web_search"}],
        "tool_choice": {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "g"}]},
    }));
    let conversation = read(&request);
    assert!(matches!(conversation.tool_choice, Some(ToolChoice::Required)));
    assert!(matches!(conversation.tools.as_slice(), [Tool::Function(function)] if function.name == "g"));
    assert_eq!(conversation.ignored.len(), 1);
    let request =
        with(json!({"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "h"}]}}));
    assert_eq!(wrong(&request), ("invalid", "tool_choice.tools[0].name".to_owned()));
}

#[test]
fn the_shape_of_the_answer_is_read() {
    let format = |format: Value| {
        let request = with(json!({"text": {"format": format}}));
        format!("{:?}", read(&request).response_format)
    };
    assert_eq!(format(json!({"type": "text"})), "Some(Text)");
    assert_eq!(format(json!({"type": "json_object"})), "Some(JsonObject)");
    let request = with(json!({"text": {"verbosity": "low", "format": {
        "type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": true}}}));
    let conversation = read(&request);
    let Some(ResponseFormat::JsonSchema { name, schema, strict, .. }) = &conversation.response_format else {
        panic!("not a schema")
    };
    assert_eq!((name.as_deref(), schema.as_deref().unwrap().get(), *strict), (Some("n"), r#"{"type":"object"}"#, Some(true)));
    assert_eq!((&*conversation.extras[0].0, conversation.extras[0].1.get()), ("verbosity", "\"low\""));
}

#[test]
fn sampling_limits_and_effort_are_read() {
    let request = with(json!({
        "temperature": 0.5, "top_p": 0.9, "max_output_tokens": 99, "reasoning": {"effort": "xhigh"},
        "service_tier": "flex", "metadata": {"a": "b"}, "user": "u", "stream": true,
        "include": ["message.output_text.logprobs", "reasoning.encrypted_content"], "top_logprobs": 3,
    }));
    let conversation = read(&request);
    assert_eq!((conversation.sampling.temperature, conversation.sampling.top_p), (Some(0.5), Some(0.9)));
    assert_eq!((conversation.max_output_tokens, conversation.logprobs, conversation.stream), (Some(99), Some(3), true));
    assert_eq!(conversation.reasoning.unwrap().effort, Some(Effort::XHigh));
    assert_eq!((conversation.service_tier.as_deref(), conversation.end_user.as_deref()), (Some("flex"), Some("u")));
    assert_eq!(conversation.metadata.unwrap().get(), r#"{"a":"b"}"#);
    assert!(conversation.ignored.is_empty() && conversation.extras.is_empty());
}

#[test]
fn log_probabilities_may_be_asked_for_in_two_ways() {
    let logprobs = |fields: Value| parse(with(fields).as_bytes()).unwrap().logprobs;
    assert_eq!(logprobs(json!({"include": ["message.output_text.logprobs"]})), Some(0));
    assert_eq!(logprobs(json!({"top_logprobs": 2})), Some(2));
    assert_eq!(logprobs(json!({"top_logprobs": 0})), None);
    assert_eq!(wrong(&with(json!({"top_logprobs": 21}))), ("invalid", "top_logprobs".to_owned()));
}

#[test]
fn hints_are_told_and_defaults_say_nothing() {
    let request = with(json!({"store": false, "truncation": "disabled", "background": false,
        "stream_options": {"include_obfuscation": false}, "previous_response_id": null}));
    assert!(read(&request).ignored.is_empty());
    let request = with(json!({"store": true, "truncation": "auto", "max_tool_calls": 3, "reasoning": {"summary": "auto"},
        "prompt_cache_options": {"ttl": "30m"}, "prompt_cache_retention": "24h", "include": ["code_interpreter_call.outputs"]}));
    let mut ignored = read(&request).ignored;
    ignored.sort();
    assert_eq!(
        ignored,
        [
            "include (code_interpreter_call.outputs)",
            "max_tool_calls",
            "prompt_cache_options",
            "prompt_cache_retention",
            "reasoning.summary",
            "store",
            "truncation",
        ]
    );
}

#[test]
fn a_cache_breakpoint_is_a_cache_hint() {
    let request = with_items(json!([{"role": "user", "content": [
        {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}},
        {"type": "input_text", "text": "b", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}},
    ]}]));
    let conversation = read(&request);
    let hints: Vec<_> = conversation.messages[0].parts.iter().map(|part| part.cache).collect();
    assert_eq!(hints, [Some(CacheHint::Default), Some(CacheHint::OneHour)]);
    assert_eq!(conversation.messages[0].role, Role::User);
}

#[test]
fn what_breaks_the_rules_is_named() {
    let parts = |part: Value| with_items(json!([{"role": "user", "content": [part]}]));
    for (request, field) in [
        (json!({"model": "m"}).to_string(), "input"),
        (with_items(json!([])), "input"),
        (with_items(json!([{"role": "robot", "content": "x"}])), "input[0].role"),
        (with_items(json!([{"role": "user"}])), "input[0].content"),
        (with_items(json!([{"role": "user", "content": []}])), "input[0].content"),
        (with_items(json!([{"role": "user", "content": "x", "weight": 1}])), "input[0].weight"),
        (with_items(json!([{}])), "input[0].type"),
        (with_items(json!([{"type": "function_call", "name": "f", "arguments": "{}"}])), "input[0].call_id"),
        (with_items(json!([{"type": "function_call", "call_id": "c", "name": "f", "arguments": {}}])), "input[0].arguments"),
        (with_items(json!([{"type": "function_call_output", "call_id": "c"}])), "input[0].output"),
        (parts(json!({"text": "x"})), "input[0].content[0].type"),
        (parts(json!({"type": "text", "text": "x"})), "input[0].content[0].type"),
        (parts(json!({"type": "input_image", "image_url": "ftp://x"})), "input[0].content[0].image_url"),
        (parts(json!({"type": "input_image"})), "input[0].content[0].image_url"),
        (parts(json!({"type": "input_file", "file_data": "AAAA"})), "input[0].content[0].file_data"),
        (parts(json!({"type": "input_text", "text": "x", "colour": "red"})), "input[0].content[0].colour"),
        (with(json!({"tools": [{"type": "function", "name": ""}]})), "tools[0].name"),
        (with(json!({"tools": [{"type": "function", "function": {"name": "f"}}]})), "tools[0].function"),
        (with(json!({"tool_choice": "any"})), "tool_choice"),
        (with(json!({"text": {"format": {"type": "xml"}}})), "text.format.type"),
        (with(json!({"text": {"format": {"type": "json_schema", "name": "n"}}})), "text.format.schema"),
        (with(json!({"reasoning": {"effort": "huge"}})), "reasoning.effort"),
        (with(json!({"truncation": "some"})), "truncation"),
        (with(json!({"temperature": "hot"})), "temperature"),
    ] {
        assert_eq!(wrong(&request), ("invalid", field.to_owned()), "{request}");
    }
}
