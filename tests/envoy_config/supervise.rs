//! Envoy as a child: ready, taken, dead, drained.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Response;
use kanmon::envoy::supervise::{RuntimeDir, StartError, Stopped};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::backend::Backend;
use crate::script::{one_route, translating};
use crate::world::{PATIENCE, World, launch, options};

type Chunks = mpsc::Sender<Result<Bytes, std::convert::Infallible>>;

/// A world whose provider's answer is sent piece by piece through the channel.
async fn streaming() -> (World, Chunks) {
    let (sender, receiver) = mpsc::channel(4);
    let body = std::sync::Arc::new(Mutex::new(Some(Body::from_stream(ReceiverStream::new(receiver)))));
    let backend = Backend::serve(move |_| Response::new(body.lock().take().unwrap_or_default())).await;
    let (snapshot, route) = one_route(&[("a", backend.address)]);
    (World::start(&snapshot, translating(route)).await, sender)
}

#[tokio::test]
async fn stopping_lets_answers_finish_and_takes_no_new_clients() {
    let (world, chunks) = streaming().await;
    let answer = world.ask().send().await.unwrap();
    let (address, envoy) = (world.address, world.envoy);
    let stopping = tokio::spawn(envoy.stop(PATIENCE));
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    chunks.send(Ok("all of it".into())).await.unwrap();
    drop(chunks);
    assert_eq!(answer.text().await.unwrap(), "all of it");
    assert_eq!(stopping.await.unwrap(), Stopped::Drained);
}

#[tokio::test]
async fn an_answer_that_takes_longer_than_grace_is_cut_and_counted() {
    let (world, chunks) = streaming().await;
    let answer = world.ask().send().await.unwrap();
    assert_eq!(world.envoy.stop(Duration::from_millis(100)).await, Stopped::Cut(1));
    assert!(answer.text().await.is_err());
    drop(chunks);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let (world, _chunks) = streaming().await;
    let runtime = RuntimeDir::create().unwrap();
    let mut options = options(&runtime);
    options.listen = world.address;
    // Another Envoy: both would bind with SO_REUSEPORT and share the clients.
    let error = launch(&serde_json::json!({}), &options, &runtime).await.unwrap_err();
    assert!(matches!(error, StartError::InUse { address } if address == world.address), "{error:?}");
    assert!(error.to_string().starts_with(&format!("{} is already in use", world.address)), "{error}");
}

#[tokio::test]
async fn a_configuration_that_envoy_refuses_is_told_in_its_own_words() {
    let runtime = RuntimeDir::create().unwrap();
    let config = serde_json::json!({"static_resources": {"clusters": [{"name": "x", "type": "NO_SUCH_TYPE"}]}});
    let mut envoy = launch(&config, &options(&runtime), &runtime).await.unwrap();
    let error = envoy.wait_ready(PATIENCE).await.unwrap_err();
    assert!(matches!(error, StartError::Died(_)), "{error:?}");
    assert!(error.to_string().contains("NO_SUCH_TYPE"), "{error}");
}

#[tokio::test]
async fn a_port_that_is_taken_between_probe_and_start_is_named_too() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let runtime = RuntimeDir::create().unwrap();
    let (snapshot, _) = one_route(&[("a", "127.0.0.1:9".parse().unwrap())]);
    let mut options = options(&runtime);
    let mut config = kanmon::envoy::render(&snapshot, &options).unwrap();
    let port = taken.local_addr().unwrap().port();
    config["static_resources"]["listeners"][0]["address"]["socket_address"]["port_value"] = port.into();
    options.listen.set_port(0);
    let mut envoy = launch(&config, &options, &runtime).await.unwrap();
    let error = envoy.wait_ready(PATIENCE).await.unwrap_err();
    assert!(matches!(error, StartError::InUse { .. }), "{error}");
}

#[tokio::test]
async fn a_death_is_noticed() {
    let (mut world, _chunks) = streaming().await;
    let id = world.envoy.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-KILL", &id]).status().unwrap().success());
    let died = world.envoy.died().await;
    assert_eq!(died.status, "signal: 9 (SIGKILL)");
}

#[tokio::test]
async fn envoy_does_not_outlive_its_child_handle() {
    let (world, _chunks) = streaming().await;
    let address = world.address;
    drop(world);
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
