//! What the gateway does not know, passed to one provider unread: who may, where to, and what comes back.

use envoy_types::pb::envoy::extensions::filters::http::ext_proc::v3::processing_mode::BodySendMode;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request;

use crate::fake_envoy::{Answer, Stream, Told, headers};
use crate::gateway::{Gateway, KEY, OPENED, SHUT};

async fn asked(gateway: &mut Gateway, method: &str, path: &str, more: &[(&str, &str)]) -> (Stream, Answer) {
    let mut fields = vec![(":method", method), (":path", path), (":authority", "gateway"), ("x-request-id", "req-1")];
    if !more.iter().any(|(name, _)| *name == "authorization" || *name == "x-api-key") {
        fields.push(("authorization", OPENED));
    }
    fields.extend(more);
    let mut gate = gateway.gate().await;
    let answer = gate.say(Request::RequestHeaders(headers(&fields, true)), &Told::default()).await.unwrap();
    (gate, answer)
}

async fn refused(gateway: &mut Gateway, method: &str, path: &str, more: &[(&str, &str)]) -> (i32, String) {
    let (_gate, answer) = asked(gateway, method, path, more).await;
    let json = answer.immediate_json();
    assert!(json["error"]["message"].is_string(), "{json}");
    (answer.status(), json.to_string())
}

#[tokio::test]
async fn a_request_without_a_body_goes_on_at_its_headers() {
    let mut gateway = Gateway::start("").await;
    let (mut gate, sent) = asked(&mut gateway, "GET", "/open/v1/files?limit=2&key=sk-open&after=x", &[("cookie", "a=b")]).await;
    let (set, common) = (sent.set(), sent.common());
    assert_eq!(set[":path"], "/v1/files?limit=2&after=x");
    assert_eq!((set[":authority"].as_str(), set["authorization"].as_str()), ("127.0.0.1:4", "Bearer key-of-open"));
    assert!(common.clear_route_cache && common.body_mutation.is_none());
    assert!(sent.text_fact("route").starts_with("order:open~"));
    assert!(!set.contains_key("content-length") && !set.contains_key("content-type"), "{set:?}");
    assert!(sent.removed().contains(&"cookie".to_owned()));
    assert!(set.values().all(|value| !value.contains("sk-open")));
    let head = gate.response_headers(&[(":status", "200"), ("content-type", "application/json")], "open").await;
    assert_eq!(head.0.mode_override.unwrap().response_body_mode(), BodySendMode::Streamed);
    let end = gate.response_body(b"{\"what\": ever", true).await;
    assert_eq!((end.body(), end.text_fact("outcome")), (None, "ok".to_owned()));
    let record = &gateway.records(1).await[0];
    let told = |name: &str| record[name].as_str().map(str::to_owned);
    assert_eq!((told("api"), told("path"), told("route")), (Some("opaque".into()), Some("/files".into()), Some("open/*".into())));
    assert_eq!((told("provider"), told("tokens_source"), told("model_asked")), (Some("open".into()), Some("none".into()), None));
    assert_eq!((&record["tokens"]["total"], &record["status"]), (&0.into(), &200.into()));
}

#[tokio::test]
async fn a_body_goes_on_unread_with_its_type() {
    let mut gateway = Gateway::start("").await;
    for (content_type, body) in [("application/json", "{\"not\": json"), ("multipart/form-data; boundary=b", "--b"), ("a/b", "")]
    {
        let mut gate = gateway.gate().await;
        let fields = [
            (":method", "POST"),
            (":path", "/open/v1/batches"),
            ("authorization", OPENED),
            ("content-type", content_type),
            ("content-encoding", "gzip"),
        ];
        let opened = gate.request_headers(&fields).await;
        assert!(!opened.common().clear_route_cache);
        let sent = gate.request_body(body).await;
        assert_eq!((sent.body(), sent.set()[":path"].as_str()), (None, "/v1/batches"));
        assert!(!sent.set().contains_key("content-type") && !sent.removed().contains(&"content-type".to_owned()));
        assert!(!sent.removed().contains(&"content-encoding".to_owned()));
    }
}

#[tokio::test]
async fn a_key_needs_leave_and_a_provider_must_be_open() {
    let mut gateway = Gateway::start("").await;
    let (status, told) = refused(&mut gateway, "GET", "/open/v1/files", &[("authorization", KEY)]).await;
    assert!(status == 403 && told.contains("passthrough: [open]"), "{told}");
    let (status, told) = refused(&mut gateway, "GET", "/open/v1/files", &[("authorization", "Bearer wrong")]).await;
    assert!(status == 401, "{told}");
    let (status, told) = refused(&mut gateway, "GET", "/one/v1/files", &[]).await;
    assert!(status == 404 && told.contains("passthrough: true"), "{told}");
    let (status, told) = refused(&mut gateway, "GET", "/nobody/v1/files", &[]).await;
    assert!(status == 404 && !told.contains("passthrough"), "{told}");
    for method in ["TRACE", "CONNECT", "OPTIONS", "get", ""] {
        assert_eq!(refused(&mut gateway, method, "/open/v1/files", &[]).await.0, 405, "{method}");
    }
    assert!(gateway.app.engine.registry.is_empty());
}

#[tokio::test]
async fn a_refusal_is_told_in_the_words_of_the_providers_api() {
    let mut gateway = Gateway::start("").await;
    let key = ("x-api-key", SHUT);
    let (status, told) = refused(&mut gateway, "GET", "/opened-claude/v1/messages/batches", &[key]).await;
    assert!(status == 403 && told.contains("permission_error") && told.contains(r#""type":"error""#), "{told}");
}

#[tokio::test]
async fn no_path_leaves_the_provider_or_goes_around_the_gateways_own_endpoints() {
    let mut gateway = Gateway::start("").await;
    for path in [
        "/open/v1/../admin",
        "/open/v1/%2e%2e/admin",
        "/open/v1/a%2f..%2f..%2fadmin",
        "/open/v1//files",
        "/open//v1/files",
        "/open/files",
        "/open/v1",
        "/open/",
        "/open/v1/chat/completions",
        "/open/v1/ch%61t/completions",
        "/open/v1/Chat/Completions",
        "/open/v1/chat/completions/",
        "/open/v1/chat;x/completions",
        "/open/v1/messages",
        "/open/v1/models",
        "/open/v1/v1/chat/completions",
        "/open/v1/embeddings?x=/v1/files",
    ] {
        for method in ["GET", "POST"] {
            let (status, told) = refused(&mut gateway, method, path, &[]).await;
            assert_eq!(status, 404, "{method} {path}: {told}");
        }
    }
    assert!(gateway.app.engine.registry.is_empty());
}

#[tokio::test]
async fn the_providers_own_path_stands_in_place_of_the_dialects_prefix() {
    let mut gateway = Gateway::start("").await;
    let (_gate, sent) = asked(&mut gateway, "DELETE", "/opened-claude/v1/messages/batches/b%20c", &[]).await;
    let set = sent.set();
    assert_eq!(set[":path"], "/far/away/messages/batches/b%20c");
    assert_eq!((set["x-api-key"].as_str(), set["anthropic-version"].as_str()), ("key-of-claude", "2023-06-01"));
    assert!(sent.removed().contains(&"authorization".to_owned()));
    let own = [("anthropic-version", "2024-01-01"), ("anthropic-beta", "b"), ("x-kanmon-x", "forged")];
    let (_gate, sent) = asked(&mut gateway, "GET", "/opened-claude/v1/files", &own).await;
    assert!(!sent.set().contains_key("anthropic-version") && !sent.removed().contains(&"anthropic-beta".to_owned()));
    assert!(sent.removed().contains(&"x-kanmon-x".to_owned()));
}

#[tokio::test]
async fn it_counts_as_one_request_and_reserves_no_tokens() {
    let limits = "limits:\n- {name: r, requests: 2, every: 1h}\n- {name: t, total_tokens: 1, every: 1h}\n";
    let mut gateway = Gateway::start(limits).await;
    for expected in [true, true, false] {
        let (_gate, answer) = asked(&mut gateway, "GET", "/open/v1/files", &[]).await;
        let passed = answer.0.dynamic_metadata.is_some() && answer.set().contains_key(":path");
        assert_eq!(passed, expected);
        if !expected {
            assert_eq!(answer.status(), 429);
        }
    }
}

#[tokio::test]
async fn errors_come_back_as_they_are_but_not_what_is_said_of_the_gateways_own_credential() {
    let mut gateway = Gateway::start("").await;
    let (mut gate, _) = asked(&mut gateway, "GET", "/open/v1/files/f", &[]).await;
    gate.response_headers(&[(":status", "404"), ("content-type", "text/plain")], "open").await;
    assert_eq!(gate.response_body(b"no such file", true).await.body(), None);
    assert_eq!(gateway.records(1).await[0]["outcome"], "provider_error");
    for (status, expected) in [("401", 502), ("302", 502), ("407", 502)] {
        let (mut gate, _) = asked(&mut gateway, "GET", "/open/v1/files/f", &[]).await;
        let fields = [(":status", status), ("location", "https://elsewhere.example/")];
        assert_eq!(gate.response_headers(&fields, "open").await.status(), expected, "{status}");
    }
}

#[tokio::test]
async fn an_answer_without_a_body_ends_the_exchange() {
    let mut gateway = Gateway::start("").await;
    let (mut gate, _) = asked(&mut gateway, "HEAD", "/open/v1/files/f", &[]).await;
    let told = Told { target: Some("open"), details: Some("via_upstream"), ..Told::default() };
    let fields = [(":status", "200"), ("content-length", "77")];
    let head = gate.say(Request::ResponseHeaders(headers(&fields, true)), &told).await.unwrap();
    assert_eq!(head.0.mode_override.unwrap().response_body_mode(), BodySendMode::None);
    assert!(!head.removed().contains(&"content-length".to_owned()));
    assert_eq!(head.text_fact("outcome"), "ok");
}

#[tokio::test]
async fn an_attempt_elsewhere_is_never_made() {
    let mut gateway = Gateway::start("").await;
    let (_gate, sent) = asked(&mut gateway, "GET", "/open/v1/files", &[]).await;
    let told = Told { exchange: Some(sent.number_fact("exchange")), target: Some("open"), attempt: Some(2), ..Told::default() };
    let mut attempt = Stream::open(&mut gateway.client, "attempt").await;
    assert!(attempt.say(Request::RequestHeaders(headers(&[], true)), &told).await.is_err());
}
