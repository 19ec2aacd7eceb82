//! Whatever goes wrong with the processor, and whatever a client claims: nothing goes out untranslated, no key goes astray.

use kanmon::envoy::contract::ROLE_METADATA;

use crate::provider::{self, Provider};
use crate::world::{CHAT, World, chat, config, entry};

/// A gateway whose gate stream is of another kind than the processor expects, which ends it with an error.
async fn with_role(filter: &str, role: &str) -> (World, Provider, Provider) {
    let first = Provider::start(|_| provider::json(503, "{}")).await;
    let second = Provider::start(|_| provider::anthropic("from b")).await;
    let text = config(&[entry("a", "openai", &first), entry("b", "anthropic", &second)], "a, b", "");
    let world = World::start_with(&text, |envoy| rename_role(envoy, filter, role)).await;
    (world, first, second)
}

#[tokio::test]
async fn a_gate_stream_that_fails_sends_nothing() {
    for role in ["attempt", "watch", "peek", "nobody"] {
        let (world, first, second) = with_role("gate", role).await;
        let answer = world.send(CHAT, chat(false)).await;
        assert_eq!(answer.status(), 503, "as {role}");
        let json: serde_json::Value = answer.json().await.unwrap();
        assert!(json["error"]["message"].is_string(), "{json}");
        assert!(first.arrived().is_empty() && second.arrived().is_empty());
    }
}

#[tokio::test]
async fn an_attempt_stream_that_fails_sends_nothing_to_the_second_provider() {
    let (world, first, second) = with_role("attempt", "watch").await;
    let answer = world.send(CHAT, chat(false)).await;
    assert!(answer.status().is_server_error());
    assert_eq!(first.arrived().len(), 1);
    assert!(second.arrived().is_empty(), "{:?}", second.arrived());
}

#[tokio::test]
async fn without_a_processor_requests_fail_and_nothing_is_sent() {
    let only = Provider::start(|_| provider::openai("a")).await;
    let world = World::start(&config(&[entry("a", "openai", &only)], "a", "")).await;
    world.app.interrupt();
    for _ in 0..100 {
        let status = world.send(CHAT, chat(false)).await.status();
        assert!(status == 503 || status == 200, "{status}");
        if status == 503 {
            let arrived = only.arrived().len();
            assert_eq!(world.send(CHAT, chat(false)).await.status(), 503);
            assert_eq!(only.arrived().len(), arrived);
            return;
        }
    }
    panic!("the processor is still there");
}

#[tokio::test]
async fn forged_routing_and_internal_headers_change_nothing() {
    let first = Provider::start(|_| provider::openai("from a")).await;
    let second = Provider::start(|_| provider::anthropic("from b")).await;
    let text = config(&[entry("a", "openai", &first), entry("b", "anthropic", &second)], "a, b", "");
    let world = World::start(&text).await;
    let answer = world
        .post(CHAT, chat(false))
        .header("x-kanmon-route", "order:b,a")
        .header("x-kanmon-tenant", "root")
        .header("x-kanmon-content-length", "3")
        .header("x-kanmon-role", "attempt")
        .header("x-envoy-attempt-count", "5")
        .header("x-envoy-retry-on", "5xx")
        .header("x-envoy-upstream-rq-timeout-ms", "1")
        .header("x-envoy-original-path", "/admin")
        .header("x-goog-api-key", "mine")
        .header("cookie", "session=1")
        .header("proxy-authorization", "Basic x")
        .header("openai-organization", "org-of-the-caller")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let arrived = first.only();
    assert!(second.arrived().is_empty());
    for (name, value) in &arrived.headers {
        let name = name.as_str();
        assert!(!name.starts_with("x-kanmon") && !name.starts_with("x-envoy"), "{name}: {value:?}");
        assert!(
            !["x-goog-api-key", "cookie", "proxy-authorization", "openai-organization", "x-api-key"].contains(&name),
            "{name}"
        );
    }
    assert_eq!(arrived.header("authorization"), Some("Bearer key-of-a"));
    assert_eq!(arrived.header("host"), Some(first.address.to_string().as_str()));
}

#[tokio::test]
async fn requests_that_are_not_for_a_model_never_reach_a_provider() {
    let only = Provider::start(|_| provider::openai("a")).await;
    let world = World::start(&config(&[entry("a", "openai", &only)], "a", "")).await;
    for (method, path, status) in [
        ("GET", "/", 404),
        ("GET", CHAT, 405),
        ("DELETE", "/v1/models", 405),
        ("POST", "/v1/fine_tuning/jobs", 404),
        ("POST", "/v1/chat/completions/../../admin", 404),
        ("OPTIONS", CHAT, 405),
        ("GET", "/health", 200),
        ("GET", "/v1/models", 200),
    ] {
        let method = method.parse().unwrap();
        let url = format!("http://{}{path}", world.address);
        let answer = world.client.request(method, url).header("authorization", "Bearer sk-test").send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
    let unkeyed = world.client.post(format!("http://{}{CHAT}", world.address)).body(chat(false)).send().await.unwrap();
    assert_eq!(unkeyed.status(), 401);
    let empty = world.post(CHAT, "").send().await.unwrap();
    assert_eq!(empty.status(), 400);
    assert!(only.arrived().is_empty());
}

#[tokio::test]
async fn a_body_over_the_bound_is_a_413_in_the_clients_shape() {
    let only = Provider::start(|_| provider::openai("a")).await;
    let text = config(&[entry("a", "openai", &only)], "a", "") + "bounds: {request_bytes: 100000}\n";
    let world = World::start(&text).await;
    for size in [100_001, 5 << 20] {
        let answer = world.send(CHAT, "x".repeat(size)).await;
        assert_eq!(answer.status(), 413, "{size}");
        let json: serde_json::Value = answer.json().await.unwrap();
        assert!(json["error"]["message"].as_str().unwrap().contains("larger"), "{json}");
    }
    assert!(only.arrived().is_empty());
}

fn rename_role(envoy: &mut serde_json::Value, from: &str, to: &str) {
    match envoy {
        serde_json::Value::Object(map) => {
            let is_role =
                map.get("key").is_some_and(|key| key == ROLE_METADATA) && map.get("value").is_some_and(|value| value == from);
            if is_role {
                map.insert("value".to_owned(), to.into());
            }
            map.values_mut().for_each(|value| rename_role(value, from, to));
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(|value| rename_role(value, from, to)),
        _ => {}
    }
}
