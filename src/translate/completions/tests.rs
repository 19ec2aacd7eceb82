use std::borrow::Cow;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{request, response, stream};
use crate::codec::sse::Event;
use crate::rejection::{Kind, Rejection};
use crate::translate::RequestError;
use crate::translate::answer::{Answer, Choice, Delta, Finish, FinishReason, ProviderError};
use crate::translate::conversation::{Content, Role, Thinking};
use crate::usage::Tokens;

fn wrong(fields: Value) -> (&'static str, String) {
    let mut body = json!({"model": "m", "prompt": "Once"});
    if let (Value::Object(body), Value::Object(fields)) = (&mut body, fields) {
        body.extend(fields);
    }
    match request::parse(body.to_string().as_bytes()).unwrap_err() {
        RequestError::Invalid { field, .. } => ("invalid", field),
        RequestError::Unsupported { field, .. } => ("unsupported", field),
    }
}

#[test]
fn a_prompt_is_what_the_user_says() {
    for prompt in [json!("Once"), json!(["Once"])] {
        let body = json!({"model": "m", "prompt": prompt, "stop": ["\n", "x"], "n": 2, "best_of": 2, "echo": false, "suffix": "",
            "max_tokens": 7, "logprobs": 3, "user": "u", "seed": 1, "top_p": 0.5, "stream": true})
        .to_string();
        let conversation = request::parse(body.as_bytes()).unwrap();
        let message = &conversation.messages[0];
        assert!(matches!(&message.parts[0].content, Content::Text(text) if text == "Once"));
        assert_eq!((message.role, conversation.messages.len(), conversation.stop.len()), (Role::User, 1, 2));
        assert_eq!((conversation.choices, conversation.max_output_tokens, conversation.logprobs), (Some(2), Some(7), Some(3)));
        assert!(conversation.stream && conversation.extras.is_empty() && conversation.ignored.is_empty());
    }
}

#[test]
fn without_a_limit_openais_own_holds() {
    let conversation = request::parse(br#"{"model":"m","prompt":"x"}"#).unwrap();
    assert_eq!(conversation.max_output_tokens, Some(16));
}

#[test]
fn what_no_conversation_can_say_is_named() {
    for (fields, field) in [
        (json!({"prompt": ["a", "b"]}), "prompt"),
        (json!({"prompt": [1, 2, 3]}), "prompt"),
        (json!({"prompt": [[1, 2], [3]]}), "prompt"),
        (json!({"suffix": "end"}), "suffix"),
        (json!({"echo": true}), "echo"),
        (json!({"best_of": 3}), "best_of"),
    ] {
        assert_eq!(wrong(fields), ("unsupported", field.to_owned()));
    }
    for (fields, field) in [
        (json!({"prompt": null}), "prompt"),
        (json!({"prompt": []}), "prompt"),
        (json!({"prompt": {}}), "prompt"),
        (json!({"logprobs": 6}), "logprobs"),
        (json!({"n": 0}), "n"),
        (json!({"max_tokens": "x"}), "max_tokens"),
    ] {
        assert_eq!(wrong(fields), ("invalid", field.to_owned()));
    }
}

fn logprobs() -> Box<RawValue> {
    let raw = r#"{"content":[{"token":"Hé","logprob":-0.50,"top_logprobs":[{"token":"Hé","logprob":-0.50},{"token":"x","logprob":-2}]},
        {"token":"llo","logprob":-1,"bytes":[1]}]}"#;
    RawValue::from_string(raw.to_owned()).unwrap()
}

#[test]
fn an_answer_is_told_with_its_log_probabilities_side_by_side() {
    let raw = logprobs();
    let thinking = Content::Thinking(Thinking { text: "Hm".into(), signature: None });
    let parts = [thinking, Content::Text("Hé".into()), Content::Text("llo".into())].map(Into::into).to_vec();
    let choice = |reason| Choice {
        parts: parts.clone(),
        finish: Finish { reason, stop_sequence: None },
        logprobs: Some(std::borrow::Cow::Borrowed(&*raw)),
        citations: Vec::new(),
    };
    let answer = Answer {
        id: Some("chatcmpl-1".into()),
        created: Some(7),
        choices: vec![choice(FinishReason::Length), choice(FinishReason::ToolCalls)],
        usage: Some(Tokens { input: 2, output: 3, ..Tokens::default() }),
        ..Answer::default()
    };
    let told: Value = serde_json::from_slice(&response::render(&answer, "asked")).unwrap();
    assert_eq!(
        (&told["object"], &told["model"], &told["usage"]["total_tokens"]),
        (&json!("text_completion"), &json!("asked"), &json!(5))
    );
    assert_eq!(
        told["choices"][0],
        json!({"text": "Héllo", "index": 0, "finish_reason": "length", "logprobs": {
            "tokens": ["Hé", "llo"], "token_logprobs": [-0.5, -1], "text_offset": [0, 2],
            "top_logprobs": [{"Hé": -0.5, "x": -2}, {}],
        }})
    );
    assert_eq!((&told["choices"][1]["index"], &told["choices"][1]["finish_reason"]), (&json!(1), &json!("stop")));
}

/// The data of each event.
fn written(deltas: &[Delta<'_>], wants_usage: bool) -> Vec<String> {
    let (mut writer, mut out) = (stream::Writer::new("asked", wants_usage), Vec::new());
    deltas.iter().for_each(|delta| writer.delta(delta, &mut out));
    let text = String::from_utf8(out).unwrap();
    text.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap().to_owned()).collect()
}

fn start() -> Delta<'static> {
    Delta::Start { id: Some("cmpl-1".into()), model: Some("m".into()), created: Some(7) }
}

fn text(text: &str) -> Delta<'_> {
    Delta::Text { choice: 0, text: text.into() }
}

fn finish() -> Delta<'static> {
    Delta::Finish { choice: 0, finish: Finish { reason: FinishReason::Stop, stop_sequence: None } }
}

#[test]
fn a_stream_is_chunks_and_ends_with_done() {
    let usage = Delta::Usage(Tokens { input: 1, output: 2, ..Tokens::default() });
    let thinking = Delta::Thinking { choice: 0, text: "Hm".into() };
    let deltas = [start(), thinking, text("Hi"), finish(), usage, Delta::End];
    let head = r#"{"id":"cmpl-1","object":"text_completion","created":7,"model":"m","choices":["#;
    let mut expected = vec![
        format!(r#"{head}{{"text":"Hi","index":0,"logprobs":null,"finish_reason":null}}]}}"#),
        format!(r#"{head}{{"text":"","index":0,"logprobs":null,"finish_reason":"stop"}}]}}"#),
        "[DONE]".to_owned(),
    ];
    assert_eq!(written(&deltas, false), expected);
    let details = r#""prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}"#;
    let usage = format!(r#"{head}],"usage":{{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,{details}}}}}"#);
    expected.insert(2, usage);
    assert_eq!(written(&deltas, true), expected);
}

#[test]
fn places_of_tokens_go_on_from_chunk_to_chunk() {
    let raw = logprobs();
    let probabilities = || Delta::Logprobs { choice: 0, raw: &raw };
    let chunks = written(&[start(), text("Héllo"), probabilities(), text("Héllo"), probabilities()], false);
    let offsets: Vec<Value> = chunks
        .iter()
        .map(|chunk| serde_json::from_str::<Value>(chunk).unwrap()["choices"][0]["logprobs"]["text_offset"].clone())
        .collect();
    assert_eq!(offsets, [json!(null), json!([0, 2]), json!(null), json!([5, 7])]);
}

#[test]
fn an_error_is_the_last_thing_and_there_is_no_done() {
    let error = Delta::Error(ProviderError { message: "broke".into(), ..ProviderError::default() });
    let chunks = written(&[start(), text("Hi"), error, text("more"), Delta::End], true);
    assert_eq!(chunks.len(), 2);
    assert!(chunks[1].contains("broke"));
    let (mut writer, mut out) = (stream::Writer::new("asked", false), Vec::new());
    writer.fail(&Rejection::new(Kind::BadAnswer, "cut"), &mut out);
    writer.delta(&Delta::End, &mut out);
    assert!(String::from_utf8(out).unwrap().starts_with("data: {\"error\":{\"message\":\"cut\""));
}

/// The deltas of these events, one line each.
fn observed(events: &[&str]) -> Vec<String> {
    let (mut reader, mut lines) = (stream::Reader::default(), Vec::new());
    for data in events {
        let event = Event { data: Cow::Borrowed(data.as_bytes()), ..Event::default() };
        reader.event(&event, &mut |delta| lines.push(format!("{delta:?}"))).unwrap();
    }
    lines.iter().map(|line| line.split([' ', '(']).next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_providers_stream_is_observed() {
    let seen = observed(&[
        r#"{"id":"cmpl-1","choices":[{"text":"a","index":0,"finish_reason":null}],"usage":null}"#,
        r#"{"id":"cmpl-1","choices":[{"text":"b","index":1,"finish_reason":"stop"}]}"#,
        r#"{"id":"cmpl-1","choices":[{"text":"","index":1,"finish_reason":"stop"}]}"#,
        r#"{"id":"cmpl-1","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#,
        "[DONE]",
        r#"{"choices":[{"text":"late"}]}"#,
    ]);
    assert_eq!(seen, ["Start", "Text", "Text", "Finish", "Usage", "End"]);
    assert_eq!(observed(&[r#"{"error":{"message":"no"}}"#, "[DONE]"]), ["Error"]);
}

#[test]
fn a_providers_answer_is_observed() {
    let answer = response::parse(
        br#"{"id":"cmpl-1","model":"m","created":7,"choices":[{"text":"a","index":0,"finish_reason":"length"}],
        "usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#,
    )
    .unwrap();
    assert_eq!((answer.usage.unwrap().total(), answer.choices[0].finish.reason), (3, FinishReason::Length));
    for body in [r#"{"choices":[]}"#, r#"{"error":{"message":"no"}}"#, "x"] {
        assert!(response::parse(body.as_bytes()).is_err(), "{body}");
    }
}
