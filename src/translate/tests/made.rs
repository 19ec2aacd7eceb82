//! What a model makes that is neither text nor a function's call: pictures, and calls of custom tools.

use serde_json::Value;

use super::*;

const PNG: &str = "iVBORw0KGgoAAAANSUhEUg==";

/// What the client gets of a whole answer, and the same of a stream of one chunk.
fn told(context: &AnswerContext, answer: &Value, chunk: &Value) -> (Value, Vec<Value>, [Seen; 2]) {
    let whole = whole(context, answer.to_string().as_bytes()).unwrap();
    let mut stream = Stream::new(context.clone());
    let mut out = Vec::new();
    stream.push(format!("data: {chunk}\n\n").as_bytes(), &mut out).unwrap();
    assert_eq!(stream.end(&mut out), End::Complete);
    let out = String::from_utf8(out).unwrap();
    let data = out.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    let events = data.map(|data| serde_json::from_str(data).unwrap()).collect();
    (serde_json::from_slice(&whole.body.unwrap()).unwrap(), events, [whole.seen, stream.seen().clone()])
}

fn pictured() -> Value {
    json!({"candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [
        {"inlineData": {"mimeType": "image/png", "data": "draft"}, "thought": true},
        {"text": "Here:"},
        {"inlineData": {"mimeType": "image/png", "data": PNG}},
    ]}}], "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1290}})
}

#[test]
fn a_picture_that_the_model_made_is_told_to_clients_of_chat_and_comes_back() {
    let (answer, events, seen) = told(&context(Api::OpenAiChat, Dialect::Gemini), &pictured(), &pictured());
    let url = format!("data:image/png;base64,{PNG}");
    let picture = json!([{"type": "image_url", "index": 0, "image_url": {"url": url}}]);
    let message = &answer["choices"][0]["message"];
    assert_eq!((&message["content"], &message["images"]), (&json!("Here:"), &picture));
    assert_eq!(events.iter().filter(|event| event["choices"][0]["delta"]["images"] == picture).count(), 1);
    assert!(seen.iter().all(|seen| seen.untold.is_empty() && seen.started));
    let next = json!({"model": "m", "messages": [{"role": "user", "content": "x"}, message, {"role": "user", "content": "y"}]});
    let sent = sent(Api::OpenAiChat, &next.to_string(), &target(Dialect::Gemini));
    let sent: Value = serde_json::from_str(text(&sent)).unwrap();
    assert_eq!(sent["contents"][1]["parts"][1], json!({"inlineData": {"mimeType": "image/png", "data": PNG}}));
}

#[test]
fn a_picture_that_the_model_made_is_an_item_to_clients_of_responses_and_comes_back() {
    let (answer, events, seen) = told(&context(Api::OpenAiResponses, Dialect::Gemini), &pictured(), &pictured());
    let item = &answer["output"][1];
    assert_eq!(
        (&item["type"], &item["status"], &item["result"]),
        (&json!("image_generation_call"), &json!("completed"), &json!(PNG))
    );
    let done = events.iter().find(|event| event["type"] == "response.output_item.done" && event["output_index"] == 1).unwrap();
    assert_eq!(done["item"]["result"], PNG);
    assert_eq!(events.last().unwrap()["response"]["output"][1]["result"], PNG);
    assert!(seen.iter().all(|seen| seen.untold.is_empty()));
    let next = json!({"model": "m", "input": [{"role": "user", "content": "x"}, item, {"role": "user", "content": "y"}]});
    let sent = sent(Api::OpenAiResponses, &next.to_string(), &target(Dialect::Gemini));
    let sent: Value = serde_json::from_str(text(&sent)).unwrap();
    assert_eq!(sent["contents"][1]["parts"][0], json!({"inlineData": {"mimeType": "image/png", "data": PNG}}));
}

#[test]
fn a_picture_that_a_compatible_vendor_made_reaches_clients_of_responses() {
    let picture = json!([{"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{PNG}")}}, {"type": "odd"}]);
    let said = |key: &str| json!({"id": "c", "choices": [{"index": 0, key: {"content": "Here:", "images": picture}, "finish_reason": "stop"}]});
    let context = context(Api::OpenAiResponses, Dialect::OpenAi);
    let (answer, events, _) = told(&context, &said("message"), &said("delta"));
    for output in [&answer["output"], &events.last().unwrap()["response"]["output"]] {
        assert_eq!((&output[1]["type"], &output[1]["result"]), (&json!("image_generation_call"), &json!(PNG)));
    }
}

#[test]
fn what_a_clients_api_has_no_place_for_is_noted() {
    let (answer, events, seen) = told(&context(Api::AnthropicMessages, Dialect::Gemini), &pictured(), &pictured());
    assert_eq!(answer["content"], json!([{"type": "text", "text": "Here:"}]));
    assert!(!events.is_empty());
    assert_eq!(seen.map(|seen| seen.untold), [["answer.images"], ["answer.images"]]);
    let spoken = json!({"candidates": [{"index": 0, "finishReason": "STOP", "content": {"parts": [
        {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": "AAAA"}}]}}]});
    let (_, _, seen) = told(&context(Api::OpenAiChat, Dialect::Gemini), &spoken, &spoken);
    assert_eq!(seen.map(|seen| seen.untold), [["answer.audio"], ["answer.audio"]]);
}

/// OpenAI's custom tools take plain text, and no other API has such a thing: a function of one argument stands for each.
#[test]
fn a_custom_tool_is_a_function_of_one_text_to_providers() {
    let schema: Value = json!({"type": "object", "properties": {"input": {"type": "string", "description": "What the tool takes, as plain text."}},
        "required": ["input"], "additionalProperties": false});
    let chat = json!({"model": "m", "messages": [
        {"role": "user", "content": "x"},
        {"role": "assistant", "tool_calls": [{"id": "c1", "type": "custom", "custom": {"name": "sql", "input": "a \"b\""}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "ok"}],
        "tools": [{"type": "custom", "custom": {"name": "sql", "description": "d", "format": {"type": "text"}}}],
        "tool_choice": {"type": "custom", "custom": {"name": "sql"}}});
    let responses = json!({"model": "m", "input": [
        {"role": "user", "content": "x"},
        {"type": "custom_tool_call", "call_id": "c1", "name": "sql", "input": "a \"b\""},
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "ok"}],
        "tools": [{"type": "custom", "name": "sql", "description": "d"}],
        "tool_choice": {"type": "custom", "name": "sql"}});
    for (api, request) in [(Api::OpenAiChat, chat), (Api::OpenAiResponses, responses)] {
        let rendered = sent(api, &request.to_string(), &target(Dialect::Anthropic));
        let sent: Value = serde_json::from_str(text(&rendered)).unwrap();
        let (tool, used) = (&sent["tools"][0], &sent["messages"][1]["content"][0]);
        assert_eq!((&tool["name"], &tool["description"], &tool["input_schema"]), (&json!("sql"), &json!("d"), &schema));
        assert_eq!((&used["name"], &used["input"]), (&json!("sql"), &json!({"input": "a \"b\""})));
        assert_eq!(sent["messages"][2]["content"][0]["tool_use_id"], "c1");
        assert_eq!(sent["tool_choice"]["name"], "sql");
    }
}

#[test]
fn a_call_of_a_custom_tool_comes_back_as_one() {
    let called = json!({"candidates": [{"index": 0, "finishReason": "STOP", "content": {"parts": [
        {"functionCall": {"id": "c1", "name": "sql", "args": {"input": "SELECT \"1\"\n"}}},
        {"functionCall": {"id": "c2", "name": "f", "args": {"input": "x"}}},
    ]}}]});
    let with = |api| AnswerContext { custom_tools: vec!["sql".to_owned()], ..context(api, Dialect::Gemini) };
    let (answer, events, _) = told(&with(Api::OpenAiChat), &called, &called);
    let calls = &answer["choices"][0]["message"]["tool_calls"];
    assert_eq!(calls[0], json!({"id": "c1", "type": "custom", "custom": {"name": "sql", "input": "SELECT \"1\"\n"}}));
    assert_eq!((&calls[1]["type"], &calls[1]["function"]["name"]), (&json!("function"), &json!("f")));
    let pieces: Vec<&Value> = events.iter().map(|event| &event["choices"][0]["delta"]["tool_calls"][0]).collect();
    let begun = json!({"index": 0, "id": "c1", "type": "custom", "custom": {"name": "sql", "input": ""}});
    assert!(
        pieces.contains(&&begun) && pieces.contains(&&json!({"index": 0, "custom": {"input": "SELECT \"1\"\n"}})),
        "{pieces:?}"
    );
    assert_eq!(events.last().unwrap()["choices"][0]["finish_reason"], "tool_calls");

    let (answer, events, _) = told(&with(Api::OpenAiResponses), &called, &called);
    for output in [&answer["output"], &events.last().unwrap()["response"]["output"]] {
        let mut item = output[0].clone();
        item.as_object_mut().unwrap().remove("id");
        assert_eq!(item, json!({"type": "custom_tool_call", "call_id": "c1", "name": "sql", "input": "SELECT \"1\"\n"}));
        assert_eq!(output[1]["type"], "function_call");
    }
    let names: Vec<&str> =
        events.iter().filter(|event| event["output_index"] == 0).filter_map(|event| event["type"].as_str()).collect();
    let expected = ["output_item.added", "custom_tool_call_input.delta", "custom_tool_call_input.done", "output_item.done"];
    assert_eq!(names, expected.map(|name| format!("response.{name}")));
}
