use bytes::Bytes;
use serde_json::json;
use serde_json::value::RawValue;

use super::*;
use crate::rejection::Kind;

mod errors;
mod hostile;
mod made;
mod streams;
mod usage;

fn target(dialect: Dialect) -> Target<'static> {
    Target {
        dialect,
        format: dialect.format_for(Api::OpenAiChat),
        hosting: if dialect == Dialect::AnthropicBedrock { &Hosting::Bedrock } else { &Hosting::Owner },
        provider: "p",
        model: "served",
        stream: false,
        path_prefix: "/v1",
        default_max_tokens: 4096,
        overrides: &[],
    }
}

fn context(api: Api, dialect: Dialect) -> AnswerContext {
    AnswerContext {
        api,
        format: dialect.format_for(api),
        framing: dialect.framing(),
        echo: String::new(),
        asked_model: "asked".to_owned(),
        stream: true,
        wants_usage: true,
        call: calls::Back::default(),
        custom_tools: Vec::new(),
        input_estimate: 7,
        headers: ErrorHeaders::default(),
        answer_bytes: 1 << 20,
        event_bytes: 1 << 16,
    }
}

fn facts_of(api: Api, body: &str) -> Result<Facts, RequestError> {
    let body = Bytes::from(body.to_owned());
    facts(&Incoming::read(api, "/", None, &body, 64).unwrap())
}

fn sent(api: Api, body: &str, target: &Target<'_>) -> Rendered {
    let body = Bytes::from(body.to_owned());
    let incoming = Incoming::read(api, "/", None, &body, 64).unwrap();
    let facts = facts(&incoming).unwrap();
    request(&incoming, &facts, target).unwrap()
}

fn text(rendered: &Rendered) -> &str {
    std::str::from_utf8(rendered.body.as_ref().unwrap()).unwrap()
}

#[test]
fn facts_are_taken_from_the_top_level() {
    let facts = facts_of(
        Api::OpenAiChat,
        r#"{"model":"m","stream":true,"max_tokens":5,"max_completion_tokens":7,"n":3,"stream_options":{"include_usage":true}}"#,
    );
    let expected = Facts { model: "m".to_owned(), stream: true, max_output_tokens: Some(21), wants_usage: true };
    assert_eq!(facts.unwrap(), expected);
    let facts = facts_of(Api::OpenAiChat, r#"{"model":"m","stream":true,"max_tokens":18446744073709551615,"n":2}"#).unwrap();
    assert_eq!((facts.max_output_tokens, facts.wants_usage), (Some(u64::MAX), false));
    let facts = facts_of(Api::AnthropicMessages, r#"{"model":"m","max_tokens":9,"stream":null}"#).unwrap();
    assert_eq!((facts.max_output_tokens, facts.wants_usage, facts.stream), (Some(9), true, false));
    assert!(facts_of(Api::OpenAiChat, r#"{"model":"m"}"#).unwrap().wants_usage);
}

#[test]
fn facts_of_responses_and_completions_count_all_that_is_asked_for() {
    let facts = facts_of(Api::OpenAiResponses, r#"{"model":"m","input":"x","stream":true,"max_output_tokens":7}"#).unwrap();
    assert_eq!((facts.max_output_tokens, facts.wants_usage, facts.stream), (Some(7), true, true));
    for (fields, tokens) in [
        (r#""prompt":"x""#, 16),
        (r#""prompt":"x","max_tokens":5,"n":2,"best_of":3"#, 15),
        (r#""prompt":["x","y"],"max_tokens":5"#, 10),
        (r#""prompt":[1,2,3],"max_tokens":5"#, 5),
        (r#""prompt":[[1,2],[3],[4]],"max_tokens":5,"n":2"#, 30),
    ] {
        let facts = facts_of(Api::OpenAiCompletions, &format!(r#"{{"model":"m","stream":true,{fields}}}"#)).unwrap();
        assert_eq!((facts.max_output_tokens, facts.wants_usage), (Some(tokens), false), "{fields}");
    }
}

#[test]
fn a_wrong_fact_is_an_error_that_names_the_field() {
    for (body, expected) in [
        (r"{}", "model"),
        (r#"{"model":""}"#, "model"),
        (r#"{"model":5}"#, "model"),
        (r#"{"model":"m","stream":"yes"}"#, "stream"),
        (r#"{"model":"m","max_tokens":-1}"#, "max_tokens"),
        (r#"{"model":"m","max_completion_tokens":1.5}"#, "max_completion_tokens"),
        (r#"{"model":"m","n":"2"}"#, "n"),
        (r#"{"model":"m","stream":true,"stream_options":[]}"#, "stream_options"),
        (r#"{"model":"m","stream":true,"stream_options":{"include_usage":1}}"#, "stream_options.include_usage"),
    ] {
        let RequestError::Invalid { field, message } = facts_of(Api::OpenAiChat, body).unwrap_err() else { panic!() };
        assert_eq!(field, expected, "{message}");
        assert!(message.contains(expected.rsplit('.').next().unwrap()), "{message}");
    }
}

#[test]
fn a_body_of_the_same_dialect_is_not_touched_without_need() {
    let body = "{ \"model\" : \"served\",\n\"x\":1.50, \"messages\":[] }";
    let rendered = sent(Api::OpenAiChat, body, &target(Dialect::OpenAi));
    assert_eq!((rendered.body, rendered.path.as_str()), (None, "/v1/chat/completions"));
}

#[test]
fn only_what_must_change_is_spliced() {
    let body = "{ \"model\" : \"asked\",\n\"x\":1.50, \"stream\":true }";
    let rendered = sent(Api::OpenAiChat, body, &target(Dialect::OpenAi));
    assert!(text(&rendered).starts_with("{ \"model\" : \"served\",\n\"x\":1.50, \"stream\":true"), "{}", text(&rendered));
    assert!(text(&rendered).contains(r#""stream_options":{"include_usage":true}"#));
}

#[test]
fn the_callers_stream_options_are_kept_beside_usage() {
    for (given, expected) in [
        (r#"{"include_obfuscation":false}"#, r#"{"include_obfuscation":false,"include_usage":true}"#),
        (r#"{ "include_usage":false }"#, r#"{ "include_usage":true }"#),
        ("{}", r#"{"include_usage":true}"#),
        ("null", r#"{"include_usage":true}"#),
    ] {
        let body = format!(r#"{{"model":"served","stream":true,"stream_options":{given}}}"#);
        let rendered = sent(Api::OpenAiChat, &body, &target(Dialect::OpenAi));
        assert_eq!(text(&rendered), body.replace(given, expected));
    }
}

#[test]
fn a_stream_that_asks_for_usage_is_left_alone() {
    let body = r#"{"model":"served","stream":true,"stream_options":{"include_usage":true}}"#;
    assert_eq!(sent(Api::OpenAiChat, body, &target(Dialect::OpenAi)).body, None);
}

#[test]
fn overrides_come_last_in_every_dialect() {
    let raw = |json: &str| Some(RawValue::from_string(json.to_owned()).unwrap());
    let overrides =
        [("temperature".to_owned(), raw("0.5")), ("user".to_owned(), None), ("extra".to_owned(), raw(r#"{"a":[1]}"#))];
    let body = r#"{"model":"served","user":"u","temperature":1,"max_tokens":5,"messages":[{"role":"user","content":"x"}]}"#;
    for dialect in [Dialect::OpenAi, Dialect::Anthropic] {
        let target = Target { overrides: &overrides, ..target(dialect) };
        let rendered = sent(Api::OpenAiChat, body, &target);
        let sent: serde_json::Value = serde_json::from_str(text(&rendered)).unwrap();
        assert_eq!((&sent["temperature"], &sent["extra"], sent.get("user")), (&json!(0.5), &json!({"a": [1]}), None));
    }
}

#[test]
fn a_model_with_quotes_in_its_name_stays_a_string() {
    let target = Target { model: "a\"b\\", ..target(Dialect::OpenAi) };
    assert_eq!(text(&sent(Api::OpenAiChat, r#"{"model":"m"}"#, &target)), r#"{"model":"a\"b\\"}"#);
}

#[test]
fn an_answer_of_the_same_dialect_is_kept_and_seen() {
    let body = br#"{"id":"c","model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"four"},
        "finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#;
    let whole = whole(&context(Api::OpenAiChat, Dialect::OpenAi), body).unwrap();
    assert_eq!(whole.body, None);
    let seen = whole.seen;
    assert_eq!((seen.id.as_deref(), seen.model.as_deref(), seen.output_bytes), (Some("c"), Some("m-1"), 4));
    assert_eq!((seen.usage.unwrap().input, seen.finish, seen.complete), (3, Some(answer::FinishReason::Length), true));
}

#[test]
fn an_answer_that_cannot_be_read_is_kept_for_its_own_dialect_and_refused_for_others() {
    for body in [&b"null"[..], b"<html>", b"{}", br#"{"error":{"message":"no"}}"#] {
        let kept = whole(&context(Api::OpenAiChat, Dialect::OpenAi), body).unwrap();
        assert_eq!((kept.body, kept.seen.complete), (None, false));
        assert!(kept.seen.error.is_some());
        assert!(whole(&context(Api::AnthropicMessages, Dialect::OpenAi), body).is_err());
    }
    let small = AnswerContext { answer_bytes: 10, ..context(Api::AnthropicMessages, Dialect::OpenAi) };
    assert_eq!(whole(&small, &[b' '; 11]).unwrap_err(), AnswerError::TooLarge { limit: 10 });
}

#[test]
fn an_error_in_the_clients_shape_is_kept_byte_for_byte() {
    let context = context(Api::OpenAiChat, Dialect::OpenAi);
    let whole = br#"{ "error": {"code": null, "message": "slow", "x": 1, "param": null, "type": "requests"} }"#;
    let kept = provider_error(&context, 429, whole);
    let expected = ProviderErrorAnswer { status: 429, body: None, message: "slow".to_owned(), refuses_credential: false };
    assert_eq!(kept, expected);
    for body in [&b"<html><title>Bad Gateway</title>"[..], br#"{"error":"Bad Gateway"}"#, b"Bad Gateway"] {
        let answer = provider_error(&context, 502, body);
        assert_eq!(answer.message, "Bad Gateway");
        let body: serde_json::Value = serde_json::from_slice(&answer.body.unwrap()).unwrap();
        assert_eq!(body["error"]["message"], "Bad Gateway");
    }
    assert_eq!(provider_error(&context, 301, b"").status, 502);
}

#[test]
fn a_model_that_failed_at_bedrock_is_no_mistake_of_the_client() {
    let status = |api, dialect| provider_error(&context(api, dialect), 424, br#"{"message":"the model failed"}"#).status;
    assert_eq!(status(Api::OpenAiChat, Dialect::Bedrock), 502);
    assert_eq!(status(Api::AnthropicMessages, Dialect::AnthropicBedrock), 502);
    assert_eq!(status(Api::OpenAiChat, Dialect::OpenAi), 424, "OpenAI means the client's own connectors by it");
    assert_eq!(status(Api::AnthropicMessages, Dialect::OpenAi), 424);
}

#[test]
fn a_rejection_has_the_shape_of_the_clients_api() {
    let given = Rejection::new(Kind::UnknownModel, "no such model");
    let openai: serde_json::Value = serde_json::from_slice(&rejection(Family::OpenAi, &given)).unwrap();
    assert_eq!(openai["error"]["code"], "model_not_found");
    let anthropic: serde_json::Value = serde_json::from_slice(&rejection(Family::Anthropic, &given)).unwrap();
    assert_eq!((&anthropic["type"], &anthropic["error"]["type"]), (&json!("error"), &json!("not_found_error")));
}
