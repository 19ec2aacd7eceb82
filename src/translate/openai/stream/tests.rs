use std::borrow::Cow;

use serde_json::{Value, json};

use super::*;
use crate::codec::sse::Event;
use crate::rejection::{Kind, Rejection};
use crate::translate::AnswerError;
use crate::translate::answer::{Delta, Finish, FinishReason};

fn event(data: &str) -> Event<'_> {
    Event { data: Cow::Borrowed(data.as_bytes()), raw: data.as_bytes(), ..Event::default() }
}

/// The deltas of these chunks, one line each.
fn deltas(chunks: &[Value]) -> Vec<String> {
    let mut reader = Reader::default();
    let mut lines = Vec::new();
    for chunk in chunks {
        let data = chunk.as_str().map_or_else(|| chunk.to_string(), str::to_owned);
        reader.event(&event(&data), &mut |delta| lines.push(line(&delta))).unwrap();
    }
    lines
}

fn line(delta: &Delta<'_>) -> String {
    match delta {
        Delta::Start { id, model, created } => format!("start {id:?} {model:?} {created:?}"),
        Delta::Text { choice, text } => format!("{choice} text {text}"),
        Delta::TextBlock { choice } => format!("{choice} block"),
        Delta::Citation { choice, citation } => format!("{choice} citation {:?} {:?}", citation.at, citation.url()),
        Delta::Refusal { choice, text } => format!("{choice} refusal {text}"),
        Delta::Thinking { choice, text } => format!("{choice} thinking {text}"),
        Delta::Signature { choice, signature } => format!("{choice} signature {signature}"),
        Delta::RedactedThinking { choice, data } => format!("{choice} redacted {data}"),
        Delta::CustomCall { choice, index, name, .. } => format!("{choice} custom {index} {name}"),
        Delta::CustomInput { choice, index, text } => format!("{choice} input {index} {text}"),
        Delta::Media { choice, media_type, data } => format!("{choice} {media_type} {data}"),
        Delta::ToolCall { choice, index, id, name, signature: _ } => {
            let id = if id.len() == 37 { "made" } else { id };
            format!("{choice} call {index} {id} {name}")
        }
        Delta::ToolArguments { choice, index, json } => format!("{choice} arguments {index} {json}"),
        Delta::Logprobs { choice, raw } => format!("{choice} logprobs {raw}"),
        Delta::Finish { choice, finish } => format!("{choice} finish {:?}", finish.reason),
        Delta::Usage(tokens) => format!("usage {} {}", tokens.input, tokens.output),
        Delta::Error(error) => format!("error {}", error.message),
        Delta::End => "end".to_owned(),
    }
}

fn chunk(delta: Value) -> Value {
    json!({"id": "c", "model": "m", "created": 7, "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

fn finish(reason: &str) -> Value {
    json!({"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

fn calls(calls: Value) -> Value {
    chunk(json!({"tool_calls": calls}))
}

#[test]
fn a_plain_stream_is_read() {
    let chunks = [
        chunk(json!({"role": "assistant", "content": "", "refusal": null})),
        chunk(json!({"content": "Hi"})),
        finish("stop"),
        json!({"id": "c", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}}),
        json!("[DONE]"),
        chunk(json!({"content": "after the end"})),
    ];
    let expected = [r#"start Some("c") Some("m") Some(7)"#, "0 text Hi", "0 finish Stop", "usage 3 1", "end"];
    assert_eq!(deltas(&chunks), expected);
}

/// Field notes 50 and 51.
#[test]
fn azure_begins_without_choices_and_filters_without_delta() {
    let chunks = [
        json!({"id": "", "model": "", "created": 0, "object": "", "choices": [], "prompt_filter_results": [{}]}),
        json!({"id": "", "model": "", "choices": [{"index": 0, "finish_reason": null, "content_filter_results": {}}]}),
        chunk(json!({"content": "Hi"})),
    ];
    assert_eq!(deltas(&chunks), ["start None None None", "0 text Hi"]);
}

#[test]
fn parallel_calls_keep_their_own_arguments() {
    let chunks = [
        calls(json!([{"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}])),
        calls(json!([{"index": 0, "function": {"arguments": "{\"x\":"}}])),
        calls(json!([{"index": 1, "id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}}])),
        calls(json!([{"index": 0, "function": {"arguments": "1}"}}])),
        finish("tool_calls"),
    ];
    let expected =
        ["0 call 0 a f", "0 arguments 0 {\"x\":", "0 call 1 b g", "0 arguments 1 {}", "0 arguments 0 1}", "0 finish ToolCalls"];
    assert_eq!(deltas(&chunks)[1..], expected);
}

#[test]
fn calls_without_an_index_are_told_apart() {
    // Field note 43.
    let chunks = [
        calls(json!([{"id": "a", "function": {"name": "f", "arguments": "{"}}, {"id": "b", "function": {"name": "f"}}])),
        calls(json!([{"function": {"arguments": "1"}}])),
        calls(json!([{"id": "a", "function": {"arguments": "}"}}])),
        calls(json!([{"function": {"name": "h", "arguments": {"k": 1}}}])),
    ];
    let expected = [
        "0 call 0 a f",
        "0 arguments 0 {",
        "0 call 1 b f",
        "0 arguments 1 1",
        "0 arguments 0 }",
        "0 call 2 made h",
        "0 arguments 2 {\"k\":1}",
    ];
    assert_eq!(deltas(&chunks)[1..], expected);
}

#[test]
fn calls_that_are_all_number_zero_are_told_apart_by_their_ids() {
    // Field notes 41 and 42.
    let chunks = [
        calls(json!([{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}])),
        calls(json!([{"index": 0, "id": "b", "function": {"name": "f", "arguments": "{"}}])),
        calls(json!([{"index": 0, "id": "b", "function": {"name": "f", "arguments": "}"}}])),
        calls(json!([{"index": 0, "id": "", "function": {"arguments": " "}}])),
        calls(json!([{"index": 0, "id": "new", "function": {"arguments": " "}}])),
    ];
    let expected = [
        "0 call 0 a f",
        "0 arguments 0 {}",
        "0 call 1 b f",
        "0 arguments 1 {",
        "0 arguments 1 }",
        "0 arguments 1  ",
        "0 arguments 1  ",
    ];
    assert_eq!(deltas(&chunks)[1..], expected);
}

#[test]
fn thinking_comes_under_many_names_and_is_told_once() {
    for delta in [
        json!({"reasoning_content": "hm", "content": "so"}),
        json!({"reasoning": "hm", "content": "so"}),
        json!({"reasoning_content": "hm", "reasoning": "hm", "content": "so"}),
        json!({"reasoning_content": "hm", "content": "so", "thinking_blocks": [{"type": "thinking", "thinking": "hm"}]}),
        json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "so"}]}),
        json!({"content": "so", "reasoning_content": "", "reasoning": "hm"}),
    ] {
        assert_eq!(deltas(&[chunk(delta.clone())])[1..], ["0 thinking hm", "0 text so"], "{delta}");
    }
    let signed = json!({"thinking_blocks": [
        {"type": "thinking", "thinking": "", "signature": "sig"}, {"type": "redacted_thinking", "data": "x"},
    ]});
    assert_eq!(deltas(&[chunk(signed)])[1..], ["0 signature sig", "0 redacted x"]);
}

#[test]
fn a_named_tool_that_is_called_is_a_tool_call_though_openai_says_stop() {
    let begin = calls(json!([{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}]));
    assert_eq!(deltas(&[begin, finish("stop")]).last().unwrap(), "0 finish ToolCalls");
}

#[test]
fn a_reason_that_is_told_twice_counts_once() {
    let reasons: Vec<_> = deltas(&[finish("length"), finish("length"), finish("")]);
    assert_eq!(reasons[1..], ["0 finish Length"]);
}

#[test]
fn usage_is_taken_wherever_it_stands() {
    let mut last = finish("stop");
    last["usage"] = json!({"prompt_tokens": 3, "completion_tokens": 9});
    let mut first = chunk(json!({"content": "a"}));
    first["usage"] = json!(null);
    assert_eq!(deltas(&[first, last])[1..], ["0 text a", "0 finish Stop", "usage 3 9"]);
}

#[test]
fn an_error_in_mid_stream_ends_it() {
    for error in [json!({"error": {"message": "no"}}), json!({"error": "no", "choices": []})] {
        assert_eq!(deltas(&[error, chunk(json!({"content": "x"})), json!("[DONE]")]), ["error no"]);
    }
    assert_eq!(deltas(&[json!({"error": {}, "choices": []})]), [""; 0]);
}

#[test]
fn what_is_not_a_chunk_is_malformed_and_the_next_event_may_be_good() {
    let mut reader = Reader::default();
    for data in ["what", "[1]", r#"{"choices":[{"index":-1}]}"#, r#"{"choices":[{"index":4294967295}]}"#] {
        let result = reader.event(&event(data), &mut |_| {});
        assert!(matches!(result, Err(AnswerError::Malformed { .. })), "{data}");
    }
    let nameless = calls(json!([{"index": 0, "id": "a", "function": {"arguments": "{}"}}])).to_string();
    assert!(reader.event(&event(&nameless), &mut |_| {}).is_err());
    let mut texts = 0;
    let good = chunk(json!({"content": "Hi"})).to_string();
    reader.event(&event(&good), &mut |delta| texts += usize::from(matches!(delta, Delta::Text { .. }))).unwrap();
    assert_eq!(texts, 1);
}

#[test]
fn a_provider_that_never_stops_calling_tools_is_stopped() {
    let mut reader = Reader::default();
    let mut result = Ok(());
    for number in 0..2_000 {
        let data = calls(json!([{"id": number.to_string(), "function": {"name": "f"}}])).to_string();
        result = reader.event(&event(&data), &mut |_| {});
    }
    assert!(result.is_err());
}

#[test]
fn only_a_chunk_of_usage_alone_is_the_usage_chunk() {
    assert!(is_usage_chunk(&event(r#"{"choices":[],"usage":{"prompt_tokens":1}}"#)));
    for data in [r#"{"choices":[{"delta":{}}],"usage":{}}"#, r#"{"choices":[],"usage":null}"#, r#"{"choices":[]}"#, "[DONE]"] {
        assert!(!is_usage_chunk(&event(data)), "{data}");
    }
}

/// The data of what a writer makes of these deltas; JSON where it is.
fn written(wants_usage: bool, deltas: &[Delta<'_>]) -> Vec<Value> {
    let mut writer = Writer::new("asked", wants_usage);
    let mut out = Vec::new();
    deltas.iter().for_each(|delta| writer.delta(delta, &mut out));
    data(&out)
}

fn data(out: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(out).unwrap();
    assert!(text.is_empty() || text.ends_with("\n\n"));
    let events = text.split_terminator("\n\n");
    events
        .map(|event| event.strip_prefix("data: ").unwrap())
        .map(|data| serde_json::from_str(data).unwrap_or_else(|_| Value::from(data)))
        .collect()
}

fn start() -> Delta<'static> {
    Delta::Start { id: Some("c".into()), model: Some("m".into()), created: Some(7) }
}

fn delta_of(chunk: &Value) -> &Value {
    assert_eq!((&chunk["id"], &chunk["object"]), (&json!("c"), &json!("chat.completion.chunk")));
    &chunk["choices"][0]["delta"]
}

#[test]
fn a_stream_is_written_as_openai_writes_it() {
    let stop = Delta::Finish { choice: 0, finish: Finish { reason: FinishReason::StopSequence, stop_sequence: None } };
    let usage = Delta::Usage(crate::usage::Tokens { input: 3, cached_input: 2, output: 5, reasoning: 1, ..Default::default() });
    let text = Delta::Text { choice: 0, text: "a \"b\"\n".into() };
    let events = written(true, &[start(), text, stop, usage, Delta::End, Delta::End]);
    let head = |rest: Value| {
        let mut chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 7, "model": "m"});
        chunk.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        chunk
    };
    let choice = |delta: Value, reason: Value| head(json!({"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}));
    assert_eq!(
        events,
        [
            choice(json!({"role": "assistant", "content": ""}), json!(null)),
            choice(json!({"content": "a \"b\"\n"}), json!(null)),
            choice(json!({}), json!("stop")),
            head(json!({"choices": [], "usage": {
                "prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8,
                "prompt_tokens_details": {"cached_tokens": 2}, "completion_tokens_details": {"reasoning_tokens": 1},
            }})),
            json!("[DONE]"),
        ]
    );
}

#[test]
fn usage_is_not_told_to_a_client_that_did_not_ask() {
    let events = written(false, &[start(), Delta::Usage(crate::usage::Tokens::default()), Delta::End]);
    assert_eq!(events.len(), 2);
    assert_eq!(events[1], "[DONE]");
}

#[test]
fn a_call_without_arguments_is_completed_to_an_object() {
    let call = |index, id: &'static str| Delta::ToolCall { choice: 0, index, id: id.into(), name: "f".into(), signature: None };
    let arguments = Delta::ToolArguments { choice: 0, index: 1, json: "{\"a\":1}".into() };
    let done = Delta::Finish { choice: 0, finish: Finish { reason: FinishReason::ToolCalls, stop_sequence: None } };
    let events = written(false, &[start(), call(0, "x"), call(1, "y"), arguments, done]);
    let pieces: Vec<_> = events[1..5].iter().map(|event| delta_of(event)["tool_calls"][0].clone()).collect();
    assert_eq!(
        pieces,
        [
            json!({"index": 0, "id": "x", "type": "function", "function": {"name": "f", "arguments": ""}}),
            json!({"index": 1, "id": "y", "type": "function", "function": {"name": "f", "arguments": ""}}),
            json!({"index": 1, "function": {"arguments": "{\"a\":1}"}}),
            json!({"index": 0, "function": {"arguments": "{}"}}),
        ]
    );
    assert_eq!(events[5]["choices"][0]["finish_reason"], "tool_calls");
}

#[test]
fn signed_thinking_is_told_once_more_as_a_block_that_can_be_sent_back() {
    let thinking = |text: &'static str| Delta::Thinking { choice: 0, text: text.into() };
    let signature = |text: &'static str| Delta::Signature { choice: 0, signature: text.into() };
    let redacted = Delta::RedactedThinking { choice: 0, data: "x".into() };
    let events =
        written(false, &[start(), thinking("a"), thinking("b"), signature("1"), thinking("c"), signature("2"), redacted]);
    let deltas: Vec<_> = events[1..].iter().map(delta_of).cloned().collect();
    assert_eq!(
        deltas,
        [
            json!({"reasoning_content": "a"}),
            json!({"reasoning_content": "b"}),
            json!({"thinking_blocks": [{"type": "thinking", "index": 0, "thinking": "ab", "signature": "1"}]}),
            json!({"reasoning_content": "c"}),
            json!({"thinking_blocks": [{"type": "thinking", "index": 1, "thinking": "c", "signature": "2"}]}),
            json!({"thinking_blocks": [{"type": "redacted_thinking", "index": 2, "data": "x"}]}),
        ]
    );
}

#[test]
fn each_answer_begins_with_its_role() {
    let text = |choice, text: &'static str| Delta::Text { choice, text: text.into() };
    let events = written(false, &[start(), text(0, "a"), text(1, "b"), text(1, "c")]);
    let choices: Vec<_> = events.iter().map(|event| event["choices"][0]["index"].as_u64().unwrap()).collect();
    assert_eq!(choices, [0, 0, 1, 1, 1]);
    assert_eq!(delta_of(&events[2])["role"], "assistant");
}

#[test]
fn after_an_error_nothing_follows() {
    let error = Delta::Error(crate::translate::answer::ProviderError {
        kind: Some("overloaded_error".into()),
        message: "Overloaded".into(),
        ..Default::default()
    });
    let text = Delta::Text { choice: 0, text: "x".into() };
    let events = written(true, &[start(), error, text, Delta::End]);
    assert_eq!(events.len(), 2);
    let expected = json!({"message": "Overloaded", "type": "server_error", "param": null, "code": "overloaded_error"});
    assert_eq!(events[1], json!({"error": expected}));
}

#[test]
fn a_failure_ends_the_stream_with_an_error_and_no_done() {
    let mut writer = Writer::new("asked", true);
    let mut out = Vec::new();
    writer.fail(&Rejection::new(Kind::BadAnswer, "cut"), &mut out);
    writer.fail(&Rejection::new(Kind::BadAnswer, "again"), &mut out);
    writer.delta(&Delta::End, &mut out);
    let events = data(&out);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["error"]["message"], "cut");
}

#[test]
fn a_stream_without_a_start_gets_a_head_of_its_own() {
    let events = written(false, &[Delta::Text { choice: 0, text: "x".into() }]);
    assert_eq!(events[1]["model"], "asked");
    assert!(events[1]["id"].as_str().unwrap().starts_with("chatcmpl-"));
}
