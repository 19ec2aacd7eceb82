use std::borrow::Cow;

use serde_json::{Value, json};

use super::{Reader, Writer};
use crate::codec::sse::{Event, Parser, TooLarge};
use crate::rejection::{Kind, Rejection};
use crate::translate::answer::{Delta, Finish, FinishReason, ProviderError};
use crate::translate::responses::echo;
use crate::usage::Tokens;

const START: Delta<'static> = Delta::Start { id: None, model: None, created: Some(7) };

fn text(text: &str) -> Delta<'_> {
    Delta::Text { choice: 0, text: text.into() }
}

fn call<'a>(index: u32, id: &'a str) -> Delta<'a> {
    Delta::ToolCall { choice: 0, index, id: id.into(), name: "f".into(), signature: None }
}

fn arguments(index: u32, json: &str) -> Delta<'_> {
    Delta::ToolArguments { choice: 0, index, json: json.into() }
}

fn finish(reason: FinishReason) -> Delta<'static> {
    Delta::Finish { choice: 0, finish: Finish { reason, stop_sequence: None } }
}

/// The events of a stream of these deltas.
fn events(deltas: &[Delta<'_>]) -> Vec<Value> {
    let mut writer = Writer::new("asked", &echo(None));
    let mut out = Vec::new();
    deltas.iter().for_each(|delta| writer.delta(delta, &mut out));
    read(&out)
}

/// Takes a stream apart, and checks what is true of every event.
fn read(stream: &[u8]) -> Vec<Value> {
    let (mut events, mut parser): (Vec<Value>, _) = (Vec::new(), Parser::new(1 << 20));
    parser
        .push::<TooLarge>(stream, &mut |event| {
            let value: Value = serde_json::from_slice(&event.data).unwrap();
            assert_eq!(value["type"], std::str::from_utf8(event.name.unwrap()).unwrap());
            assert_eq!(value["sequence_number"], events.len());
            events.push(value);
            Ok(())
        })
        .unwrap();
    assert!(parser.residue().is_empty());
    events
}

/// Each event's name without `response.`, its output index, and what it adds.
fn lines(events: &[Value]) -> Vec<String> {
    let line = |event: &Value| {
        let name = event["type"].as_str().unwrap();
        let mut line = name.strip_prefix("response.").unwrap_or(name).to_owned();
        if let Some(index) = event["output_index"].as_u64() {
            line += &format!(" {index}");
        }
        for field in ["delta", "text", "refusal", "arguments"] {
            if let Some(text) = event[field].as_str() {
                line += &format!(" {text:?}");
            }
        }
        line
    };
    events.iter().map(line).collect()
}

/// Everything that refers to an item names it rightly, begins after it and ends before it; the last event repeats all items.
fn check(events: &[Value]) {
    let mut ids: Vec<(String, bool)> = Vec::new();
    let mut done = Vec::new();
    for event in events {
        let Some(index) = event["output_index"].as_u64() else { continue };
        let index = usize::try_from(index).unwrap();
        match event["type"].as_str().unwrap() {
            "response.output_item.added" => {
                assert_eq!(index, ids.len(), "items begin in the order of their indexes");
                ids.push((event["item"]["id"].as_str().unwrap().to_owned(), false));
            }
            "response.output_item.done" => {
                assert_eq!(event["item"]["id"], ids[index].0);
                assert!(!std::mem::replace(&mut ids[index].1, true), "an item ends once");
                done.push((index, event["item"].clone()));
            }
            _ => {
                assert_eq!(event["item_id"], ids[index].0);
                assert!(!ids[index].1, "nothing of an item comes after its end");
            }
        }
    }
    assert!(ids.iter().all(|(_, done)| *done), "every item ends");
    done.sort_by_key(|(index, _)| *index);
    let last = events.last().unwrap();
    let items: Vec<_> = done.into_iter().map(|(_, item)| item).collect();
    assert_eq!(last["response"]["output"], Value::from(items));
}

#[test]
fn a_text_is_told_with_every_event_around_it() {
    let usage = Delta::Usage(Tokens { input: 3, output: 2, ..Tokens::default() });
    let events = events(&[START, text("Hel"), text("lo"), finish(FinishReason::Stop), usage, Delta::End]);
    check(&events);
    assert_eq!(
        lines(&events),
        [
            "created",
            "in_progress",
            "output_item.added 0",
            "content_part.added 0",
            "output_text.delta 0 \"Hel\"",
            "output_text.delta 0 \"lo\"",
            "output_text.done 0 \"Hello\"",
            "content_part.done 0",
            "output_item.done 0",
            "completed",
        ]
    );
    let (first, last) = (&events[0]["response"], &events[9]["response"]);
    assert_eq!((&first["status"], &first["usage"], &first["model"]), (&json!("in_progress"), &json!(null), &json!("asked")));
    assert_eq!((&last["status"], &last["usage"]["total_tokens"], &last["id"]), (&json!("completed"), &json!(5), &first["id"]));
    assert_eq!(last["output"][0]["content"][0]["text"], "Hello");
}

#[test]
fn thinking_is_a_summary_and_ends_with_its_seal() {
    let thinking = Delta::Thinking { choice: 0, text: "Hm".into() };
    let signature = |text: &'static str| Delta::Signature { choice: 0, signature: text.into() };
    let redacted = Delta::RedactedThinking { choice: 0, data: "xyz".into() };
    let deltas = [START, thinking.clone(), signature("c2ln"), redacted, signature("b25seQ=="), thinking, text("Hi"), Delta::End];
    let events = events(&deltas);
    check(&events);
    assert_eq!(
        lines(&events)[2..8],
        [
            "output_item.added 0",
            "reasoning_summary_part.added 0",
            "reasoning_summary_text.delta 0 \"Hm\"",
            "reasoning_summary_text.done 0 \"Hm\"",
            "reasoning_summary_part.done 0",
            "output_item.done 0",
        ]
    );
    let output = events.last().unwrap()["response"]["output"].as_array().unwrap();
    let sealed: Vec<_> = output.iter().map(|item| item["encrypted_content"].as_str().unwrap_or("none")).collect();
    assert_eq!(sealed, ["kanmon.signed.v1:c2ln", "kanmon.redacted.v1:xyz", "kanmon.signed.v1:b25seQ==", "none", "none"]);
    assert_eq!(output[3]["summary"], json!([{"type": "summary_text", "text": "Hm"}]));
}

#[test]
fn calls_that_come_one_after_the_other_end_one_after_the_other() {
    let events = events(&[
        START,
        text("See"),
        call(0, "call_a"),
        arguments(0, "{\"a\":"),
        arguments(0, "1}"),
        call(1, "call_b"),
        finish(FinishReason::ToolCalls),
        Delta::End,
    ]);
    check(&events);
    assert_eq!(
        lines(&events)[7..],
        [
            "output_item.done 0".to_owned(),
            "output_item.added 1".to_owned(),
            "function_call_arguments.delta 1 \"{\\\"a\\\":\"".to_owned(),
            "function_call_arguments.delta 1 \"1}\"".to_owned(),
            "function_call_arguments.done 1 \"{\\\"a\\\":1}\"".to_owned(),
            "output_item.done 1".to_owned(),
            "output_item.added 2".to_owned(),
            "function_call_arguments.delta 2 \"{}\"".to_owned(),
            "function_call_arguments.done 2 \"{}\"".to_owned(),
            "output_item.done 2".to_owned(),
            "completed".to_owned(),
        ]
    );
    let output = &events.last().unwrap()["response"]["output"];
    assert_eq!((&output[1]["call_id"], &output[2]["call_id"]), (&json!("call_a"), &json!("call_b")));
    assert_eq!((&output[1]["arguments"], &output[2]["arguments"]), (&json!("{\"a\":1}"), &json!("{}")));
}

/// Field notes 41 to 43: the pieces of parallel calls never mix, however they come.
#[test]
fn pieces_of_parallel_calls_that_interleave_keep_apart() {
    let events = events(&[
        START,
        call(0, "call_a"),
        arguments(0, "{\"a\""),
        call(1, "call_b"),
        arguments(1, "{\"b\":2"),
        text("meanwhile"),
        arguments(0, ":1}"),
        arguments(1, "}"),
        arguments(1, "\n"),
        finish(FinishReason::ToolCalls),
        Delta::End,
    ]);
    check(&events);
    let output = &events.last().unwrap()["response"]["output"];
    assert_eq!((&output[0]["arguments"], &output[1]["arguments"]), (&json!("{\"a\":1}"), &json!("{\"b\":2}\n")));
    assert_eq!(output[2]["content"][0]["text"], "meanwhile");
}

#[test]
fn text_behind_a_call_is_a_message_of_its_own() {
    let events = events(&[START, text("a"), call(0, "c"), arguments(0, "{}"), text("b"), Delta::End]);
    check(&events);
    let kinds: Vec<_> =
        events.last().unwrap()["response"]["output"].as_array().unwrap().iter().map(|i| i["type"].clone()).collect();
    assert_eq!(kinds, ["message", "function_call", "message"]);
}

#[test]
fn a_refusal_is_a_part_of_its_own() {
    let refusal = Delta::Refusal { choice: 0, text: "No".into() };
    let events = events(&[START, text("Well"), refusal, finish(FinishReason::Refusal), Delta::End]);
    check(&events);
    assert_eq!(
        lines(&events)[5..12],
        [
            "output_text.done 0 \"Well\"",
            "content_part.done 0",
            "content_part.added 0",
            "refusal.delta 0 \"No\"",
            "refusal.done 0 \"No\"",
            "content_part.done 0",
            "output_item.done 0",
        ]
    );
    assert_eq!((&events[8]["content_index"], &events.last().unwrap()["response"]["status"]), (&json!(1), &json!("completed")));
}

#[test]
fn an_answer_that_was_cut_by_its_limit_ends_incomplete() {
    let events = events(&[START, text("He"), finish(FinishReason::Length), Delta::End]);
    check(&events);
    let last = events.last().unwrap();
    assert_eq!((&last["type"], &last["response"]["status"]), (&json!("response.incomplete"), &json!("incomplete")));
    assert_eq!(last["response"]["incomplete_details"], json!({"reason": "max_output_tokens"}));
    assert_eq!(last["response"]["output"][0]["status"], "incomplete");
}

#[test]
fn log_probabilities_come_with_a_piece_of_no_text() {
    let raw = r#"{"content":[{"token":"Hi","logprob":-0.5,"bytes":null,"top_logprobs":[]}]}"#.to_owned();
    let raw = serde_json::value::RawValue::from_string(raw).unwrap();
    let events = events(&[START, text("Hi"), Delta::Logprobs { choice: 0, raw: &raw }, Delta::End]);
    check(&events);
    let token = json!([{"token": "Hi", "bytes": [], "logprob": -0.5, "top_logprobs": []}]);
    assert_eq!((&events[5]["delta"], &events[5]["logprobs"]), (&json!(""), &token));
    assert_eq!(events.last().unwrap()["response"]["output"][0]["content"][0]["logprobs"], token);
}

#[test]
fn only_the_first_answer_is_written() {
    let other = Delta::Text { choice: 1, text: "other".into() };
    let events = events(&[START, other, text("Hi"), Delta::End]);
    check(&events);
    assert_eq!(events.last().unwrap()["response"]["output"].as_array().unwrap().len(), 1);
}

#[test]
fn an_error_ends_the_stream_and_never_looks_like_a_clean_end() {
    let error = ProviderError {
        kind: Some("overloaded_error".into()),
        message: "slow down".into(),
        request_id: Some("req_1".into()),
        ..ProviderError::default()
    };
    let events = events(&[START, text("He"), Delta::Error(error), text("llo"), Delta::End]);
    assert_eq!(lines(&events)[5..], ["failed", "error"]);
    let (failed, error) = (&events[5]["response"], &events[6]);
    assert_eq!((&failed["status"], &failed["error"]["code"]), (&json!("failed"), &json!("server_error")));
    assert_eq!(error["message"], "slow down (request id: req_1)");
    assert_eq!((&error["code"], &error["error"]["message"]), (&json!("overloaded_error"), &error["message"]));
}

#[test]
fn a_stream_that_never_began_fails_with_an_error_alone() {
    let mut writer = Writer::new("asked", &echo(None));
    let mut out = Vec::new();
    writer.fail(&Rejection::new(Kind::BadAnswer, "cut").param("x"), &mut out);
    writer.fail(&Rejection::new(Kind::BadAnswer, "twice"), &mut out);
    let events = read(&out);
    assert_eq!(lines(&events), ["error"]);
    assert_eq!((&events[0]["param"], &events[0]["error"]["code"]), (&json!("x"), &json!("bad_provider_answer")));
    assert_eq!(lines(&self::events(&[Delta::End])), ["error"]);
}

#[test]
fn arguments_of_a_call_that_never_began_are_an_error() {
    for deltas in [
        vec![START, arguments(0, "{}"), Delta::End],
        vec![START, call(0, "a"), call(0, "b"), Delta::End],
        vec![START, call(0, "a"), arguments(0, "{}"), text("x"), arguments(0, "{}"), Delta::End],
    ] {
        let events = events(&deltas);
        assert_eq!(events.last().unwrap()["type"], "error");
        assert!(events.iter().all(|event| event["type"] != "response.completed"));
    }
}

#[test]
fn an_answer_without_an_end_in_sight_is_bounded() {
    let mut writer = Writer::new("asked", &echo(None));
    let piece = "x".repeat(1 << 20);
    let mut out = Vec::new();
    for _ in 0..40 {
        out.clear();
        writer.delta(&text(&piece), &mut out);
    }
    writer.delta(&Delta::End, &mut out);
    assert!(out.is_empty(), "the stream has failed before");
}

/// The deltas of these events, one line each.
fn observed(events: &[Value]) -> Vec<String> {
    let (mut reader, mut lines) = (Reader::default(), Vec::new());
    for value in events {
        let data = value.to_string();
        let event = Event { data: Cow::Borrowed(data.as_bytes()), ..Event::default() };
        let line = |delta: Delta<'_>| match delta {
            Delta::Start { id, model, created } => format!("start {id:?} {model:?} {created:?}"),
            Delta::Text { text, .. } => format!("text {text}"),
            Delta::Refusal { text, .. } => format!("refusal {text}"),
            Delta::Thinking { text, .. } => format!("thinking {text}"),
            Delta::ToolCall { index, id, name, .. } => format!("call {index} {id} {name}"),
            Delta::ToolArguments { index, json, .. } => format!("arguments {index} {json}"),
            Delta::Finish { finish, .. } => format!("finish {:?}", finish.reason),
            Delta::Usage(tokens) => format!("usage {} {}", tokens.input, tokens.output),
            Delta::Error(error) => format!("error {:?} {}", error.code, error.message),
            Delta::End => "end".to_owned(),
            other => format!("{other:?}"),
        };
        reader.event(&event, &mut |delta| lines.push(line(delta))).unwrap();
    }
    lines
}

#[test]
fn a_stream_that_we_wrote_is_observed_as_it_was_meant() {
    let written = events(&[
        START,
        Delta::Thinking { choice: 0, text: "Hm".into() },
        text("Hi"),
        call(0, "call_a"),
        arguments(0, "{}"),
        finish(FinishReason::ToolCalls),
        Delta::Usage(Tokens { input: 3, output: 2, ..Tokens::default() }),
        Delta::End,
    ]);
    let seen = observed(&written);
    assert!(seen[0].starts_with("start Some(\"resp_"), "{}", seen[0]);
    let rest = ["thinking Hm", "text Hi", "call 0 call_a f", "arguments 0 {}", "finish ToolCalls", "usage 3 2", "end"];
    assert_eq!(seen[1..], rest);
}

/// Field note 26: `response.created`, then an error. Both of OpenAI's forms of it, and a response that failed.
#[test]
fn an_error_is_seen_in_every_form() {
    let created = json!({"type": "response.created", "response": {"id": "r", "model": "m", "created_at": 1, "error": null}});
    for (event, expected) in [
        (
            json!({"type": "error", "code": "insufficient_quota", "message": "no", "param": null}),
            "error Some(\"insufficient_quota\") no",
        ),
        (
            json!({"type": "error", "error": {"code": "insufficient_quota", "message": "no"}}),
            "error Some(\"insufficient_quota\") no",
        ),
        (json!({"error": {"message": "proxy"}}), "error None proxy"),
        (
            json!({"type": "response.failed", "response": {"error": {"code": "server_error", "message": "no"}}}),
            "error Some(\"server_error\") no",
        ),
        (json!({"type": "response.failed", "response": {}}), "error None the response failed without a message"),
    ] {
        let late = json!({"type": "response.completed", "response": {}});
        let seen = observed(&[created.clone(), event, late]);
        assert_eq!(seen, ["start Some(\"r\") Some(\"m\") Some(1)", expected]);
    }
}

#[test]
fn what_nobody_knows_is_passed_over() {
    let seen = observed(&[
        json!({"type": "response.web_search_call.searching", "output_index": 0, "item_id": "ws"}),
        json!({"type": "keepalive"}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": {"type": "web_search_call"}}),
        json!({"type": "response.function_call_arguments.delta", "output_index": 9, "delta": "{}"}),
        json!({"type": "response.incomplete", "response": {"incomplete_details": {"reason": "content_filter"}}}),
    ]);
    assert_eq!(seen, ["start None None None", "finish ContentFilter", "end"]);
}

/// Each item that begins looks whether the calls before it are whole: that must not mean to read their arguments anew.
#[test]
fn large_arguments_that_never_end_cost_no_more_with_many_items_behind_them() {
    let mut writer = Writer::new("asked", &echo(None));
    let mut out = Vec::new();
    writer.delta(&call(0, "c"), &mut out);
    writer.delta(&arguments(0, &format!(r#"{{"a":"{}"#, "x".repeat(8 << 20))), &mut out);
    let began = tokio::time::Instant::now();
    for _ in 0..4_000 {
        out.clear();
        writer.delta(&text("t"), &mut out);
        writer.delta(&Delta::Thinking { choice: 0, text: "t".into() }, &mut out);
    }
    assert!(!writer.gave_up());
    // Minutes, where they are read anew.
    assert!(began.elapsed() < std::time::Duration::from_secs(30), "{:?}", began.elapsed());
}
