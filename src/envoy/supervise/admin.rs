//! A client for Envoy's admin interface on its Unix socket: one connection for each question.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::UnixStream;

/// More than any answer to these questions.
const LONGEST_ANSWER: usize = 4 << 20;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Debug)]
pub(super) struct Admin {
    socket: PathBuf,
}

impl Admin {
    pub(super) fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Whether Envoy has initialized. Not reachable is not yet.
    pub(super) async fn live(&self) -> bool {
        matches!(self.ask(Method::GET, "/ready").await, Ok((StatusCode::OK, _)))
    }

    /// Where the listener of this name is bound.
    pub(super) async fn listener_address(&self, name: &str) -> Result<SocketAddr> {
        let (_, answer) = self.ask(Method::GET, "/listeners?format=json").await?;
        let listeners: Listeners = serde_json::from_slice(&answer)?;
        let found = listeners.listener_statuses.into_iter().find(|listener| listener.name == name).ok_or("no such listener")?;
        let SocketAddress { address, port_value } = found.local_address.socket_address;
        Ok(SocketAddr::new(address, port_value))
    }

    /// How many requests of clients are being answered.
    pub(super) async fn active_requests(&self) -> Result<u64> {
        let path = format!("/stats?filter=^http\\.{}\\.downstream_rq_active$", crate::envoy::listener::NAME);
        let (_, answer) = self.ask(Method::GET, &path).await?;
        let text = std::str::from_utf8(&answer)?;
        let (_, value) = text.trim().rsplit_once(": ").ok_or("no such statistic")?;
        Ok(value.parse()?)
    }

    /// Tells Envoy to do something.
    pub(super) async fn post(&self, path: &str) -> Result<()> {
        match self.ask(Method::POST, path).await? {
            (StatusCode::OK, _) => Ok(()),
            (status, _) => Err(status.to_string().into()),
        }
    }

    async fn ask(&self, method: Method, path: &str) -> Result<(StatusCode, Bytes)> {
        let stream = UnixStream::connect(&self.socket).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let request = Request::builder().method(method).uri(path).header("host", "envoy").body(Empty::<Bytes>::new())?;
        // Ends with the answer, since nothing else holds the connection; an error of it is an error of the answer.
        let driver = tokio::spawn(connection);
        let answer = sender.send_request(request).await?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await?.to_bytes();
        driver.abort();
        Ok((parts.status, body))
    }
}

#[derive(Deserialize)]
struct Listeners {
    #[serde(default)]
    listener_statuses: Vec<Listener>,
}

#[derive(Deserialize)]
struct Listener {
    name: String,
    local_address: Address,
}

#[derive(Deserialize)]
struct Address {
    socket_address: SocketAddress,
}

#[derive(Deserialize)]
struct SocketAddress {
    address: IpAddr,
    port_value: u16,
}
