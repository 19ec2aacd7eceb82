//! Bodies: event streams that are peeked at, and large ones.

use axum::body::Body;
use axum::http::Response;
use envoy_types::pb::envoy::extensions::filters::http::ext_proc::v3::ProcessingMode;
use envoy_types::pb::envoy::extensions::filters::http::ext_proc::v3::processing_mode::{BodySendMode, HeaderSendMode};
use kanmon::envoy::contract::{CONTENT_LENGTH_HEADER, FALLBACK_HEADER, TRANSLATED_HEADER};
use kanmon::route::Fallback;
use parking_lot::Mutex;

use crate::answers::{change, decide, go_on, replace};
use crate::backend::{Backend, answer};
use crate::gateway::{fallback, provider};
use crate::processor::{Reply, Seen};
use crate::script::{one_route, one_route_with, translating_except};
use crate::world::World;

async fn events(text: &'static str) -> Backend {
    Backend::serve(move |_| Response::builder().header("content-type", "text/event-stream").body(Body::from(text)).unwrap()).await
}

/// Holds the headers until the first piece of the body: an error goes to the next provider.
fn peeking() -> impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static {
    let held: Mutex<Option<Seen>> = Mutex::new(None);
    move |seen| match seen.phase().as_str() {
        "peek.response_headers" => {
            *held.lock() = Some(seen.clone());
            Some(Reply::Hold)
        }
        "peek.response_body" => {
            let headers = held.lock().take().unwrap();
            let verdict = if seen.text().contains("error") {
                change(&headers, &[(":status", "529"), (FALLBACK_HEADER, "peek")])
            } else {
                go_on(&headers)
            };
            Some(Reply::SendAndClose(vec![verdict, go_on(seen)]))
        }
        _ => None,
    }
}

#[tokio::test]
async fn a_stream_that_begins_with_an_error_falls_back_whatever_the_statuses() {
    let (a, b) = (events("data: error\n\n").await, events("data: good\n\n").await);
    let mut providers = vec![provider("a", a.address), provider("b", b.address)];
    providers.iter_mut().for_each(|provider| provider.peek = true);
    let only_the_header = Fallback { statuses: Vec::new(), server_errors: false, ..fallback() };
    let (snapshot, route) = one_route_with(providers, only_the_header);
    let world = World::start(&snapshot, translating_except(route, peeking())).await;
    let response = world.ask().send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key(FALLBACK_HEADER));
    assert_eq!(response.text().await.unwrap(), "data: good\n\n");
    // The watch filter comes after the peek on the way back, and meets the status that the peek has set.
    let upstream: Vec<String> = world.phases().into_iter().filter(|phase| !phase.starts_with("gate")).collect();
    assert_eq!(
        upstream,
        [
            "peek.response_headers",
            "peek.response_body",
            "watch.response_headers",
            "attempt.request_headers",
            "peek.response_headers",
            "peek.response_body"
        ]
    );
}

#[tokio::test]
async fn only_event_streams_of_providers_with_peek_are_peeked_at() {
    let (a, b) = (events("data: error\n\n").await, Backend::serve(|_| answer(200, "{}")).await);
    let mut with_peek = provider("b", b.address);
    with_peek.peek = true;
    let (snapshot, first) = one_route_with(vec![provider("a", a.address), with_peek], fallback());
    let second = snapshot.routes.list[0].orders[1].envoy_route.to_string();
    let script = translating_except(first, move |seen| {
        let to_second = seen.phase() == "gate.request_body" && seen.text() == "second";
        to_second.then(|| Reply::Send(decide(seen, &second, &[(":path", "/for/b")], "body for b")))
    });
    let world = World::start(&snapshot, script).await;
    assert_eq!(world.ask().send().await.unwrap().text().await.unwrap(), "data: error\n\n");
    assert_eq!(world.ask().body("second").send().await.unwrap().text().await.unwrap(), "{}");
    assert!(world.phases().iter().all(|phase| phase.starts_with("gate.")));
}

#[tokio::test]
async fn a_body_of_20_mib_falls_back_and_an_answer_as_large_comes_back() {
    const LARGE: usize = 20 << 20;
    let a = Backend::serve(|_| answer(500, "a")).await;
    let b = Backend::serve(|_| answer(200, &"b".repeat(LARGE))).await;
    let (snapshot, route) = one_route(&[("a", a.address), ("b", b.address)]);
    let script = translating_except(route.clone(), move |seen| match seen.phase().as_str() {
        "gate.request_body" => Some(Reply::Send(decide(seen, &route, &[], &seen.text()))),
        "attempt.request_headers" => {
            let headers = [(CONTENT_LENGTH_HEADER, &*LARGE.to_string()), (TRANSLATED_HEADER, "b")];
            Some(Reply::Send(replace(seen, &headers, &"y".repeat(LARGE))))
        }
        "gate.response_headers" => {
            let mut buffered = go_on(seen);
            buffered.mode_override = Some(ProcessingMode {
                response_body_mode: BodySendMode::Buffered.into(),
                response_trailer_mode: HeaderSendMode::Send.into(),
                ..Default::default()
            });
            Some(Reply::Send(buffered))
        }
        _ => None,
    });
    let world = World::start(&snapshot, script).await;
    let response = world.ask().body("x".repeat(LARGE)).send().await.unwrap();
    assert_eq!(response.headers()["content-length"], LARGE.to_string().as_str());
    assert!(response.bytes().await.unwrap().iter().all(|byte| *byte == b'b'));
    for (backend, byte) in [(a, b'x'), (b, b'y')] {
        let arrived = backend.take().remove(0);
        assert_eq!(arrived.header("content-length"), Some(&*LARGE.to_string()));
        assert!(arrived.body.len() == LARGE && arrived.body.iter().all(|other| *other == byte));
    }
}
