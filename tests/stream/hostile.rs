//! Streams that no Envoy of ours would send: they fail, and never end with OK.

use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request;
use envoy_types::pb::envoy::service::ext_proc::v3::{HttpBody, ProcessingRequest};
use envoy_types::pb::envoy::service::ratelimit::v3::RateLimitRequest;
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_service_client::RateLimitServiceClient;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::fake_envoy::{Stream, Told, headers};
use crate::gateway::{Gateway, request};

#[tokio::test]
async fn a_message_that_is_too_large_fails_the_stream() {
    let mut gateway = Gateway::start("bounds: {request_bytes: 100000, answer_bytes: 100000}").await;
    let mut gate = gateway.gate().await;
    gate.request_headers(&request("/v1/chat/completions")).await;
    let body = HttpBody { body: vec![b' '; 4 << 20], end_of_stream: true, ..HttpBody::default() };
    let status = gate.say(Request::RequestBody(body), &Told::default()).await.unwrap_err();
    assert_ne!(status.code(), Code::Ok);
}

#[tokio::test]
async fn a_body_over_the_bound_is_told_so() {
    let mut gateway = Gateway::start("bounds: {request_bytes: 100000}").await;
    let (_gate, answer) = gateway.sent("/v1/chat/completions", &" ".repeat(100_001)).await;
    assert_eq!(answer.status(), 413);
}

#[tokio::test]
async fn phases_out_of_order_fail_the_stream() {
    let mut gateway = Gateway::start("").await;
    for (role, request) in [
        ("gate", Request::RequestBody(HttpBody::default())),
        ("gate", Request::ResponseBody(HttpBody::default())),
        ("attempt", Request::ResponseHeaders(headers(&[], false))),
        ("watch", Request::RequestHeaders(headers(&[], false))),
        ("peek", Request::ResponseBody(HttpBody::default())),
    ] {
        let mut stream = Stream::open(&mut gateway.client, role).await;
        let status = stream.say(request, &Told::default()).await.unwrap_err();
        assert_ne!(status.code(), Code::Ok, "{role}");
    }
}

#[tokio::test]
async fn a_stream_without_a_known_role_is_refused() {
    let mut gateway = Gateway::start("").await;
    let outbound = tokio_stream::iter([ProcessingRequest::default()]);
    let status = gateway.client.process(outbound).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("x-kanmon-role"));
}

#[tokio::test]
async fn other_services_than_the_processor_and_health_are_unknown() {
    let gateway = Gateway::start("").await;
    let channel = gateway.connect().await;
    const SERVING: i32 = 1;
    let service = "envoy.service.ext_proc.v3.ExternalProcessor".to_owned();
    for (service, serving) in [(String::new(), true), (service, true), ("another.Service".to_owned(), false)] {
        let asked = HealthClient::new(channel.clone()).check(HealthCheckRequest { service: service.clone() }).await;
        let told = asked.map(|told| told.into_inner().status).map_err(|status| status.code());
        let expected = if serving { Ok(SERVING) } else { Err(Code::NotFound) };
        assert_eq!(told, expected, "{service:?}");
    }
    let unknown = RateLimitServiceClient::new(channel).should_rate_limit(RateLimitRequest::default()).await.unwrap_err();
    assert_eq!(unknown.code(), Code::Unimplemented);
}
