use serde_json::{Value, json};

use super::{parse, render};
use crate::translate::answer::{Answer, Choice, Finish, FinishReason};
use crate::translate::conversation::{Content, Thinking, ToolCall};
use crate::translate::responses::echo;
use crate::usage::Tokens;

fn answer<'a>(contents: Vec<Content<'a>>, reason: FinishReason) -> Answer<'a> {
    let finish = Finish { reason, stop_sequence: None };
    let choice = Choice { parts: contents.into_iter().map(Into::into).collect(), finish, logprobs: None, citations: Vec::new() };
    Answer { id: Some("msg_7".into()), created: Some(7), choices: vec![choice], ..Answer::default() }
}

/// What a client gets, with the digits of made ids taken off.
fn told(answer: &Answer<'_>) -> Value {
    let mut value: Value = serde_json::from_slice(&render(answer, "asked", &echo(None))).unwrap();
    for item in value["output"].as_array_mut().unwrap() {
        let id = item["id"].as_str().unwrap();
        assert_eq!(id.split_once('_').unwrap().1.len(), 32);
        item["id"] = json!(id.split_once('_').unwrap().0);
    }
    value
}

fn thinking<'a>(text: &'a str, signature: Option<&'a str>) -> Content<'a> {
    Content::Thinking(Thinking { text: text.into(), signature: signature.map(Into::into) })
}

#[test]
fn a_text_is_one_message_however_many_pieces_it_came_in() {
    let mut answer = answer(vec![Content::Text("Hel".into()), Content::Text("lo".into())], FinishReason::Stop);
    answer.usage = Some(Tokens { input: 5, cached_input: 2, cache_write: 1, output: 3, reasoning: 1 });
    let told = told(&answer);
    assert_eq!(
        told["output"],
        json!([{
            "type": "message", "id": "msg", "status": "completed", "role": "assistant",
            "content": [{"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []}],
        }])
    );
    assert_eq!((&told["id"], &told["object"], &told["created_at"]), (&json!("resp_msg_7"), &json!("response"), &json!(7)));
    assert_eq!((&told["status"], &told["error"], &told["model"]), (&json!("completed"), &json!(null), &json!("asked")));
    assert_eq!(
        told["usage"],
        json!({
            "input_tokens": 5, "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 1},
            "output_tokens": 3, "output_tokens_details": {"reasoning_tokens": 1}, "total_tokens": 8,
        })
    );
}

#[test]
fn every_part_of_a_turn_is_an_item_in_its_order() {
    let call = ToolCall { id: "call_1".into(), name: "f".into(), arguments: "".into(), signature: None };
    let told = told(&answer(
        vec![
            thinking("Hm", Some("c2ln")),
            Content::RedactedThinking("xyz".into()),
            thinking("open", None),
            Content::Text("See".into()),
            Content::ToolCall(call),
            Content::Text("and".into()),
            Content::Refusal("No".into()),
        ],
        FinishReason::ToolCalls,
    ));
    let summary = |text: &str| json!([{"type": "summary_text", "text": text}]);
    let text = |text: &str| json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
    let message =
        |content: Value| json!({"type": "message", "id": "msg", "status": "completed", "role": "assistant", "content": content});
    assert_eq!(
        told["output"],
        json!([
            {"type": "reasoning", "id": "rs", "summary": summary("Hm"), "encrypted_content": "kanmon.signed.v1:c2ln"},
            {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "kanmon.redacted.v1:xyz"},
            {"type": "reasoning", "id": "rs", "summary": summary("open")},
            message(json!([text("See")])),
            {"type": "function_call", "id": "fc", "status": "completed", "call_id": "call_1", "name": "f", "arguments": "{}"},
            message(json!([text("and"), {"type": "refusal", "refusal": "No"}])),
        ])
    );
}

#[test]
fn an_answer_that_was_cut_is_incomplete_and_says_why() {
    for (reason, why) in [
        (FinishReason::Length, "max_output_tokens"),
        (FinishReason::ContextLength, "max_output_tokens"),
        (FinishReason::ContentFilter, "content_filter"),
        (FinishReason::Refusal, "content_filter"),
    ] {
        let told = told(&answer(vec![thinking("Hm", None), Content::Text("He".into())], reason));
        assert_eq!((&told["status"], &told["incomplete_details"]), (&json!("incomplete"), &json!({"reason": why})));
        assert_eq!(told["output"][1]["status"], "incomplete");
    }
}

#[test]
fn a_refusal_in_words_is_complete() {
    let told = told(&answer(vec![Content::Refusal("No".into())], FinishReason::Refusal));
    assert_eq!(told["status"], "completed");
    assert_eq!(told["output"][0]["content"], json!([{"type": "refusal", "refusal": "No"}]));
}

#[test]
fn an_answer_of_nothing_has_no_items() {
    let told = told(&Answer::default());
    assert_eq!((&told["output"], &told["status"]), (&json!([]), &json!("completed")));
    assert!(told["id"].as_str().unwrap().starts_with("resp_"));
}

#[test]
fn log_probabilities_stand_with_the_text() {
    let mut answer = answer(vec![Content::Text("Hi".into())], FinishReason::Stop);
    let raw = serde_json::value::RawValue::from_string(
        r#"{"content":[{"token":"Hi","logprob":-0.5,"bytes":[72,105],"top_logprobs":[]}]}"#.to_owned(),
    );
    let raw = raw.unwrap();
    answer.choices[0].logprobs = Some(std::borrow::Cow::Borrowed(&*raw));
    let expected = json!([{"token": "Hi", "bytes": [72, 105], "logprob": -0.5, "top_logprobs": []}]);
    assert_eq!(told(&answer)["output"][0]["content"][0]["logprobs"], expected);
}

#[test]
fn what_openai_answers_is_observed() {
    let body = json!({
        "id": "resp_1", "object": "response", "created_at": 1741476777.5, "status": "completed", "model": "gpt-x", "error": null,
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm"}]},
            {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}},
            {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "Hi", "annotations": []}]},
            {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"},
        ],
        "usage": {"input_tokens": 9, "output_tokens": 4, "total_tokens": 13},
    }).to_string();
    let answer = parse(body.as_bytes()).unwrap();
    assert_eq!(
        (answer.id.as_deref(), answer.model.as_deref(), answer.created),
        (Some("resp_1"), Some("gpt-x"), Some(1741476777))
    );
    assert_eq!(answer.usage, Some(Tokens { input: 9, output: 4, ..Tokens::default() }));
    assert_eq!((answer.choices[0].parts.len(), answer.choices[0].finish.reason), (3, FinishReason::ToolCalls));
}

#[test]
fn an_answer_that_failed_or_is_none_is_not_taken_for_one() {
    for (body, part) in [
        (r#"{"id":"r","status":"failed","error":{"code":"server_error","message":"it broke"},"output":[]}"#, "it broke"),
        (r#"{"id":"r"}"#, "no `output`"),
        ("<html>", "expected value"),
    ] {
        let error = parse(body.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    for (details, expected) in [
        (r#"{"reason":"max_output_tokens"}"#, FinishReason::Length),
        (r#"{"reason":"content_filter"}"#, FinishReason::ContentFilter),
        ("null", FinishReason::Stop),
    ] {
        let body = format!(r#"{{"output":[],"incomplete_details":{details}}}"#);
        assert_eq!(parse(body.as_bytes()).unwrap().choices[0].finish.reason, expected);
    }
}
