use serde_json::Value;

use super::*;
use crate::usage::account;

const ANSWER: &str = r#"{"id":"c","choices":[{"message":{"content":"Hello there"},"finish_reason":"stop"}]USAGE}"#;
const STREAM: &str = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello there\"}}]}\n\n\
data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]USAGE}\n\ndata: [DONE]\n\n";
/// Not told, and told as nothing.
const UNTOLD: [&str; 3] = ["", r#","usage":null"#, r#","usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#];

fn answered(api: Api, usage: &str) -> (Value, Seen) {
    let whole = whole(&context(api, Dialect::OpenAi), ANSWER.replace("USAGE", usage).as_bytes()).unwrap();
    (serde_json::from_slice(&whole.body.unwrap()).unwrap(), whole.seen)
}

/// The data of the events, and what was seen.
fn streamed(api: Api, usage: &str) -> (Vec<Value>, Seen) {
    let mut stream = Stream::new(context(api, Dialect::OpenAi));
    let mut out = Vec::new();
    stream.push(STREAM.replace("USAGE", usage).as_bytes(), &mut out).unwrap();
    assert_eq!(stream.end(&mut out), End::Complete);
    let out = String::from_utf8(out).unwrap();
    let data = out.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    (data.map(|data| serde_json::from_str(data).unwrap()).collect(), stream.seen().clone())
}

/// Anthropic's SDKs demand numbers: they are those that the usage record has.
#[test]
fn usage_that_a_provider_does_not_tell_is_told_to_anthropics_clients_as_the_record_has_it() {
    for usage in UNTOLD {
        let (message, seen) = answered(Api::AnthropicMessages, usage);
        let (events, seen_in_stream) = streamed(Api::AnthropicMessages, usage);
        let delta = events.iter().find(|event| event["type"] == "message_delta").unwrap();
        for (told, seen) in [(&message["usage"], seen), (&delta["usage"], seen_in_stream)] {
            let (tokens, source) = account(seen.usage, 7, seen.output_bytes, seen.complete, seen.started);
            assert_eq!((&told["input_tokens"], &told["output_tokens"]), (&json!(tokens.input), &json!(tokens.output)));
            assert_eq!((tokens.input, tokens.output > 0, source.name()), (7, true, "estimated"), "{usage}");
        }
    }
}

#[test]
fn usage_that_is_told_is_told_as_it_is() {
    let usage = r#","usage":{"prompt_tokens":90,"completion_tokens":2,"total_tokens":92}"#;
    let (message, _) = answered(Api::AnthropicMessages, usage);
    assert_eq!((&message["usage"]["input_tokens"], &message["usage"]["output_tokens"]), (&json!(90), &json!(2)));
    let (events, _) = streamed(Api::AnthropicMessages, usage);
    assert_eq!(events[events.len() - 2]["usage"]["output_tokens"], 2);
}

#[test]
fn usage_that_nobody_told_is_left_out_where_the_clients_api_lets_it() {
    for usage in UNTOLD {
        assert_eq!(answered(Api::OpenAiResponses, usage).0["usage"], Value::Null);
        assert_eq!(answered(Api::GeminiGenerate, usage).0.get("usageMetadata"), None);
        assert_eq!(streamed(Api::OpenAiResponses, usage).0.last().unwrap()["response"]["usage"], Value::Null);
        assert_eq!(streamed(Api::GeminiGenerate, usage).0.last().unwrap().get("usageMetadata"), None);
    }
    // As Anthropic's format tells zeros to a client of chat completions.
    let whole = whole(
        &context(Api::OpenAiChat, Dialect::Anthropic),
        br#"{"id":"m","type":"message","role":"assistant","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn",
            "usage":{"input_tokens":0,"output_tokens":0}}"#,
    );
    let answer: Value = serde_json::from_slice(&whole.unwrap().body.unwrap()).unwrap();
    assert_eq!(answer.get("usage"), None);
}

/// Why Google held an answer back is told in words of ours, which nobody has generated.
#[test]
fn the_gateways_own_words_cost_nothing() {
    let blocked = r#"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":12,"totalTokenCount":12}}"#;
    let context = context(Api::AnthropicMessages, Dialect::Gemini);
    let whole = whole(&context, blocked.as_bytes()).unwrap();
    let message: Value = serde_json::from_slice(&whole.body.unwrap()).unwrap();
    assert_eq!((&message["stop_reason"], &message["usage"]["output_tokens"]), (&json!("refusal"), &json!(0)));
    let mut stream = Stream::new(context);
    let mut out = Vec::new();
    stream.push(format!("data: {blocked}\n\n").as_bytes(), &mut out).unwrap();
    assert_eq!(stream.end(&mut out), End::Complete);
    for seen in [&whole.seen, stream.seen()] {
        let (tokens, source) = account(seen.usage, 7, seen.output_bytes, seen.complete, true);
        assert_eq!((tokens.input, tokens.output, source.name()), (12, 0, "reported"));
    }
}
