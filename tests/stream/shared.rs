//! Budgets in a Redis that processors share.

use std::time::Duration;

use crate::gateway::{Gateway, request};
use crate::redis::Server;

const BODY: &str = r#"{"model":"gpt-4o","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}"#;
const ANSWER: &[u8] = br#"{"id":"x","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}}"#;

/// A limit and where it is kept.
fn shared(server: &Server, limit: &str, terms: &str) -> String {
    format!(
        "limits: [{{name: shared, per: [key], {limit}, every: 1h}}]\nlimit_store: {{redis: {{url: \"{}\", {terms}}}}}",
        server.url()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processors_on_one_redis_admit_together_exactly_what_one_would() {
    let server = Server::start().await;
    let more = shared(&server, "requests: 10", "timeout: 5s");
    let mut gateways = [Gateway::start(&more).await, Gateway::start(&more).await];
    let mut tasks = Vec::new();
    for i in 0..200 {
        let mut gate = gateways[i % 2].gate().await;
        tasks.push(tokio::spawn(async move {
            gate.request_headers(&request("/v1/chat/completions")).await;
            let answer = gate.request_body(BODY).await;
            (gate, answer)
        }));
    }
    let (mut admitted, mut gates) = (0, Vec::new());
    for task in tasks {
        let (gate, answer) = task.await.unwrap();
        if answer.fact("route").is_some() {
            admitted += 1;
        } else {
            assert_eq!(answer.status(), 429);
        }
        gates.push(gate);
    }
    assert_eq!(admitted, 10);
}

#[tokio::test]
async fn a_client_that_leaves_while_its_budget_is_asked_for_leaves_nothing_reserved() {
    let server = Server::start().await;
    let mut gateway = Gateway::start(&shared(&server, "total_tokens: 1000", "timeout: 5s")).await;
    let body = BODY.replace("100", "900");
    let (whole, answer) = gateway.sent("/v1/chat/completions", &body).await;
    assert!(answer.fact("route").is_some());
    drop(whole);
    gateway.records(1).await;
    server.freeze();
    let mut leaving = gateway.gate().await;
    leaving.request_headers(&request("/v1/chat/completions")).await;
    let asked = tokio::time::timeout(Duration::from_millis(200), leaving.request_body(&body)).await;
    assert!(asked.is_err(), "Redis was to hang");
    drop(leaving);
    let records = gateway.records(2).await;
    assert_eq!(records[1]["outcome"], "aborted");
    assert_eq!(records[1]["tokens_source"], "none");
    server.thaw();
    // The first one was charged its prompt: more than 100 tokens are not left of it, were anything left of the second.
    for _ in 0..500 {
        let (_gate, answer) = gateway.sent("/v1/chat/completions", &body).await;
        if answer.fact("route").is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("what was reserved for the client that left never came back");
}

#[tokio::test]
async fn where_a_limit_says_so_nobody_passes_while_redis_is_away_and_each_client_is_told_in_its_own_words() {
    let mut server = Server::start().await;
    let mut gateway = Gateway::start(&shared(&server, "requests: 10", "when_away: deny")).await;
    server.kill();
    let (_gate, answer) = gateway.sent("/v1/chat/completions", BODY).await;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.set()["retry-after"], "1");
    let error = &answer.immediate_json()["error"];
    assert_eq!(error["code"], "limits_unavailable");
    assert!(error["message"].as_str().unwrap().contains("`shared`"), "{error}");
    let (_gate, answer) =
        gateway.sent("/v1/messages", r#"{"model":"claude-x","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}"#).await;
    assert_eq!((answer.status(), answer.immediate_json()["error"]["type"].as_str().unwrap()), (503, "overloaded_error"));
    let status = reqwest::get(format!("http://{}/status", gateway.app.admin)).await.unwrap();
    let status: serde_json::Value = status.json().await.unwrap();
    assert_eq!(status["limit_store"]["away"], true);
}

#[tokio::test]
async fn who_passes_uncounted_while_redis_is_away_is_told_in_the_record_and_to_envoy() {
    let mut server = Server::start().await;
    let limits = "limits: [{name: allowed, per: [key], requests: 10, every: 1h, when_away: allow}, \
                  {name: shadow, total_tokens: 1000, every: 1h, shadow: true, when_away: allow}, \
                  {name: in part, requests: 10, every: 1h}]";
    let store = format!("limit_store: {{redis: {{url: \"{}\", timeout: 5s, when_away: local}}}}", server.url());
    let mut gateway = Gateway::start(&format!("{limits}\n{store}")).await;
    for (records, in_record, for_envoy) in [(1, r"[]", None), (2, r#"["allowed","shadow"]"#, Some("allowed, shadow"))] {
        let (mut gate, _) = gateway.sent("/v1/chat/completions", BODY).await;
        gate.response_headers(&[(":status", "200"), ("content-type", "application/json")], "one").await;
        let whole = gate.response_body(ANSWER, true).await;
        assert_eq!(whole.fact("uncounted").is_some(), for_envoy.is_some());
        assert!(for_envoy.is_none_or(|names| whole.text_fact("uncounted") == names));
        drop(gate);
        assert_eq!(gateway.records(records).await.last().unwrap()["uncounted"].to_string(), in_record);
        server.kill();
    }
}

#[tokio::test]
async fn what_is_under_way_when_a_processor_stops_is_settled_for_the_others() {
    let server = Server::start().await;
    let more = shared(&server, "total_tokens: 1000", "timeout: 5s");
    let mut leaving = Gateway::start(&more).await;
    let mut staying = Gateway::start(&more).await;
    let body = BODY.replace("100", "900");
    let (gate, answer) = leaving.sent("/v1/chat/completions", &body).await;
    assert!(answer.fact("route").is_some());
    let (_gate, answer) = staying.sent("/v1/chat/completions", &body).await;
    assert_eq!(answer.status(), 429);
    drop(gate);
    leaving.records(1).await;
    let Gateway { app, client, .. } = leaving;
    drop(client);
    app.stop().await;
    let (_gate, answer) = staying.sent("/v1/chat/completions", &body).await;
    assert!(answer.fact("route").is_some(), "{answer:?}");
}
