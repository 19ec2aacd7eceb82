use serde_json::Value;

use super::*;

const RECORDED: &str = "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n\
: ping\r\n\r\n\
data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Héllo\"}}]}\r\n\r\n\
event: odd\ndata: not json at all\n\n\
garbage without a colon\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" you\"}}]}\n\n\
data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

fn pass(wants_usage: bool) -> Stream {
    Stream::new(AnswerContext { wants_usage, ..context(Api::OpenAiChat, Dialect::OpenAi) })
}

/// What the client gets of these pieces.
fn through(stream: &mut Stream, pieces: &[&[u8]]) -> (Vec<u8>, End) {
    let mut got = Vec::new();
    for piece in pieces {
        let mut out = Vec::new();
        match stream.push(piece, &mut out).unwrap() {
            Kept::AsIs => {
                assert!(out.is_empty());
                got.extend_from_slice(piece);
            }
            Kept::Rewritten => got.extend(out),
        }
    }
    let end = stream.end(&mut got);
    (got, end)
}

#[test]
fn whole_events_pass_as_they_are() {
    let mut stream = pass(true);
    let mut out = Vec::new();
    for piece in [RECORDED, USAGE, DONE] {
        assert_eq!(stream.push(piece.as_bytes(), &mut out).unwrap(), Kept::AsIs);
    }
    assert_eq!(stream.end(&mut out), End::Complete);
    assert!(out.is_empty());
}

#[test]
fn a_stream_of_the_same_dialect_is_the_same_bytes_wherever_it_is_split() {
    let recorded = [RECORDED, USAGE, DONE].concat();
    for at in 0..=recorded.len() {
        let (head, tail) = recorded.as_bytes().split_at(at);
        let mut stream = pass(true);
        let (got, end) = through(&mut stream, &[head, tail]);
        assert_eq!((String::from_utf8(got).unwrap(), end), (recorded.clone(), End::Complete), "split at {at}");
        let seen = stream.seen();
        assert_eq!((seen.output_bytes, seen.usage.unwrap().output, seen.complete), (10, 2, true), "split at {at}");
    }
}

#[test]
fn the_usage_chunk_that_nobody_asked_for_is_left_out_wherever_it_is_split() {
    let recorded = [RECORDED, USAGE, DONE].concat();
    let expected = [RECORDED, DONE].concat();
    for at in 0..=recorded.len() {
        let (head, tail) = recorded.as_bytes().split_at(at);
        let mut stream = pass(false);
        let (got, end) = through(&mut stream, &[head, tail]);
        assert_eq!((String::from_utf8(got).unwrap(), end), (expected.clone(), End::Complete), "split at {at}");
        assert_eq!(stream.seen().usage.unwrap().input, 3);
    }
}

#[test]
fn a_cut_stream_ends_with_an_error_and_never_with_half_an_event() {
    let recorded = [RECORDED, USAGE, DONE].concat();
    let finished = RECORDED.find("finish_reason").unwrap() + "finish_reason\":\"stop\"}]}\n".len();
    for at in 0..recorded.len() {
        let (got, end) = through(&mut pass(true), &[&recorded.as_bytes()[..at]]);
        let got = String::from_utf8(got).unwrap();
        if at >= finished {
            assert_eq!(end, End::Complete, "cut at {at}");
            continue;
        }
        assert_eq!(end, End::Cut, "cut at {at}");
        let (passed, error) = got.split_at(got.rfind("data: {\"error\"").unwrap());
        let ends_blank = passed.replace("\r\n", "\n").replace('\r', "\n").ends_with("\n\n");
        assert!(recorded.starts_with(passed.trim_end()) && (passed.is_empty() || ends_blank), "cut at {at}: {passed:?}");
        assert!(error.contains("bad_provider_answer") && error.ends_with("}\n\n"), "{error}");
        assert!(!got.contains("[DONE]"));
    }
}

#[test]
fn an_error_of_the_provider_in_mid_stream_is_seen_and_told_once() {
    let recorded = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"error\":{\"message\":\"no\"}}\n\n";
    let mut stream = pass(true);
    let (got, end) = through(&mut stream, &[recorded.as_bytes()]);
    assert_eq!((String::from_utf8(got).unwrap().as_str(), end), (recorded, End::Cut));
    assert_eq!(stream.seen().error.as_deref(), Some("no"));
    let mut out = Vec::new();
    stream.fail(&Rejection::new(Kind::Internal, "late"), &mut out);
    assert!(out.is_empty());
}

#[test]
fn an_event_that_is_too_large_ends_the_stream() {
    let mut stream = pass(true);
    let mut out = Vec::new();
    let endless = [b'x'; 4096];
    let error = (0..100).find_map(|_| stream.push(&endless, &mut out).err()).unwrap();
    assert_eq!(error, AnswerError::TooLarge { limit: 1 << 16 });
    stream.fail(&Rejection::new(Kind::BadAnswer, "too large"), &mut out);
    assert!(String::from_utf8(out.clone()).unwrap().ends_with("}\n\n"));
    let before = out.len();
    assert_eq!(stream.push(b"data: {}\n\n", &mut out).unwrap(), Kept::Rewritten);
    assert_eq!((stream.end(&mut out), out.len()), (End::Cut, before));
}

/// Field note 54: the last chunk counts.
#[test]
fn a_last_event_without_its_blank_line_counts() {
    let recorded = [RECORDED, USAGE, "data: [DONE]\n"].concat();
    let (got, end) = through(&mut pass(true), &[recorded.as_bytes()]);
    assert_eq!((String::from_utf8(got).unwrap(), end), (recorded, End::Complete));
}

/// Field note 56: no event waits for the next one, whatever is done with it.
#[test]
fn every_event_goes_on_as_soon_as_it_is_whole() {
    for api in [Api::OpenAiChat, Api::AnthropicMessages, Api::OpenAiResponses, Api::GeminiGenerate] {
        let mut stream = Stream::new(context(api, Dialect::OpenAi));
        for at in 0..5 {
            let event =
                format!("data: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"word-{at}\"}}}}]}}\n\n");
            let mut out = Vec::new();
            if stream.push(event.as_bytes(), &mut out).unwrap() == Kept::AsIs {
                continue;
            }
            let out = String::from_utf8(out).unwrap();
            assert!(out.contains(&format!("word-{at}")), "{api:?}: {out}");
        }
    }
}

/// Field note 53: a call of a model behind vLLM, told to a client of Anthropic's API, comes back to vLLM with the same id, name and
/// arguments, and its result with it.
#[test]
fn a_call_keeps_its_id_from_vllm_to_anthropics_client_and_back() {
    let id = "chatcmpl-tool-5d1c2f";
    let recorded = [
        json!({"id": "c", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}),
        json!({"id": "c", "choices": [{"index": 0, "delta": {"tool_calls": [{"id": id, "type": "function", "index": 0, "function": {"name": "f"}}]}}]}),
        json!({"id": "c", "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": "{\"a\": "}}]}}]}),
        json!({"id": "c", "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]}}]}),
        json!({"id": "c", "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "tool_calls", "stop_reason": null}]}),
    ];
    let mut stream = Stream::new(context(Api::AnthropicMessages, Dialect::OpenAi));
    let mut out = Vec::new();
    for event in recorded {
        stream.push(format!("data: {event}\n\n").as_bytes(), &mut out).unwrap();
    }
    assert_eq!(stream.end(&mut out), End::Complete);
    let out = String::from_utf8(out).unwrap();
    let block = format!(r#""content_block":{{"type":"tool_use","id":"{id}","name":"f""#);
    assert!(out.contains(&block) && out.contains(r#""stop_reason":"tool_use""#), "{out}");
    let next = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": id, "name": "f", "input": {"a": 1}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": "42"}]}]});
    let sent: serde_json::Value =
        serde_json::from_str(text(&sent(Api::AnthropicMessages, &next.to_string(), &target(Dialect::OpenAi)))).unwrap();
    let call = &sent["messages"][1]["tool_calls"][0];
    assert_eq!(
        (&call["id"], &call["function"]["name"], &call["function"]["arguments"]),
        (&json!(id), &json!("f"), &json!(r#"{"a":1}"#))
    );
    assert_eq!((&sent["messages"][2]["role"], &sent["messages"][2]["tool_call_id"]), (&json!("tool"), &json!(id)));
}

fn responses() -> Stream {
    let context = context(Api::OpenAiResponses, Dialect::OpenAi);
    Stream::new(AnswerContext { format: Format::Responses, ..context })
}

/// The number of the error that ends a stream of these events.
fn number_of_the_error(events: &[&str], end: impl FnOnce(&mut Stream, &mut Vec<u8>)) -> Value {
    let (mut stream, mut out) = (responses(), Vec::new());
    for data in events {
        let kind = serde_json::from_str::<Value>(data).unwrap()["type"].as_str().unwrap().to_owned();
        let event = format!("event: {kind}\ndata: {data}\n\n");
        assert_eq!(stream.push(event.as_bytes(), &mut out).unwrap(), Kept::AsIs);
    }
    end(&mut stream, &mut out);
    let error = String::from_utf8(out).unwrap();
    let error: Value = serde_json::from_str(error.strip_prefix("event: error\ndata: ").unwrap()).unwrap();
    error["sequence_number"].clone()
}

const NUMBERED: [&str; 5] = [
    r#"{"type":"response.created","sequence_number":3,"response":{"id":"r"}}"#,
    r#"{"type":"response.content_part.added","sequence_number":4}"#,
    r#"{"type":"response.output_text.delta","sequence_number":5,"output_index":0,"delta":"a"}"#,
    r#"{"type":"response.output_text.delta","sequence_number":6,"output_index":0,"delta":"b"}"#,
    r#"{"type":"something.new","sequence_number":7}"#,
];

#[test]
fn an_error_behind_events_that_passed_has_the_number_that_follows_on_theirs() {
    let cut = |stream: &mut Stream, out: &mut Vec<u8>| assert_eq!(stream.end(out), End::Cut);
    let failed = |stream: &mut Stream, out: &mut Vec<u8>| stream.fail(&Rejection::new(Kind::BadAnswer, "no"), out);
    for events in 1..=NUMBERED.len() {
        assert_eq!(number_of_the_error(&NUMBERED[..events], cut), 3 + events, "cut behind {events} events");
        assert_eq!(number_of_the_error(&NUMBERED[..events], failed), 3 + events, "failed behind {events} events");
    }
    assert_eq!(number_of_the_error(&[], failed), 0);
}

#[test]
fn events_whose_numbers_are_none_are_counted() {
    for number in ["null", "\"x\"", "-1", "1.5"] {
        let event = format!(r#"{{"type":"response.output_text.delta","sequence_number":{number},"output_index":0,"delta":"a"}}"#);
        let told = number_of_the_error(&[NUMBERED[0], &event], |stream, out| assert_eq!(stream.end(out), End::Cut));
        assert_eq!(told, 5, "{number}");
    }
}
