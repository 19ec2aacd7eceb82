//! A test for each rule of Google's that a request can break.

use serde_json::{Value, json};

use super::*;

const FLASH: &str = "gemini-2.5-flash";
/// Neither generation: an alias, which leads to another model from time to time.
const UNKNOWN: &str = "gemini-flash-latest";
const THIRD: &str = "gemini-3-flash-preview";

fn user(content: impl Into<Value>) -> Value {
    json!({"role": "user", "content": content.into()})
}

fn call(id: &str, name: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": "{\"a\":1}"}})
}

fn result(id: &str, text: &str) -> Value {
    json!({"role": "tool", "tool_call_id": id, "content": text})
}

fn contents(messages: Value, model: &str) -> Value {
    from_openai(&json!({"model": "m", "messages": messages}), model).unwrap().0["contents"].take()
}

fn config(mut options: Value, model: &str) -> (Value, Vec<String>) {
    options["messages"] = json!([user("Hi")]);
    let (mut body, dropped) = from_openai(&options, model).unwrap();
    (body["generationConfig"].take(), dropped)
}

fn refused(mut options: Value) -> String {
    if options.get("messages").is_none() {
        options["messages"] = json!([user("Hi")]);
    }
    field(from_openai(&options, FLASH))
}

#[test]
fn the_model_and_the_method_stand_in_the_path() {
    for (model, stream, path) in [
        ("gemini-2.5-pro", false, "/v1beta/models/gemini-2.5-pro:generateContent"),
        ("gemini-2.5-pro", true, "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse"),
        ("tunedModels/mine", false, "/v1beta/tunedModels/mine:generateContent"),
        ("a b?c#d:e", false, "/v1beta/models/a%20b%3Fc%23d%3Ae:generateContent"),
    ] {
        assert_eq!(super::super::path(&Target { stream, ..target(model) }), path);
    }
}

#[test]
fn roles_take_turns_and_empty_contents_are_left_out() {
    let messages = json!([
        user("a"), user(""), user(json!([{"type": "text", "text": "b"}])),
        {"role": "assistant", "content": "c"}, {"role": "assistant", "content": ""}, user("d"),
    ]);
    assert_eq!(
        contents(messages, FLASH),
        json!([
            {"role": "user", "parts": [{"text": "a"}, {"text": "b"}]},
            {"role": "model", "parts": [{"text": "c"}]},
            {"role": "user", "parts": [{"text": "d"}]},
        ])
    );
    let empty = json!({"messages": [{"role": "system", "content": "s"}, user("")]});
    assert_eq!(field(from_openai(&empty, FLASH)), "messages");
}

#[test]
fn a_system_message_in_the_middle_keeps_its_authority_and_loses_its_place() {
    let request = json!({"messages": [
        {"role": "system", "content": "one"}, {"role": "developer", "content": "two"},
        user("a"), {"role": "system", "content": "three"}, user("b"),
    ]});
    let (body, dropped) = from_openai(&request, FLASH).unwrap();
    assert_eq!(body["systemInstruction"], json!({"parts": [{"text": "one"}, {"text": "two"}, {"text": "three"}]}));
    assert_eq!(body["contents"], json!([{"role": "user", "parts": [{"text": "a"}, {"text": "b"}]}]));
    assert_eq!(dropped, ["messages[] (place of a system message)"]);
}

/// Field notes 38 and 39.
#[test]
fn results_of_parallel_calls_stand_together_and_name_their_function() {
    let messages = json!([
        user("a"),
        {"role": "assistant", "content": null, "tool_calls": [call("1", "f"), call("2", "g")]},
        result("2", "two"), user("and?"), result("1", "{\"id\":12345678901234567890}"),
    ]);
    let contents = contents(messages, FLASH);
    assert_eq!(
        contents[1]["parts"],
        json!([
            {"functionCall": {"id": "1", "name": "f", "args": {"a": 1}}},
            {"functionCall": {"id": "2", "name": "g", "args": {"a": 1}}},
        ])
    );
    // A number of twenty digits is not read as JSON: it would come out as another.
    assert_eq!(
        contents[2]["parts"],
        json!([
            {"functionResponse": {"id": "2", "name": "g", "response": {"output": "two"}}},
            {"functionResponse": {"id": "1", "name": "f", "response": {"output": "{\"id\":12345678901234567890}"}}},
            {"text": "and?"},
        ])
    );
}

#[test]
fn an_id_that_is_used_again_belongs_to_the_last_call() {
    let turn = |name: &str| json!({"role": "assistant", "content": null, "tool_calls": [call("call_0", name)]});
    let messages = json!([user("a"), turn("f"), result("call_0", "1"), turn("g"), result("call_0", "2")]);
    let contents = contents(messages, FLASH);
    assert_eq!(contents[2]["parts"][0]["functionResponse"]["name"], "f");
    assert_eq!(contents[4]["parts"][0]["functionResponse"]["name"], "g");
}

#[test]
fn a_result_without_its_call_is_refused() {
    assert_eq!(refused(json!({"messages": [user("a"), result("9", "x")]})), "messages[].tool_call_id");
}

#[test]
fn a_failed_tool_is_told_as_an_error() {
    let request = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "is_error": true, "content": "no"}]},
    ]});
    let (body, _) = from_anthropic(&request, FLASH).unwrap();
    assert_eq!(body["contents"][2]["parts"][0]["functionResponse"]["response"], json!({"error": "no"}));
}

#[test]
fn media_of_a_result_stand_in_it_since_gemini_3_and_after_it_before() {
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}});
    let request = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [image]}]},
    ]});
    let blob = json!({"inlineData": {"mimeType": "image/png", "data": "AA=="}});
    let (body, _) = from_anthropic(&request, THIRD).unwrap();
    assert_eq!(body["contents"][2]["parts"][0]["functionResponse"]["parts"], json!([blob]));
    let (body, _) = from_anthropic(&request, FLASH).unwrap();
    let expected = json!([
        {"functionResponse": {"id": "t", "name": "f", "response": {"output": ""}}},
        {"text": "From the result of the tool call t:"}, blob,
    ]);
    assert_eq!(body["contents"][2]["parts"], expected);
}

#[test]
fn the_first_call_of_a_turn_has_a_signature_since_gemini_3() {
    let messages = json!([
        user("a"), {"role": "assistant", "content": null, "tool_calls": [call("1", "f"), call("2", "g")]},
        result("1", "x"), result("2", "y"),
    ]);
    let third = contents(messages.clone(), THIRD);
    assert_eq!(third[1]["parts"][0]["thoughtSignature"], "skip_thought_signature_validator");
    assert_eq!(third[1]["parts"][1].get("thoughtSignature"), None);
    assert_eq!(contents(messages, FLASH)[1]["parts"][0].get("thoughtSignature"), None);
}

/// Field note 44.
#[test]
fn a_signature_of_googles_goes_back_to_the_call_that_it_came_on() {
    // As OpenAI's clients bring it back.
    let mut signed = call("1", "f");
    signed["extra_content"] = json!({"google": {"thought_signature": "Cg=="}});
    let messages =
        json!([user("a"), {"role": "assistant", "content": null, "tool_calls": [signed, call("2", "g")]}, result("1", "x")]);
    let contents = contents(messages, THIRD);
    assert_eq!(contents[1]["parts"][0]["thoughtSignature"], "Cg==");
    assert_eq!(contents[1]["parts"][1].get("thoughtSignature"), None);
    // As Anthropic's clients do.
    let request = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "Hm", "signature": "google:Cg=="},
            {"type": "tool_use", "id": "1", "name": "f", "input": {}}, {"type": "tool_use", "id": "2", "name": "g", "input": {}}]},
    ]});
    let (body, dropped) = from_anthropic(&request, THIRD).unwrap();
    assert_eq!(
        body["contents"][1]["parts"],
        json!([
            {"text": "Hm", "thought": true},
            {"functionCall": {"id": "1", "name": "f", "args": {}}, "thoughtSignature": "Cg=="},
            {"functionCall": {"id": "2", "name": "g", "args": {}}},
        ])
    );
    assert!(dropped.is_empty(), "{dropped:?}");
}

#[test]
fn a_signature_of_googles_goes_back_to_the_text_that_it_came_on() {
    let turn = |content: Value| {
        let messages = json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": content}]);
        from_anthropic(&json!({"model": "m", "max_tokens": 9, "messages": messages}), THIRD).unwrap().0["contents"][1]["parts"]
            .take()
    };
    let signature = json!({"type": "thinking", "thinking": "", "signature": "google:Cg=="});
    let text = json!({"type": "text", "text": "Hi"});
    let expected = json!([{"text": "Hi", "thoughtSignature": "Cg=="}]);
    assert_eq!(turn(json!([text, signature])), expected);
    assert_eq!(turn(json!([signature, text])), expected);
    assert_eq!(turn(json!([signature])), json!([{"text": "", "thoughtSignature": "Cg=="}]));
    let thought = json!({"type": "thinking", "thinking": "Hm", "signature": "google:Cg=="});
    let expected = json!([{"text": "Hm", "thought": true, "thoughtSignature": "Cg=="}, {"text": "Hi"}]);
    assert_eq!(turn(json!([thought, text])), expected);
}

#[test]
fn thinking_that_another_provider_signed_is_left_out() {
    let request = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "Hm", "signature": "ErUB"}, {"type": "redacted_thinking", "data": "x"},
            {"type": "text", "text": "Hi"}]},
    ]});
    let (body, dropped) = from_anthropic(&request, THIRD).unwrap();
    assert_eq!(body["contents"][1]["parts"], json!([{"text": "Hi"}]));
    assert_eq!(dropped, ["thinking"]);
}

#[test]
fn google_fetches_https_and_gs_only() {
    let image = |url: &str| contents(json!([user(json!([{"type": "image_url", "image_url": {"url": url}}]))]), FLASH);
    let part = |url: &str| image(url)[0]["parts"][0]["fileData"].take();
    assert_eq!(part("https://x.test/a.PNG?b=c"), json!({"mimeType": "image/png", "fileUri": "https://x.test/a.PNG?b=c"}));
    assert_eq!(part("https://x.test/a"), json!({"fileUri": "https://x.test/a"}));
    let plain = json!([user(json!([{"type": "image_url", "image_url": {"url": "http://x.test/a.png"}}]))]);
    assert_eq!(refused(json!({"messages": plain})), "messages[].content[].image.url");
    let file = json!([user(json!([{"type": "file", "file": {"file_id": "file-1"}}]))]);
    assert_eq!(refused(json!({"messages": file})), "messages[].content[].document.file_id");
}

#[test]
fn recordings_and_documents_are_inline_with_their_type() {
    let parts = json!([
        {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,BB=="}},
    ]);
    assert_eq!(
        contents(json!([user(parts)]), FLASH)[0]["parts"],
        json!([
            {"inlineData": {"mimeType": "audio/wav", "data": "AA=="}},
            {"text": "Document: a.pdf"},
            {"inlineData": {"mimeType": "application/pdf", "data": "BB=="}},
        ])
    );
}

#[test]
fn a_function_without_parameters_has_no_schema() {
    for parameters in [Value::Null, json!({}), json!({"type": "object"}), json!({"type": "object", "properties": {}})] {
        let tool = json!({"type": "function", "function": {"name": "f", "description": "", "parameters": parameters}});
        let (body, _) = from_openai(&json!({"messages": [user("a")], "tools": [tool]}), FLASH).unwrap();
        assert_eq!(body["tools"], json!([{"functionDeclarations": [{"name": "f"}]}]), "{parameters}");
    }
}

#[test]
fn schemas_are_json_schema_with_references_and_null() {
    let schema = json!({"type": "object", "properties": {"a": {"anyOf": [{"$ref": "#/$defs/x"}, {"type": "null"}]}},
        "$defs": {"x": {"type": ["string", "null"]}}});
    let tools = json!([{"type": "function", "function": {"name": "f", "parameters": schema}}]);
    let (body, _) = from_openai(&json!({"messages": [user("a")], "tools": tools}), FLASH).unwrap();
    assert_eq!(body["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"], schema);
}

#[test]
fn a_choice_of_tools_is_a_mode() {
    let function = |strict: bool| json!({"type": "function", "function": {"name": "f", "strict": strict}});
    let mode = |choice: Value, strict: bool| {
        let request = json!({"messages": [user("a")], "tools": [function(strict)], "tool_choice": choice});
        from_openai(&request, FLASH).unwrap().0["toolConfig"]["functionCallingConfig"].take()
    };
    assert_eq!(mode(json!("auto"), false), json!({"mode": "AUTO"}));
    assert_eq!(mode(json!("auto"), true), json!({"mode": "VALIDATED"}));
    assert_eq!(mode(Value::Null, true), json!({"mode": "VALIDATED"}));
    assert_eq!(mode(Value::Null, false), Value::Null);
    assert_eq!(mode(json!("none"), false), json!({"mode": "NONE"}));
    assert_eq!(mode(json!("required"), true), json!({"mode": "ANY"}));
    let named = json!({"type": "function", "function": {"name": "f"}});
    assert_eq!(mode(named, false), json!({"mode": "ANY", "allowedFunctionNames": ["f"]}));
    assert_eq!(refused(json!({"tool_choice": "required"})), "tool_choice");
}

#[test]
fn googles_own_tools_can_be_asked_for_and_others_cannot() {
    let tools = json!([{"type": "google_search"}, {"type": "url_context", "url_context": {"a": 1}}]);
    let (body, _) = from_openai(&json!({"messages": [user("a")], "tools": tools}), FLASH).unwrap();
    assert_eq!(body["tools"], json!([{"googleSearch": {}}, {"urlContext": {"a": 1}}]));
    assert_eq!(refused(json!({"tools": [{"type": "web_search_preview"}]})), "tools[0].type");
}

#[test]
fn budgets_of_gemini_2_5_are_within_their_bounds() {
    for (model, asked, sent, told) in [
        (FLASH, 2_000, 2_000, false),
        (FLASH, 32_000, 24_576, true),
        ("gemini-2.5-pro", 32_000, 32_000, false),
        ("gemini-2.5-pro", 1, 128, true),
    ] {
        let thinking = json!({"thinking": {"type": "enabled", "budget_tokens": asked}});
        let (config, dropped) = config(thinking, model);
        assert_eq!(config, json!({"thinkingConfig": {"includeThoughts": true, "thinkingBudget": sent}}), "{model} {asked}");
        assert_eq!(!dropped.is_empty(), told, "{model} {asked}");
    }
}

#[test]
fn effort_is_a_budget_before_gemini_3_and_a_level_since() {
    let thinking = |effort: &str, model: &str| config(json!({"reasoning_effort": effort}), model).0["thinkingConfig"].take();
    for (effort, budget) in [("minimal", 1_024), ("low", 1_024), ("medium", 8_192), ("high", 24_576), ("max", 24_576)] {
        for model in [FLASH, UNKNOWN] {
            assert_eq!(thinking(effort, model), json!({"includeThoughts": true, "thinkingBudget": budget}), "{effort}");
        }
    }
    for (model, effort, level) in [
        (THIRD, "minimal", "MINIMAL"),
        (THIRD, "medium", "MEDIUM"),
        (THIRD, "xhigh", "HIGH"),
        ("gemini-3.1-pro-preview", "minimal", "LOW"),
        ("gemini-3.1-pro-preview", "medium", "MEDIUM"),
        ("gemini-3-pro-preview", "medium", "HIGH"),
    ] {
        assert_eq!(thinking(effort, model), json!({"includeThoughts": true, "thinkingLevel": level}), "{model} {effort}");
    }
}

#[test]
fn thinking_is_off_where_it_can_be_and_least_where_not() {
    let off = |model: &str| config(json!({"reasoning_effort": "none"}), model);
    assert_eq!(off("gemini-2.0-flash"), (Value::Null, vec![]));
    assert_eq!(off(FLASH), (json!({"thinkingConfig": {"thinkingBudget": 0}}), vec![]));
    let least = vec!["thinking off (the least there is is asked for)".to_owned()];
    assert_eq!(off("gemini-2.5-pro"), (json!({"thinkingConfig": {"thinkingBudget": 128}}), least.clone()));
    assert_eq!(off(THIRD), (json!({"thinkingConfig": {"thinkingLevel": "MINIMAL"}}), least.clone()));
    assert_eq!(off("gemini-3-pro-preview"), (json!({"thinkingConfig": {"thinkingLevel": "LOW"}}), least.clone()));
    assert_eq!(off(UNKNOWN), (json!({"thinkingConfig": {"thinkingBudget": 512}}), least));
}

#[test]
fn every_number_has_its_place_and_a_seed_that_does_not_fit_is_told() {
    let (told, dropped) = config(
        json!({"temperature": 1.5, "top_p": 0.5, "top_k": 7, "seed": 5, "presence_penalty": 0.1, "frequency_penalty": -0.5,
            "max_completion_tokens": 99_999_999_999_u64, "n": 2, "stop": ["a", "b"], "logprobs": true, "top_logprobs": 3,
            "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}}),
        FLASH,
    );
    assert_eq!(
        told,
        json!({"temperature": 1.5, "topP": 0.5, "topK": 7, "seed": 5, "presencePenalty": 0.1, "frequencyPenalty": -0.5,
            "maxOutputTokens": i32::MAX, "candidateCount": 2, "stopSequences": ["a", "b"], "responseLogprobs": true, "logprobs": 3,
            "responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}})
    );
    assert!(dropped.is_empty(), "{dropped:?}");
    let (told, dropped) =
        config(json!({"seed": 1_u64 << 40, "user": "u", "metadata": {"a": "b"}, "service_tier": "flex"}), FLASH);
    assert_eq!((told, dropped), (Value::Null, vec!["user".into(), "metadata".into(), "service_tier".into(), "seed".into()]));
    assert_eq!(
        config(json!({"response_format": {"type": "json_object"}}), FLASH).0,
        json!({"responseMimeType": "application/json"})
    );
}

#[test]
fn what_google_cannot_do_is_refused_by_name() {
    let function = json!([{"type": "function", "function": {"name": "f"}}]);
    for (options, expected) in [
        (json!({"logit_bias": {"1": 2}}), "logit_bias"),
        (json!({"tools": function, "parallel_tool_calls": false}), "parallel_tool_calls"),
        (json!({"stop": ["1", "2", "3", "4", "5", "6"]}), "stop"),
        (json!({"who": 1}), "who"),
        (json!({"modalities": ["text", "audio"]}), "modalities"),
    ] {
        assert_eq!(refused(options), expected);
    }
}

#[test]
fn googles_own_fields_go_through_in_googles_spelling() {
    let request = json!({"messages": [user("a")], "safety_settings": [{"category": "x"}], "cached_content": "cachedContents/1",
        "store": true});
    let (body, dropped) = from_openai(&request, FLASH).unwrap();
    assert_eq!(body["safetySettings"], json!([{"category": "x"}]));
    assert_eq!(body["cachedContent"], "cachedContents/1");
    assert_eq!(dropped, ["store"]);
}
