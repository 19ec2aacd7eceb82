//! What is taken, what is refused, and how it is answered.

use serde_json::{Value, json};

use super::super::Script;
use super::super::tests::direct::{at, changed};

fn request(changes: Value) -> Value {
    changed(json!({"model": "m", "messages": [{"role": "user", "content": "hi there"}]}), &changes)
}

fn refused(changes: Value) -> String {
    let (status, message) = at("/v2/chat").refused(&request(changes));
    assert_eq!(status, 400);
    message
}

fn call(id: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}})
}

fn result(id: &str) -> Value {
    json!({"role": "tool", "tool_call_id": id, "content": [{"type": "document", "document": {"data": "sunny"}}]})
}

fn tools() -> Value {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    json!([{"type": "function", "function": {"name": "weather", "description": "d", "parameters": schema}}])
}

#[test]
fn a_conversation_with_everything_is_understood() {
    let messages = json!([
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "look"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]},
        {"role": "assistant", "tool_plan": "hm", "tool_calls": [call("a"), call("b")]},
        result("b"), {"role": "tool", "tool_call_id": "a", "content": "rainy"},
    ]);
    let answer = at("/v2/chat")
        .json(&request(json!({"messages": messages, "tools": tools(), "k": 3, "p": 0.5, "thinking": {"type": "enabled"}})));
    let content = &answer["message"]["content"];
    assert_eq!(content[0], json!({"type": "thinking", "thinking": "The person said: look"}));
    assert_eq!(content[1]["text"], "The tool said: sunny; The tool said: rainy [1 image] [system: be brief]");
    assert_eq!((&answer["finish_reason"], &answer["usage"]["tokens"]["output_tokens"]), (&json!("COMPLETE"), &json!(4 + 13)));
}

#[test]
fn the_stream_joins_to_the_whole() {
    let script = || Script { tool_calls: Some(2), text_bytes: Some(11), thinking: Some(2), ..Script::default() };
    let body = request(json!({"tools": tools()}));
    let whole = at("/v2/chat").script(script()).json(&body);
    let events = at("/v2/chat").script(script()).data(&changed(body, &json!({"stream": true})));
    let joined = |place: &str| -> String { events.iter().filter_map(|event| event.pointer(place)?.as_str()).collect() };
    assert_eq!(json!(joined("/delta/message/content/text")), whole["message"]["content"][1]["text"]);
    assert_eq!(json!(joined("/delta/message/content/thinking")), whole["message"]["content"][0]["thinking"]);
    assert_eq!(json!(joined("/delta/message/tool_plan")), whole["message"]["tool_plan"]);
    assert_eq!(joined("/delta/message/tool_calls/function/arguments"), "{\"city\":\"city\"}{\"city\":\"city\"}");
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!((kinds[0], kinds[kinds.len() - 1]), ("message-start", "message-end"));
    assert_eq!(kinds.iter().filter(|kind| **kind == "tool-call-start").count(), 2);
    let end = &events[events.len() - 1]["delta"];
    assert_eq!((&end["finish_reason"], &end["usage"]), (&json!("TOOL_CALL"), &whole["usage"]));
}

#[test]
fn every_tool_call_is_answered_at_once() {
    let user = json!({"role": "user", "content": "x"});
    let calls = json!({"role": "assistant", "tool_calls": [call("a"), call("b")]});
    let with = |list: Value| json!({"messages": list});
    for rest in [json!([user, calls]), json!([user, calls, result("a")]), json!([user, calls, result("a"), user])] {
        assert!(refused(with(rest)).contains("must be answered by tool messages"));
    }
    assert!(refused(with(json!([user, result("a")]))).contains("tool call id not found"));
    let broken = json!({"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "no"}}]});
    assert!(refused(with(json!([user, broken, result("a")]))).contains("must be a JSON object"));
    assert!(refused(with(json!([{"role": "user", "content": ""}]))).contains("at least 1 token long"));
}

#[test]
fn a_body_in_another_dialect_is_refused_where_it_differs() {
    for field in ["top_p", "top_k", "stop", "n", "stream_options", "max_completion_tokens", "user"] {
        assert_eq!(refused(json!({field: 1})), format!("unknown field: parameter '{field}' is not a valid field"));
    }
    assert!(
        refused(json!({"messages": [{"role": "developer", "content": "x"}]})).contains("not a valid value of 'messages.0.role'")
    );
    assert!(refused(json!({"tool_choice": "auto", "tools": tools()})).contains("'REQUIRED', 'NONE'"));
    assert!(refused(json!({"tool_choice": "REQUIRED"})).contains("while providing tools"));
    assert!(refused(json!({"response_format": {"type": "json_schema"}})).contains("'text', 'json_object'"));
    assert!(
        refused(json!({"response_format": {"type": "json_object"}, "tools": tools()})).contains("not supported in combination")
    );
    assert!(refused(json!({"temperature": 1.5})).contains("out of range"));
    assert!(refused(json!({"stop_sequences": ["a", "b", "c", "d", "e", "f"]})).contains("at most 5"));
}

#[test]
fn texts_are_embedded_in_the_types_asked_for() {
    let body = json!({"model": "m", "input_type": "search_query", "texts": ["a b", "c"], "embedding_types": ["float", "int8", "ubinary", "base64"]});
    let answer = at("/v2/embed").json(&body);
    assert_eq!(answer["embeddings"]["float"][1].as_array().unwrap().len(), 16);
    assert_eq!(
        (answer["embeddings"]["ubinary"][1].as_array().unwrap().len(), answer["embeddings"]["base64"][0].is_string()),
        (2, true)
    );
    assert_eq!(answer["meta"]["billed_units"]["input_tokens"], 3);
    let refused = |changes: Value| at("/v2/embed").refused(&changed(body.clone(), &changes)).1;
    assert!(refused(json!({"input_type": null})).contains("input_type is required"));
    assert!(refused(json!({"embedding_types": null})).contains("embedding_types is required"));
    assert!(refused(json!({"images": ["x"]})).contains("exactly one of"));
    assert!(refused(json!({"texts": vec!["x"; 97]})).contains("at most 96"));
    assert!(refused(json!({"encoding_format": "float"})).contains("unknown field"));
}

#[test]
fn documents_are_ranked() {
    let answer = at("/v2/rerank").json(&json!({"model": "m", "query": "red car", "documents": ["x", "a red car"], "top_n": 1}));
    assert_eq!((&answer["results"][0]["index"], &answer["meta"]["billed_units"]["search_units"]), (&json!(1), &json!(1)));
    assert!(
        at("/v2/rerank")
            .refused(&json!({"model": "m", "query": "x", "documents": ["a"], "return_documents": true}))
            .1
            .contains("unknown field")
    );
}
