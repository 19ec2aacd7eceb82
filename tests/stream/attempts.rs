//! Attempts after the first, on streams of their own.

use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request;
use tonic::Code;

use crate::fake_envoy::{Answer, Stream, Told, headers};
use crate::gateway::Gateway;

const CHAT: &str = "/v1/chat/completions";
const BODY: &str = r#"{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"hi"}]}"#;

fn told(sent: &Answer, target: &'static str, attempt: u32) -> Told<'static> {
    Told { exchange: Some(sent.number_fact("exchange")), target: Some(target), attempt: Some(attempt), ..Told::default() }
}

async fn attempt(gateway: &mut Gateway, told: &Told<'_>) -> Result<Answer, tonic::Status> {
    let mut stream = Stream::open(&mut gateway.client, "attempt").await;
    // What Envoy shows by now is what the first attempt left behind: it must not matter.
    let leaked = headers(&[(":path", "/leaked"), ("authorization", "Bearer key-of-one"), ("x-only-one", "1")], false);
    stream.say(Request::RequestHeaders(leaked), told).await
}

#[tokio::test]
async fn another_attempt_is_made_anew_from_the_original_for_its_own_provider() {
    let mut gateway = Gateway::start("").await;
    let (_gate, sent) = gateway.sent(CHAT, BODY).await;
    let answer = attempt(&mut gateway, &told(&sent, "claude", 2)).await.unwrap();
    let body: serde_json::Value = serde_json::from_str(&answer.text()).unwrap();
    assert_eq!((&body["model"], &body["stream"]), (&"claude-haiku".into(), &true.into()));
    assert!(body["max_tokens"].is_u64() && body.get("stream_options").is_none());
    let set = answer.set();
    assert_eq!((set[":path"].as_str(), set[":authority"].as_str()), ("/v1/messages", "127.0.0.1:3"));
    assert_eq!(set["x-api-key"], "key-of-claude");
    assert_eq!(set["anthropic-version"], "2023-06-01");
    assert!(!set.contains_key("authorization"));
    for gone in ["authorization", "x-only-one", "api-key", "x-goog-api-key", "cookie"] {
        assert!(answer.removed().contains(&gone.to_owned()), "{gone} leaks");
    }
}

#[tokio::test]
async fn an_attempt_stream_ends_after_its_answer() {
    let mut gateway = Gateway::start("").await;
    let (_gate, sent) = gateway.sent(CHAT, BODY).await;
    let mut stream = Stream::open(&mut gateway.client, "attempt").await;
    stream.say(Request::RequestHeaders(headers(&[], false)), &told(&sent, "claude", 2)).await.unwrap();
    assert_eq!(stream.hear().await.unwrap_err().code(), Code::Ok);
}

#[tokio::test]
async fn an_attempt_that_is_not_known_fails_and_never_ends_with_ok() {
    let mut gateway = Gateway::start("").await;
    let (gate, sent) = gateway.sent(CHAT, BODY).await;
    for unknown in [
        Told { exchange: Some(1e9), ..told(&sent, "claude", 2) },
        Told { exchange: None, ..told(&sent, "claude", 2) },
        Told { target: None, ..told(&sent, "claude", 2) },
        told(&sent, "two", 2),
    ] {
        let status = attempt(&mut gateway, &unknown).await.unwrap_err();
        assert_ne!(status.code(), Code::Ok);
    }
    drop(gate);
    gateway.records(1).await;
    assert_ne!(attempt(&mut gateway, &told(&sent, "claude", 2)).await.unwrap_err().code(), Code::Ok);
}

async fn watch(gateway: &mut Gateway, told: &Told<'_>, status: &str) {
    let mut stream = Stream::open(&mut gateway.client, "watch").await;
    let answer = stream.say(Request::ResponseHeaders(headers(&[(":status", status), ("retry-after", "20")], false)), told).await;
    assert_eq!(answer.unwrap().set().len(), 0);
    assert_eq!(stream.hear().await.unwrap_err().code(), Code::Ok);
}

#[tokio::test]
async fn every_attempt_is_told_in_the_answer_and_in_the_record() {
    let mut gateway = Gateway::start("").await;
    let (mut gate, sent) = gateway.sent(CHAT, BODY).await;
    watch(&mut gateway, &told(&sent, "one", 1), "429").await;
    attempt(&mut gateway, &told(&sent, "claude", 2)).await.unwrap();
    let head = gate.response_headers(&[(":status", "200"), ("content-type", "text/event-stream")], "claude").await;
    let attempts = &head.set()["x-kanmon-attempts"];
    assert!(attempts.starts_with("one;429;") && attempts.contains(", claude;200;"), "{attempts}");
    drop(gate);
    let record = &gateway.records(1).await[0];
    assert_eq!(record["attempts"][0]["status"], 429);
    assert_eq!(record["attempts"][1]["provider"], "claude");
    assert_eq!(record["provider"], "claude");
}

#[tokio::test]
async fn a_provider_that_said_retry_after_is_not_tried_first_the_next_time() {
    let mut gateway = Gateway::start("").await;
    let (_gate, sent) = gateway.sent(CHAT, BODY).await;
    watch(&mut gateway, &told(&sent, "one", 1), "429").await;
    let (_gate, sent) = gateway.sent(CHAT, BODY).await;
    assert!(sent.text_fact("route").contains("claude,one"), "{}", sent.text_fact("route"));
    assert_eq!(sent.set()["x-api-key"], "key-of-claude");
}

#[tokio::test]
async fn the_original_is_let_go_when_an_answer_is_committed() {
    let mut gateway = Gateway::start("").await;
    let (mut gate, sent) = gateway.sent(CHAT, BODY).await;
    let id = sent.number_fact("exchange") as u64;
    let shared = gateway.app.engine.registry.find(id).unwrap();
    assert!(shared.original().is_some());
    gate.response_headers(&[(":status", "200"), ("content-type", "text/event-stream")], "one").await;
    assert!(shared.original().is_none());
}

async fn peek(gateway: &mut Gateway, told: &Told<'_>, chunks: &[&str]) -> (Stream, Option<Answer>) {
    use envoy_types::pb::envoy::service::ext_proc::v3::HttpBody;
    let mut stream = Stream::open(&mut gateway.client, "peek").await;
    let head = headers(&[(":status", "200"), ("content-type", "text/event-stream")], false);
    stream.send(Request::ResponseHeaders(head), told).await;
    for chunk in chunks {
        let body = HttpBody { body: chunk.as_bytes().to_vec(), ..HttpBody::default() };
        stream.send(Request::ResponseBody(body), &Told::default()).await;
    }
    let answer = tokio::time::timeout(std::time::Duration::from_millis(300), stream.hear()).await;
    (stream, answer.ok().map(Result::unwrap))
}

#[tokio::test]
async fn an_error_as_the_first_event_becomes_a_status_that_envoy_retries() {
    let mut gateway = Gateway::start("").await;
    let (_gate, sent) = gateway.sent(CHAT, BODY).await;
    let error = "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n";
    let (_, answer) = peek(&mut gateway, &told(&sent, "one", 1), &[": ping\n\n", error]).await;
    let answer = answer.unwrap();
    assert!(answer.set()[":status"].starts_with('5'), "{:?}", answer.set());
}

#[tokio::test]
async fn a_peeked_stream_is_let_go_at_its_first_token_and_held_before() {
    let mut gateway = Gateway::start("").await;
    let (_gate, sent) = gateway.sent(CHAT, BODY).await;
    let role = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    let token = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hel\"}}]}\n\n";
    let (_, held) = peek(&mut gateway, &told(&sent, "one", 1), &[role]).await;
    assert!(held.is_none(), "a role alone says nothing");
    let (mut stream, answer) = peek(&mut gateway, &told(&sent, "one", 1), &[role, token]).await;
    assert!(answer.unwrap().set().is_empty());
    assert_eq!(stream.hear().await.unwrap().body(), None);
    assert_eq!(stream.hear().await.unwrap().body(), None, "each piece of the body has its answer");
    assert_eq!(stream.hear().await.unwrap_err().code(), Code::Ok, "and the stream ends at once");
}
