//! What the gateway does not know, passed to one provider through the real Envoy: with a body and without, and nobody gets further.

use std::time::Duration;

use kanmon::sim;
use reqwest::{Method, Response};
use sha2::{Digest as _, Sha256};

use crate::provider::{self, Provider};
use crate::world::{World, entry, entry_at};

/// A gateway whose provider `a` may be asked for everything and `b` may not.
fn open(a: &str, b: &str) -> String {
    let a = a.replace("}}\n", "}, passthrough: true}\n");
    format!("providers:\n{a}{b}routes:\n  - {{model: m, providers: [a]}}\n")
}

async fn ask(world: &World, method: Method, path: &str, key: &str, body: Option<&str>) -> Response {
    let mut request = world.client.request(method, format!("http://{}{path}", world.address)).bearer_auth(key);
    if let Some(body) = body {
        request = request.header("content-type", "multipart/form-data; boundary=b").body(body.to_owned());
    }
    request.send().await.unwrap()
}

async fn simulator() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(sim::serve(listener, sim::Options::default(), std::future::pending::<()>()));
    format!("http://{address}")
}

#[tokio::test]
async fn every_method_arrives_with_its_body_or_without() {
    let simulator = simulator().await;
    let world = World::start(&open(&entry_at("a", "openai", &simulator), "")).await;
    let form = "--b\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--b--\r\n";
    for (method, body) in [
        (Method::GET, None),
        (Method::DELETE, None),
        (Method::POST, None),
        (Method::POST, Some("{\"not\": json")),
        (Method::POST, Some(form)),
        (Method::PUT, Some("")),
        (Method::DELETE, Some("x")),
        (Method::GET, Some("y")),
    ] {
        let answer = ask(&world, method.clone(), "/a/v1/files/file-1?limit=2&key=sk-test", "sk-test", body).await;
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{method} {body:?}: {text}");
        let echo: serde_json::Value = serde_json::from_str(&text).unwrap();
        let hash: String = Sha256::digest(body.unwrap_or_default()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((&echo["method"], &echo["sha256"]), (&method.as_str().into(), &hash.into()), "{text}");
        assert_eq!((&echo["path"], &echo["query"]), (&"/v1/files/file-1".into(), &"limit=2".into()));
        if body.is_some() {
            assert_eq!(echo["content_type"], "multipart/form-data; boundary=b");
        }
    }
    let records = world.usage(8).await;
    assert!(
        records.iter().all(|record| record["api"] == "opaque" && record["outcome"] == "ok" && record["tokens_source"] == "none")
    );
    assert_eq!(records[0]["path"], "/files/file-1");
}

#[tokio::test]
async fn no_key_of_the_caller_arrives_and_no_header_that_is_not_the_providers_business() {
    let only = Provider::start(|_| provider::json(200, "{}")).await;
    let world = World::start(&open(&entry("a", "openai", &only), "")).await;
    for body in [None, Some("{}")] {
        let mut request = world
            .client
            .post(format!("http://{}/a/v1/batches?key=sk-test", world.address))
            .header("authorization", "Bearer sk-test")
            .header("x-api-key", "sk-test")
            .header("api-key", "sk-test")
            .header("cookie", "k=sk-test")
            .header("proxy-authorization", "Bearer sk-test")
            .header("openai-organization", "org-of-the-caller")
            .header("connection", "keep-alive, x-hop")
            .header("te", "trailers")
            .header("x-forwarded-for", "10.0.0.1")
            .header("x-kanmon-translated", "a")
            .header("x-envoy-retry-on", "5xx")
            .header("x-their-own", "kept");
        if let Some(body) = body {
            request = request.body(body);
        }
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    for arrived in only.arrived() {
        assert_eq!((arrived.method.as_str(), arrived.path.as_str()), ("POST", "/v1/batches"));
        assert_eq!(arrived.header("authorization"), Some("Bearer key-of-a"));
        assert_eq!(arrived.header("x-their-own"), Some("kept"));
        assert_eq!(arrived.header("host"), Some(only.address.to_string().as_str()));
        for (name, value) in &arrived.headers {
            let (name, value) = (name.as_str(), value.to_str().unwrap());
            assert!(!value.contains("sk-test") && !value.contains("org-of"), "{name}: {value}");
            assert!(!name.starts_with("x-kanmon") && !name.starts_with("x-envoy") && !name.starts_with("x-forwarded"), "{name}");
            assert!(
                !["connection", "keep-alive", "upgrade", "proxy-connection", "te", "cookie"].contains(&name),
                "{name}: {value}"
            );
        }
    }
}

#[tokio::test]
async fn an_answer_comes_as_it_is_made_and_is_no_translation() {
    let pieces = || (0..5).map(|number| format!("piece {number}\n")).collect();
    let only = Provider::start(move |arrived| match arrived.path.as_str() {
        "/v1/files/f/content" => provider::full(200, "application/octet-stream", vec![0xff; 3_000_000]),
        "/v1/files/missing" => provider::full(404, "text/html", "<h1>no</h1>"),
        "/v1/files/busy" => provider::full(503, "text/plain", "busy"),
        "/v1/files/refused" => provider::json(401, r#"{"error":{"message":"Incorrect API key: key-of-a"}}"#),
        _ => provider::events(pieces(), Duration::from_millis(20)),
    })
    .await;
    let world = World::start(&open(&entry("a", "openai", &only), "")).await;
    let get = async |path: &str| ask(&world, Method::GET, path, "sk-test", None).await;
    assert_eq!(get("/a/v1/files/f/content").await.bytes().await.unwrap().len(), 3_000_000);
    let missing = get("/a/v1/files/missing").await;
    assert_eq!(
        (missing.status(), missing.headers()["content-type"].to_str().unwrap()),
        (http::StatusCode::NOT_FOUND, "text/html")
    );
    assert_eq!(missing.text().await.unwrap(), "<h1>no</h1>");
    assert_eq!(get("/a/v1/files/busy").await.status(), 503);
    let refused = get("/a/v1/files/refused").await;
    assert_eq!(refused.status(), 502);
    assert!(!refused.text().await.unwrap().contains("key-of-a"));
    let mut stream = get("/a/v1/fine_tuning/jobs/j/events?stream=true").await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let mut chunks = Vec::new();
    while let Some(chunk) = stream.chunk().await.unwrap() {
        chunks.push(chunk);
    }
    assert!(chunks.len() >= 3, "it is not held: {chunks:?}");
    assert_eq!(chunks.concat(), (0..5).map(|number| format!("piece {number}\n")).collect::<String>().as_bytes());
    assert_eq!(only.arrived().len(), 5, "each was asked for once");
}

#[tokio::test]
async fn who_may_not_and_what_is_not_plain_never_arrives() {
    let first = Provider::start(|_| provider::json(200, "{}")).await;
    let second = Provider::start(|_| provider::json(200, "{}")).await;
    let world = World::start(&open(&entry("a", "openai", &first), &entry("b", "anthropic", &second))).await;
    for (key, path, status) in [
        ("sk-shut", "/a/v1/files", 403),
        ("sk-nobody", "/a/v1/files", 401),
        ("sk-test", "/b/v1/files", 404),
        ("sk-test", "/c/v1/files", 404),
        ("sk-test", "/v1/files", 404),
        ("sk-test", "/a/files", 404),
        ("sk-test", "/a/v1/ch%61t/completions", 404),
        ("sk-test", "/a/v1/chat/completions", 404),
        ("sk-test", "/a/v1/a;b/c", 404),
        ("sk-test", "/a/v1/a%2Fb", 400),
        ("sk-test", "/a/v1/%252e%252e/b", 404),
    ] {
        for (method, body) in [(Method::GET, None), (Method::POST, Some("{}"))] {
            let answer = ask(&world, method.clone(), path, key, body).await;
            let found = answer.status();
            assert_eq!(found, status, "{method} {path}: {}", answer.text().await.unwrap());
        }
    }
    assert!(first.arrived().is_empty() && second.arrived().is_empty());
    // Envoy itself makes `//` and dots plain before anybody decides.
    let answer = ask(&world, Method::GET, "/a//v1/./files", "sk-test", None).await;
    assert_eq!((answer.status().as_u16(), first.only().path.as_str()), (200, "/v1/files"));
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_told_in_the_clients_words_and_nobody_else_is_asked() {
    let other = Provider::start(|_| provider::json(200, "{}")).await;
    let gone = entry_at("a", "openai", "http://127.0.0.1:1");
    let text = open(&gone, &entry("b", "openai", &other)).replace("[a]", "[a, b]");
    let world = World::start(&text).await;
    let answer = ask(&world, Method::GET, "/a/v1/files", "sk-test", None).await;
    assert_eq!(answer.status(), 503);
    let json: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(json["error"]["code"], "provider_unreachable");
    assert!(other.arrived().is_empty());
}
