//! What Envoy refuses by itself, and what it says then.

use serde_json::Value;

use crate::answers::{go_on, immediate};
use crate::backend::{Backend, answer};
use crate::processor::Reply;
use crate::script::{one_route, translating_except};
use crate::world::World;

async fn world(backend: &Backend) -> World {
    let (mut snapshot, route) = one_route(&[("a", backend.address)]);
    snapshot.bounds.request_bytes = 1 << 20;
    snapshot.bounds.answer_bytes = 1 << 20;
    let script = translating_except(route, |seen| match (seen.phase().as_str(), seen.header("x-do")?.as_str()) {
        ("gate.request_headers", "close") => Some(Reply::Close),
        ("gate.request_headers", "fail") => Some(Reply::Fail),
        ("gate.request_headers", status) => Some(Reply::Send(immediate(status.parse().unwrap(), "own words"))),
        _ => None,
    });
    World::start(&snapshot, move |seen| match (seen.phase().as_str(), seen.text().as_str()) {
        ("gate.request_body", "close") => Reply::Close,
        ("gate.request_body", "fail") => Reply::Fail,
        ("gate.request_body", "503") => Reply::Send(immediate(503, "own words")),
        ("gate.request_body", "forget") => Reply::Send(go_on(seen)),
        _ => script(seen),
    })
    .await
}

#[tokio::test]
async fn a_request_that_the_processor_does_not_decide_on_is_not_sent() {
    let a = Backend::serve(|_| answer(200, "a")).await;
    let world = world(&a).await;
    let requests = [
        world.ask().header("x-do", "close"),
        world.ask().header("x-do", "fail"),
        world.ask().body("close"),
        world.ask().body("fail"),
        world.ask().body("forget"),
    ];
    for request in requests {
        let response = request.send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()), (503, "application/json"));
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["type"], "api_error");
        assert_eq!(body["error"]["code"], "internal_error");
    }
    assert!(a.take().is_empty());
}

#[tokio::test]
async fn the_processors_own_refusals_pass_as_they_are() {
    let a = Backend::serve(|_| answer(200, "a")).await;
    let world = world(&a).await;
    for status in [401, 413, 500, 503, 504] {
        let response = world.ask().header("x-do", status.to_string()).send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (status, "own words"));
    }
    let response = world.ask().body("503").send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (503, "own words"));
}

#[tokio::test]
async fn anthropic_clients_get_errors_in_their_own_shape() {
    let a = Backend::serve(|_| answer(200, "a")).await;
    let world = world(&a).await;
    let response = world.ask_at("/v1/messages?beta=true").header("x-do", "fail").send().await.unwrap();
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["type"], &body["error"]["type"]), (&"error".into(), &"api_error".into()));
    let response = world.ask_at("/v1/messages").body("x".repeat(2 << 20)).send().await.unwrap();
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["type"], &body["error"]["type"]), (&"error".into(), &"request_too_large".into()));
}

#[tokio::test]
async fn a_body_far_above_the_bound_is_refused_before_it_is_all_here() {
    let a = Backend::serve(|_| answer(200, "a")).await;
    let world = world(&a).await;
    let response = world.ask().body("x".repeat(2 << 20)).send().await.unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(response.json::<Value>().await.unwrap()["error"]["code"], "request_too_large");
    assert!(!world.phases().contains(&"gate.request_body".to_owned()));
}

#[tokio::test]
async fn upgrades_and_escaped_slashes_are_refused() {
    let a = Backend::serve(|_| answer(200, "a")).await;
    let world = world(&a).await;
    let upgrade = world.ask().header("connection", "upgrade").header("upgrade", "websocket");
    assert_eq!(upgrade.send().await.unwrap().status(), 403);
    assert_eq!(world.ask_at("/v1/models/a%2Fb").send().await.unwrap().status(), 400);
    assert!(a.take().is_empty());
}
