//! One test for each rule of Anthropic's that a request of another dialect could break.

use serde_json::{Value, json};

use super::{TARGET, rendered};
use crate::translate::{RequestError, anthropic};

/// An OpenAI request with one message and these fields besides.
fn request(fields: Value) -> String {
    let mut request = json!({ "model": "m", "messages": [{ "role": "user", "content": "Hi" }] });
    for (key, value) in fields.as_object().unwrap() {
        request[key] = value.clone();
    }
    request.to_string()
}

fn body(openai: &str) -> Value {
    body_for(openai, TARGET.model)
}

fn body_for(openai: &str, model: &str) -> Value {
    serde_json::from_slice(&rendered(openai, model).unwrap().body.unwrap()).unwrap()
}

fn dropped(openai: &str) -> Vec<String> {
    rendered(openai, TARGET.model).unwrap().dropped
}

/// The field that the refusal names, and its text.
fn refused(openai: &str) -> (String, String) {
    match rendered(openai, TARGET.model) {
        Err(RequestError::Unsupported { field, provider, dialect, message }) => {
            assert_eq!((&*provider, dialect), ("claude", "anthropic"));
            (field, message)
        }
        other => panic!("not refused: {other:?}"),
    }
}

fn refused_field(fields: Value) -> String {
    refused(&request(fields)).0
}

fn tools() -> Value {
    json!([{ "type": "function", "function": { "name": "t" } }])
}

#[test]
fn max_tokens_is_required_so_the_targets_default_is_sent() {
    assert_eq!(body(&request(json!({})))["max_tokens"], TARGET.default_max_tokens);
    assert_eq!(body(&request(json!({ "max_completion_tokens": 7 })))["max_tokens"], 7);
}

#[test]
fn a_temperature_above_one_is_refused_with_the_range() {
    let (field, message) = refused(&request(json!({ "temperature": 1.2 })));
    assert_eq!(field, "temperature");
    assert!(message.contains("between 0 and 1"), "{message}");
    assert_eq!(body(&request(json!({ "temperature": 1 })))["temperature"], 1.0);
}

#[test]
fn what_would_change_the_answer_is_refused_by_its_name() {
    for (fields, field) in [
        (json!({ "n": 2 }), "n"),
        (json!({ "logprobs": true }), "logprobs"),
        (json!({ "logit_bias": { "1": 5 } }), "logit_bias"),
        (json!({ "presence_penalty": 0.1 }), "presence_penalty"),
        (json!({ "frequency_penalty": -0.1 }), "frequency_penalty"),
        (json!({ "response_format": { "type": "json_object" } }), "response_format.type"),
        (
            json!({ "response_format": { "type": "json_schema", "json_schema": { "name": "a" } } }),
            "response_format.json_schema.schema",
        ),
        (json!({ "modalities": ["text", "audio"] }), "modalities"),
        (json!({ "audio": { "voice": "x" } }), "audio"),
        (json!({ "prediction": { "type": "content", "content": "x" } }), "prediction"),
        (json!({ "web_search_options": {} }), "web_search_options"),
        (json!({ "made_up": 1 }), "made_up"),
    ] {
        assert_eq!(refused_field(fields), field);
    }
    let (_, message) = refused(&request(json!({ "response_format": { "type": "json_object" } })));
    assert!(message.contains("json_schema"), "{message}");
}

#[test]
fn hints_are_dropped_and_listed() {
    let fields = json!({ "seed": 1, "store": true, "prompt_cache_key": "k", "verbosity": "low", "presence_penalty": 0 });
    assert_eq!(dropped(&request(fields)), ["seed", "store", "prompt_cache_key", "verbosity"]);
}

#[test]
fn what_asks_for_nothing_special_is_neither_refused_nor_listed() {
    let fields = json!({ "n": 1, "logprobs": false, "logit_bias": {}, "modalities": ["text"], "metadata": {}, "made_up": null });
    assert_eq!(dropped(&request(fields)), [""; 0]);
}

#[test]
fn stop_sequences_of_white_space_are_refused() {
    assert_eq!(refused_field(json!({ "stop": ["END", "\n"] })), "stop");
    assert_eq!(refused_field(json!({ "stop": "" })), "stop");
    assert_eq!(body(&request(json!({ "stop": "END" })))["stop_sequences"], json!(["END"]));
}

#[test]
fn tool_choices_have_anthropics_names_and_parallel_calls_are_switched_off_in_them() {
    for (choice, expected) in [
        (json!("auto"), json!({ "type": "auto", "disable_parallel_tool_use": true })),
        (json!("required"), json!({ "type": "any", "disable_parallel_tool_use": true })),
        (json!("none"), json!({ "type": "none" })),
        (
            json!({ "type": "function", "function": { "name": "t" } }),
            json!({ "type": "tool", "name": "t", "disable_parallel_tool_use": true }),
        ),
        (json!(null), json!({ "type": "auto", "disable_parallel_tool_use": true })),
    ] {
        let fields = json!({ "tools": tools(), "tool_choice": choice, "parallel_tool_calls": false });
        assert_eq!(body(&request(fields))["tool_choice"], expected);
    }
    let parallel = json!({ "tools": tools(), "parallel_tool_calls": true });
    assert_eq!(body(&request(parallel)).get("tool_choice"), None);
}

#[test]
fn a_tool_choice_without_tools_is_left_out_or_refused() {
    assert_eq!(body(&request(json!({ "tool_choice": "auto" }))).get("tool_choice"), None);
    assert_eq!(refused_field(json!({ "tool_choice": "required" })), "tool_choice");
}

#[test]
fn an_input_schema_has_the_type_object() {
    for (parameters, expected) in [
        (json!(null), json!({ "type": "object", "properties": {} })),
        (json!({}), json!({ "type": "object", "properties": {} })),
        (json!({ "$ref": "#/$defs/a" }), json!({ "type": "object", "$ref": "#/$defs/a" })),
        (json!({ "type": "object", "x": 1 }), json!({ "type": "object", "x": 1 })),
    ] {
        let tool = json!([{ "type": "function", "function": { "name": "t", "parameters": parameters } }]);
        assert_eq!(body(&request(json!({ "tools": tool })))["tools"][0]["input_schema"], expected);
    }
    let tool = json!([{ "type": "function", "function": { "name": "t", "parameters": [1] } }]);
    assert_eq!(refused_field(json!({ "tools": tool })), "tools[0].function.parameters");
}

#[test]
fn a_tool_that_another_provider_runs_is_refused_and_anthropics_own_go_through() {
    assert_eq!(refused_field(json!({ "tools": [{ "type": "web_search_preview" }] })), "tools[0].type");
    let tool = json!({ "type": "web_search_20250305", "name": "web_search" });
    assert_eq!(body(&request(json!({ "tools": [tool] })))["tools"][0], tool);
}

#[test]
fn thinking_forbids_sampling_and_forced_tools() {
    let thinking = json!({ "type": "enabled", "budget_tokens": 1_024 });
    for (mut fields, field) in [
        (json!({ "temperature": 0.5 }), "temperature"),
        (json!({ "top_k": 5 }), "top_k"),
        (json!({ "top_p": 0.5 }), "top_p"),
        (json!({ "tools": tools(), "tool_choice": "required" }), "tool_choice"),
    ] {
        fields["thinking"] = thinking.clone();
        assert_eq!(refused_field(fields.clone()), field);
        fields["thinking"] = json!({ "type": "adaptive" });
        assert_eq!(refused_field(fields.clone()), field);
        fields["thinking"] = json!({ "type": "disabled" });
        assert_eq!(body(&request(fields))["thinking"], json!({ "type": "disabled" }));
    }
    let fine = json!({ "thinking": thinking, "temperature": 1, "top_p": 0.95, "tools": tools(), "tool_choice": "auto" });
    assert_eq!(body(&request(fine))["thinking"], thinking);
}

#[test]
fn a_budget_is_at_least_1024_and_smaller_than_the_limit() {
    let budget = |tokens: u64| json!({ "type": "enabled", "budget_tokens": tokens });
    assert_eq!(refused_field(json!({ "thinking": budget(1_023) })), "thinking.budget_tokens");
    assert_eq!(refused_field(json!({ "thinking": budget(2_000), "max_tokens": 2_000 })), "thinking.budget_tokens");
    assert_eq!(body(&request(json!({ "thinking": budget(2_000), "max_tokens": 2_001 })))["max_tokens"], 2_001);
    // Without a limit of the client's, ours comes on top of the budget.
    assert_eq!(body(&request(json!({ "thinking": budget(2_000) })))["max_tokens"], 2_000 + TARGET.default_max_tokens);
    assert_eq!(body(&request(json!({ "thinking": budget(u64::MAX) })))["max_tokens"], u64::MAX);
}

#[test]
fn efforts_have_anthropics_words_and_none_is_no_thinking() {
    for (effort, word) in [("minimal", "low"), ("low", "low"), ("medium", "medium"), ("high", "high"), ("xhigh", "xhigh")] {
        let body = body(&request(json!({ "reasoning_effort": effort })));
        assert_eq!(body["output_config"]["effort"], word);
        assert_eq!(body.get("thinking"), None);
    }
    let body = body(&request(json!({ "reasoning_effort": "none" })));
    assert_eq!(body["thinking"], json!({ "type": "disabled" }));
    assert_eq!(body.get("output_config"), None);
}

fn messages(messages: Value) -> String {
    request(json!({ "messages": messages }))
}

fn calls(arguments: &str) -> Value {
    json!({ "role": "assistant", "tool_calls": [
        { "id": "a", "type": "function", "function": { "name": "t", "arguments": "{}" } },
        { "id": "b", "type": "function", "function": { "name": "t", "arguments": arguments } },
    ] })
}

/// Field note 39.
#[test]
fn tool_results_of_one_turn_stand_in_one_message_and_first() {
    let request = messages(json!([
        { "role": "user", "content": "Hi" },
        calls("{}"),
        { "role": "tool", "tool_call_id": "a", "content": "1" },
        { "role": "user", "content": "in between" },
        { "role": "tool", "tool_call_id": "b", "content": "" },
    ]));
    let body = body(&request);
    let results = &body["messages"][2];
    assert_eq!(body["messages"].as_array().unwrap().len(), 3);
    assert_eq!(results["content"][0], json!({ "type": "tool_result", "tool_use_id": "a", "content": "1" }));
    assert_eq!(results["content"][1], json!({ "type": "tool_result", "tool_use_id": "b" }));
    assert_eq!(results["content"][2]["text"], "in between");
}

#[test]
fn arguments_that_are_not_a_json_object_are_refused_by_their_name() {
    for arguments in ["{\"a\":", "[1]", "\"x\"", "{} {}"] {
        let (field, _) = refused(&messages(json!([{ "role": "user", "content": "Hi" }, calls(arguments)])));
        assert_eq!(field, "messages[].tool_calls[1].function.arguments");
    }
}

#[test]
fn ids_of_tool_calls_have_letters_digits_underscores_and_hyphens_only() {
    let request = messages(json!([
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "tool_calls": [
            { "id": "functions.t:0", "type": "function", "function": { "name": "t", "arguments": "{}" } } ] },
        { "role": "tool", "tool_call_id": "functions.t:0", "content": "1" },
    ]));
    let body = body(&request);
    assert_eq!(body["messages"][1]["content"][0]["id"], "functions_2et_3a0");
    assert_eq!(body["messages"][2]["content"][0]["tool_use_id"], "functions_2et_3a0");
}

#[test]
fn text_that_is_only_white_space_is_left_out_and_a_message_without_anything_too() {
    let request = messages(json!([
        { "role": "user", "content": [{ "type": "text", "text": " " }, { "type": "text", "text": "Hi" }] },
        { "role": "assistant", "content": "" },
        { "role": "user", "content": "Hello?" },
    ]));
    let content = json!([{ "type": "text", "text": "Hi" }, { "type": "text", "text": "Hello?" }]);
    assert_eq!(body(&request)["messages"], json!([{ "role": "user", "content": content }]));
}

#[test]
fn a_conversation_without_anything_said_is_refused() {
    for empty in [json!([{ "role": "system", "content": "A" }]), json!([{ "role": "user", "content": " " }])] {
        assert_eq!(refused(&messages(empty)).0, "messages");
    }
}

#[test]
fn white_space_at_the_end_of_a_prefill_is_cut_off() {
    let request = messages(json!([{ "role": "user", "content": "Hi" }, { "role": "assistant", "content": "Well, \n" }]));
    assert_eq!(body(&request)["messages"][1]["content"], "Well,");
    assert_eq!(dropped(&request).len(), 1);
}

#[test]
fn thinking_without_a_signature_is_not_sent_back() {
    let request = messages(json!([
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": "Yes", "reasoning_content": "Hm." },
        { "role": "user", "content": "So?" },
    ]));
    assert_eq!(body(&request)["messages"][1]["content"], "Yes");
    assert_eq!(dropped(&request), ["thinking"]);
}

#[test]
fn media_that_anthropic_does_not_take_are_refused() {
    for part in [
        json!({ "type": "input_audio", "input_audio": { "data": "AA==", "format": "wav" } }),
        json!({ "type": "image_url", "image_url": { "url": "data:image/tiff;base64,AA==" } }),
        json!({ "type": "file", "file": { "file_data": "data:application/zip;base64,AA==" } }),
        json!({ "type": "file", "file": { "file_data": "data:text/plain;base64,=" } }),
        json!({ "type": "file", "file": { "file_data": "data:text/plain;base64,/w==" } }),
        json!({ "type": "file", "file": { "file_id": "file-abc" } }),
    ] {
        let (field, _) = refused(&messages(json!([{ "role": "user", "content": [part] }])));
        assert!(field.starts_with("messages[].content[]"), "{field}");
    }
}

#[test]
fn uploaded_files_need_the_beta_header() {
    let header = |openai: &str| {
        let headers = rendered(openai, TARGET.model).unwrap().headers;
        headers.into_iter().find(|(name, _)| name == "anthropic-beta").map(|(_, value)| value)
    };
    let file = json!([{ "role": "user", "content": [{ "type": "file", "file": { "file_id": "file_1" } }] }]);
    assert_eq!(header(&messages(file)).unwrap(), "files-api-2025-04-14");
    assert_eq!(header(&request(json!({}))), None);
}

fn with_system(order: &str) -> String {
    let said = order.chars().map(|who| match who {
        's' => json!({ "role": "system", "content": "S" }),
        'u' => json!({ "role": "user", "content": "U" }),
        _ => json!({ "role": "assistant", "content": "A" }),
    });
    messages(said.collect())
}

#[test]
fn system_messages_in_the_middle_stand_between_user_and_model_where_the_model_takes_them() {
    for (order, expected, moved) in [
        ("suas", "ua", true),
        ("uasu", "uaus", true),
        ("us", "us", false),
        ("usa", "usa", false),
        ("usuau", "usau", true),
        ("uauss", "uaus", false),
    ] {
        let request = with_system(order);
        let body = body_for(&request, "claude-opus-4-8");
        let roles: String =
            body["messages"].as_array().unwrap().iter().map(|message| &message["role"].as_str().unwrap()[..1]).collect();
        assert_eq!(roles, expected, "{order}");
        let dropped = rendered(&request, "claude-opus-4-8").unwrap().dropped;
        assert_eq!(dropped.len(), usize::from(moved), "{order}: {dropped:?}");
    }
}

#[test]
fn system_messages_in_the_middle_become_the_end_of_system_with_other_models() {
    let request = with_system("suasu");
    let body = body(&request);
    assert_eq!(body["system"], json!([{ "type": "text", "text": "S" }, { "type": "text", "text": "S" }]));
    assert_eq!(body["messages"].as_array().unwrap().len(), 3);
    assert_eq!(dropped(&request), ["messages[] (place of a system message)"]);
    assert_eq!(dropped(&with_system("ssu")), [""; 0]);
}

#[test]
fn service_tiers_are_anthropics_two() {
    for (tier, expected) in [("auto", "auto"), ("default", "standard_only"), ("priority", "auto")] {
        assert_eq!(body(&request(json!({ "service_tier": tier })))["service_tier"], expected);
    }
    assert_eq!(dropped(&request(json!({ "service_tier": "flex" }))), ["service_tier"]);
}

#[test]
fn anthropics_own_fields_go_through() {
    let fields = json!({ "context_management": { "edits": [] }, "mcp_servers": [] });
    let body = body(&request(fields));
    assert_eq!(body["context_management"], json!({ "edits": [] }));
    assert_eq!(body["mcp_servers"], json!([]));
}

#[test]
fn a_request_of_anthropics_own_survives_the_hub() {
    let request = json!({
        "model": "claude-sonnet-4-5", "max_tokens": 9_000,
        "tools": [{ "name": "t", "input_schema": { "type": "object" } }],
        "tool_choice": { "type": "auto", "disable_parallel_tool_use": true },
        "system": [{ "type": "text", "text": "S", "cache_control": { "type": "ephemeral", "ttl": "1h" } }],
        "messages": [
            { "role": "user", "content": [
                { "type": "document", "source": { "type": "text", "media_type": "text/plain", "data": "D" }, "title": "t",
                  "context": "c", "citations": { "enabled": true }, "cache_control": { "type": "ephemeral" } },
                { "type": "image", "source": { "type": "url", "url": "https://example.com/a.png" } } ] },
            { "role": "assistant", "content": [
                { "type": "thinking", "thinking": "Hm.", "signature": "c2ln" },
                { "type": "tool_use", "id": "toolu_1", "name": "t", "input": { "a": 1 } } ] },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "toolu_1", "content": "no", "is_error": true,
                  "cache_control": { "type": "ephemeral" } } ] },
        ],
        "thinking": { "type": "enabled", "budget_tokens": 2_048 },
        "output_config": { "effort": "max", "format": { "type": "json_schema", "schema": { "type": "object", "additionalProperties": false } } },
        "stop_sequences": ["END"], "service_tier": "auto", "metadata": { "user_id": "u" }, "stream": true,
    });
    let text = request.to_string();
    let conversation = anthropic::request::parse(text.as_bytes()).unwrap();
    let rendered = anthropic::request::render(&conversation, &TARGET).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&rendered.body.unwrap()).unwrap(), request);
    assert_eq!(rendered.dropped, [""; 0]);
}
