use serde_json::{Value, json};

use super::*;
use crate::codec::sse::{Event, Parser};
use crate::rejection::{Kind, Rejection};
use crate::translate::AnswerError;
use crate::translate::answer::{Delta, Finish, FinishReason};
use crate::usage::Tokens;

fn read(events: &[Value]) -> Result<Vec<String>, AnswerError> {
    let mut reader = Reader::default();
    let mut said = Vec::new();
    for event in events {
        let data = event.to_string();
        let event = Event { name: None, data: data.as_bytes().into(), raw: b"", exception: false };
        reader.event(&event, &mut |delta| said.push(told(&delta)))?;
    }
    Ok(said)
}

fn told(delta: &Delta<'_>) -> String {
    match delta {
        Delta::Start { id, model, .. } => format!("start {} {}", id.as_deref().unwrap_or("-"), model.as_deref().unwrap_or("-")),
        Delta::Text { choice, text } => format!("{choice} text {text}"),
        Delta::Refusal { choice, text } => format!("{choice} refusal {text}"),
        Delta::Thinking { choice, text } => format!("{choice} thinking {text}"),
        Delta::Signature { choice, signature } => format!("{choice} signature {signature}"),
        Delta::ToolCall { choice, index, id, name, signature } => {
            format!("{choice} call {index} {id} {name} {}", signature.as_deref().unwrap_or("-"))
        }
        Delta::ToolArguments { choice, index, json } => format!("{choice} arguments {index} {json}"),
        Delta::Finish { choice, finish } => format!("{choice} finish {:?}", finish.reason),
        Delta::Usage(tokens) => format!("usage {}+{}", tokens.input, tokens.output),
        Delta::Error(error) => format!("error {:?} {}", error.kind.as_deref(), error.message),
        other => format!("{other:?}"),
    }
}

fn chunk(parts: Value, reason: Option<&str>) -> Value {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    if let Some(reason) = reason {
        candidate["finishReason"] = json!(reason);
    }
    json!({"candidates": [candidate], "modelVersion": "m", "responseId": "r"})
}

#[test]
fn thinking_text_and_calls_are_told_in_order() {
    let mut last = chunk(json!([{"functionCall": {"id": "2", "name": "g", "args": {}}}]), Some("STOP"));
    last["usageMetadata"] = json!({"promptTokenCount": 4, "candidatesTokenCount": 6});
    let said = read(&[
        chunk(json!([{"text": "Hm", "thought": true}]), None),
        chunk(
            json!([{"text": "Hi"}, {"functionCall": {"id": "1", "name": "f", "args": {"a":1}}, "thoughtSignature": "Cg=="}]),
            None,
        ),
        last,
    ]);
    let expected = [
        "start r m",
        "0 thinking Hm",
        "0 text Hi",
        "0 call 0 1 f Cg==",
        "0 arguments 0 {\"a\":1}",
        "usage 4+6",
        "0 call 1 2 g -",
        "0 arguments 1 {}",
        "0 finish ToolCalls",
    ];
    assert_eq!(said.unwrap(), expected);
}

#[test]
fn a_signature_may_come_alone_at_the_end() {
    let said =
        read(&[chunk(json!([{"text": "Hi"}]), None), chunk(json!([{"text": "", "thoughtSignature": "Cg=="}]), Some("STOP"))]);
    assert_eq!(said.unwrap(), ["start r m", "0 text Hi", "0 signature google:Cg==", "0 finish Stop"]);
}

#[test]
fn a_reason_on_every_chunk_is_told_where_it_holds() {
    let said = read(&[
        chunk(json!([{"text": "a"}]), Some("STOP")),
        chunk(json!([{"text": "b"}]), Some("STOP")),
        chunk(json!([]), Some("STOP")),
    ]);
    assert_eq!(said.unwrap(), ["start r m", "0 text a", "0 finish Stop", "0 text b", "0 finish Stop"]);
}

#[test]
fn a_blocked_prompt_ends_the_answer_and_says_why() {
    let said = read(&[json!({"promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": "no"}})]).unwrap();
    assert_eq!(said[1..], ["0 refusal Google blocked the prompt (SAFETY): no", "0 finish ContentFilter"]);
}

#[test]
fn a_call_that_the_model_wrote_wrongly_is_an_error_after_its_usage() {
    let mut last = chunk(json!([]), Some("MALFORMED_FUNCTION_CALL"));
    last["usageMetadata"] = json!({"promptTokenCount": 4});
    let said = read(&[last, chunk(json!([{"text": "x"}]), None)]).unwrap();
    let error = "error Some(\"MALFORMED_FUNCTION_CALL\") the model wrote what is no answer (MALFORMED_FUNCTION_CALL)";
    assert_eq!(said, ["usage 4+0", "start r m", error]);
}

#[test]
fn an_error_in_the_middle_is_told_alone_or_in_an_array() {
    let error = json!({"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}});
    for event in [error.clone(), json!([error])] {
        let said = read(&[chunk(json!([{"text": "a"}]), None), event, chunk(json!([{"text": "b"}]), None)]).unwrap();
        assert_eq!(said[2..], ["error Some(\"UNAVAILABLE\") The model is overloaded."]);
    }
}

#[test]
fn odd_events_are_errors_and_never_panics() {
    for event in [json!(7), json!("x"), json!([1]), json!({"candidates": {}}), json!({"candidates": [{"index": 64}]})] {
        assert!(read(std::slice::from_ref(&event)).is_err(), "{event}");
    }
    assert_eq!(read(&[json!({})]).unwrap(), ["start - -"]);
    let many: Vec<_> = (0..1100).map(|_| json!({"functionCall": {"name": "f"}})).collect();
    assert!(read(&[chunk(json!(many), None)]).is_err());
}

fn written(deltas: &[Delta<'_>]) -> Vec<Value> {
    let mut writer = Writer::new("asked", true);
    let mut out = Vec::new();
    deltas.iter().for_each(|delta| writer.delta(delta, &mut out));
    let mut parser = Parser::new(1 << 20);
    let mut list = Vec::new();
    parser
        .push::<AnswerError>(&out, &mut |event| {
            list.push(serde_json::from_slice(&event.data).unwrap());
            Ok(())
        })
        .unwrap();
    list
}

fn finish(choice: u32, reason: FinishReason) -> Delta<'static> {
    Delta::Finish { choice, finish: Finish { reason, stop_sequence: None } }
}

#[test]
fn calls_are_written_whole_in_the_last_chunk_with_usage() {
    let call = |index, id: &'static str| Delta::ToolCall { choice: 0, index, id: id.into(), name: "f".into(), signature: None };
    let piece = |index, json: &'static str| Delta::ToolArguments { choice: 0, index, json: json.into() };
    let usage = Delta::Usage(Tokens { input: 3, output: 4, reasoning: 1, ..Tokens::default() });
    let chunks = written(&[
        Delta::Start { id: Some("r".into()), model: None, created: None },
        Delta::Text { choice: 0, text: "Hi".into() },
        call(0, "a"),
        piece(0, "{\"x\""),
        call(1, "b"),
        piece(0, ":1}"),
        piece(1, "{}"),
        finish(0, FinishReason::ToolCalls),
        usage,
        Delta::End,
        Delta::Text { choice: 0, text: "late".into() },
    ]);
    assert_eq!(chunks.len(), 2);
    assert_eq!(chunks[0]["candidates"][0]["content"], json!({"role": "model", "parts": [{"text": "Hi"}]}));
    assert_eq!(chunks[0]["candidates"][0].get("finishReason"), None);
    assert_eq!(
        chunks[1],
        json!({
            "candidates": [{"content": {"role": "model", "parts": [
                {"functionCall": {"id": "a", "name": "f", "args": {"x": 1}}}, {"functionCall": {"id": "b", "name": "f", "args": {}}},
            ]}, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 3, "thoughtsTokenCount": 1, "totalTokenCount": 7},
            "modelVersion": "asked", "responseId": "r",
        })
    );
}

#[test]
fn thinking_is_written_with_the_signature_of_whoever_made_it() {
    let chunks = written(&[
        Delta::Thinking { choice: 0, text: "Hm".into() },
        Delta::Signature { choice: 0, signature: "ErUB".into() },
        finish(0, FinishReason::Length),
        Delta::End,
    ]);
    assert_eq!(chunks[0]["candidates"][0]["content"]["parts"], json!([{"text": "Hm", "thought": true}]));
    let signature = json!([{"text": "", "thought": true, "thoughtSignature": "a2FubW9uLXNpZ25hdHVyZTpFclVC"}]);
    assert_eq!(chunks[1]["candidates"][0]["content"]["parts"], signature);
    assert_eq!(chunks[2]["candidates"][0]["finishReason"], "MAX_TOKENS");
}

#[test]
fn an_error_is_the_last_thing_and_a_stream_that_never_began_is_one() {
    let mut writer = Writer::new("asked", true);
    let mut out = Vec::new();
    writer.delta(&Delta::Text { choice: 0, text: "a".into() }, &mut out);
    writer.fail(&Rejection::new(Kind::BadAnswer, "cut"), &mut out);
    let length = out.len();
    writer.delta(&Delta::End, &mut out);
    assert_eq!(out.len(), length);
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains(r#"data: {"error":{"code":502,"message":"cut","status":"UNAVAILABLE""#), "{text}");
    let chunks = written(&[Delta::End]);
    assert!(chunks[0]["error"]["message"].as_str().unwrap().contains("before it began"));
}

#[test]
fn the_writer_tells_whether_it_or_the_provider_failed() {
    let (mut out, mut failed, mut gave_up) = (Vec::new(), Writer::new("m", true), Writer::new("m", true));
    failed.fail(&Rejection::new(Kind::Timeout, "late"), &mut out);
    assert!(!failed.gave_up());
    gave_up.delta(&Delta::ToolArguments { choice: 0, index: 0, json: "{}".into() }, &mut out);
    assert!(gave_up.gave_up());
}

#[test]
fn what_is_kept_is_bounded() {
    let mut writer = Writer::new("asked", true);
    let mut out = Vec::new();
    let call = Delta::ToolCall { choice: 0, index: 0, id: "a".into(), name: "f".into(), signature: None };
    writer.delta(&call, &mut out);
    let piece = "x".repeat(1 << 20);
    for _ in 0..9 {
        writer.delta(&Delta::ToolArguments { choice: 0, index: 0, json: piece.as_str().into() }, &mut out);
    }
    assert!(String::from_utf8(out).unwrap().contains("more than"));
    let mut out = Vec::new();
    let mut writer = Writer::new("asked", true);
    writer.delta(&Delta::ToolArguments { choice: 0, index: 3, json: "{}".into() }, &mut out);
    assert!(String::from_utf8(out).unwrap().contains("has not begun"));
}
