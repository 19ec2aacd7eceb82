//! A gateway as it runs in earnest: the real Envoy with the rendered configuration, and the processor, in front of scripted
//! providers.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kanmon::app::App;
use kanmon::config::{self, Live};
use kanmon::envoy::supervise::{Child, Launch, RuntimeDir};
use kanmon::envoy::{self, Admin, Options, Processor, find};
use kanmon::extproc::server::Address;
use reqwest::{Client, RequestBuilder, Response};

use crate::provider::Provider;

pub const CHAT: &str = "/v1/chat/completions";
pub const MESSAGES: &str = "/v1/messages";

pub struct World {
    pub address: SocketAddr,
    pub app: App,
    pub client: Client,
    _envoy: Child,
    directory: RuntimeDir,
}

impl World {
    /// Starts a gateway with this config, to which a key and the usage file are added.
    pub async fn start(config: &str) -> Self {
        Self::start_with(config, |_| {}).await
    }

    /// The same, with a last change to Envoy's configuration.
    pub async fn start_with(config: &str, change: impl FnOnce(&mut serde_json::Value)) -> Self {
        let keys = if config.contains("passthrough: true") { OPENED_KEYS } else { KEYS };
        Self::build(keys, config, |_| {}, change).await
    }

    /// The same with other callers, and with a last change to the options.
    pub async fn with_auth(auth: &str, config: &str, options: impl FnOnce(&mut Options)) -> Self {
        Self::build(auth, config, options, |_| {}).await
    }

    async fn build(
        auth: &str,
        config: &str,
        set: impl FnOnce(&mut Options),
        change: impl FnOnce(&mut serde_json::Value),
    ) -> Self {
        rlimit::increase_nofile_limit(u64::MAX).unwrap();
        let directory = RuntimeDir::create().unwrap();
        let usage = directory.path().join("usage.jsonl");
        let text = format!("{auth}usage: {{file: \"{}\"}}\n{config}", usage.display());
        let snapshot = config::parse(&text, "test.yaml").unwrap_or_else(|errors| panic!("{errors}\n{text}"));
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut options =
            Options::new(listen, Processor::Uds(directory.processor_socket()), Admin::Pipe(directory.admin_socket()));
        options.access_log = Some(directory.path().join("access.jsonl"));
        set(&mut options);
        let mut rendered = envoy::render(&snapshot, &options).unwrap();
        change(&mut rendered);
        let live = Arc::new(Live::without_file(snapshot));
        let app = App::start(live, &Address::Unix(directory.processor_socket()), listen).await.unwrap();
        let binary = find::find().await.unwrap().path;
        let launch = Launch { binary, config: &rendered, listen, runtime: &directory, concurrency: Some(1) };
        let mut envoy = Child::start(&launch).unwrap();
        let address = envoy.wait_ready(Duration::from_secs(60)).await.unwrap();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { address, app, client, _envoy: envoy, directory }
    }

    /// A request with the test key.
    pub fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.client
            .post(format!("http://{}{path}", self.address))
            .header("authorization", "Bearer sk-test")
            .header("content-type", "application/json")
            .body(body)
    }

    pub async fn send(&self, path: &str, body: impl Into<reqwest::Body>) -> Response {
        self.post(path, body).send().await.unwrap()
    }

    /// The lines of Envoy's access log, as soon as there are so many.
    pub async fn access_log(&self, count: usize) -> Vec<serde_json::Value> {
        lines(self.directory.path().join("access.jsonl"), count, async || {}).await
    }

    /// The usage records, as soon as there are so many.
    pub async fn usage(&self, count: usize) -> Vec<serde_json::Value> {
        lines(self.directory.path().join("usage.jsonl"), count, async || self.app.engine.sink.flush().await).await
    }
}

async fn lines(path: PathBuf, count: usize, flush: impl AsyncFn()) -> Vec<serde_json::Value> {
    for _ in 0..1500 {
        flush().await;
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let lines: Vec<_> = whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        if lines.len() >= count {
            return lines;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} never has {count} lines", path.display());
}

/// Waits until something is so.
pub async fn until(what: &str, so: impl Fn() -> bool) {
    for _ in 0..1500 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

const KEYS: &str =
    "auth: {keys: [{name: ci, tenant: red, sha256: f3abf2a6cc4f00987743db5f544ba345b4899ae31f326d8ee9c4816de153c9e0}]}\n";

/// `sk-test` with leave for what the gateway does not know, `sk-shut` without.
const OPENED_KEYS: &str = "auth:\n  keys:\n  \
    - {name: ci, tenant: red, sha256: f3abf2a6cc4f00987743db5f544ba345b4899ae31f326d8ee9c4816de153c9e0, passthrough: [\"*\"]}\n  \
    - {name: shut, sha256: 958670fc57192607c2d8be147b048667a89d05118c17e0d5f6ef102d8a2bb226}\n";

/// A provider's lines in a config.
pub fn entry(name: &str, dialect: &str, provider: &Provider) -> String {
    entry_at(name, dialect, &format!("http://{}", provider.address))
}

pub fn entry_at(name: &str, dialect: &str, endpoint: &str) -> String {
    let credential = if dialect == "anthropic" { "x_api_key" } else { "bearer" };
    format!("  {name}: {{dialect: {dialect}, endpoint: \"{endpoint}\", credential: {{{credential}: key-of-{name}}}}}\n")
}

/// A config with these providers, and one route `m` through all of them.
pub fn config(providers: &[String], names: &str, more: &str) -> String {
    format!("providers:\n{}routes:\n  - {{model: m, providers: [{names}]{more}}}\n", providers.concat())
}

pub fn chat(stream: bool) -> String {
    format!(r#"{{"model":"m","stream":{stream},"messages":[{{"role":"user","content":"hi"}}]}}"#)
}
