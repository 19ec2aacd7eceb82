//! Budgets hold under concurrency, and nothing stays reserved.

use crate::gateway::{Gateway, request};

const BODY: &str = r#"{"model":"gpt-4o","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_at_once_against_a_limit_of_ten_admit_exactly_ten() {
    let mut gateway = Gateway::start("limits: [{name: ten, per: [key], requests: 10, every: 1h}]").await;
    let mut tasks = Vec::new();
    for _ in 0..200 {
        let mut gate = gateway.gate().await;
        tasks.push(tokio::spawn(async move {
            gate.request_headers(&request("/v1/chat/completions")).await;
            let answer = gate.request_body(BODY).await;
            (answer.fact("route").is_some(), gate, answer)
        }));
    }
    let mut admitted = 0;
    let mut gates = Vec::new();
    for task in tasks {
        let (ok, gate, answer) = task.await.unwrap();
        admitted += usize::from(ok);
        if !ok {
            assert_eq!(answer.status(), 429);
            assert!(answer.set()["retry-after"].parse::<u64>().unwrap() > 0);
            assert!(answer.immediate_json()["error"]["message"].as_str().unwrap().contains("ten"));
        }
        gates.push(gate);
    }
    assert_eq!(admitted, 10);
}

#[tokio::test]
async fn a_request_that_was_rejected_leaves_nothing_reserved() {
    let mut gateway = Gateway::start("limits: [{name: tokens, per: [key], total_tokens: 1000, every: 1h}]").await;
    for _ in 0..50 {
        let (_gate, answer) = gateway.sent("/v1/chat/completions", r#"{"model":"gpt-9","max_tokens":900,"messages":[]}"#).await;
        assert_eq!(answer.status(), 404);
    }
    let (_gate, answer) = gateway.sent("/v1/chat/completions", &BODY.replace("100", "900")).await;
    assert!(answer.fact("route").is_some());
}

#[tokio::test]
async fn what_was_reserved_too_much_comes_back_when_the_answer_is_settled() {
    let mut gateway = Gateway::start("limits: [{name: tokens, per: [key], total_tokens: 1000, every: 1h}]").await;
    for _ in 0..20 {
        let (mut gate, answer) = gateway.sent("/v1/chat/completions", &BODY.replace("100", "900")).await;
        assert!(answer.fact("route").is_some());
        gate.response_headers(&[(":status", "200"), ("content-type", "application/json")], "one").await;
        gate.response_body(br#"{"id":"x","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#, true).await;
    }
}

#[tokio::test]
async fn a_provider_error_costs_no_tokens() {
    let mut gateway = Gateway::start("limits: [{name: tokens, per: [key], total_tokens: 1000, every: 1h}]").await;
    for _ in 0..20 {
        let (mut gate, answer) = gateway.sent("/v1/chat/completions", &BODY.replace("100", "900")).await;
        assert!(answer.fact("route").is_some());
        gate.response_headers(&[(":status", "400"), ("content-type", "application/json")], "one").await;
        gate.response_body(br#"{"error":{"message":"no","type":"invalid_request_error","param":null,"code":null}}"#, true).await;
    }
}
