//! What a client of Google's API says, as other providers get it.

use serde_json::{Value, json};

use super::*;
use crate::translate::gemini::request::parse;

/// What an OpenAI provider gets.
fn to_openai(request: &Value) -> Result<(Value, Vec<String>), RequestError> {
    let request = request.to_string();
    let conversation = parse(request.as_bytes())?;
    let rendered = openai::request::render(&conversation, &target("gpt-x"))?;
    let dropped = [rendered.dropped.clone(), conversation.ignored.clone()].concat();
    Ok((body(&rendered), dropped))
}

fn to_anthropic(request: &Value) -> Result<(Value, Vec<String>), RequestError> {
    let request = request.to_string();
    let conversation = parse(request.as_bytes())?;
    let rendered = anthropic::request::render(&conversation, &target("claude-x"))?;
    let dropped = [rendered.dropped.clone(), conversation.ignored.clone()].concat();
    Ok((body(&rendered), dropped))
}

fn hi() -> Value {
    json!([{"role": "user", "parts": [{"text": "Hi"}]}])
}

fn with(mut more: Value) -> Value {
    more["contents"] = hi();
    more
}

#[test]
fn both_spellings_are_read() {
    let camel =
        json!({"systemInstruction": {"parts": [{"text": "s"}]}, "generationConfig": {"maxOutputTokens": 5, "topK": 40.0}});
    let snake =
        json!({"system_instruction": {"parts": [{"text": "s"}]}, "generation_config": {"max_output_tokens": 5, "top_k": 40}});
    let expected = json!({"model": "claude-x", "max_tokens": 5, "top_k": 40, "system": "s",
        "messages": [{"role": "user", "content": "Hi"}]});
    for request in [camel, snake] {
        assert_eq!(to_anthropic(&with(request)).unwrap().0, expected);
    }
}

#[test]
fn contents_of_a_stream_become_one_message() {
    let request = json!({"contents": [
        {"role": "user", "parts": [{"text": "Hi"}]},
        {"role": "model", "parts": [{"text": "I ", "thought": true}]},
        {"role": "model", "parts": [{"text": "think", "thought": true}]},
        {"role": "model", "parts": [{"text": "", "thought": true, "thoughtSignature": "a2FubW9uLXNpZ25hdHVyZTpFclVC"}]},
        {"role": "model", "parts": [{"text": "Hel"}]},
        {"role": "model", "parts": [{"text": "lo"}]},
        {"role": "user", "parts": [{"text": "And?"}]},
    ]});
    let (body, dropped) = to_anthropic(&request).unwrap();
    let expected = json!([
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "I think", "signature": "ErUB"}, {"type": "text", "text": "Hello"}]},
        {"role": "user", "content": "And?"},
    ]);
    assert_eq!((&body["messages"], dropped), (&expected, vec![]));
}

#[test]
fn responses_without_ids_find_their_calls_by_name_in_order() {
    let call = |name: &str| json!({"functionCall": {"name": name, "args": {"a": 1}}});
    let response = |name: &str, value: Value| json!({"functionResponse": {"name": name, "response": value}});
    let request = json!({"contents": [
        {"role": "user", "parts": [{"text": "Hi"}]},
        {"role": "model", "parts": [call("f"), call("g"), call("f")]},
        {"role": "user", "parts": [
            response("g", json!({"output": "g1"})), response("f", json!({"result": "f1"})), response("f", json!({"a": [1]}))]},
        {"role": "model", "parts": [call("f")]},
        {"role": "function", "parts": [response("f", json!({"error": "no"}))]},
    ]});
    let (body, _) = to_openai(&request).unwrap();
    let ids: Vec<_> = body["messages"][1]["tool_calls"].as_array().unwrap().iter().map(|call| call["id"].clone()).collect();
    assert_eq!(ids, ["call_1", "call_2", "call_3"]);
    let told: Vec<_> = body["messages"].as_array().unwrap().iter().filter(|message| message["role"] == "tool").collect();
    let told: Vec<_> = told.iter().map(|message| (&message["tool_call_id"], &message["content"])).collect();
    let expected = [("call_2", "g1"), ("call_1", "f1"), ("call_3", "{\"a\":[1]}"), ("call_4", "no")];
    assert_eq!(format!("{told:?}"), format!("{:?}", expected.map(|(id, text)| (Value::from(id), Value::from(text)))));
    let orphan = json!({"contents": [{"role": "user", "parts": [response("f", json!({}))]}]});
    assert_eq!(field(to_openai(&orphan)), "invalid contents[0].parts[0].functionResponse.name");
}

#[test]
fn functions_and_their_modes_are_read() {
    let tools = json!([{"functionDeclarations": [
        {"name": "f", "description": "d", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": true}}}},
        {"name": "g", "parametersJsonSchema": {"type": "object", "properties": {}}},
    ]}]);
    let choice = |config: Value| {
        let request = with(json!({"tools": tools, "toolConfig": {"functionCallingConfig": config}}));
        to_openai(&request).unwrap().0
    };
    let body = choice(json!({"mode": "AUTO"}));
    assert_eq!(body["tools"][0]["function"]["parameters"]["properties"]["a"], json!({"type": ["string", "null"]}));
    assert_eq!(body["tool_choice"], "auto");
    assert_eq!(choice(json!({"mode": "ANY"}))["tool_choice"], "required");
    let one = choice(json!({"mode": "ANY", "allowedFunctionNames": ["g"]}));
    assert_eq!(one["tool_choice"], json!({"type": "function", "function": {"name": "g"}}));
    assert_eq!(choice(json!({"mode": "NONE"}))["tool_choice"], "none");
    assert_eq!(choice(json!({"mode": "VALIDATED"}))["tools"][0]["function"]["strict"], true);
    let only = choice(json!({"mode": "VALIDATED", "allowedFunctionNames": ["f"]}));
    assert_eq!(only["tools"].as_array().unwrap().len(), 1);
}

#[test]
fn media_are_read_by_their_type() {
    let parts = json!([
        {"inlineData": {"mimeType": "image/png", "data": "-_A="}},
        {"inline_data": {"mime_type": "audio/mpeg", "data": "AA=="}},
        {"inlineData": {"mimeType": "application/pdf", "data": "AA==", "displayName": "a.pdf"}},
        {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://x.test/a.jpg"}},
    ]);
    let (body, _) = to_openai(&json!({"contents": [{"parts": parts}]})).unwrap();
    assert_eq!(
        body["messages"][0]["content"],
        json!([
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,+/A="}},
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}},
            {"type": "image_url", "image_url": {"url": "https://x.test/a.jpg"}},
        ])
    );
    let foreign = json!([{"fileData": {"mimeType": "image/png", "fileUri": "gs://bucket/a.png"}}]);
    assert!(to_openai(&json!({"contents": [{"parts": foreign}]})).is_err());
    let video = json!([{"fileData": {"mimeType": "video/mp4", "fileUri": "https://x.test/a.mp4"}}]);
    assert_eq!(field(to_openai(&json!({"contents": [{"parts": video}]}))), "contents[0].parts[0].fileData.mimeType");
}

#[test]
fn options_are_read() {
    let config = json!({"candidateCount": 2, "stopSequences": ["x"], "seed": 7, "presencePenalty": 0.5, "frequencyPenalty": 0.25,
        "responseMimeType": "application/json", "responseSchema": {"type": "OBJECT", "properties": {"a": {"type": "INTEGER"}}},
        "responseLogprobs": true, "logprobs": 2, "thinkingConfig": {"thinkingLevel": "low", "includeThoughts": true}});
    let (body, dropped) = to_openai(&with(json!({"generationConfig": config, "labels": {"team": "red"}}))).unwrap();
    for (field, expected) in [
        ("n", json!(2)),
        ("stop", json!(["x"])),
        ("seed", json!(7)),
        ("top_logprobs", json!(2)),
        ("reasoning_effort", json!("low")),
        ("metadata", json!({"team": "red"})),
    ] {
        assert_eq!(body[field], expected, "{field}");
    }
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
    assert_eq!(body["response_format"]["json_schema"]["schema"], schema);
    assert!(dropped.is_empty(), "{dropped:?}");
}

#[test]
fn what_only_google_has_is_refused_by_name() {
    for (more, expected) in [
        (json!({"cachedContent": "cachedContents/1"}), "cachedContent"),
        (json!({"safetySettings": [{"category": "c", "threshold": "BLOCK_LOW_AND_ABOVE"}]}), "safetySettings[0].threshold"),
        (json!({"tools": [{"googleSearch": {}}]}), "tools[0].googleSearch"),
        (json!({"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}}), "generationConfig.responseModalities"),
        (json!({"generationConfig": {"speechConfig": {}}}), "generationConfig.speechConfig"),
        (json!({"generationConfig": {"responseMimeType": "text/x.enum"}}), "generationConfig.responseMimeType"),
        (json!({"toolConfig": {"retrievalConfig": {}}}), "toolConfig.retrievalConfig"),
        (json!({"generationConfig": {"logprobs": 21}}), "invalid generationConfig.logprobs"),
        (json!({"generationConfig": {"topK": 0.5}}), "invalid generationConfig.topK"),
        (json!({"generationConfig": {"responseSchema": {}}}), "invalid generationConfig.responseMimeType"),
    ] {
        assert_eq!(field(to_openai(&with(more))), expected);
    }
    assert_eq!(field(to_openai(&json!({}))), "invalid contents");
    assert_eq!(field(to_openai(&json!({"contents": [{"role": "system", "parts": []}]}))), "invalid contents[0].role");
    let open = json!({"safetySettings": [{"category": "c", "threshold": "BLOCK_NONE"}]});
    assert_eq!(to_openai(&with(open)).unwrap().1, ["safetySettings"]);
}
