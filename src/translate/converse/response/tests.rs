use super::*;
use crate::translate::answer::FinishReason;
use crate::usage::Tokens;

fn with(content: &str, stop: &str) -> String {
    format!(
        r#"{{"output":{{"message":{{"role":"assistant","content":{content}}}}},"stopReason":"{stop}",
        "usage":{{"inputTokens":10,"outputTokens":5,"totalTokens":115,"cacheReadInputTokens":100}},"metrics":{{"latencyMs":7}}}}"#
    )
}

fn contents(json: &str) -> Vec<String> {
    let body = with(json, "end_turn");
    let answer = parse(body.as_bytes()).unwrap();
    answer.choices[0].parts.iter().map(|part| format!("{:?}", part.content)).collect()
}

#[test]
fn all_blocks_are_read_in_their_order() {
    let parts = contents(
        r#"[{"reasoningContent":{"reasoningText":{"text":"Hm","signature":"sig"}}},{"reasoningContent":{"redactedContent":"AAEC"}},
        {"text":"Hello"},{"text":""},{"toolUse":{"toolUseId":"t1","name":"look","input":{"a":[1]}}},{"citationsContent":{
        "content":[{"text":"cited"}],"citations":[{"title":"x"}]}}]"#,
    );
    let expected = [
        r#"Thinking(Thinking { text: "Hm", signature: Some("sig") })"#,
        r#"RedactedThinking("AAEC")"#,
        r#"Text("Hello")"#,
        r#"ToolCall(ToolCall { id: "t1", name: "look", arguments: "{\"a\":[1]}", signature: None })"#,
        r#"Text("cited")"#,
    ];
    assert_eq!(parts, expected);
}

#[test]
fn what_bedrock_runs_itself_is_passed_over() {
    let parts = contents(
        r#"[{"toolUse":{"toolUseId":"t","name":"nova_grounding","input":{},"type":"server_tool_use"}},
        {"toolResult":{"toolUseId":"t","content":[]}},{"text":"so"}]"#,
    );
    assert_eq!(parts, [r#"Text("so")"#]);
}

#[test]
fn usage_tier_stop_sequence_and_the_routers_model_are_told() {
    let body = with(r#"[{"text":"x"}]"#, "stop_sequence").replace(
        r#""metrics""#,
        r#""additionalModelResponseFields":{"stop_sequence":"END"},"serviceTier":{"type":"priority"},
        "trace":{"promptRouter":{"invokedModelId":"arn:model"}},"metrics""#,
    );
    let answer = parse(body.as_bytes()).unwrap();
    assert_eq!(answer.usage, Some(Tokens { input: 110, cached_input: 100, output: 5, ..Tokens::default() }));
    assert_eq!(answer.choices[0].finish.reason, FinishReason::StopSequence);
    assert_eq!(answer.choices[0].finish.stop_sequence.as_deref(), Some("END"));
    assert_eq!(answer.service_tier.as_deref(), Some("priority"));
    assert_eq!(answer.model.as_deref(), Some("arn:model"));
}

#[test]
fn what_the_model_wrote_and_bedrock_could_not_read_is_no_answer() {
    for word in ["malformed_model_output", "malformed_tool_use"] {
        let error = parse(with("[]", word).as_bytes()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_block_that_cannot_be_told_is_an_error_and_not_left_out() {
    let body = with(r#"[{"image":{"format":"png","source":{"bytes":"AAAA"}}}]"#, "end_turn");
    assert!(parse(body.as_bytes()).unwrap_err().to_string().contains("`image`"));
}

#[test]
fn hostile_answers_are_errors_and_short_ones() {
    let long = format!(r#"{{"output":"{}"}}"#, "x".repeat(1 << 20));
    let deep = "[".repeat(100_000);
    let nested = format!(r#"{{"output":{deep}"#);
    let nameless = with(r#"[{"toolUse":{"toolUseId":"t","name":""}}]"#, "tool_use");
    let bodies = ["", "null", "[]", "{}", r#"{"output":{}}"#, r#"{"output":{"message":{}}}"#, &long, &deep, &nested, &nameless];
    for body in bodies {
        let error = parse(body.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("not a valid Converse answer") && error.len() < 512, "{error}");
    }
    assert!(parse(b"\xff\xfe").is_err());
}
