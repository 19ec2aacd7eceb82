use super::*;
use crate::codec::sse::Parser;

/// What a stream says, delta by delta, in pieces of so many bytes.
fn read_in(stream: &str, size: usize) -> Result<Vec<String>, AnswerError> {
    let (mut parser, mut reader, mut told) = (Parser::new(1 << 16), Reader::default(), Vec::new());
    for piece in stream.as_bytes().chunks(size) {
        parser.push::<AnswerError>(piece, &mut |event| reader.event(&event, &mut |delta| told.push(format!("{delta:?}"))))?;
    }
    Ok(told)
}

fn told(events: &[&str]) -> Result<Vec<String>, AnswerError> {
    let stream: String = events.iter().map(|data| format!("data: {data}\n\n")).collect();
    read_in(&stream, stream.len())
}

const START: &str = r#"{"id":"a1","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}"#;
const CALL: &str = r#"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"f_1","type":"function","function":{"name":"f","arguments":""}}}}}"#;
const OTHER: &str = r#"{"type":"tool-call-start","index":1,"delta":{"message":{"tool_calls":{"id":"g_2","type":"function","function":{"name":"g","arguments":"{"}}}}}"#;
const END: &str =
    r#"{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":3,"output_tokens":2}}}}"#;

fn short(told: &[String]) -> Vec<&str> {
    told.iter().map(|delta| delta.split([' ', '(', '{']).next().unwrap()).collect()
}

#[test]
fn a_stream_says_the_same_with_names_of_events_and_without_and_wherever_it_is_split() {
    let events = [
        ("message-start", START),
        ("debug", r#"{"type":"debug","prompt":"secret"}"#),
        (
            "content-start",
            r#"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}"#,
        ),
        ("content-delta", r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"Hm."}}}}"#),
        ("content-end", r#"{"type":"content-end","index":0}"#),
        ("content-start", r#"{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":"F"}}}}"#),
        (
            "content-delta",
            r#"{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"öur"}}},"logprobs":{"text":"x"}}"#,
        ),
        ("citation-start", r#"{"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":0,"end":1}}}}"#),
        ("citation-end", r#"{"type":"citation-end","index":0}"#),
        ("something-new", r#"{"type":"something-new","message":"hello"}"#),
        ("message-end", END),
    ];
    let named: String = events.iter().map(|(name, data)| format!("event: {name}\r\ndata: {data}\r\n\r\n")).collect();
    let nameless: String = events.iter().map(|(_, data)| format!("data: {data}\n\n")).collect();
    let expected = read_in(&named, usize::MAX).unwrap();
    assert_eq!(short(&expected), ["Start", "Thinking", "Text", "Text", "Usage", "Finish", "End"]);
    for size in 1..40 {
        assert_eq!(read_in(&named, size).unwrap(), expected, "in pieces of {size}");
        assert_eq!(read_in(&nameless, size).unwrap(), expected, "in pieces of {size}");
    }
    assert_eq!(read_in(&format!("{named}data: [DONE]\n\n"), 7).unwrap(), expected);
}

#[test]
fn parallel_calls_are_numbered_and_a_call_without_arguments_has_an_empty_object() {
    let plan = r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I will look."}}}"#;
    let piece = r#"{"type":"tool-call-delta","index":1,"delta":{"message":{"tool_calls":{"function":{"arguments":"}"}}}}}"#;
    let end = |index: u32| format!(r#"{{"type":"tool-call-end","index":{index}}}"#);
    let stop = r#"{"type":"message-end","delta":{"finish_reason":"TOOL_CALL"}}"#;
    let told = told(&[START, plan, CALL, &end(0), OTHER, piece, &end(1), stop]).unwrap();
    let expected = [
        r#"Text { choice: 0, text: "I will look." }"#,
        r#"ToolCall { choice: 0, index: 0, id: "f_1", name: "f", signature: None }"#,
        r#"ToolArguments { choice: 0, index: 0, json: "{}" }"#,
        r#"ToolCall { choice: 0, index: 1, id: "g_2", name: "g", signature: None }"#,
        r#"ToolArguments { choice: 0, index: 1, json: "{" }"#,
        r#"ToolArguments { choice: 0, index: 1, json: "}" }"#,
    ];
    assert_eq!(told[1..7], expected);
    assert!(told[7].contains("ToolCalls"), "{}", told[7]);
}

#[test]
fn calls_without_numbers_come_one_after_the_other() {
    let start = |id: &str| {
        format!(
            r#"{{"type":"tool-call-start","delta":{{"message":{{"tool_calls":{{"id":"{id}","function":{{"name":"f"}}}}}}}}}}"#
        )
    };
    let piece = r#"{"type":"tool-call-delta","delta":{"message":{"tool_calls":{"function":{"arguments":"{\"a\":1}"}}}}}"#;
    let told = told(&[&start("a"), piece, &start("b"), END]).unwrap();
    assert!(
        told[1].contains("index: 0") && told[2].contains("index: 1") && told[3].contains(r#"index: 1, json: "{}""#),
        "{told:?}"
    );
}

#[test]
fn a_generation_that_fails_is_an_error_and_no_end() {
    for (end, message) in [
        (r#"{"type":"message-end","delta":{"finish_reason":"ERROR","error":"out of luck"}}"#, "out of luck"),
        (r#"{"type":"message-end","delta":{"finish_reason":"TIMEOUT"}}"#, "the generation failed (TIMEOUT)"),
        (r#"{"message":"internal server error"}"#, "internal server error"),
        (r#"{"error":{"message":"overloaded"}}"#, "overloaded"),
    ] {
        let told = told(&[START, end, END]).unwrap();
        assert_eq!(short(&told), ["Start", "Error"], "{end}");
        assert!(told[1].contains(message), "{}", told[1]);
    }
}

#[test]
fn what_is_not_a_stream_of_cohere_is_an_error_and_not_an_answer() {
    for event in [
        "not json",
        "[]",
        "7",
        r#"{"type":7}"#,
        r#"{"type":"message-end"}"#,
        r#"{"type":"message-end","delta":{}}"#,
        r#"{"type":"content-delta","delta":{"message":{"content":[]}}}"#,
        r#"{"type":"tool-call-start","index":0,"delta":{}}"#,
        r#"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"a","function":{"name":""}}}}}"#,
        r#"{"type":"tool-call-delta","index":9,"delta":{"message":{"tool_calls":{"function":{"arguments":"x"}}}}}"#,
    ] {
        assert!(told(&[START, event]).is_err(), "{event}");
    }
    assert!(told(&[CALL, CALL]).is_err());
    let many: Vec<String> = (0..40).map(|index| CALL.replace("\"index\":0", &format!("\"index\":{index}"))).collect();
    assert!(told(&many.iter().map(String::as_str).collect::<Vec<_>>()).is_err());
}

#[test]
fn an_end_before_which_nothing_was_said_is_no_answer() {
    assert!(told(&[END]).is_err());
    let failed = told(&[r#"{"type":"message-end","delta":{"finish_reason":"ERROR"}}"#]).unwrap();
    assert_eq!(short(&failed), ["Error"]);
}
