//! A processor in this process, on a Unix socket, with a fake Envoy in front of it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use kanmon::app::App;
use kanmon::config::{self, Live};
use kanmon::extproc::server::Address;
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint, Uri};

use crate::fake_envoy::{Answer, Client, Stream};

/// The key `sk-test`, of tenant `red`.
pub const KEY: &str = "Bearer sk-test";
/// The same, as it is.
pub const SHUT: &str = "sk-test";
/// The key `sk-open`, which may ask the providers that are open for what the gateway does not know.
pub const OPENED: &str = "Bearer sk-open";
const SHA256: &str = "f3abf2a6cc4f00987743db5f544ba345b4899ae31f326d8ee9c4816de153c9e0";

pub struct Gateway {
    pub app: App,
    pub client: Client,
    directory: TempDir,
}

const SOCKET: &str = "kanmon.sock";

impl Gateway {
    /// Starts a processor with two OpenAI providers and one Anthropic provider, and `more` in the config.
    pub async fn start(more: &str) -> Self {
        Self::with_auth(&keys(), more).await
    }

    /// The same, with other callers.
    pub async fn with_auth(auth: &str, more: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let usage = directory.path().join("usage.jsonl");
        let text = config(auth, &usage.display().to_string(), more);
        let snapshot = config::parse(&text, "test.yaml").unwrap_or_else(|errors| panic!("{errors}"));
        let socket = directory.path().join(SOCKET);
        let live = Arc::new(Live::without_file(snapshot));
        let admin = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let app = App::start(live, &Address::Unix(socket.clone()), admin).await.unwrap();
        let client = Client::new(connect(socket).await).max_decoding_message_size(usize::MAX);
        Self { app, client, directory }
    }

    /// A connection of its own to the processor.
    pub async fn connect(&self) -> Channel {
        connect(self.directory.path().join(SOCKET)).await
    }

    pub async fn gate(&mut self) -> Stream {
        Stream::open(&mut self.client, "gate").await
    }

    /// A gate stream whose request has been sent on, and the answer to its body.
    pub async fn sent(&mut self, path: &str, body: &str) -> (Stream, Answer) {
        let mut gate = self.gate().await;
        gate.request_headers(&request(path)).await;
        let answer = gate.request_body(body).await;
        (gate, answer)
    }

    /// The usage records so far; waits until there are so many.
    pub async fn records(&self, count: usize) -> Vec<serde_json::Value> {
        let path = self.directory.path().join("usage.jsonl");
        for _ in 0..500 {
            self.app.engine.sink.flush().await;
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let records: Vec<_> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            if records.len() >= count {
                return records;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("there are no {count} usage records");
    }
}

/// The headers of a request with the test key.
pub fn request(path: &str) -> Vec<(&str, &str)> {
    vec![
        (":method", "POST"),
        (":path", path),
        (":authority", "gateway"),
        ("authorization", KEY),
        ("content-type", "application/json"),
        ("x-request-id", "req-1"),
    ]
}

fn keys() -> String {
    format!(
        r#"
auth:
  keys:
    - {{name: ci, tenant: red, sha256: {SHA256}, models: ["gpt-*", "claude-*"]}}
    - {{name: opened, sha256: 360fe086f853eba46f12d34f40c4f713278374adb31ad036be9d758456c190ce, passthrough: ["open*"]}}
  forward: {{tenant: x-kanmon-tenant}}
"#
    )
}

fn config(auth: &str, usage: &str, more: &str) -> String {
    format!(
        r#"
{auth}
providers:
  one: {{dialect: openai, endpoint: "http://127.0.0.1:1/v1", credential: {{bearer: key-of-one}}, headers: {{set: {{x-only-one: "1"}}}}}}
  two: {{dialect: openai, endpoint: "http://127.0.0.1:2/v1", credential: {{bearer: key-of-two}}}}
  claude: {{dialect: anthropic, endpoint: "http://127.0.0.1:3", credential: {{x_api_key: key-of-claude}}}}
  open: {{dialect: openai, endpoint: "http://127.0.0.1:4", credential: {{bearer: key-of-open}}, passthrough: true}}
  opened-claude: {{dialect: anthropic, endpoint: "http://127.0.0.1:5/far/away", credential: {{x_api_key: key-of-claude}}, passthrough: true}}
routes:
  - {{model: gpt-4o, providers: [one, {{name: claude, model: claude-haiku}}]}}
  - {{model: gpt-pair, providers: [one, two]}}
  - {{model: o3, providers: [one]}}
  - {{model: "claude-*", providers: [claude, {{name: one, model: gpt-4o}}]}}
usage: {{file: "{usage}"}}
{more}
"#
    )
}

async fn connect(socket: PathBuf) -> Channel {
    let connector = tower::service_fn(move |_: Uri| {
        let socket = socket.clone();
        async move { tokio::net::UnixStream::connect(socket).await.map(TokioIo::new) }
    });
    Endpoint::from_static("http://processor").connect_with_connector(connector).await.unwrap()
}
