use super::*;
use crate::codec::aws_events::{Parser, write_event, write_exception};

/// The deltas of a stream with these events, and the error that ended it.
fn deltas(events: &[(&str, &str)]) -> (Vec<String>, Option<String>) {
    let mut stream = Vec::new();
    for (name, json) in events {
        match name.strip_prefix('!') {
            Some(kind) => write_exception(&mut stream, kind, json.as_bytes()),
            None => write_event(&mut stream, name, json.as_bytes()),
        }
    }
    let (mut told, mut reader) = (Vec::new(), Reader::default());
    let each = &mut |event: Event<'_>| reader.event(&event, &mut |delta| told.push(format!("{delta:?}")));
    let error = Parser::new(1 << 20).push::<AnswerError>(&stream, each).err();
    (told, error.map(|error| error.to_string()))
}

const START: (&str, &str) = ("messageStart", r#"{"role":"assistant","p":"abcdef"}"#);
const STOP: (&str, &str) = ("messageStop", r#"{"stopReason":"end_turn"}"#);
const USAGE: (&str, &str) = (
    "metadata",
    r#"{"usage":{"inputTokens":3,"outputTokens":4,"totalTokens":7,"cacheWriteInputTokens":5},"metrics":{"latencyMs":1}}"#,
);

fn good(events: &[(&str, &str)]) -> Vec<String> {
    let (told, error) = deltas(events);
    assert_eq!(error, None);
    told
}

#[test]
fn usage_comes_behind_the_reason_and_is_the_end() {
    let told = good(&[
        START,
        ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":"Hi"},"p":"abc"}"#),
        ("contentBlockStop", r#"{"contentBlockIndex":0}"#),
        STOP,
        USAGE,
    ]);
    let expected = [
        "Start { id: None, model: None, created: None }",
        r#"Text { choice: 0, text: "Hi" }"#,
        "Finish { choice: 0, finish: Finish { reason: Stop, stop_sequence: None } }",
        "Usage(Tokens { input: 8, cached_input: 0, cache_write: 5, output: 4, reasoning: 0 })",
        "End",
    ];
    assert_eq!(told, expected);
    // And the same where the usage should ever come first.
    let told = good(&[START, USAGE, STOP]);
    assert_eq!(told.last().unwrap(), "End");
    assert_eq!(good(&[START, USAGE]).len(), 2);
}

#[test]
fn a_call_without_arguments_has_an_empty_object() {
    let told = good(&[
        START,
        ("contentBlockStart", r#"{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"t1","name":"a"}}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":1,"delta":{"toolUse":{"input":""}}}"#),
        ("contentBlockStop", r#"{"contentBlockIndex":1}"#),
        ("contentBlockStart", r#"{"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"t2","name":"b"}}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":2,"delta":{"toolUse":{"input":"{\"x\":"}}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":2,"delta":{"toolUse":{"input":"1}"}}}"#),
    ]);
    let expected = [
        r#"ToolCall { choice: 0, index: 0, id: "t1", name: "a", signature: None }"#,
        r#"ToolArguments { choice: 0, index: 0, json: "{}" }"#,
        r#"ToolCall { choice: 0, index: 1, id: "t2", name: "b", signature: None }"#,
        r#"ToolArguments { choice: 0, index: 1, json: "{\"x\":" }"#,
        r#"ToolArguments { choice: 0, index: 1, json: "1}" }"#,
    ];
    assert_eq!(told[1..], expected);
}

#[test]
fn thinking_its_signature_and_encrypted_thinking_are_told() {
    let told = good(&[
        START,
        ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Hm"}}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"sig"}}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":1,"delta":{"reasoningContent":{"redactedContent":"AA=="}}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":1,"delta":{"reasoningContent":{"redactedContent":"AQI="}}}"#),
        ("contentBlockStop", r#"{"contentBlockIndex":1}"#),
    ]);
    let expected = [
        r#"Thinking { choice: 0, text: "Hm" }"#,
        r#"Signature { choice: 0, signature: "sig" }"#,
        // The bytes of both pieces, in one.
        r#"RedactedThinking { choice: 0, data: "AAEC" }"#,
    ];
    assert_eq!(told[1..], expected);
}

#[test]
fn an_exception_is_an_error_and_nothing_comes_behind_it() {
    for kind in [
        "internalServerException",
        "modelStreamErrorException",
        "validationException",
        "throttlingException",
        "serviceUnavailableException",
        "modelTimeoutException",
    ] {
        let told = good(&[START, (&format!("!{kind}"), r#"{"message":"no"}"#), STOP, USAGE]);
        assert_eq!(told.len(), 2);
        assert!(told[1].starts_with(&format!(r#"Error(ProviderError {{ kind: Some("{kind}")"#)), "{}", told[1]);
        assert!(told[1].contains(r#"message: "no""#));
    }
}

#[test]
fn a_model_that_wrote_nonsense_is_an_error_and_not_a_stop() {
    let told = good(&[START, ("messageStop", r#"{"stopReason":"malformed_tool_use"}"#), USAGE]);
    assert!(told[1].starts_with(r#"Error(ProviderError { kind: Some("malformed_tool_use")"#), "{}", told[1]);
    assert_eq!(told.len(), 2);
}

#[test]
fn what_bedrock_runs_itself_and_what_nobody_knows_is_passed_over() {
    let told = good(&[
        ("initial-response", "{}"),
        START,
        (
            "contentBlockStart",
            r#"{"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"t","name":"n","type":"server_tool_use"}}}"#,
        ),
        ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}}"#),
        ("contentBlockStop", r#"{"contentBlockIndex":0}"#),
        ("contentBlockStart", r#"{"contentBlockIndex":1,"start":{"toolResult":{"toolUseId":"t"}}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":1,"delta":{"toolResult":[{"text":"x"}]}}"#),
        ("contentBlockStop", r#"{"contentBlockIndex":1}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":2,"delta":{"citation":{"title":"t"}}}"#),
        ("somethingNew", "not even JSON"),
    ]);
    assert_eq!(told.len(), 1);
}

#[test]
fn the_stop_sequence_is_told_where_the_model_tells_it() {
    let stop = ("messageStop", r#"{"stopReason":"stop_sequence","additionalModelResponseFields":{"stop_sequence":"END"}}"#);
    assert!(good(&[START, stop]).last().unwrap().contains(r#"reason: StopSequence, stop_sequence: Some("END")"#));
    let stop = ("messageStop", r#"{"stopReason":"end_turn","additionalModelResponseFields":{"stop_sequence":null}}"#);
    assert!(good(&[START, stop]).last().unwrap().contains("reason: Stop, stop_sequence: None"));
}

#[test]
fn a_known_event_that_cannot_be_read_is_an_error() {
    let many: Vec<String> =
        (0..40).map(|n| format!(r#"{{"contentBlockIndex":{n},"start":{{"toolUse":{{"toolUseId":"t","name":"n"}}}}}}"#)).collect();
    let many: Vec<_> = many.iter().map(|json| ("contentBlockStart", &**json)).collect();
    assert!(deltas(&many).1.is_some());
    for (name, json) in [
        ("contentBlockDelta", "{"),
        ("contentBlockDelta", "{}"),
        ("contentBlockDelta", r#"{"contentBlockIndex":0}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":-1,"delta":{"text":"x"}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"image":{}}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"redactedContent":"?"}}}"#),
        ("contentBlockStart", r#"{"contentBlockIndex":0,"start":{"toolUse":{"name":"n"}}}"#),
        ("contentBlockStart", r#"{"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"t","name":""}}}"#),
        ("contentBlockStart", r#"{"contentBlockIndex":0,"start":{"image":{"format":"png"}}}"#),
        ("contentBlockStop", "{}"),
        ("messageStop", "{}"),
        ("metadata", r#"{"usage":{"inputTokens":-1}}"#),
    ] {
        let (_, error) = deltas(&[START, (name, json)]);
        assert!(error.unwrap_or_default().contains("not a valid Converse answer"), "{name} {json}");
    }
}
