//! A fleet's rate limit service, asked by the real Envoy over its own protocol (`envoy.service.ratelimit.v3`) with what the gate
//! tells: before a request whether anything is left, at its end what it has cost.

use std::collections::HashMap;
use std::sync::Arc;

use envoy_types::pb::envoy::extensions::common::ratelimit::v3::RateLimitDescriptor;
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_response::{Code, DescriptorStatus, RateLimit, rate_limit};
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_service_server::{RateLimitService, RateLimitServiceServer};
use envoy_types::pb::envoy::service::ratelimit::v3::{RateLimitRequest, RateLimitResponse};
use envoy_types::pb::google::protobuf::Duration;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use crate::provider::{self, Provider};
use crate::world::{CHAT, MESSAGES, World, chat, config, entry, until};

/// A service with one amount for each `limit`: `key=value,…` is charged until it has that much.
#[derive(Clone, Default)]
struct Service {
    amounts: HashMap<&'static str, u64>,
    used: Arc<Mutex<HashMap<String, u64>>>,
}

impl Service {
    /// Starts it, and tells its port.
    async fn start(amounts: &[(&'static str, u64)]) -> (Self, u16) {
        let service = Self { amounts: amounts.iter().copied().collect(), used: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = RateLimitServiceServer::new(service.clone());
        tokio::spawn(Server::builder().add_service(server).serve_with_incoming(TcpIncoming::from(listener)));
        (service, port)
    }

    fn used(&self, descriptor: &str) -> u64 {
        self.used.lock().get(descriptor).copied().unwrap_or_default()
    }

    async fn has_been_charged(&self, descriptor: &str, cost: u64) {
        until(&format!("{descriptor} has {cost}"), || self.used(descriptor) == cost).await;
    }
}

#[tonic::async_trait]
impl RateLimitService for Service {
    async fn should_rate_limit(&self, request: Request<RateLimitRequest>) -> Result<Response<RateLimitResponse>, Status> {
        let request = request.into_inner();
        assert_eq!(request.domain, "ai");
        let mut used = self.used.lock();
        let status = |descriptor: &RateLimitDescriptor| {
            let amount = self.amounts[&*descriptor.entries[0].value];
            let text: Vec<_> = descriptor.entries.iter().map(|entry| format!("{}={}", entry.key, entry.value)).collect();
            let used = used.entry(text.join(",")).or_default();
            let hits = descriptor.hits_addend.as_ref().map_or(1, |hits| hits.value);
            let code = if *used + hits.max(1) > amount { Code::OverLimit } else { Code::Ok };
            // As Envoy's own service counts: what is over the limit is counted, too.
            *used += hits;
            let current = RateLimit { requests_per_unit: 1, unit: rate_limit::Unit::Minute.into(), ..RateLimit::default() };
            DescriptorStatus {
                code: code.into(),
                current_limit: Some(current),
                duration_until_reset: Some(Duration { seconds: 17, nanos: 0 }),
                ..DescriptorStatus::default()
            }
        };
        let statuses: Vec<_> = request.descriptors.iter().map(status).collect();
        let over = statuses.iter().any(|status| status.code == i32::from(Code::OverLimit));
        let overall_code = i32::from(if over { Code::OverLimit } else { Code::Ok });
        Ok(Response::new(RateLimitResponse { overall_code, statuses, ..RateLimitResponse::default() }))
    }
}

fn gateway(first: String, port: u16, more: &str) -> String {
    let limits = "[{name: tokens, per: [tenant, model], counts: total_tokens}, {name: requests, per: [key], counts: requests}]";
    let service = format!("rate_limit_service: {{address: \"127.0.0.1:{port}\", domain: ai, limits: {limits}{more}}}\n");
    service + &config(&[first], "a", "")
}

const TOKENS: &str = "limit=tokens,tenant=red,model=m";
const REQUESTS: &str = "limit=requests,key=ci";

#[tokio::test]
async fn the_cost_is_charged_at_the_end_and_whoever_has_spent_all_is_told_so_in_its_own_api() {
    let (service, port) = Service::start(&[("tokens", 15), ("requests", 1_000)]).await;
    let first = Provider::start(|_| provider::openai("hello")).await;
    let world = World::start(&gateway(entry("a", "openai", &first), port, "")).await;
    assert_eq!(world.send(CHAT, chat(false)).await.status(), 200);
    service.has_been_charged(TOKENS, 10).await;
    assert_eq!(world.send(CHAT, chat(false)).await.status(), 200, "something was left, so it may go into debt");
    service.has_been_charged(TOKENS, 20).await;

    let refused = world.send(CHAT, chat(false)).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "17");
    let body: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["code"], "gateway_rate_limit_exceeded", "{body}");
    let body: serde_json::Value = world
        .send(MESSAGES, r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}"#)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(body["error"]["type"], "rate_limit_error", "{body}");
    assert_eq!(first.arrived().len(), 2, "nothing was sent to the provider");
    assert_eq!(service.used(TOKENS), 20, "whoever is turned away pays nothing");
    assert_eq!(service.used(REQUESTS), 4);

    let records = world.usage(4).await;
    assert_eq!(records[3]["outcome"], "rejected:gateway_rate_limit_exceeded");
    assert_eq!(records[3]["tokens"]["total"], 0);
    let status: serde_json::Value =
        world.client.get(format!("http://{}/status", world.app.admin)).send().await.unwrap().json().await.unwrap();
    assert_eq!(status["providers"][0]["resting"], false, "the provider has done nothing wrong");
}

#[tokio::test]
async fn a_cost_of_millions_arrives_to_the_token_and_once_though_there_was_a_fallback() {
    let (service, port) = Service::start(&[("tokens", u64::MAX), ("requests", 1_000)]).await;
    let failing = Provider::start(|_| provider::json(500, r#"{"error":{"message":"no"}}"#)).await;
    let answer = serde_json::json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "served",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 123_456_789, "completion_tokens": 1, "total_tokens": 123_456_790},
    });
    let second = Provider::start(move |_| provider::json(200, &answer.to_string())).await;
    let limits = "[{name: tokens, per: [provider], counts: total_tokens}]";
    let text = format!(
        "rate_limit_service: {{address: \"127.0.0.1:{port}\", domain: ai, limits: {limits}}}\n{}",
        config(&[entry("a", "openai", &failing), entry("b", "openai", &second)], "a, b", "")
    );
    let world = World::start(&text).await;
    assert_eq!(world.send(CHAT, chat(false)).await.status(), 200);
    service.has_been_charged("limit=tokens,provider=b", 123_456_790).await;
    assert_eq!(service.used("limit=tokens,provider=a"), 0);
}

#[tokio::test]
async fn whoever_is_rejected_by_the_gate_is_not_counted_there() {
    let (service, port) = Service::start(&[("tokens", 15), ("requests", 1_000)]).await;
    let first = Provider::start(|_| provider::openai("hello")).await;
    let world = World::start(&gateway(entry("a", "openai", &first), port, "")).await;
    assert_eq!(world.send(CHAT, "{").await.status(), 400);
    assert_eq!(
        world.client.get(format!("http://{}/v1/models", world.address)).bearer_auth("sk-test").send().await.unwrap().status(),
        200
    );
    assert_eq!(
        world.client.post(format!("http://{}{CHAT}", world.address)).body(chat(false)).send().await.unwrap().status(),
        401
    );
    assert_eq!(world.send(CHAT, chat(false)).await.status(), 200);
    service.has_been_charged(TOKENS, 10).await;
    assert_eq!(service.used(REQUESTS), 1);
}

#[tokio::test]
async fn a_service_that_is_away_lets_pass_or_denies_as_the_config_says() {
    let away = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = away.local_addr().unwrap().port();
    drop(away);
    let first = Provider::start(|_| provider::openai("hello")).await;
    let allowing = World::start(&gateway(entry("a", "openai", &first), port, "")).await;
    assert_eq!(allowing.send(CHAT, chat(false)).await.status(), 200);
    let denying = World::start(&gateway(entry("a", "openai", &first), port, ", when_away: deny")).await;
    let refused = denying.send(CHAT, chat(false)).await;
    assert_eq!(refused.status(), 503);
    let body: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["code"], "limits_unavailable", "{body}");
    assert_eq!(first.arrived().len(), 1);
}
