//! Golden answers, and what an answer of another provider becomes.

use serde_json::Value;
use serde_json::json;

use super::{parse, render};
use crate::translate::answer::{Answer, Choice, Finish, FinishReason};
use crate::translate::anthropic::golden::{golden, pretty, told};
use crate::translate::conversation::{Content, Thinking, ToolCall};
use crate::translate::openai;
use crate::usage::Tokens;

#[test]
fn answers_become_what_the_golden_files_say() {
    golden("answer", |input| {
        let answer = parse(input);
        let written = answer.as_ref().map(|answer| pretty(&render(answer, "asked"))).unwrap_or_default();
        told(answer) + &written
    });
}

#[test]
fn answers_of_openai_become_what_the_golden_files_say() {
    golden("answer_from_openai", |input| pretty(&render(&openai::response::parse(input).unwrap(), "asked")));
}

fn written(parts: Vec<Content<'_>>, reason: FinishReason) -> Value {
    let parts = parts.into_iter().map(Into::into).collect();
    let choice = Choice { parts, finish: Finish { reason, stop_sequence: None }, logprobs: None, citations: Vec::new() };
    let usage = Some(Tokens { input: 100, cached_input: 60, cache_write: 0, output: 9, reasoning: 4 });
    let answer = Answer { choices: vec![choice], usage, ..Answer::default() };
    serde_json::from_slice(&render(&answer, "asked")).unwrap()
}

fn call(arguments: &str) -> Content<'_> {
    Content::ToolCall(ToolCall { id: "call_1".into(), name: "t".into(), arguments: arguments.into(), signature: None })
}

#[test]
fn an_answer_without_id_and_model_gets_a_new_id_and_the_model_that_was_asked_for() {
    let (one, two) = (written(vec![], FinishReason::Stop), written(vec![], FinishReason::Stop));
    assert!(one["id"].as_str().unwrap().starts_with("msg_"));
    assert_ne!(one["id"], two["id"]);
    assert_eq!(one["model"], "asked");
    assert_eq!(one["content"], json!([]));
}

#[test]
fn cached_tokens_are_not_told_twice() {
    let usage = &written(vec![], FinishReason::Stop)["usage"];
    assert_eq!(usage["input_tokens"], 40);
    assert_eq!(usage["cache_read_input_tokens"], 60);
    assert_eq!(usage["output_tokens_details"]["thinking_tokens"], 4);
}

#[test]
fn a_tool_that_was_named_by_the_request_is_still_tool_use() {
    assert_eq!(written(vec![call("{}")], FinishReason::Stop)["stop_reason"], "tool_use");
}

#[test]
fn arguments_that_are_not_a_json_object_are_told_as_invalid() {
    for arguments in ["{\"a\":", "[1]", "nonsense", "{} {}"] {
        let answer = written(vec![call(arguments)], FinishReason::ToolCalls);
        assert_eq!(answer["content"][0]["input"], json!({ "INVALID_JSON": arguments }));
    }
    assert_eq!(written(vec![call("")], FinishReason::ToolCalls)["content"][0]["input"], json!({}));
}

#[test]
fn the_text_of_a_refusal_is_text_and_the_reason_says_what_it_is() {
    let answer = written(vec![Content::Refusal("No.".into())], FinishReason::Stop);
    assert_eq!(answer["content"], json!([{ "type": "text", "text": "No." }]));
    assert_eq!(answer["stop_reason"], "refusal");
}

#[test]
fn thinking_without_a_signature_has_an_empty_one_and_empty_text_is_left_out() {
    let thinking = Content::Thinking(Thinking { text: "Hm.".into(), signature: None });
    let answer = written(vec![thinking, Content::Text("".into())], FinishReason::Stop);
    assert_eq!(answer["content"], json!([{ "type": "thinking", "thinking": "Hm.", "signature": "" }]));
}

#[test]
fn hostile_answers_are_errors_and_short_ones() {
    let long = format!(r#"{{"content":"{}"}}"#, "x".repeat(1 << 20));
    let deep = "[".repeat(100_000);
    let nested = format!(r#"{{"content":{deep}"#);
    let bodies = ["", "null", "[]", "{}", "\u{feff}{}", r#"{"content":[],"stop_reason":7}"#, &long, &deep, &nested];
    for body in bodies {
        let error = parse(body.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("not a valid anthropic answer"), "{error}");
        assert!(error.len() < 512, "{}", error.len());
    }
    assert!(parse(b"\xff\xfe").is_err());
    let usage = br#"{"content":[],"stop_reason":"end_turn","usage":{"input_tokens":1e99}}"#;
    assert!(parse(usage).is_err());
}
