//! A simulator that runs for one test.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::super::{Options, serve};

pub(super) struct Running {
    pub(super) url: String,
    pub(super) client: reqwest::Client,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

pub(super) async fn start(options: Options) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(serve(listener, options, stopped));
    Running { url, client: reqwest::Client::new(), stop, task }
}

/// The simulator `a`, well-behaved.
pub(super) async fn start_a() -> Running {
    start(Options { name: "a".into(), ..Options::default() }).await
}

impl Running {
    pub(super) fn post(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).header("anthropic-version", "2023-06-01").json(body)
    }

    /// A chat completion; OpenAI's clients send no version.
    pub(super) fn chat(&self, changes: Value) -> reqwest::RequestBuilder {
        let body = with(json!({"model": "m", "messages": [{"role": "user", "content": "hello there"}]}), changes);
        self.client.post(format!("{}/v1/chat/completions", self.url)).json(&body)
    }

    pub(super) fn messages(&self, changes: Value) -> reqwest::RequestBuilder {
        let body = json!({"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": "hello there"}]});
        self.post("/v1/messages", &with(body, changes))
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap().json().await.unwrap()
    }

    /// The stats, once they fulfil a condition.
    pub(super) async fn stats_when(&self, condition: impl Fn(&Value) -> bool) -> Value {
        let seen = async {
            loop {
                let stats = self.get("/_sim/stats").await;
                if condition(&stats) {
                    return stats;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), seen).await.expect("the stats never came")
    }

    pub(super) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }
}

fn with(mut body: Value, changes: Value) -> Value {
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    body
}

/// The data of the events of a stream.
pub(super) fn data(stream: &str) -> Vec<&str> {
    stream.split("\n\n").filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: "))).collect()
}
