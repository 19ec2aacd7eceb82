//! Each rule of Cohere's, by its name; what clients send is read by their own dialects.

use serde_json::{Value, json};

use super::*;
use crate::translate::{Dialect, Format, Hosting, anthropic, openai};

fn target() -> Target<'static> {
    Target {
        dialect: Dialect::Cohere,
        format: Format::Cohere,
        hosting: &Hosting::Owner,
        provider: "upstream",
        model: "command-a",
        stream: false,
        path_prefix: "/v2",
        default_max_tokens: 1,
        overrides: &[],
    }
}

fn rendered(parsed: Result<Conversation<'_>, RequestError>) -> Result<(Value, Vec<String>), RequestError> {
    let rendered = render(&parsed?, &target())?;
    assert_eq!(rendered.path, "/v2/chat");
    Ok((serde_json::from_slice(&rendered.body.unwrap()).unwrap(), rendered.dropped))
}

/// A request of an OpenAI client: these fields beside the smallest messages.
fn openai(fields: Value) -> Result<(Value, Vec<String>), RequestError> {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    rendered(openai::request::parse(body.to_string().as_bytes()))
}

fn anthropic(fields: Value) -> Result<(Value, Vec<String>), RequestError> {
    let mut body = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    rendered(anthropic::request::parse(body.to_string().as_bytes()))
}

fn refused(result: Result<(Value, Vec<String>), RequestError>) -> (String, String) {
    match result.unwrap_err() {
        RequestError::Unsupported { field, provider, message, .. } => {
            assert_eq!(provider, "upstream");
            (field, message)
        }
        other => panic!("{other}"),
    }
}

fn function(name: &str, rest: Value) -> Value {
    let mut function = json!({"name": name});
    function.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    json!({"type": "function", "function": function})
}

#[test]
fn the_smallest_request_says_nothing_that_was_not_asked_for() {
    let (body, dropped) = openai(json!({})).unwrap();
    assert_eq!(body, json!({"model": "command-a", "stream": false, "messages": [{"role": "user", "content": "Hi"}]}));
    assert!(dropped.is_empty());
}

#[test]
fn options_have_coheres_names() {
    let (body, dropped) = openai(json!({
        "stream": true, "max_completion_tokens": 7, "temperature": 0.5, "top_p": 0.9, "seed": 4, "stop": ["a", "b"],
        "presence_penalty": 0, "frequency_penalty": 0.25, "user": "u", "metadata": {"a": "b"}, "service_tier": "auto", "store": true,
    }))
    .unwrap();
    let expected = json!({"model": "command-a", "stream": true, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 7,
        "temperature": 0.5, "p": 0.9, "seed": 4, "frequency_penalty": 0.25, "stop_sequences": ["a", "b"]});
    assert_eq!(body, expected);
    assert_eq!(dropped, ["metadata", "user", "service_tier", "store"]);
    assert_eq!(anthropic(json!({"top_k": 40})).unwrap().0["k"], 40);
}

#[test]
fn what_is_out_of_coheres_bounds_is_refused() {
    for (fields, field) in [
        (json!({"temperature": 1.5}), "temperature"),
        (json!({"presence_penalty": -0.5}), "presence_penalty"),
        (json!({"frequency_penalty": 1.5}), "frequency_penalty"),
        (json!({"n": 2}), "n"),
        (json!({"logprobs": true}), "logprobs"),
        (json!({"logit_bias": {"5": 1}}), "logit_bias"),
        (json!({"audio": {"voice": "x", "format": "wav"}}), "audio"),
    ] {
        assert_eq!(refused(openai(fields)).0, field);
    }
    assert_eq!(refused(anthropic(json!({"top_k": 501}))).0, "top_k");
    assert_eq!(refused(anthropic(json!({"stop_sequences": ["1", "2", "3", "4", "5", "6"]}))).0, "stop");
}

#[test]
fn a_top_p_of_1_becomes_the_highest_that_cohere_takes_and_is_listed() {
    let (body, dropped) = openai(json!({"top_p": 1})).unwrap();
    assert_eq!((&body["p"], dropped.len()), (&json!(0.99), 1));
    assert_eq!(openai(json!({"seed": -1})).unwrap().1, ["seed"]);
}

#[test]
fn thinking_is_on_off_or_bounded_and_has_no_efforts() {
    let thinking = |result: Result<(Value, Vec<String>), RequestError>| {
        let (body, dropped) = result.unwrap();
        (body.get("thinking").cloned(), dropped)
    };
    let off = Some(json!({"type": "disabled"}));
    assert_eq!(thinking(openai(json!({"reasoning_effort": "none"}))), (off.clone(), vec![]));
    assert_eq!(thinking(openai(json!({"reasoning_effort": "high"}))), (None, vec!["reasoning_effort".to_owned()]));
    assert_eq!(thinking(anthropic(json!({"thinking": {"type": "disabled"}}))), (off, vec![]));
    let budget = thinking(anthropic(json!({"max_tokens": 4096, "thinking": {"type": "enabled", "budget_tokens": 2048}})));
    assert_eq!(budget, (Some(json!({"type": "enabled", "token_budget": 2048})), vec![]));
}

#[test]
fn a_schema_of_the_answer_is_cohere_s_json_object() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
    let asked = json!({"type": "json_schema", "json_schema": {"name": "n", "strict": true, "schema": schema}});
    let (body, dropped) = openai(json!({"response_format": asked})).unwrap();
    assert_eq!(body["response_format"], json!({"type": "json_object", "json_schema": schema}));
    assert!(dropped.is_empty());
    assert_eq!(
        openai(json!({"response_format": {"type": "json_object"}})).unwrap().0["response_format"],
        json!({"type": "json_object"})
    );
    assert_eq!(openai(json!({"response_format": {"type": "text"}})).unwrap().0.get("response_format"), None);
}

#[test]
fn a_shape_of_the_answer_excludes_tools_and_documents() {
    let format = json!({"type": "json_object"});
    let tools = [function("f", json!({}))];
    assert_eq!(refused(openai(json!({"response_format": format, "tools": tools}))).0, "response_format");
    assert_eq!(refused(openai(json!({"response_format": format, "documents": ["x"]}))).0, "response_format");
}

#[test]
fn a_tool_without_parameters_gets_the_schema_that_cohere_demands() {
    let (body, _) = openai(json!({"tools": [function("f", json!({"description": ""}))]})).unwrap();
    assert_eq!(body["tools"], json!([function("f", json!({"parameters": {"type": "object", "properties": {}}}))]));
}

#[test]
fn strictness_is_one_switch_and_demands_a_required_parameter_of_each_tool() {
    let strict = json!({"strict": true, "parameters": {"type": "object", "properties": {"a": {}}, "required": ["a"]}});
    let loose = json!({"parameters": {"type": "object", "properties": {"a": {}}, "required": ["a"]}});
    let empty = json!({"parameters": {"type": "object", "properties": {}, "required": []}});
    let (body, _) = openai(json!({"tools": [function("f", strict.clone()), function("g", loose.clone())]})).unwrap();
    assert_eq!((&body["strict_tools"], body["tools"][0]["function"].get("strict")), (&json!(true), None));
    assert_eq!(openai(json!({"tools": [function("g", loose)]})).unwrap().0.get("strict_tools"), None);
    let (field, message) = refused(openai(json!({"tools": [function("f", strict), function("h", empty)]})));
    assert_eq!(field, "tools[1].function.strict", "{message}");
}

#[test]
fn a_choice_of_one_tool_offers_that_tool_only() {
    let tools = [function("f", json!({})), function("g", json!({}))];
    let named = json!({"type": "function", "function": {"name": "g"}});
    let (body, dropped) = openai(json!({"tools": tools, "tool_choice": named})).unwrap();
    assert_eq!((&body["tool_choice"], body["tools"].as_array().unwrap().len()), (&json!("REQUIRED"), 1));
    assert_eq!(body["tools"][0]["function"]["name"], "g");
    assert_eq!(dropped, ["tools (all but the one that `tool_choice` names)"]);
    let (_, dropped) = openai(json!({"tools": [tools[1]], "tool_choice": named})).unwrap();
    assert!(dropped.is_empty());
}

#[test]
fn tool_choice_has_two_words_and_none_for_the_models_own_choice() {
    let tools = json!([function("f", json!({}))]);
    let choice = |word: &str| openai(json!({"tools": tools, "tool_choice": word})).unwrap().0.get("tool_choice").cloned();
    assert_eq!(choice("required"), Some(json!("REQUIRED")));
    assert_eq!(choice("none"), Some(json!("NONE")));
    assert_eq!(choice("auto"), None);
}

#[test]
fn one_call_at_a_time_cannot_be_asked_for() {
    let tools = json!([function("f", json!({}))]);
    assert_eq!(refused(openai(json!({"tools": tools, "parallel_tool_calls": false}))).0, "parallel_tool_calls");
    assert!(openai(json!({"tools": tools, "parallel_tool_calls": true})).is_ok());
}

#[test]
fn a_tool_that_another_provider_runs_is_refused() {
    let tools = json!([{"type": "web_search_20250305", "name": "web_search"}]);
    assert_eq!(refused(anthropic(json!({"tools": tools}))).0, "tools[0]");
}

#[test]
fn all_system_messages_are_one_and_the_first() {
    let messages = json!([
        {"role": "developer", "content": "One."}, {"role": "user", "content": "Hi"}, {"role": "system", "content": "Two."},
    ]);
    let (body, dropped) = openai(json!({"messages": messages})).unwrap();
    let expected = json!([
        {"role": "system", "content": [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]},
        {"role": "user", "content": "Hi"},
    ]);
    assert_eq!(body["messages"], expected);
    assert_eq!(dropped, ["messages[] (place of a system message)"]);
}

#[test]
fn tool_results_stand_behind_their_calls_and_the_plan_with_them() {
    let messages = json!([
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "I will look.", "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}},
            {"id": "b", "type": "function", "function": {"name": "g", "arguments": ""}}]},
        {"role": "tool", "tool_call_id": "a", "content": "12"},
        {"role": "tool", "tool_call_id": "b", "content": ""},
    ]);
    let (body, _) = openai(json!({"messages": messages})).unwrap();
    let expected = json!([
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "tool_plan": "I will look.", "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}},
            {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "a", "content": "12"},
        {"role": "tool", "tool_call_id": "b", "content": "{}"},
    ]);
    assert_eq!(body["messages"], expected);
}

#[test]
fn a_picture_in_a_tool_result_follows_behind_all_results_of_the_turn() {
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}});
    let messages = json!([
        {"role": "user", "content": "Look."},
        {"role": "assistant", "content": [
            {"type": "tool_use", "id": "a", "name": "f", "input": {}}, {"type": "tool_use", "id": "b", "name": "g", "input": {}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "a", "content": [image]},
            {"type": "tool_result", "tool_use_id": "b", "is_error": true},
            {"type": "text", "text": "And?"}]},
    ]);
    let (body, dropped) = anthropic(json!({"messages": messages})).unwrap();
    let said = body["messages"].as_array().unwrap();
    let roles: Vec<_> = said.iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "tool", "tool", "user"]);
    assert_eq!((&said[2]["content"], &said[3]["content"]), (&json!(FOLLOWS_TEXT), &json!("The tool failed without a message.")));
    let expected = json!([
        {"type": "text", "text": "From the result of the tool call a:"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "text", "text": "And?"},
    ]);
    assert_eq!(said[4]["content"], expected);
    assert_eq!(dropped, ["is_error"]);
}

const FOLLOWS_TEXT: &str = "The result is in the next message of the user.";

#[test]
fn images_and_documents_of_text_stand_where_they_were_put() {
    let messages = json!([{"role": "user", "content": [
        {"type": "image", "source": {"type": "url", "url": "https://a/b.png"}},
        {"type": "document", "title": "T", "source": {"type": "text", "media_type": "text/plain", "data": "words"}},
    ]}]);
    let (body, _) = anthropic(json!({"messages": messages})).unwrap();
    let expected = json!([
        {"type": "image_url", "image_url": {"url": "https://a/b.png"}},
        {"type": "text", "text": "Document: T"},
        {"type": "text", "text": "words"},
    ]);
    assert_eq!(body["messages"][0]["content"], expected);
}

#[test]
fn what_cohere_cannot_read_is_refused_and_not_left_out() {
    let pdf = json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}});
    let cited = json!({"type": "document", "citations": {"enabled": true},
        "source": {"type": "text", "media_type": "text/plain", "data": "words"}});
    let file = json!({"type": "image", "source": {"type": "file", "file_id": "file_1"}});
    for part in [pdf, cited, file] {
        let (field, _) = refused(anthropic(json!({"messages": [{"role": "user", "content": [part]}]})));
        assert!(field.starts_with("messages[].content[]"), "{field}");
    }
    let audio = json!([{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}]}]);
    assert!(refused(openai(json!({"messages": audio}))).1.contains("recordings"));
}

#[test]
fn thinking_goes_back_to_cohere_unless_another_provider_signed_it() {
    let turn = |signature: &str| {
        json!({"messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": signature}, {"type": "text", "text": "Hello."}]},
            {"role": "user", "content": "?"},
        ]})
    };
    let (body, dropped) = anthropic(turn("")).unwrap();
    let expected = json!([{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Hello."}]);
    assert_eq!((&body["messages"][1]["content"], dropped.len()), (&expected, 0));
    let (body, dropped) = anthropic(turn("sig")).unwrap();
    assert_eq!((&body["messages"][1]["content"], dropped), (&json!("Hello."), vec!["thinking".to_owned()]));
}

#[test]
fn messages_with_nothing_in_them_are_left_out_and_a_request_of_them_is_refused() {
    let messages = json!([
        {"role": "user", "content": "Hi"}, {"role": "assistant", "content": ""}, {"role": "user", "content": "?"},
    ]);
    assert_eq!(openai(json!({"messages": messages})).unwrap().0["messages"].as_array().unwrap().len(), 2);
    assert_eq!(refused(openai(json!({"messages": [{"role": "system", "content": "Hi"}]}))).0, "messages");
}

#[test]
fn coheres_own_fields_go_through_and_unknown_ones_are_refused() {
    let fields =
        json!({"documents": ["a"], "citation_options": {"mode": "OFF"}, "safety_mode": "STRICT", "modalities": ["text"]});
    let (body, _) = openai(fields).unwrap();
    assert_eq!((&body["documents"], &body["safety_mode"], body.get("modalities")), (&json!(["a"]), &json!("STRICT"), None));
    assert_eq!(refused(openai(json!({"made_up": 1}))).0, "made_up");
}
