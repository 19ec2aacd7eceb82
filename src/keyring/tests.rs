use std::collections::VecDeque;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use parking_lot::Mutex;
use serde_json::json;

use super::*;

/// An identity provider that answers as told, and counts.
#[derive(Clone, Default)]
struct Provider {
    answers: Arc<Mutex<VecDeque<(StatusCode, String)>>>,
    asked: Arc<Mutex<u64>>,
}

impl Provider {
    async fn start(answers: impl IntoIterator<Item = (u16, String)>) -> (Self, SocketAddr) {
        let answers = answers.into_iter().map(|(status, body)| (StatusCode::from_u16(status).unwrap(), body)).collect();
        let provider = Self { answers: Arc::new(Mutex::new(answers)), ..Self::default() };
        let router = Router::new().route("/jwks", get(answer)).with_state(provider.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (provider, address)
    }

    fn asked(&self) -> u64 {
        *self.asked.lock()
    }
}

/// The next answer; the last one stays.
async fn answer(State(provider): State<Provider>) -> (StatusCode, HeaderMap, String) {
    *provider.asked.lock() += 1;
    let mut answers = provider.answers.lock();
    let (status, body) = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }.unwrap();
    let location = [("location", "/jwks")].map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    (status, location.into_iter().collect(), body)
}

fn keys(id: &str) -> String {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x, "kid": id}]}).to_string()
}

fn source(address: SocketAddr) -> Arc<KeySource> {
    KeySource::at(Location { uri: format!("http://{address}/jwks"), ca_file: None })
}

async fn once(answers: impl IntoIterator<Item = (u16, String)>) -> (Result<Duration, String>, Arc<KeySource>) {
    let (_, address) = Provider::start(answers).await;
    let source = source(address);
    let location = source.location().unwrap().clone();
    let result = attempt(&source, &location, &mut None).await.map_err(|error| error.to_string());
    (result, source)
}

#[tokio::test]
async fn a_set_of_keys_is_fetched() {
    let (result, source) = once([(200, keys("a"))]).await;
    assert_eq!(result, Ok(Duration::from_secs(600)));
    let status = source.status();
    assert_eq!((status.keys, status.error), (1, None));
    assert!(status.fetched.is_some());
}

#[tokio::test]
async fn whatever_else_comes_is_an_error_that_says_what() {
    for (status, body, words) in [
        (500, String::new(), "500"),
        (302, String::new(), "redirects are not followed"),
        (204, String::new(), "204"),
        (200, "<html>".to_owned(), "no JWK set"),
        (200, json!({"keys": []}).to_string(), "no key that could verify"),
        (200, " ".repeat((512 << 10) + 1), "more than 512 KiB"),
    ] {
        let (result, source) = once([(status, body)]).await;
        let error = result.unwrap_err();
        assert!(error.contains(words), "{status}: {error}");
        assert_eq!(source.status().keys, 0);
    }
}

#[tokio::test]
async fn nobody_there_is_an_error_without_the_url() {
    let (_, address) = Provider::start([(200, keys("a"))]).await;
    let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
    assert_ne!(nobody, address);
    let source = source(nobody);
    let location = source.location().unwrap().clone();
    let error = attempt(&source, &location, &mut None).await.unwrap_err().to_string();
    assert!(error.contains("onnect") && !error.contains("/jwks"), "{error}");
}

#[tokio::test]
async fn keys_stay_while_their_issuer_is_down_and_one_that_is_asked_for_is_fetched_at_once() {
    let (provider, address) =
        Provider::start([(500, String::new()), (200, keys("a")), (503, String::new()), (200, keys("b"))]).await;
    let source = source(address);
    let task = tokio::spawn(keep(Arc::clone(&source)));
    source.tried(1).await;
    assert!(source.status().error.is_some_and(|error| error.contains("500")));
    source.tried(2).await;
    assert_eq!((source.status().keys, source.status().error), (1, None), "it is tried again soon");
    let before = source.version();
    // Unknown keys in any number: one fetch, and it fails.
    for _ in 0..1_000 {
        source.ask(Instant::now());
    }
    source.tried(3).await;
    assert_eq!((source.status().keys, source.version()), (1, before), "what is known stays");
    assert!(source.status().error.is_some());
    source.tried(4).await;
    assert_ne!(source.version(), before);
    assert_eq!(provider.asked(), 4);
    task.abort();
}

fn config(address: SocketAddr, name: &str) -> Snapshot {
    let text = format!(
        "auth: {{jwt: [{{issuer: {name}, audiences: [a], jwks_uri: 'http://{address}/jwks'}}]}}\n\
         providers: {{a: {{dialect: openai, endpoint: 'http://localhost:1'}}}}\nroutes: [{{model: '*', providers: [a]}}]\n"
    );
    crate::config::parse_with(&text, "test.yaml", &|_| None).unwrap()
}

#[tokio::test]
async fn a_config_that_comes_into_force_has_its_keys_fetched() {
    let (provider, address) = Provider::start([(200, keys("a"))]).await;
    let live = Arc::new(Live::without_file(config(address, "one")));
    let task = tokio::spawn(follow(Arc::clone(&live)));
    first(&live.current()).await;
    assert_eq!(provider.asked(), 1);
    assert_eq!(live.current().callers.status().issuers[0].1.keys, 1);
    task.abort();
}
