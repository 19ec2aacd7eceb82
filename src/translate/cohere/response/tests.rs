use super::*;
use crate::translate::answer::FinishReason;
use crate::usage::Tokens;

fn told(body: &str) -> Vec<String> {
    let answer = parse(body.as_bytes()).unwrap();
    let said = |part: &Part<'_>| match &part.content {
        Content::Text(text) => format!("text {text}"),
        Content::Thinking(Thinking { text, signature: None }) => format!("thinking {text}"),
        Content::ToolCall(call) => format!("call {} {} {}", call.id, call.name, call.arguments),
        other => panic!("{other:?}"),
    };
    answer.choices[0].parts.iter().map(said).collect()
}

#[test]
fn thinking_and_text_come_in_their_order_and_citations_are_passed_over() {
    let body = r#"{"id":"a1","finish_reason":"COMPLETE","message":{"role":"assistant","content":[
        {"type":"thinking","thinking":"Hm."},{"type":"text","text":"Four."},{"type":"picture","url":"x"}],
        "citations":[{"start":0,"end":4,"text":"Four","sources":[]}]},
        "usage":{"tokens":{"input_tokens":3,"output_tokens":2}}}"#;
    assert_eq!(told(body), ["thinking Hm.", "text Four."]);
    let answer = parse(body.as_bytes()).unwrap();
    assert_eq!((answer.id.as_deref(), answer.model), (Some("a1"), None));
    assert_eq!(answer.usage, Some(Tokens { input: 3, output: 2, ..Tokens::default() }));
    assert_eq!(answer.choices[0].finish.reason, FinishReason::Stop);
}

#[test]
fn the_plan_stands_as_text_before_the_calls_that_it_plans() {
    let body = r#"{"finish_reason":"TOOL_CALL","message":{"role":"assistant","tool_plan":"I will look.","tool_calls":[
        {"id":"f_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},
        {"id":"g_2","type":"function","function":{"name":"g"}}]}}"#;
    assert_eq!(told(body), ["text I will look.", r#"call f_1 f {"a":1}"#, "call g_2 g {}"]);
}

#[test]
fn a_generation_that_failed_is_no_answer_although_the_status_is_200() {
    for word in ["ERROR", "TIMEOUT"] {
        let body =
            format!(r#"{{"finish_reason":"{word}","message":{{"role":"assistant","content":[{{"type":"text","text":"ha"}}]}}}}"#);
        let error = parse(body.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn hostile_answers_are_errors_and_short_ones() {
    let long = format!(r#"{{"finish_reason":"COMPLETE","message":{{"content":"{}"}}}}"#, "x".repeat(1 << 20));
    let deep = format!(r#"{{"message":{}"#, "[".repeat(100_000));
    let bodies = [
        "",
        "null",
        "[]",
        "{}",
        r#"{"message":{},"finish_reason":7}"#,
        r#"{"message":{}}"#,
        r#"{"finish_reason":"COMPLETE"}"#,
        r#"{"finish_reason":"COMPLETE","message":{"content":[{"text":"x"}]}}"#,
        r#"{"finish_reason":"TOOL_CALL","message":{"tool_calls":[{"id":"","function":{"name":"f"}}]}}"#,
        r#"{"finish_reason":"TOOL_CALL","message":{"tool_calls":[{"id":"a","function":{"name":""}}]}}"#,
        &long,
        &deep,
    ];
    for body in bodies {
        let error = parse(body.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("not a valid cohere answer") && error.len() < 512, "{}", &error[..error.len().min(600)]);
    }
    assert!(parse(b"\xff\xfe").is_err());
}
