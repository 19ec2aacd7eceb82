//! Tools, their choice, their calls and results.

use serde_json::json;

use super::*;

fn function(name: &str) -> Value {
    json!({ "type": "function", "function": { "name": name } })
}

/// A conversation with a call and its result.
fn history() -> Value {
    let call = json!({ "id": "c1", "type": "function", "function": { "name": "look", "arguments": "{\"a\":1}" } });
    json!([
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "tool_calls": [call] },
        { "role": "tool", "tool_call_id": "c1", "content": "found" },
    ])
}

#[test]
fn every_schema_is_an_object() {
    let schema = |parameters: Value| {
        let tool = json!({ "type": "function", "function": { "name": "t", "parameters": parameters } });
        body(json!({ "tools": [tool] }), CLAUDE)["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"].clone()
    };
    let empty = json!({ "type": "object", "properties": {} });
    assert_eq!(schema(Value::Null), empty);
    assert_eq!(schema(json!({})), empty);
    let full = json!({ "type": "object", "properties": { "a": { "anyOf": [{ "type": "string" }, { "type": "null" }] } } });
    assert_eq!(schema(full.clone()), full);
    let untyped = schema(json!({ "$defs": { "x": {} }, "anyOf": [] }));
    assert_eq!(untyped, json!({ "type": "object", "$defs": { "x": {} }, "anyOf": [] }));
    let tool = json!({ "type": "function", "function": { "name": "t", "parameters": [] } });
    assert_eq!(refused(json!({ "tools": [tool] }), CLAUDE).0, "tools[0].function.parameters");
}

/// Field note 40.
#[test]
fn an_empty_description_is_left_out_and_strict_is_told() {
    let tool = json!({ "type": "function", "function": { "name": "t", "description": " ", "strict": true } });
    let spec = body(json!({ "tools": [tool] }), CLAUDE)["toolConfig"]["tools"][0]["toolSpec"].clone();
    let schema = json!({ "json": { "type": "object", "properties": {} } });
    assert_eq!(spec, json!({ "name": "t", "strict": true, "inputSchema": schema }));
}

/// Field note 40.
#[test]
fn a_name_that_bedrock_does_not_take_is_refused_and_never_changed() {
    let long = "a".repeat(65);
    for name in ["a.b", "ü", &long, "a b"] {
        let (field, message) = refused(json!({ "tools": [function(name)] }), CLAUDE);
        assert_eq!(field, "tools[0].function.name");
        assert!(message.contains("64 letters"), "{message}");
    }
}

#[test]
fn a_tool_of_a_provider_is_refused() {
    let tool = json!({ "type": "web_search_20250305", "name": "web_search" });
    assert_eq!(told(rendered_messages(&messages(json!({ "tools": [tool] })), CLAUDE)).0, "tools[0].type");
}

#[test]
fn each_choice_has_its_word() {
    let choice = |choice: Value| {
        body(json!({ "tools": [function("t")], "tool_choice": choice }), NOVA)["toolConfig"]["toolChoice"].clone()
    };
    assert_eq!(choice(json!("auto")), json!({ "auto": {} }));
    assert_eq!(choice(json!("required")), json!({ "any": {} }));
    assert_eq!(choice(json!({ "type": "function", "function": { "name": "t" } })), json!({ "tool": { "name": "t" } }));
    assert_eq!(body(json!({ "tools": [function("t")], "tool_choice": "none" }), NOVA)["toolConfig"], Value::Null);
    assert_eq!(refused(json!({ "tool_choice": "required" }), NOVA).0, "tool_choice");
}

#[test]
fn no_calls_are_made_where_the_client_wants_none_and_the_conversation_has_some() {
    let fields = json!({ "messages": history(), "tools": [function("look")], "tool_choice": "none" });
    let body = body(fields.clone(), CLAUDE);
    assert_eq!(body["toolConfig"]["toolChoice"], Value::Null);
    assert_eq!(body["toolConfig"]["tools"].as_array().unwrap().len(), 1);
    assert_eq!(body["additionalModelRequestFields"], json!({ "tool_choice": { "type": "none" } }));
    assert_eq!(refused(fields, NOVA).0, "tool_choice");
}

#[test]
fn tools_of_the_history_are_defined_even_where_the_client_offers_them_no_more() {
    let body = body(json!({ "messages": history() }), CLAUDE);
    assert_eq!(body["toolConfig"]["tools"][0]["toolSpec"]["name"], "look");
    assert_eq!(body["additionalModelRequestFields"], json!({ "tool_choice": { "type": "none" } }));
    assert_eq!(refused(json!({ "messages": history() }), LLAMA).0, "tools");
}

#[test]
fn one_call_at_a_time_is_said_in_claudes_words_or_refused() {
    let said = |choice: Value| {
        let fields = json!({ "tools": [function("t")], "parallel_tool_calls": false, "tool_choice": choice });
        let body = body(fields, CLAUDE);
        assert_eq!(body["toolConfig"]["toolChoice"], Value::Null);
        body["additionalModelRequestFields"]["tool_choice"].clone()
    };
    assert_eq!(said(Value::Null), json!({ "type": "auto", "disable_parallel_tool_use": true }));
    assert_eq!(said(json!("required")), json!({ "type": "any", "disable_parallel_tool_use": true }));
    let named = json!({ "type": "function", "function": { "name": "t" } });
    assert_eq!(said(named), json!({ "type": "tool", "name": "t", "disable_parallel_tool_use": true }));
    let fields = json!({ "tools": [function("t")], "parallel_tool_calls": false });
    assert_eq!(refused(fields, NOVA).0, "parallel_tool_calls");
    assert_eq!(body(json!({ "parallel_tool_calls": false }), NOVA)["toolConfig"], Value::Null);
}

/// Field notes 38 and 39.
#[test]
fn consecutive_tool_results_stand_in_one_message_of_the_user_and_first_in_it() {
    let call = |id: &str| json!({ "id": id, "type": "function", "function": { "name": "look", "arguments": "" } });
    let fields = json!({ "tools": [function("look")], "messages": [
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": "", "tool_calls": [call("c1"), call("c2")] },
        { "role": "tool", "tool_call_id": "c1", "content": "one" },
        { "role": "tool", "tool_call_id": "c2", "content": [{ "type": "text", "text": "" }] },
        { "role": "user", "content": "and?" },
    ] });
    let messages = &body(fields, CLAUDE)["messages"];
    assert_eq!(messages.as_array().unwrap().len(), 3);
    assert_eq!(messages[1]["content"][0], json!({ "toolUse": { "toolUseId": "c1", "name": "look", "input": {} } }));
    let result = |id: &str, text: &str| json!({ "toolResult": { "toolUseId": id, "content": [{ "text": text }] } });
    // A result without anything in it says so: Bedrock takes no empty text.
    assert_eq!(messages[2]["content"], json!([result("c1", "one"), result("c2", "(empty)"), { "text": "and?" }]));
}

#[test]
fn a_result_that_is_an_error_says_so_where_the_model_takes_it() {
    let fields = json!({ "tools": [{ "name": "t", "input_schema": { "type": "object" } }], "messages": [
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": [{ "type": "tool_use", "id": "t1", "name": "t", "input": {} }] },
        { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "t1", "is_error": true, "content": [
            { "type": "text", "text": "no" },
            { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AAAA" } },
        ] }] },
    ] });
    let rendered = rendered_messages(&messages(fields.clone()), CLAUDE).unwrap();
    let result = &body_of(&rendered)["messages"][2]["content"][0]["toolResult"];
    assert_eq!(result["status"], "error");
    assert_eq!(result["content"], json!([{ "text": "no" }, { "image": { "format": "png", "source": { "bytes": "AAAA" } } }]));
    let rendered = rendered_messages(&messages(fields), LLAMA).unwrap();
    assert_eq!(body_of(&rendered)["messages"][2]["content"][0]["toolResult"]["status"], Value::Null);
    assert_eq!(rendered.dropped, ["is_error"]);
}

#[test]
fn ids_that_models_do_not_take_are_spelled_the_same_in_call_and_result() {
    let long = "x".repeat(100);
    for id in ["functions.look:0", &long, "call ü"] {
        let mut conversation = history();
        conversation[1]["tool_calls"][0]["id"] = json!(id);
        conversation[2]["tool_call_id"] = json!(id);
        let messages = &body(json!({ "messages": conversation }), CLAUDE)["messages"];
        let called = messages[1]["content"][0]["toolUse"]["toolUseId"].as_str().unwrap();
        assert_eq!(messages[2]["content"][0]["toolResult"]["toolUseId"], called);
        assert!(called.len() <= 64 && called.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'), "{called}");
    }
    let other = "x".repeat(99) + "y";
    let id = |id: &str| {
        let mut conversation = history();
        conversation[1]["tool_calls"][0]["id"] = json!(id);
        body(json!({ "messages": conversation }), CLAUDE)["messages"][1]["content"][0]["toolUse"]["toolUseId"].clone()
    };
    assert_ne!(id(&long), id(&other));
}

#[test]
fn arguments_that_are_no_object_are_refused_with_their_place() {
    for arguments in ["{\"a\":", "[1]", "7"] {
        let mut conversation = history();
        conversation[1]["tool_calls"][0]["function"]["arguments"] = json!(arguments);
        assert_eq!(refused(json!({ "messages": conversation }), CLAUDE).0, "messages[].tool_calls[0].function.arguments");
    }
}
