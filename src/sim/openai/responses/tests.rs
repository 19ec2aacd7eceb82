//! What is taken, what is refused, and how it is answered.

use serde_json::{Value, json};

use super::super::super::Script;
use super::super::super::sealed;
use super::super::super::tests::direct::{at, changed};

const PATH: &str = "/v1/responses";

fn request(changes: Value) -> Value {
    changed(json!({"model": "m", "input": "hi there"}), &changes)
}

fn refused(changes: Value) -> String {
    let (status, message) = at(PATH).refused(&request(changes));
    assert_eq!(status, 400);
    message
}

fn user(content: Value) -> Value {
    json!({"role": "user", "content": content})
}

fn call(id: &str) -> Value {
    json!({"type": "function_call", "call_id": id, "name": "f", "arguments": "{}"})
}

fn output(id: &str) -> Value {
    json!({"type": "function_call_output", "call_id": id, "output": "sunny"})
}

fn reasoning() -> Value {
    json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": sealed::seal("x")})
}

fn weather() -> Value {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": false});
    json!([{"type": "function", "name": "weather", "strict": true, "parameters": schema}])
}

#[test]
fn a_response_has_a_message_and_usage_and_repeats_the_request() {
    let answer = at(PATH).json(&request(json!({"instructions": "be brief", "temperature": 0.5, "metadata": {"a": "b"}})));
    assert_eq!((&answer["object"], &answer["status"]), (&json!("response"), &json!("completed")));
    assert_eq!(answer["output"][0]["content"][0]["text"], "You said: hi there [system: be brief]");
    assert_eq!((&answer["usage"]["input_tokens"], &answer["usage"]["output_tokens"]), (&json!(4), &json!(7)));
    assert_eq!(
        (&answer["instructions"], &answer["temperature"], &answer["metadata"]["a"]),
        (&json!("be brief"), &json!(0.5), &json!("b"))
    );
}

#[test]
fn a_conversation_with_everything_is_understood() {
    let input = json!([
        {"role": "developer", "content": [{"type": "input_text", "text": "be brief"}]},
        {"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": "look"}, {"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "low"},
            {"type": "input_file", "file_data": "data:application/pdf;base64,aGk=", "filename": "a.pdf"}]},
        reasoning(),
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": "well", "annotations": []}]},
        call("a"), call("b"), output("b"),
        {"type": "function_call_output", "call_id": "a", "output": [{"type": "input_text", "text": "rainy"}]},
    ]);
    let answer = at(PATH)
        .json(&request(json!({"input": input, "tools": weather(), "store": false, "include": ["reasoning.encrypted_content"]})));
    assert_eq!(
        answer["output"][0]["content"][0]["text"],
        "The tool said: sunny; The tool said: rainy [1 image] [1 document] [system: be brief]"
    );
}

#[test]
fn the_stream_has_every_event_in_order_and_joins_to_the_whole() {
    let body = json!({"stream": true, "tools": weather(), "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"]});
    let script = || Script { text_bytes: Some(12), tool_calls: Some(2), ..Script::default() };
    let events = at(PATH).script(script()).data(&request(body.clone()));
    let whole = at(PATH).script(script()).json(&request(changed(body, &json!({"stream": false}))));
    let mut kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    kinds.dedup();
    let call = [
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
    ];
    let mut expected = vec![
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
    ];
    expected.extend(call.iter().chain(&call).chain(&["response.completed"]));
    assert_eq!(kinds, expected);
    assert!(events.iter().enumerate().all(|(number, event)| event["sequence_number"] == json!(number)));
    let mut last = events.last().unwrap()["response"].clone();
    last["tools"] = whole["tools"].clone();
    assert_eq!(last, whole);
    let done: Vec<&Value> =
        events.iter().filter(|event| event["type"] == "response.output_item.done").map(|event| &event["item"]).collect();
    assert_eq!(json!(done), whole["output"]);
    assert!(sealed::is_sealed(whole["output"][0]["encrypted_content"].as_str().unwrap()));
}

#[test]
fn calls_and_outputs_are_held_together() {
    let with = |items: &[Value]| json!({"input": items});
    assert!(
        refused(with(&[user(json!("x")), output("a")])).contains("No tool call found for function call output with call_id a.")
    );
    assert!(refused(with(&[user(json!("x")), call("a")])).contains("No tool output found for function call a."));
    assert!(refused(with(&[call(&"x".repeat(65)), output("a")])).contains("string too long"));
    let wrong_id = changed(call("a"), &json!({"id": "call_1"}));
    assert!(refused(with(&[wrong_id, output("a")])).contains("Expected an ID that begins with 'fc'."));
}

#[test]
fn reasoning_comes_back_encrypted_and_followed() {
    let said = json!({"role": "assistant", "content": "x"});
    assert!(at(PATH).send(request(json!({"input": [reasoning(), said, user(json!("y"))]})).to_string().as_bytes()).is_ok());
    for alone in [json!([reasoning()]), json!([reasoning(), user(json!("y"))])] {
        assert!(refused(json!({"input": alone})).contains("without its required following item"));
    }
    let plain = changed(reasoning(), &json!({"encrypted_content": null}));
    assert!(refused(json!({"input": [plain, said]})).contains("Items are not persisted"));
    let forged = changed(reasoning(), &json!({"encrypted_content": "aGk="}));
    assert!(refused(json!({"input": [forged, said]})).contains("could not be verified"));
    assert!(refused(json!({"previous_response_id": "resp_1"})).contains("not found"));
    assert!(refused(json!({"input": [{"type": "item_reference", "id": "msg_1"}]})).contains("Item with id 'msg_1' not found."));
}

#[test]
fn a_body_for_chat_completions_is_refused_where_it_differs() {
    assert_eq!(refused(json!({"messages": []})), "Unknown parameter: 'messages'.");
    assert_eq!(refused(json!({"max_tokens": 5})), "Unknown parameter: 'max_tokens'.");
    assert_eq!(refused(json!({"response_format": {"type": "text"}})), "Unknown parameter: 'response_format'.");
    assert!(refused(json!({"input": null})).contains("must be provided"));
    let nested = json!([{"type": "function", "function": {"name": "f"}}]);
    assert_eq!(refused(json!({"tools": nested})), "Unknown parameter: 'tools[0].function'.");
    let content = |role: &str, kind: &str| json!({"input": [{"role": role, "content": [{"type": kind, "text": "x"}]}]});
    assert!(refused(content("user", "text")).starts_with("Invalid value: 'text'. Supported values are: 'input_text'"));
    assert!(refused(content("assistant", "input_text")).contains("'output_text', 'refusal'"));
    assert!(refused(json!({"max_output_tokens": 15})).contains("out of range"));
    assert!(refused(json!({"tool_choice": "required"})).contains("must be specified with 'tools'"));
    assert!(refused(json!({"text": {"format": {"type": "json_object"}}})).contains("must contain the word 'json'"));
}

#[test]
fn an_answer_may_be_incomplete_or_fail_or_refuse() {
    let status = |finish: &str| {
        let script = Script { finish: Some(finish.into()), ..Script::default() };
        let events = at(PATH).script(script).data(&request(json!({"stream": true})));
        let last = events.last().unwrap();
        (last["type"].as_str().unwrap().to_owned(), last["response"].clone())
    };
    assert_eq!(status("content_filter").1["incomplete_details"]["reason"], "content_filter");
    let (kind, failed) = status("failed");
    assert_eq!((kind.as_str(), &failed["error"]["code"]), ("response.failed", &json!("server_error")));
    assert_eq!(status("refusal").1["output"][0]["content"][0]["type"], "refusal");
    let long = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen";
    let answer = at(PATH).json(&request(json!({"input": long, "max_output_tokens": 16})));
    assert_eq!((&answer["status"], &answer["incomplete_details"]["reason"]), (&json!("incomplete"), &json!("max_output_tokens")));
}

#[test]
fn input_tokens_are_those_of_the_response() {
    let count = at("/v1/responses/input_tokens").json(&json!({"model": "m", "input": "one two", "instructions": "three"}));
    assert_eq!(count, json!({"object": "response.input_tokens", "input_tokens": 3}));
    assert_eq!(at("/v1/responses/input_tokens").refused(&json!({"input": "x", "stream": true})).0, 400);
}
