//! The road of a request that one provider answers.

use envoy_types::pb::envoy::extensions::filters::http::ext_proc::v3::processing_mode::BodySendMode;

use crate::gateway::Gateway;

const CHAT: &str = "/v1/chat/completions";
const PLAIN: &str = r#"{"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}],  "temperature": 0.70}"#;
const STREAMED: &str = r#"{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"hi"}]}"#;

#[tokio::test]
async fn a_request_in_the_providers_dialect_keeps_every_byte_and_gets_the_providers_key() {
    let mut gateway = Gateway::start("").await;
    let (_gate, sent) = gateway.sent(CHAT, PLAIN).await;
    assert_eq!(sent.body(), None, "nothing has to change");
    let set = sent.set();
    assert!(!set.contains_key(":path"), "it is the provider's already");
    assert_eq!(set[":authority"], "127.0.0.1:1");
    assert_eq!(set["authorization"], "Bearer key-of-one");
    assert_eq!(set["x-kanmon-tenant"], "red");
    assert_eq!(set["x-only-one"], "1");
    assert_eq!(set["content-length"], PLAIN.len().to_string());
    assert!(sent.common().clear_route_cache);
    assert!(sent.text_fact("route").contains("one,claude"), "{}", sent.text_fact("route"));
}

#[tokio::test]
async fn a_plain_answer_passes_as_it_is_and_is_accounted_for() {
    let mut gateway = Gateway::start("").await;
    let (mut gate, _) = gateway.sent(CHAT, PLAIN).await;
    let head = gate.response_headers(&[(":status", "200"), ("content-type", "application/json")], "one").await;
    assert_eq!(head.0.mode_override.unwrap().response_body_mode(), BodySendMode::Buffered);
    let answer = br#"{"id":"x","object":"chat.completion","created":1,"model":"gpt-4o-2024","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}"#;
    let body = gate.response_body(answer, true).await;
    assert_eq!(body.body(), None);
    assert_eq!(body.number_fact("input_tokens"), 9.0);
    assert_eq!(body.number_fact("output_tokens"), 2.0);
    assert_eq!(body.text_fact("outcome"), "ok");
    drop(gate);
    let record = &gateway.records(1).await[0];
    assert_eq!(record["tokens"]["total"], 11);
    assert_eq!(record["tokens_source"], "reported");
    assert_eq!((&record["key"], &record["tenant"]), (&"ci".into(), &"red".into()));
    assert_eq!(record["model_served"], "gpt-4o-2024");
    assert_eq!(record["attempts"][0]["status"], 200);
    assert_eq!(record["request_id"], "req-1");
    assert!(gateway.app.engine.registry.is_empty());
}

#[tokio::test]
async fn usage_is_asked_of_a_stream_and_the_extra_chunk_is_taken_out_again() {
    let mut gateway = Gateway::start("").await;
    let (mut gate, sent) = gateway.sent(CHAT, STREAMED).await;
    let body: serde_json::Value = serde_json::from_str(&sent.text()).unwrap();
    assert_eq!(body["stream_options"]["include_usage"], true);
    let head = gate.response_headers(&[(":status", "200"), ("content-type", "text/event-stream")], "one").await;
    assert_eq!(head.0.mode_override.unwrap().response_body_mode(), BodySendMode::Streamed);
    let chunk = |delta: &str, rest: &str| {
        format!(
            r#"data: {{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{delta}]{rest}}}{}"#,
            "\n\n"
        )
    };
    let first = chunk(r#"{"index":0,"delta":{"role":"assistant","content":"hel"},"finish_reason":null}"#, "");
    let last = chunk(r#"{"index":0,"delta":{},"finish_reason":"stop"}"#, "");
    let usage = chunk("", r#","usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}"#);
    let mut seen = String::new();
    for piece in [first.as_str(), &last, &usage, "data: [DONE]\n\n"] {
        let answer = gate.response_body(piece.as_bytes(), false).await;
        seen.push_str(&answer.body().map_or_else(|| piece.to_owned(), |body| String::from_utf8(body).unwrap()));
    }
    let end = gate.response_body(b"", true).await;
    assert_eq!(seen, format!("{first}{last}data: [DONE]\n\n"));
    assert_eq!(end.number_fact("total_tokens"), 6.0);
}

#[tokio::test]
async fn a_stream_is_translated_event_by_event() {
    let mut gateway = Gateway::start("").await;
    let (mut gate, sent) = gateway
        .sent("/v1/messages", r#"{"model":"gpt-pair","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"hi"}]}"#)
        .await;
    assert_eq!(sent.set()[":path"], "/v1/chat/completions");
    assert_eq!(sent.set()["authorization"], "Bearer key-of-one");
    gate.response_headers(&[(":status", "200"), ("content-type", "text/event-stream")], "one").await;
    let answer = gate
        .response_body(b"data: {\"id\":\"c\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"hel\"}}]}\n\n", false)
        .await
        .text();
    assert!(answer.contains("event: message_start") && answer.contains("hel"), "nothing waits: {answer}");
    let half = gate.response_body(b"data: {\"id\":\"c\",\"choi", false).await;
    assert_eq!(half.body(), Some(Vec::new()), "half an event gives nothing yet");
    let rest = gate
        .response_body(
            b"ces\":[{\"index\":0,\"delta\":{\"content\":\"lo\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
            false,
        )
        .await
        .text();
    assert!(rest.contains("lo") && rest.contains("event: message_stop"), "{rest}");
    assert_eq!(gate.response_body(b"", true).await.text_fact("outcome"), "ok");
}

#[tokio::test]
async fn a_stream_that_stops_before_its_end_is_told_as_an_error() {
    let mut gateway = Gateway::start("").await;
    for (path, model, marker) in [(CHAT, "gpt-4o", "\"error\""), ("/v1/messages", "gpt-pair", "event: error")] {
        let body = format!(r#"{{"model":"{model}","max_tokens":9,"stream":true,"messages":[{{"role":"user","content":"hi"}}]}}"#);
        let (mut gate, _) = gateway.sent(path, &body).await;
        gate.response_headers(&[(":status", "200"), ("content-type", "text/event-stream")], "one").await;
        gate.response_body(
            b"data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hel\"}}]}\n\n",
            false,
        )
        .await;
        let end = gate.response_body(b"", true).await;
        let told = end.text();
        assert!(told.contains(marker) && !told.contains("[DONE]") && !told.contains("message_stop"), "{told}");
        assert_eq!(end.text_fact("outcome"), "cut");
    }
    let records = gateway.records(2).await;
    assert_eq!(records[0]["tokens_source"], "estimated");
    assert!(records[0]["tokens"]["output"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_exchange_and_pays_for_what_it_got() {
    let mut gateway = Gateway::start("").await;
    let (mut gate, _) = gateway.sent(CHAT, STREAMED).await;
    gate.response_headers(&[(":status", "200"), ("content-type", "text/event-stream")], "one").await;
    gate.response_body(
        b"data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello there\"}}]}\n\n",
        false,
    )
    .await;
    drop(gate);
    let record = &gateway.records(1).await[0];
    assert_eq!(record["outcome"], "aborted");
    assert_eq!(record["tokens_source"], "estimated");
    assert!(record["tokens"]["output"].as_u64().unwrap() > 0 && record["tokens"]["input"].as_u64().unwrap() > 0);
    assert!(gateway.app.engine.registry.is_empty());
}

#[tokio::test]
async fn a_compressed_answer_is_decompressed_once() {
    use std::io::Write as _;
    let mut gateway = Gateway::start("").await;
    let (mut gate, _) = gateway.sent(CHAT, PLAIN).await;
    let head = gate
        .response_headers(&[(":status", "200"), ("content-type", "application/json"), ("content-encoding", "gzip")], "one")
        .await;
    assert!(head.removed().contains(&"content-encoding".to_owned()));
    let plain = r#"{"id":"x","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}"#;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain.as_bytes()).unwrap();
    let body = gate.response_body(&encoder.finish().unwrap(), true).await;
    assert_eq!(body.text(), plain);
    assert_eq!(body.set()["content-length"], plain.len().to_string());
}

#[tokio::test]
async fn the_length_of_an_answer_is_said_where_the_provider_has_not_said_it() {
    let mut gateway = Gateway::start("").await;
    let plain =
        r#"{"id":"x","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}"#;
    let length = plain.len().to_string();
    for (told, said) in [(Some(&*length), None), (None, Some(&length)), (Some("7"), Some(&length))] {
        let (mut gate, _) = gateway.sent(CHAT, PLAIN).await;
        let mut head = vec![(":status", "200"), ("content-type", "application/json")];
        head.extend(told.map(|told| ("content-length", told)));
        gate.response_headers(&head, "one").await;
        let body = gate.response_body(plain.as_bytes(), true).await;
        assert_eq!(body.set().get("content-length"), said, "told: {told:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_the_providers_api_is_a_bad_gateway_and_not_an_empty_answer() {
    let mut gateway = Gateway::start("").await;
    let (mut gate, _) =
        gateway.sent("/v1/messages", r#"{"model":"gpt-pair","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#).await;
    gate.response_headers(&[(":status", "200"), ("content-type", "application/json")], "one").await;
    let body = gate.response_body(b"<html>oops</html>", true).await;
    assert_eq!(body.set()[":status"], "502");
    let told: serde_json::Value = serde_json::from_str(&body.text()).unwrap();
    assert_eq!(told["type"], "error");
}

#[tokio::test]
async fn trailers_end_a_whole_stream_and_break_a_cut_one() {
    let mut gateway = Gateway::start("").await;
    for (done, whole) in [("data: [DONE]\n\n", true), ("", false)] {
        let (mut gate, _) = gateway.sent(CHAT, STREAMED).await;
        gate.response_headers(&[(":status", "200"), ("content-type", "text/event-stream")], "one").await;
        gate.response_body(
            format!(
                "data: {{\"id\":\"c\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"x\"}}}}]}}\n\n{done}"
            )
            .as_bytes(),
            false,
        )
        .await;
        assert_eq!(gate.response_trailers().await.is_ok(), whole);
    }
}

#[tokio::test]
async fn what_a_client_says_in_the_gateways_name_is_removed() {
    let mut gateway = Gateway::start("").await;
    let mut gate = gateway.gate().await;
    let mut fields = crate::gateway::request(CHAT);
    fields.extend([
        ("x-kanmon-tenant", "root"),
        ("x-kanmon-route", "order:two"),
        ("x-api-key", "sk-test"),
        ("cookie", "a=b"),
        ("accept-encoding", "gzip"),
    ]);
    gate.request_headers(&fields).await;
    let sent = gate.request_body(PLAIN).await;
    assert_eq!(sent.set()["x-kanmon-tenant"], "red");
    for gone in ["x-kanmon-route", "x-api-key", "cookie", "accept-encoding"] {
        assert!(sent.removed().contains(&gone.to_owned()), "{gone} stays: {:?}", sent.removed());
    }
}
