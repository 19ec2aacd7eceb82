//! What is taken, what is refused, and how it is answered.

use serde_json::{Value, json};

use super::super::super::Script;
use super::super::super::tests::direct::{at, changed};

const PATH: &str = "/v1/completions";

fn request(changes: Value) -> Value {
    changed(json!({"model": "m", "prompt": "one two"}), &changes)
}

#[test]
fn every_prompt_has_its_choices() {
    let answer = at(PATH).json(&request(json!({"prompt": ["a", "b"], "n": 2, "echo": true})));
    let texts: Vec<&str> = answer["choices"].as_array().unwrap().iter().map(|choice| choice["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["aYou said: a", "aYou said: a", "bYou said: b", "bYou said: b"]);
    assert_eq!((&answer["usage"]["prompt_tokens"], &answer["usage"]["completion_tokens"]), (&json!(2), &json!(12)));
    let tokens = at(PATH).json(&request(json!({"prompt": [1, 2]})));
    assert_eq!(tokens["choices"][0]["text"], "You said: 1 2");
}

#[test]
fn a_stream_ends_with_usage_where_it_was_asked_for() {
    let events = at(PATH).data(&request(json!({"stream": true, "stream_options": {"include_usage": true}})));
    let text: String = events.iter().filter_map(|event| event["choices"][0]["text"].as_str()).collect();
    assert_eq!(text, "You said: one two");
    assert_eq!(events[events.len() - 2]["usage"]["total_tokens"], 6);
    assert_eq!(events[events.len() - 1], Value::Null);
    let script = Script { pieces: Some(1), ..Script::default() };
    let events = at(PATH).script(script).data(&request(json!({"stream": true})));
    assert_eq!(events.len(), 3);
    assert!(events[0].get("usage").is_none());
}

#[test]
fn what_is_not_its_own_is_refused() {
    let refused = |changes: Value| at(PATH).refused(&request(changes)).1;
    assert_eq!(refused(json!({"messages": []})), "Unknown parameter: 'messages'.");
    assert_eq!(refused(json!({"max_completion_tokens": 1})), "Unknown parameter: 'max_completion_tokens'.");
    assert_eq!(refused(json!({"prompt": null})), "Missing required parameter: 'prompt'.");
    assert!(refused(json!({"best_of": 1, "n": 2})).contains("at least 'n'"));
    assert!(refused(json!({"prompt": ["a", {}]})).starts_with("Invalid type for 'prompt[1]'"));
    assert!(refused(json!({"stream_options": {}})).contains("only allowed when 'stream' is enabled"));
}

#[test]
fn an_answer_has_sixteen_tokens_unless_told_otherwise() {
    let long = "w ".repeat(30);
    let answer = at(PATH).json(&request(json!({"prompt": long})));
    assert_eq!((&answer["usage"]["completion_tokens"], &answer["choices"][0]["finish_reason"]), (&json!(16), &json!("length")));
    let answer = at(PATH).json(&request(json!({"prompt": long, "max_tokens": 2, "logprobs": 1})));
    assert_eq!(answer["choices"][0]["text"], "You said:");
    assert_eq!(answer["choices"][0]["logprobs"]["text_offset"], json!([0, 4]));
}

#[test]
fn the_bytes_of_text_are_those_of_all_answers() {
    let script = Script { text_bytes: Some(60), ..Script::default() };
    let answer = at(PATH).script(script).json(&request(json!({"prompt": ["a", "b"], "n": 3})));
    let texts = answer["choices"].as_array().unwrap().iter().map(|choice| choice["text"].as_str().unwrap().len());
    assert_eq!(texts.collect::<Vec<_>>(), [10; 6]);
}
