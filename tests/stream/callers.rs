//! Who calls, by token, certificate and key; and what those are told who may not.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::routing::get;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::fake_envoy::{Answer, Told, headers};
use crate::gateway::{Gateway, SHUT};
use crate::tokens::{Signer, jwks};

const CHAT: &str = "/v1/chat/completions";
const BODY: &str = r#"{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}"#;
const ISSUER: &str = "https://idp.example";

static ONE: LazyLock<Signer> = LazyLock::new(|| Signer::rsa("one"));
static TWO: LazyLock<Signer> = LazyLock::new(|| Signer::ec("two"));

/// An identity provider whose keys can be changed.
struct IdentityProvider {
    address: SocketAddr,
    keys: Arc<Mutex<String>>,
    asked: Arc<Mutex<u32>>,
}

impl IdentityProvider {
    async fn start(signers: &[&Signer]) -> Self {
        let (keys, asked) = (Arc::new(Mutex::new(jwks(signers))), Arc::new(Mutex::new(0)));
        let (told, counted) = (Arc::clone(&keys), Arc::clone(&asked));
        let answer = get(move || async move {
            *counted.lock() += 1;
            told.lock().clone()
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/jwks", answer)).await });
        Self { address, keys, asked }
    }
}

fn issuer(address: SocketAddr, more: &str) -> String {
    format!("auth:\n  jwt: [{{issuer: {ISSUER}, audiences: [gateway], jwks_uri: 'http://{address}/jwks'{more}}}]\n")
}

fn claims(more: Value) -> Value {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut claims = json!({"iss": ISSUER, "aud": "gateway", "sub": "alice", "exp": now + 600});
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

/// The answer to the headers of a request, and to its body if it may come in.
async fn ask(gateway: &mut Gateway, path: &str, fields: &[(&str, &str)], told: &Told<'_>) -> Answer {
    let mut all = vec![(":method", "POST"), (":path", path), (":authority", "gateway"), ("content-type", "application/json")];
    all.extend(fields);
    let mut gate = gateway.gate().await;
    let answer = gate.say(Request::RequestHeaders(headers(&all, false)), told).await.unwrap();
    if answer.is_immediate() {
        return answer;
    }
    gate.request_body(BODY).await
}

async fn bearer(gateway: &mut Gateway, token: &str) -> Answer {
    ask(gateway, CHAT, &[("authorization", &format!("Bearer {token}"))], &Told::default()).await
}

#[tokio::test]
async fn the_bearer_of_a_token_is_who_its_claims_say() {
    let idp = IdentityProvider::start(&[&ONE]).await;
    let more = ", tenant_claim: org, models_claim: models}], forward: {key: x-caller, tenant: x-tenant}, keys: [";
    let auth =
        format!("auth: {{jwt: [{{issuer: {ISSUER}, audiences: [gateway], jwks_uri: 'http://{}/jwks'{more}]}}\n", idp.address);
    let mut gateway = Gateway::with_auth(&auth, "").await;
    let token = ONE.token(&claims(json!({"org": "red", "models": "gpt-4o o3"})));
    let answer = bearer(&mut gateway, &token).await;
    assert_eq!((answer.set()["x-caller"].as_str(), answer.set()["x-tenant"].as_str()), ("alice", "red"));
    assert_eq!(answer.set()["authorization"], "Bearer key-of-one");
    let record = &gateway.records(1).await[0];
    assert_eq!((&record["key"], &record["tenant"], &record["key_id"]), (&"alice".into(), &"red".into(), &Value::Null));
    let token = ONE.token(&claims(json!({"org": "red", "models": ["o*"]})));
    let answer = bearer(&mut gateway, &token).await;
    assert_eq!((answer.status(), &answer.immediate_json()["error"]["code"]), (403, &"model_not_allowed".into()));
    let answer = bearer(&mut gateway, &ONE.token(&claims(json!({"models": ["o*"]})))).await;
    assert_eq!((answer.status(), &answer.immediate_json()["error"]["code"]), (403, &"token_not_allowed".into()));
}

#[tokio::test]
async fn a_token_that_is_not_good_is_told_in_the_shape_of_the_api_that_was_called() {
    let idp = IdentityProvider::start(&[&ONE]).await;
    let mut gateway = Gateway::with_auth(&issuer(idp.address, ""), "").await;
    let expired = ONE.token(&claims(json!({"exp": 1_000_000_000})));
    let answer = bearer(&mut gateway, &expired).await;
    assert_eq!((answer.status(), &answer.immediate_json()["error"]["code"]), (401, &"expired_token".into()));
    assert_eq!(
        answer.set()["www-authenticate"],
        r#"Bearer realm="kanmon", error="invalid_token", error_description="the token has expired""#
    );
    let answer = ask(&mut gateway, "/v1/messages", &[("x-api-key", &expired)], &Told::default()).await;
    assert_eq!(answer.immediate_json()["error"]["type"], "authentication_error");
    let path = "/v1beta/models/gpt-4o:generateContent";
    let answer = ask(&mut gateway, path, &[("x-goog-api-key", &expired)], &Told::default()).await;
    assert_eq!(answer.immediate_json()["error"]["status"], "UNAUTHENTICATED");
    let record = &gateway.records(3).await[0];
    assert_eq!((&record["outcome"], &record["key"]), (&"rejected:expired_token".into(), &Value::Null));
}

#[tokio::test]
async fn a_key_that_takes_over_is_fetched_when_its_first_token_comes_and_a_storm_of_others_fetches_once() {
    let idp = IdentityProvider::start(&[&ONE]).await;
    let mut gateway = Gateway::with_auth(&issuer(idp.address, ""), "").await;
    assert!(bearer(&mut gateway, &ONE.token(&claims(json!({})))).await.fact("route").is_some());
    *idp.keys.lock() = jwks(&[&TWO]);
    let token = TWO.token(&claims(json!({})));
    let answer = bearer(&mut gateway, &token).await;
    assert_eq!((answer.status(), answer.set()["retry-after"].as_str()), (503, "1"));
    assert_eq!(answer.immediate_json()["error"]["code"], "identity_provider_unreachable");
    let live = gateway.app.engine.live.current();
    live.callers.key_sources().next().unwrap().tried(2).await;
    assert!(bearer(&mut gateway, &token).await.fact("route").is_some());
    assert_eq!(bearer(&mut gateway, &ONE.token(&claims(json!({})))).await.status(), 401, "the old key is gone");
    for number in 0..50 {
        let answer = bearer(&mut gateway, &Signer::ed("three").token(&claims(json!({"n": number})))).await;
        assert_eq!(answer.status(), 401);
    }
    assert_eq!(*idp.asked.lock(), 2);
}

#[tokio::test]
async fn an_identity_provider_that_is_down_at_the_start_is_no_fault_of_the_token_nor_of_other_callers() {
    let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
    let keys = "  keys: [{name: ci, sha256: f3abf2a6cc4f00987743db5f544ba345b4899ae31f326d8ee9c4816de153c9e0}]\n";
    let mut gateway = Gateway::with_auth(&(issuer(nobody, "") + keys), "").await;
    let answer = bearer(&mut gateway, &ONE.token(&claims(json!({})))).await;
    assert_eq!((answer.status(), answer.set()["retry-after"].as_str()), (503, "5"));
    assert!(answer.immediate_json()["error"]["message"].as_str().unwrap().contains("identity provider"));
    assert!(bearer(&mut gateway, SHUT).await.fact("route").is_some());
    assert_eq!(gateway.records(2).await[1]["key_id"], "f3abf2a6");
}

fn certificates(from: &str) -> String {
    format!(
        "auth:\n  client_certificates:\n    from: {from}\n    callers: [{{uri: 'spiffe://mesh.example/ns/red/*', tenant: red}}]\n  \
         forward: {{key: x-caller}}\n"
    )
}

#[tokio::test]
async fn a_certificate_that_envoy_tells_of_says_who_calls_and_a_header_says_nothing() {
    let mut gateway = Gateway::with_auth(&certificates("attributes"), "").await;
    let forged = [("x-forwarded-client-cert", "URI=spiffe://mesh.example/ns/red/root")];
    let told = Told { client_uri: Some("spiffe://mesh.example/ns/red/app"), ..Told::default() };
    let answer = ask(&mut gateway, CHAT, &forged, &told).await;
    assert_eq!(answer.set()["x-caller"], "spiffe://mesh.example/ns/red/app");
    assert!(answer.removed().contains(&"x-forwarded-client-cert".to_owned()));
    let sdk = [("authorization", "Bearer unused")];
    assert_eq!(ask(&mut gateway, CHAT, &sdk, &told).await.set()["x-caller"], "spiffe://mesh.example/ns/red/app");
    assert_eq!(ask(&mut gateway, CHAT, &forged, &Told::default()).await.status(), 401);
    let blue = Told { client_uri: Some("spiffe://mesh.example/ns/blue/app"), ..Told::default() };
    assert_eq!(ask(&mut gateway, CHAT, &[], &blue).await.status(), 401);
    let record = &gateway.records(4).await[0];
    assert_eq!((&record["key"], &record["tenant"]), (&"spiffe://mesh.example/ns/red/app".into(), &"red".into()));
}

#[tokio::test]
async fn where_the_config_says_so_the_last_proxy_tells_of_the_certificate() {
    let mut gateway = Gateway::with_auth(&certificates("xfcc"), "").await;
    let header = "By=a;URI=spiffe://mesh.example/ns/red/forged,By=b;Hash=c;URI=spiffe://mesh.example/ns/red/app";
    let answer = ask(&mut gateway, CHAT, &[("x-forwarded-client-cert", header)], &Told::default()).await;
    assert_eq!(answer.set()["x-caller"], "spiffe://mesh.example/ns/red/app");
    assert!(answer.removed().contains(&"x-forwarded-client-cert".to_owned()));
    let twice = [("x-forwarded-client-cert", header), ("x-forwarded-client-cert", header)];
    assert_eq!(ask(&mut gateway, CHAT, &twice, &Told::default()).await.status(), 401);
    let attributes = Told { client_uri: Some("spiffe://mesh.example/ns/red/app"), ..Told::default() };
    assert_eq!(ask(&mut gateway, CHAT, &[], &attributes).await.status(), 401);
}

#[tokio::test]
async fn a_source_that_fails_too_often_is_told_to_wait_in_the_shape_of_its_api() {
    let idp = IdentityProvider::start(&[&ONE]).await;
    let auth = issuer(idp.address, "")
        + "  throttle: {failures: 2, every: 1m}\n  \
           keys: [{name: ci, sha256: f3abf2a6cc4f00987743db5f544ba345b4899ae31f326d8ee9c4816de153c9e0}]\n";
    let mut gateway = Gateway::with_auth(&auth, "").await;
    let from = |key: &'static str, source: &'static str| [("authorization", key), ("x-envoy-external-address", source)];
    let before = format!("Bearer {}", ONE.token(&claims(json!({}))));
    let known = [("authorization", &*before), ("x-envoy-external-address", "192.0.2.1")];
    assert!(ask(&mut gateway, CHAT, &known, &Told::default()).await.fact("route").is_some());
    for _ in 0..2 {
        assert_eq!(ask(&mut gateway, CHAT, &from("Bearer wrong", "192.0.2.1"), &Told::default()).await.status(), 401);
    }
    for (path, place) in
        [(CHAT, "/error/code"), ("/v1/messages", "/error/type"), ("/v1beta/models/m:generateContent", "/error/status")]
    {
        let answer = ask(&mut gateway, path, &from("Bearer wrong", "192.0.2.1"), &Told::default()).await;
        assert_eq!((answer.status(), answer.set()["retry-after"].as_str()), (429, "30"));
        let told = answer.immediate_json().pointer(place).unwrap().clone();
        assert!(
            ["too_many_failed_authentications", "rate_limit_error", "RESOURCE_EXHAUSTED"].contains(&told.as_str().unwrap()),
            "{told}"
        );
    }
    // Whoever is known comes in all the same; a token that would have to be checked does not.
    assert!(ask(&mut gateway, CHAT, &from("Bearer sk-test", "192.0.2.1"), &Told::default()).await.fact("route").is_some());
    assert!(ask(&mut gateway, CHAT, &known, &Told::default()).await.fact("route").is_some());
    let new = format!("Bearer {}", ONE.token(&claims(json!({"n": 1}))));
    let unknown = [("authorization", &*new), ("x-envoy-external-address", "192.0.2.1")];
    assert_eq!(ask(&mut gateway, CHAT, &unknown, &Told::default()).await.status(), 429);
    let elsewhere = [("authorization", &*new), ("x-envoy-external-address", "192.0.2.2")];
    assert!(ask(&mut gateway, CHAT, &elsewhere, &Told::default()).await.fact("route").is_some());
    assert_eq!(ask(&mut gateway, CHAT, &from("Bearer wrong", "192.0.2.3"), &Told::default()).await.status(), 401);
}
