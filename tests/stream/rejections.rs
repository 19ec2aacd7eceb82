//! What the client is told when the road ends early: the right status, in its own API's shape, with what to do.

use crate::fake_envoy::{Told, headers};
use crate::gateway::{Gateway, request};
use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request;

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn a_caller_without_a_key_is_told_before_the_body_is_read() {
    let mut gateway = Gateway::start("").await;
    let mut gate = gateway.gate().await;
    let answer = gate.request_headers(&[(":method", "POST"), (":path", CHAT), ("x-request-id", "r")]).await;
    assert_eq!(answer.status(), 401);
    assert!(answer.set()["www-authenticate"].starts_with("Bearer"));
    assert_eq!(answer.immediate_json()["error"]["code"], "missing_api_key");
    assert_eq!(answer.text_fact("outcome"), "rejected:missing_api_key");
    assert_eq!(gateway.records(1).await[0]["outcome"], "rejected:missing_api_key");
}

#[tokio::test]
async fn an_unknown_key_is_told_in_the_shape_of_the_api_that_was_called() {
    let mut gateway = Gateway::start("").await;
    let mut gate = gateway.gate().await;
    let answer = gate.request_headers(&[(":method", "POST"), (":path", "/v1/messages"), ("x-api-key", "sk-wrong")]).await;
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.immediate_json()["type"], "error");
    assert_eq!(answer.immediate_json()["error"]["type"], "authentication_error");
}

async fn told(gateway: &mut Gateway, path: &str, body: &str) -> (i32, serde_json::Value) {
    let (_gate, answer) = gateway.sent(path, body).await;
    (answer.status(), answer.immediate_json())
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_told_where() {
    let mut gateway = Gateway::start("bounds: {json_depth: 16}").await;
    for (body, hint) in [
        ("{\"model\": \"gpt-4o\",\n \"messages\": [}", "line 2"),
        ("[]", "object"),
        (r#"{"model":"gpt-4o","model":"gpt-pair","messages":[]}"#, "model"),
        (r#"{"model":"gpt-4o","mod\u0065l":"gpt-pair","messages":[]}"#, "model"),
        (r#"{"messages":[]}"#, "model"),
        (r#"{"model":7,"messages":[]}"#, "model"),
        (&format!(r#"{{"model":"gpt-4o","messages":{}{}}}"#, "[".repeat(40), "]".repeat(40)), "16"),
    ] {
        let (status, json) = told(&mut gateway, CHAT, body).await;
        assert_eq!(status, 400, "{body}");
        let message = json["error"]["message"].as_str().unwrap();
        assert!(message.contains(hint), "{body}: {message}");
    }
}

#[tokio::test]
async fn an_unknown_model_is_told_with_what_is_close() {
    let mut gateway = Gateway::start("").await;
    let (status, json) = told(&mut gateway, CHAT, r#"{"model":"gpt-4","messages":[]}"#).await;
    assert_eq!(status, 404);
    assert!(json["error"]["message"].as_str().unwrap().contains("`gpt-4o`"), "{json}");
    assert_eq!(json["error"]["code"], "model_not_found");
}

#[tokio::test]
async fn a_model_that_the_key_may_not_use_is_forbidden() {
    let mut gateway = Gateway::start("").await;
    let (status, json) = told(&mut gateway, CHAT, r#"{"model":"o3","messages":[]}"#).await;
    assert_eq!((status, &json["error"]["code"]), (403, &"model_not_allowed".into()));
}

#[tokio::test]
async fn a_request_that_the_first_provider_cannot_express_goes_to_one_that_can() {
    let mut gateway = Gateway::start("").await;
    let body = r#"{"model":"claude-x","max_tokens":9,"n":2,"messages":[{"role":"user","content":"hi"}]}"#;
    let (_gate, answer) = gateway.sent(CHAT, body).await;
    assert!(answer.text_fact("route").contains("one,claude"), "the provider that can express it comes first");
}

#[tokio::test]
async fn paths_and_methods_that_are_not_served_say_which_are() {
    let mut gateway = Gateway::start("").await;
    let mut gate = gateway.gate().await;
    let mut fields = request("/v1/nothing");
    let answer = gate.request_headers(&fields).await;
    assert_eq!(answer.status(), 404);
    fields = request(CHAT);
    fields[0] = (":method", "GET");
    let mut gate = gateway.gate().await;
    let answer = gate.request_headers(&fields).await;
    assert_eq!((answer.status(), answer.set()["allow"].as_str()), (405, "POST"));
}

#[tokio::test]
async fn the_open_path_needs_no_key_and_the_models_do() {
    let mut gateway = Gateway::start("").await;
    let answer = gateway.gate().await.request_headers(&[(":method", "GET"), (":path", "/health")]).await;
    assert_eq!(answer.status(), 200);
    let answer = gateway.gate().await.request_headers(&[(":method", "GET"), (":path", "/v1/models")]).await;
    assert_eq!(answer.status(), 401);
    let mut fields = request("/v1/models");
    fields[0] = (":method", "GET");
    let answer = gateway.gate().await.request_headers(&fields).await;
    let json = answer.immediate_json();
    let ids: Vec<_> = json["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, ["gpt-4o", "gpt-pair"]);
}

#[tokio::test]
async fn an_answer_that_envoy_made_is_put_into_the_clients_shape() {
    let mut gateway = Gateway::start("").await;
    for (status, details, expected, end) in [
        ("503", "upstream_reset_before_response_started{connection_termination}", 503, "reset"),
        ("503", "upstream_reset_before_response_started{remote_connection_failure}", 503, "connect"),
        ("504", "upstream_per_try_timeout", 504, "timeout"),
        ("503", "no_healthy_upstream", 503, "no_answer"),
    ] {
        let (mut gate, _) = gateway.sent(CHAT, r#"{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}"#).await;
        let head = headers(&[(":status", status), ("content-type", "text/plain")], false);
        let told = Told { details: Some(details), ..Told::default() };
        let answer = gate.say(Request::ResponseHeaders(head), &told).await.unwrap();
        assert_eq!(answer.status(), expected);
        assert!(answer.immediate_json()["error"]["message"].is_string());
        assert!(answer.set()["x-kanmon-attempts"].starts_with(&format!("one;{end};")));
    }
}

#[tokio::test]
async fn a_provider_that_refuses_our_credential_is_our_fault_and_not_the_callers() {
    let mut gateway = Gateway::start("").await;
    let (mut gate, _) = gateway.sent(CHAT, r#"{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}"#).await;
    gate.response_headers(&[(":status", "401"), ("content-type", "application/json")], "one").await;
    let body = gate.response_body(br#"{"error":{"message":"Incorrect API key provided: key-of-one","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#, true).await;
    assert_eq!(body.set()[":status"], "502");
    assert!(!body.text().contains("key-of-one"), "{}", body.text());
}
