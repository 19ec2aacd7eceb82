//! Pieces in orders that other providers send, and in orders that none should.

use serde_json::{Value, json};

use crate::codec::sse;
use crate::rejection::{Kind, Rejection};
use crate::translate::answer::{Delta, Finish, FinishReason, ProviderError};
use crate::translate::anthropic::stream::Writer;
use crate::usage::Tokens;

fn start() -> Delta<'static> {
    Delta::Start { id: Some("chatcmpl-1".into()), model: Some("gpt-4o".into()), created: Some(1) }
}

fn text(text: &str) -> Delta<'_> {
    Delta::Text { choice: 0, text: text.into() }
}

fn call(index: u32) -> Delta<'static> {
    Delta::ToolCall { choice: 0, index, id: format!("call_{index}").into(), name: "t".into(), signature: None }
}

fn arguments(index: u32, json: &str) -> Delta<'_> {
    Delta::ToolArguments { choice: 0, index, json: json.into() }
}

fn finish(reason: FinishReason) -> Delta<'static> {
    Delta::Finish { choice: 0, finish: Finish { reason, stop_sequence: None } }
}

fn bytes(deltas: &[Delta<'_>]) -> Vec<u8> {
    let (mut writer, mut out) = (Writer::new("asked", true), Vec::new());
    deltas.iter().for_each(|delta| writer.delta(delta, &mut out));
    out
}

fn events(bytes: &[u8]) -> Vec<Value> {
    let (mut parser, mut events) = (sse::Parser::new(64 << 20), Vec::new());
    let mut each = |event: sse::Event<'_>| -> Result<(), sse::TooLarge> {
        let value: Value = serde_json::from_slice(&event.data).unwrap();
        assert_eq!(event.name, value["type"].as_str().map(str::as_bytes));
        events.push(value);
        Ok(())
    };
    parser.push(bytes, &mut each).unwrap();
    parser.finish(&mut each).unwrap();
    events
}

/// Checks that the blocks follow each other as Anthropic's do, and puts them together as its SDKs do.
fn blocks(events: &[Value]) -> Vec<Value> {
    let mut blocks: Vec<Value> = Vec::new();
    let mut open = false;
    for event in events {
        let index = event["index"].as_u64().map(|index| index as usize);
        match event["type"].as_str().unwrap() {
            "content_block_start" => {
                assert!(!open && index == Some(blocks.len()), "{event}");
                open = true;
                blocks.push(event["content_block"].clone());
            }
            "content_block_delta" => {
                assert!(open && index == Some(blocks.len() - 1), "{event}");
                let block = blocks.last_mut().unwrap();
                let (from, to) = match event["delta"]["type"].as_str().unwrap() {
                    "text_delta" => ("text", "text"),
                    "thinking_delta" => ("thinking", "thinking"),
                    "signature_delta" => ("signature", "signature"),
                    _ => ("partial_json", "json"),
                };
                let grown = block[to].as_str().unwrap_or_default().to_owned() + event["delta"][from].as_str().unwrap();
                block[to] = grown.into();
            }
            "content_block_stop" => {
                assert!(open && index == Some(blocks.len() - 1), "{event}");
                open = false;
            }
            _ => {}
        }
    }
    blocks
}

/// What each block is, shortly.
fn told(deltas: &[Delta<'_>]) -> Vec<String> {
    let brief = |block: Value| match block["type"].as_str().unwrap() {
        "text" => format!("text {}", block["text"].as_str().unwrap()),
        "thinking" => format!("thinking {} {}", block["thinking"].as_str().unwrap(), block["signature"].as_str().unwrap()),
        "tool_use" => format!("{} {}", block["id"].as_str().unwrap(), block["json"].as_str().unwrap_or_default()),
        other => other.to_owned(),
    };
    blocks(&events(&bytes(deltas))).into_iter().map(brief).collect()
}

#[test]
fn tool_calls_one_after_the_other_stream_without_waiting() {
    let (mut writer, mut out) = (Writer::new("asked", true), Vec::new());
    for delta in [start(), text("Hi"), call(0), arguments(0, "{\"a\":"), arguments(0, "1}"), call(1), arguments(1, "{}")] {
        let before = out.len();
        writer.delta(&delta, &mut out);
        assert!(out.len() > before, "{delta:?} waits");
    }
}

#[test]
fn tool_calls_that_interleave_become_blocks_in_their_order() {
    let deltas = [
        start(),
        call(0),
        call(1),
        arguments(1, "{\"b\":"),
        arguments(0, "{\"a\":"),
        text("meanwhile"),
        call(2),
        arguments(2, "{}"),
        arguments(0, "\"}\"}"),
        arguments(1, "2}"),
        finish(FinishReason::ToolCalls),
        Delta::End,
    ];
    assert_eq!(told(&deltas), ["call_0 {\"a\":\"}\"}", "call_1 {\"b\":2}", "text meanwhile", "call_2 {}"]);
}

#[test]
fn arguments_that_never_are_complete_are_told_at_the_end() {
    let deltas = [start(), call(0), arguments(0, "{\"a"), call(1), call(2), arguments(2, "{"), Delta::End];
    assert_eq!(told(&deltas), ["call_0 {\"a", "call_1 ", "call_2 {"]);
}

#[test]
fn thinking_ends_with_its_signature_and_redacted_thinking_is_a_block() {
    let thinking = |text: &'static str| Delta::Thinking { choice: 0, text: text.into() };
    let signature = || Delta::Signature { choice: 0, signature: "s".into() };
    let redacted = || Delta::RedactedThinking { choice: 0, data: "d".into() };
    let deltas = [
        start(),
        thinking("a"),
        thinking("b"),
        signature(),
        signature(),
        redacted(),
        thinking("c"),
        text("x"),
        call(0),
        thinking("d"),
        signature(),
        redacted(),
        text("y"),
        arguments(0, "{}"),
        text("z"),
        Delta::End,
    ];
    let expected = [
        "thinking ab s",
        "thinking  s",
        "redacted_thinking",
        "thinking c ",
        "text x",
        "call_0 {}",
        "thinking d s",
        "redacted_thinking",
        "text yz",
    ];
    assert_eq!(told(&deltas), expected);
}

#[test]
fn usage_that_comes_after_the_reason_is_told_and_only_the_end_ends() {
    let usage = Tokens { input: 10, cached_input: 4, cache_write: 1, output: 7, reasoning: 2 };
    let deltas = [start(), text("Hi"), finish(FinishReason::Length), Delta::Usage(usage)];
    let open = events(&bytes(&deltas));
    assert!(open.iter().all(|event| event["type"] != "message_delta" && event["type"] != "message_stop"));
    let whole = events(&bytes(&[deltas.to_vec(), vec![Delta::End]].concat()));
    let [.., delta, stop] = whole.as_slice() else { panic!() };
    assert_eq!(delta["delta"], json!({ "stop_reason": "max_tokens", "stop_sequence": null }));
    let expected = json!({ "input_tokens": 5, "cache_creation_input_tokens": 1, "cache_read_input_tokens": 4, "output_tokens": 7,
        "output_tokens_details": { "thinking_tokens": 2 } });
    assert_eq!(delta["usage"], expected);
    assert_eq!(stop["type"], "message_stop");
}

#[test]
fn usage_that_is_known_at_the_beginning_is_told_there() {
    let usage = Tokens { input: 10, ..Tokens::default() };
    let events = events(&bytes(&[Delta::Usage(usage), start()]));
    assert_eq!(events[0]["message"]["usage"]["input_tokens"], 10);
    assert_eq!(events[0]["message"]["model"], "gpt-4o");
}

#[test]
fn a_stream_without_a_start_begins_all_the_same() {
    let events = events(&bytes(&[text("Hi"), Delta::End]));
    assert_eq!(events[0]["message"]["model"], "asked");
    assert!(events[0]["message"]["id"].as_str().unwrap().starts_with("msg_"));
    assert_eq!(events.last().unwrap()["type"], "message_stop");
}

#[test]
fn a_stream_of_nothing_is_an_error() {
    let events = events(&bytes(&[Delta::End]));
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["type"], "error");
}

#[test]
fn a_refusal_is_text_and_the_reason() {
    let refusal = Delta::Refusal { choice: 0, text: "No.".into() };
    let deltas = [start(), refusal, finish(FinishReason::Stop), Delta::End];
    assert_eq!(told(&deltas), ["text No."]);
    let events = events(&bytes(&deltas));
    assert_eq!(events[events.len() - 2]["delta"]["stop_reason"], "refusal");
}

#[test]
fn an_error_ends_the_stream_and_nothing_comes_after_it() {
    let error = ProviderError { kind: Some("server_error".into()), message: "broken".into(), ..ProviderError::default() };
    let events = events(&bytes(&[start(), text("Hi"), Delta::Error(error), text("never"), Delta::End]));
    let expected = json!({ "type": "error", "error": { "type": "api_error", "message": "broken" }, "request_id": null });
    assert_eq!(events.last().unwrap(), &expected);
}

#[test]
fn a_failure_of_the_gateway_ends_the_stream_once() {
    let (mut writer, mut out) = (Writer::new("asked", true), Vec::new());
    writer.delta(&start(), &mut out);
    let rejection = Rejection::new(Kind::BadAnswer, "the provider's stream was cut");
    writer.fail(&rejection, &mut out);
    writer.fail(&rejection, &mut out);
    writer.delta(&Delta::End, &mut out);
    let events = events(&out);
    assert_eq!(events.len(), 2);
    assert_eq!(events[1]["error"], json!({ "type": "api_error", "message": "the provider's stream was cut" }));
}

#[test]
fn arguments_without_a_place_and_calls_that_come_twice_fail_the_stream() {
    for wrong in
        [vec![arguments(0, "{}")], vec![call(0), call(0)], vec![call(0), arguments(0, "{}"), call(1), arguments(0, "{}")]]
    {
        let events = events(&bytes(&[wrong, vec![Delta::End]].concat()));
        assert_eq!(events.last().unwrap()["type"], "error");
    }
    // White space after a whole object is none.
    let deltas = [call(0), arguments(0, "{}"), call(1), arguments(0, " \n"), arguments(1, "{}"), Delta::End];
    assert_eq!(told(&deltas), ["call_0 {}", "call_1 {}"]);
}

#[test]
fn what_waits_is_bounded() {
    let piece = "x".repeat(1 << 20);
    let many = std::iter::repeat_n(arguments(1, &piece), 10);
    let long: Vec<_> = [call(0), call(1)].into_iter().chain(many).collect();
    assert_eq!(events(&bytes(&long)).last().unwrap()["type"], "error");
    let redacted = std::iter::repeat_n(Delta::RedactedThinking { choice: 0, data: "".into() }, 10_000);
    let many: Vec<_> = [call(0)].into_iter().chain(redacted).collect();
    assert_eq!(events(&bytes(&many)).last().unwrap()["type"], "error");
    let calls: Vec<_> = (0..2_000).map(call).collect();
    assert_eq!(events(&bytes(&calls)).last().unwrap()["type"], "error");
}

#[test]
fn other_choices_are_not_mixed_in() {
    let other = Delta::Text { choice: 1, text: "other".into() };
    assert_eq!(told(&[start(), text("a"), other, text("b"), Delta::End]), ["text ab"]);
}
