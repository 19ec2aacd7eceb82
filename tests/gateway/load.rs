//! Many at once: retries that are not dropped, streams that are not refused.

use std::time::Duration;

use futures_util::StreamExt as _;

use crate::provider::{self, Provider};
use crate::world::{CHAT, World, chat, config, entry, until};

#[tokio::test]
async fn forty_concurrent_429s_all_fall_back() {
    let first = Provider::start(|_| provider::json(429, "{}")).await;
    let second = Provider::start(|_| provider::anthropic("from b")).await;
    let a = format!(
        "  a: {{dialect: openai, endpoint: \"http://{}\", credential: {{bearer: key-of-a}}, rest: {{after_failures: 100000}}}}\n",
        first.address
    );
    let world = World::start(&config(&[a, entry("b", "anthropic", &second)], "a, b", "")).await;
    let requests = (0..40).map(|_| world.send(CHAT, chat(false)));
    let statuses: Vec<_> = futures_util::future::join_all(requests).await.iter().map(|answer| answer.status().as_u16()).collect();
    assert_eq!(statuses, [200; 40]);
    assert_eq!((first.arrived().len(), second.arrived().len()), (40, 40));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirteen_hundred_open_streams_at_once() {
    const STREAMS: usize = 1300;
    let only = Provider::start(|_| provider::openai_stream(2000, Duration::from_millis(500))).await;
    let world = World::start(&config(&[entry("a", "openai", &only)], "a", "")).await;
    let opening = futures_util::stream::iter(0..STREAMS).map(|_| world.send(CHAT, chat(true))).buffer_unordered(64);
    let mut streams = Vec::new();
    for answer in opening.collect::<Vec<_>>().await {
        assert_eq!(answer.status(), 200);
        streams.push(answer.bytes_stream());
    }
    until("all are open", || world.app.engine.registry.len() == STREAMS).await;
    for stream in &mut streams {
        assert!(stream.next().await.unwrap().is_ok());
    }
    drop(streams);
    until("all are released", || only.open() == 0 && world.app.engine.registry.is_empty()).await;
    assert_eq!(world.usage(STREAMS).await.len(), STREAMS, "each has its record");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_at_once_against_a_limit_of_ten_admit_ten_through_envoy_too() {
    let only = Provider::start(|_| provider::openai("a")).await;
    let limits = "limits: [{name: ten, per: [key], requests: 10, every: 1h}, {name: tokens, per: [tenant], total_tokens: 1000000, every: 1h}]\n";
    let world = World::start(&(config(&[entry("a", "openai", &only)], "a", "") + limits)).await;
    let requests = (0..200).map(|_| world.send(CHAT, chat(false)));
    let answers = futures_util::future::join_all(requests).await;
    assert_eq!(answers.iter().filter(|answer| answer.status() == 200).count(), 10);
    let rejected = answers.iter().find(|answer| answer.status() == 429).unwrap();
    assert!(rejected.headers().contains_key("retry-after"));
    assert_eq!(rejected.headers()["x-ratelimit-limit-requests"], "10");
    assert_eq!(only.arrived().len(), 10);
}
