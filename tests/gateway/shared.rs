//! Two gateways, each with an Envoy of its own, and one Redis.

use std::collections::BTreeMap;

use crate::provider::{self, Provider};
use crate::redis::Server;
use crate::world::{CHAT, World, chat, config, entry};

/// How many answers of each status come of so many requests at once, spread over the gateways.
async fn storm(worlds: &[World], requests: usize) -> BTreeMap<u16, usize> {
    let tasks: Vec<_> = (0..requests)
        .map(|i| {
            let request = worlds[i % worlds.len()].post(CHAT, chat(false));
            tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
        })
        .collect();
    let mut statuses = BTreeMap::new();
    for task in tasks {
        *statuses.entry(task.await.unwrap()).or_default() += 1;
    }
    statuses
}

async fn until_away(worlds: &[World], away: bool) {
    for world in worlds {
        crate::world::until("the store is as it should be", || world.app.engine.limiter.store().unwrap().away == away).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_gateways_share_a_budget_and_each_does_what_was_said_while_redis_is_away() {
    let mut server = Server::start().await;
    let provider = Provider::start(|_| provider::openai("a")).await;
    let limits = format!(
        "limits: [{{name: ten, per: [key], requests: 10, every: 1d}}]\n\
         limit_store: {{redis: {{url: \"{}\", timeout: 5s, when_away: local, gateways: 2}}}}\n",
        server.url()
    );
    let text = format!("{}{limits}", config(&[entry("a", "openai", &provider)], "a", ""));
    let worlds = [World::start(&text).await, World::start(&text).await];
    assert_eq!(storm(&worlds, 200).await, BTreeMap::from([(200, 10), (429, 190)]));

    // Away: each gives out its half.
    server.kill();
    until_away(&worlds, true).await;
    assert_eq!(storm(&worlds, 100).await, BTreeMap::from([(200, 10), (429, 90)]));

    // Back, with nothing remembered.
    server.restart().await;
    until_away(&worlds, false).await;
    assert_eq!(storm(&worlds, 200).await, BTreeMap::from([(200, 10), (429, 190)]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_redis_that_dies_under_load_fails_no_request_that_may_pass() {
    let mut server = Server::start().await;
    let provider = Provider::start(|_| provider::openai("a")).await;
    let limits = format!(
        "limits: [{{name: many, per: [key], requests: 1000000, every: 1d}}]\n\
         limit_store: {{redis: {{url: \"{}\", when_away: allow}}}}\n",
        server.url()
    );
    let text = format!("{}{limits}", config(&[entry("a", "openai", &provider)], "a", ""));
    let worlds = [World::start(&text).await];
    let load = storm(&worlds, 600);
    let (statuses, ()) = tokio::join!(load, async { server.kill() });
    assert_eq!(statuses, BTreeMap::from([(200, 600)]));
}
