//! The next provider gets the right body, and only its own key, whatever went wrong with the first.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;

use crate::provider::{self, Arrived, Provider};
use crate::world::{CHAT, MESSAGES, World, chat, config, entry, entry_at, until};

/// The second provider was asked in its own dialect, with its own key and no other.
fn assert_clean(arrived: &Arrived) {
    assert_eq!(arrived.path, "/v1/messages");
    assert_eq!(arrived.header("x-api-key"), Some("key-of-b"));
    assert_eq!(arrived.header("authorization"), None, "the first provider's key leaks");
    assert_eq!(arrived.header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(arrived.header("content-length"), Some(arrived.body.len().to_string().as_str()), "the body is not chunked");
    let names: Vec<_> = arrived
        .headers
        .keys()
        .map(|name| name.as_str())
        .filter(|name| name.starts_with("x-kanmon") || name.starts_with("x-envoy"))
        .collect();
    assert_eq!(names, [""; 0], "internal headers reach the provider");
    let body = arrived.json();
    assert_eq!(body["messages"][0]["role"], "user");
    assert!(body["max_tokens"].is_u64() && body.get("stream_options").is_none());
}

/// Sends one request to a gateway whose first provider is at `first`; the second must answer.
async fn second_answers(first: String, more: &str) -> World {
    let second = Provider::start(|_| provider::anthropic("from b")).await;
    let world = World::start(&config(&[first, entry("b", "anthropic", &second)], "a, b", more)).await;
    let answer = world.send(CHAT, chat(false)).await;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let json: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(status, 200, "{json}");
    assert_eq!(json["choices"][0]["message"]["content"], "from b", "{json}");
    assert!(headers["x-kanmon-attempts"].to_str().unwrap().contains("b;200;"), "{headers:?}");
    assert_clean(&second.only());
    world
}

#[tokio::test]
async fn a_refusing_first_provider() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refusing = listener.local_addr().unwrap();
    drop(listener);
    second_answers(entry_at("a", "openai", &format!("http://{refusing}")), "").await;
}

#[tokio::test]
async fn a_first_provider_that_cannot_be_resolved() {
    second_answers(entry_at("a", "openai", "https://no-such-host.invalid"), "").await;
}

#[tokio::test]
async fn a_first_cluster_without_endpoints() {
    let first = Provider::start(|_| provider::openai("from a")).await;
    let second = Provider::start(|_| provider::anthropic("from b")).await;
    let text = config(&[entry("a", "openai", &first), entry("b", "anthropic", &second)], "a, b", "");
    let world = World::start_with(&text, |envoy| {
        cluster(envoy, "target:a")["load_assignment"]["endpoints"] = serde_json::json!([]);
    })
    .await;
    assert_eq!(world.send(CHAT, chat(false)).await.status(), 200);
    assert_clean(&second.only());
    assert_eq!(first.arrived().len(), 0);
    let attempts = &world.usage(1).await[0]["attempts"];
    assert_eq!(attempts[0]["outcome"], "skipped", "{attempts}");
}

#[tokio::test]
async fn a_first_host_that_was_ejected() {
    let first = Provider::start(|_| provider::json(503, "{}")).await;
    let second = Provider::start(|_| provider::anthropic("from b")).await;
    let rest =
        "  a: {dialect: openai, endpoint: \"http://ADDRESS\", credential: {bearer: key-of-a}, rest: {after_failures: 1000}}\n";
    let rest = rest.replace("ADDRESS", &first.address.to_string());
    let text = config(&[rest, entry("b", "anthropic", &second)], "a, b", "");
    let world = World::start_with(&text, |envoy| {
        let cluster = cluster(envoy, "target:a");
        cluster["outlier_detection"] =
            serde_json::json!({"consecutive_5xx": 1, "base_ejection_time": "60s", "max_ejection_percent": 100});
        cluster["common_lb_config"] = serde_json::json!({"healthy_panic_threshold": {"value": 0}});
    })
    .await;
    for _ in 0..3 {
        assert_eq!(world.send(CHAT, chat(false)).await.status(), 200);
    }
    assert_eq!(first.arrived().len(), 1, "it is ejected after its first failure");
    second.arrived().iter().for_each(assert_clean);
}

#[tokio::test]
async fn a_first_provider_that_resets_the_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_zero_linger().unwrap();
        }
    });
    second_answers(entry_at("a", "openai", &format!("http://{address}")), "").await;
}

#[tokio::test]
async fn a_first_provider_that_does_not_begin_to_answer_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let _silent = listener;
    let more = ", fallback: {on: [connect, reset, timeout, 5xx], first_byte_timeout: 300ms}";
    second_answers(entry_at("a", "openai", &format!("http://{address}")), more).await;
}

#[tokio::test]
async fn statuses_that_count_as_failure_fall_back_and_others_do_not() {
    for status in [429, 500, 503, 529] {
        let first = Provider::start(move |_| provider::json(status, "{}")).await;
        second_answers(entry("a", "openai", &first), "").await;
    }
    let first = Provider::start(|_| {
        provider::json(400, r#"{"error":{"message":"bad","type":"invalid_request_error","param":"messages","code":null}}"#)
    })
    .await;
    let second = Provider::start(|_| provider::anthropic("from b")).await;
    let world = World::start(&config(&[entry("a", "openai", &first), entry("b", "anthropic", &second)], "a, b", "")).await;
    let answer = world.send(CHAT, chat(false)).await;
    assert_eq!(answer.status(), 400);
    let json: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(json["error"]["message"], "bad");
    assert!(second.arrived().is_empty());
}

#[tokio::test]
async fn when_all_fail_the_client_sees_the_last_error_in_its_own_shape_and_each_attempt() {
    let first = Provider::start(|_| provider::json(503, r#"{"error":{"message":"down","type":"server_error"}}"#)).await;
    let second = Provider::start(|_| {
        provider::json(529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_b"}"#)
    })
    .await;
    let world = World::start(&config(&[entry("a", "openai", &first), entry("b", "anthropic", &second)], "a, b", "")).await;
    let answer = world.send(CHAT, chat(false)).await;
    let status = answer.status();
    let attempts = answer.headers()["x-kanmon-attempts"].to_str().unwrap().to_owned();
    let json: serde_json::Value = answer.json().await.unwrap();
    assert!(status.is_server_error(), "{status}");
    assert!(json["error"]["message"].as_str().unwrap().contains("Overloaded"), "{json}");
    assert!(attempts.starts_with("a;503;") && attempts.contains(", b;529;"), "{attempts}");
    let record = &world.usage(1).await[0];
    assert_eq!(record["outcome"], "provider_error");
    assert_eq!(record["tokens"]["total"], 0);
}

#[tokio::test]
async fn a_provider_that_rests_is_not_tried_first() {
    let first = Provider::start(|_| {
        let mut answer = provider::json(429, "{}");
        answer.headers_mut().insert("retry-after", "60".parse().unwrap());
        answer
    })
    .await;
    let second = Provider::start(|_| provider::anthropic("from b")).await;
    let world = World::start(&config(&[entry("a", "openai", &first), entry("b", "anthropic", &second)], "a, b", "")).await;
    for _ in 0..3 {
        assert_eq!(world.send(CHAT, chat(false)).await.status(), 200);
    }
    assert_eq!((first.arrived().len(), second.arrived().len()), (1, 3));
}

#[tokio::test]
async fn the_same_provider_twice_with_another_model() {
    let only =
        Provider::start(
            |arrived| if arrived.json()["model"] == "big" { provider::json(503, "{}") } else { provider::openai("small") },
        )
        .await;
    let names = "{name: a, model: big}, {name: a, model: small}";
    let world = World::start(&config(&[entry("a", "openai", &only)], names, "")).await;
    let json: serde_json::Value = world.send(CHAT, chat(false)).await.json().await.unwrap();
    assert_eq!(json["choices"][0]["message"]["content"], "small");
    let models: Vec<_> = only.arrived().iter().map(|arrived| arrived.json()["model"].clone()).collect();
    assert_eq!(models, ["big", "small"]);
}

#[tokio::test]
async fn headers_of_one_attempt_do_not_leak_into_the_next() {
    let first = Provider::start(|_| provider::json(503, "{}")).await;
    let second = Provider::start(|_| provider::openai("from b")).await;
    let a = format!(
        "  a: {{dialect: anthropic, endpoint: \"http://{}\", credential: {{x_api_key: key-of-a}}, headers: {{set: {{x-only-a: \"1\", anthropic-beta: tools}}, remove: [x-client]}}}}\n",
        first.address
    );
    let world = World::start(&config(&[a, entry("b", "openai", &second)], "a, b", "")).await;
    let body = r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;
    let answer = world.post(CHAT, body).header("x-client", "kept").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let (first, second) = (first.only(), second.only());
    assert_eq!(
        (first.header("x-only-a"), first.header("x-client"), first.header("anthropic-beta")),
        (Some("1"), None, Some("tools"))
    );
    for gone in ["x-only-a", "x-api-key", "anthropic-version", "anthropic-beta"] {
        assert_eq!(second.header(gone), None, "{gone} leaks");
    }
    assert_eq!(second.header("x-client"), Some("kept"), "what the first attempt removed is there again");
    assert_eq!(second.header("authorization"), Some("Bearer key-of-b"));
    assert_eq!(second.body, body, "the second provider speaks the client's dialect: every byte is kept");
}

#[tokio::test]
async fn a_large_body_falls_back_whole() {
    let first = Provider::start(|_| provider::json(503, "{}")).await;
    let second = Provider::start(|_| provider::anthropic("from b")).await;
    let third = Provider::start(|_| provider::openai("from c")).await;
    let providers = [entry("a", "openai", &first), entry("b", "anthropic", &second), entry("c", "openai", &third)];
    let world = World::start(&config(&providers, "a, b, c", "")).await;
    let text = "x".repeat(20 << 20);
    let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{text}"}}]}}"#);
    let answer = world.post(CHAT, body.clone()).timeout(Duration::from_secs(60)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    assert_eq!(first.only().body, body);
    let arrived = second.only().json();
    let content = &arrived["messages"][0]["content"];
    let content = content.as_str().or_else(|| content[0]["text"].as_str()).unwrap();
    assert_eq!(content.len(), text.len());
}

#[tokio::test]
async fn an_anthropic_client_falls_back_across_dialects_too() {
    let first = Provider::start(|_| provider::json(429, "{}")).await;
    let second = Provider::start(|_| provider::openai("from b")).await;
    let world = World::start(&config(&[entry("a", "anthropic", &first), entry("b", "openai", &second)], "a, b", "")).await;
    let body = r#"{"model":"m","max_tokens":64,"messages":[{"role":"user","content":"hi"}]}"#;
    let json: serde_json::Value = world.send(MESSAGES, body).await.json().await.unwrap();
    assert_eq!((&json["type"], &json["content"][0]["text"]), (&"message".into(), &"from b".into()), "{json}");
    assert_eq!(second.only().path, "/v1/chat/completions");
}

fn cluster<'a>(envoy: &'a mut serde_json::Value, name: &str) -> &'a mut serde_json::Value {
    let clusters = envoy["static_resources"]["clusters"].as_array_mut().unwrap();
    clusters.iter_mut().find(|cluster| cluster["name"] == name).unwrap_or_else(|| panic!("no cluster {name}"))
}

#[cfg(feature = "gcp")]
#[tokio::test]
async fn a_provider_in_the_middle_whose_credential_has_ended_is_passed_over() {
    let first = Provider::start(|_| provider::json(503, "{}")).await;
    let out = Provider::start(|_| provider::json(200, "{}")).await;
    let last = Provider::start(|_| provider::anthropic("from b")).await;
    let fetches = AtomicU32::new(0);
    let tokens = Provider::start(move |_| match fetches.fetch_add(1, Ordering::Relaxed) {
        0 => provider::json(200, r#"{"access_token":"short","expires_in":1,"token_type":"Bearer"}"#),
        _ => provider::json(503, "{}"),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let providers = [
        entry("a", "openai", &first),
        google(&directory.path().join("account.json"), &tokens, &out),
        entry("b", "anthropic", &last),
    ];
    let world = World::start(&config(&providers, "a, google, b", "")).await;
    let snapshot = world.app.engine.live.current();
    until("the token has ended", || {
        snapshot.providers.iter().any(|provider| !provider.credential.is_ready(tokio::time::Instant::now()))
    })
    .await;
    let answer = world.send(CHAT, chat(false)).await;
    let (status, attempts) = (answer.status(), answer.headers()["x-kanmon-attempts"].to_str().unwrap().to_owned());
    assert_eq!(status, 200, "{attempts} {}", answer.text().await.unwrap());
    assert!(attempts.starts_with("a;503;") && attempts.contains("ms, b;200;"), "{attempts}");
    assert!(out.arrived().is_empty());
    assert_clean(&last.only());
}

/// A provider at Google's, with a service account in this file, whose tokens are to be had from `tokens`.
#[cfg(feature = "gcp")]
fn google(account: &std::path::Path, tokens: &Provider, provider: &Provider) -> String {
    let key = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/rsa.pem")).unwrap();
    let uri = format!("http://{}/token", tokens.address);
    let facts = serde_json::json!({"type": "service_account", "client_email": "a@p", "private_key": key, "token_uri": uri});
    std::fs::write(account, facts.to_string()).unwrap();
    let credential = format!("{{google: {{file: \"{}\"}}}}", account.display());
    let endpoint = provider.address;
    format!(
        "  google: {{dialect: vertex, project: p, location: global, endpoint: \"http://{endpoint}\", credential: {credential}}}\n"
    )
}
