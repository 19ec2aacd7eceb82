//! Which failures of a provider lead to the next, by what the fallback says.

use std::net::SocketAddr;
use std::time::Duration;

use kanmon::envoy::contract::DETAILS_ATTRIBUTE;
use kanmon::route::Fallback;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::backend::{Backend, answer};
use crate::gateway::{fallback, provider};
use crate::script::{one_route_with, translating};
use crate::world::World;

/// Nothing is a failure.
fn nothing() -> Fallback {
    Fallback {
        statuses: Vec::new(),
        server_errors: false,
        connect: false,
        reset: false,
        first_byte_timeout: None,
        timeout: false,
        repeats: 0,
    }
}

/// Every status is, and nothing else.
fn statuses() -> Fallback {
    Fallback { statuses: vec![429, 503, 504], server_errors: true, ..nothing() }
}

fn connect() -> Fallback {
    Fallback { connect: true, ..nothing() }
}

fn within(fallback: Fallback) -> Fallback {
    Fallback { first_byte_timeout: Some(Duration::from_millis(200)), ..fallback }
}

/// What becomes of a request whose first provider is at an address: the status, and Envoy's details.
async fn outcome(first: SocketAddr, fallback: Fallback) -> (u16, String) {
    let second = Backend::serve(|_| answer(200, "b")).await;
    let (snapshot, route) = one_route_with(vec![provider("a", first), provider("b", second.address)], fallback);
    let world = World::start(&snapshot, translating(route)).await;
    let status = world.ask().send().await.unwrap().status().as_u16();
    (status, world.processor.take().last().unwrap().attribute(DETAILS_ATTRIBUTE).unwrap())
}

/// A port of this machine where nobody listens.
const REFUSING: &str = "127.0.0.1:1";

#[tokio::test]
async fn a_refused_connection_falls_back_by_connect_and_reset_and_by_no_status() {
    let address = REFUSING.parse().unwrap();
    assert_eq!(outcome(address, connect()).await.0, 200);
    assert_eq!(outcome(address, Fallback { reset: true, ..nothing() }).await.0, 200);
    let (status, details) = outcome(address, statuses()).await;
    assert_eq!(status, 503);
    assert!(details.starts_with("upstream_reset_before_response_started{remote_connection_failure"), "{details}");
}

#[tokio::test]
async fn a_reset_falls_back_by_reset_only() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 64]).await;
        }
    });
    assert_eq!(outcome(address, Fallback { reset: true, ..nothing() }).await.0, 200);
    for fallback in [connect(), statuses(), nothing()] {
        let (status, details) = outcome(address, fallback).await;
        assert_eq!(status, 503);
        assert!(details.starts_with("upstream_reset_before_response_started{connection_termination"), "{details}");
    }
}

#[tokio::test]
async fn silence_falls_back_by_reset_and_timeout_together() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    assert_eq!(outcome(address, within(fallback())).await.0, 200);
    for fallback in [within(statuses()), within(connect())] {
        assert_eq!(outcome(address, fallback).await, (504, "upstream_per_try_timeout".to_owned()));
    }
}

#[tokio::test]
async fn a_status_falls_back_where_it_is_listed() {
    for (status, fallback, expected) in [
        (429, statuses(), 200),
        (500, statuses(), 200),
        (599, statuses(), 200),
        (503, Fallback { statuses: vec![503], ..nothing() }, 200),
        (500, Fallback { statuses: vec![503], ..nothing() }, 500),
        (400, fallback(), 400),
        (429, Fallback { server_errors: true, ..nothing() }, 429),
        (503, Fallback { reset: true, connect: true, ..nothing() }, 503),
    ] {
        let first = Backend::serve(move |_| answer(status, "{}")).await;
        assert_eq!(outcome(first.address, fallback.clone()).await.0, expected, "{status} with {fallback:?}");
    }
}

#[tokio::test]
async fn a_429_of_another_envoys_rate_limiter_falls_back_too() {
    let first = Backend::serve(|_| {
        let mut answer = answer(429, "{}");
        answer.headers_mut().insert("x-envoy-ratelimited", "true".parse().unwrap());
        answer
    })
    .await;
    assert_eq!(outcome(first.address, statuses()).await.0, 200);
}

#[tokio::test]
async fn forty_at_once_all_fall_back() {
    let first = Backend::serve(|_| answer(429, "{}")).await;
    let second = Backend::serve(|_| answer(200, "b")).await;
    let (snapshot, route) = one_route_with(vec![provider("a", first.address), provider("b", second.address)], fallback());
    let world = World::start(&snapshot, translating(route)).await;
    let answers: Vec<_> = (0..40).map(|_| tokio::spawn(world.ask().send())).collect();
    for answer in answers {
        assert_eq!(answer.await.unwrap().unwrap().status(), 200);
    }
}
