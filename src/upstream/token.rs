//! Asks a token endpoint: bounded in time and size, no redirect followed, no connection kept.
//!
//! Secrets go to `https://` and to this machine only; what stands in a metadata service's place may be plain, as those are.

use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::source::{FetchError, Fetched};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// The largest answer, in bytes.
const LARGEST: usize = 1 << 20;
/// The largest file with a token or a key, in bytes.
const LARGEST_FILE: u64 = 1 << 20;
/// The longest life of a token that is believed.
const LONGEST_LIFE: Duration = Duration::from_secs(10 * 24 * 3600);

/// An answer of RFC 6749, in the variations of the clouds: numbers may be text, and Azure's App Service tells when instead of for how
/// long.
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) access_token: String,
    #[serde(default)]
    expires_in: Value,
    #[serde(default)]
    expires_on: Value,
}

impl Answer {
    /// The token, and how long it holds.
    pub(super) fn fetched(self) -> Result<Fetched, FetchError> {
        let lasts = number(&self.expires_in).or_else(|| {
            let at = number(&self.expires_on)?;
            Some(at.saturating_sub(u64::try_from(jiff::Timestamp::now().as_second()).ok()?))
        });
        let lasts = lasts.ok_or_else(|| FetchError::new("the answer does not say how long the token holds"))?;
        Fetched::token(&self.access_token, Some(Duration::from_secs(lasts).min(LONGEST_LIFE)))
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// A POST to a token endpoint, which may be sent secrets: through the proxy that the environment names, or to this machine.
pub(super) fn post(url: &str) -> Result<RequestBuilder, FetchError> {
    let url = safe(url)?;
    let client = if url.host_str().is_some_and(is_here) { direct()? } else { proxied()? };
    Ok(client.post(url))
}

/// A GET that tells no secret of ours, or one that the metadata service itself has given out.
pub(super) fn get(url: &str) -> Result<RequestBuilder, FetchError> {
    let client = if url.starts_with("https://") { proxied()? } else { direct()? };
    Ok(client.get(url))
}

fn proxied() -> Result<&'static Client, FetchError> {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    shared(&CLIENT, Client::builder())
}

/// Metadata services are reached directly.
fn direct() -> Result<&'static Client, FetchError> {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    shared(&CLIENT, Client::builder().no_proxy())
}

fn shared(cell: &'static OnceLock<Client>, builder: reqwest::ClientBuilder) -> Result<&'static Client, FetchError> {
    if let Some(client) = cell.get() {
        return Ok(client);
    }
    let client = builder
        .timeout(PATIENCE)
        .connect_timeout(CONNECT)
        .redirect(reqwest::redirect::Policy::none())
        // Tokens are fetched seldom.
        .pool_max_idle_per_host(0)
        .user_agent(concat!("kanmon/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| FetchError::new(format!("no connection can be made: {}", causes(&error))))?;
    Ok(cell.get_or_init(|| client))
}

/// A URL that may be sent secrets.
fn safe(url: &str) -> Result<reqwest::Url, FetchError> {
    let parsed = reqwest::Url::parse(url).map_err(|_| FetchError::new("the token endpoint is no URL"))?;
    let plain_but_here = parsed.scheme() == "http" && parsed.host_str().is_some_and(is_here);
    if parsed.scheme() == "https" || plain_but_here {
        return Ok(parsed);
    }
    Err(FetchError::new(format!("{}: no secret is sent there: it is not `https://`", host(&parsed))))
}

/// Sends a request and reads the JSON of its answer. `secrets` are never told, should the answer repeat them.
pub(super) async fn ask<T: DeserializeOwned>(request: RequestBuilder, secrets: &[&str]) -> Result<T, FetchError> {
    let bytes = ask_bytes(request, secrets).await?;
    // The message would quote the answer, which holds the token.
    serde_json::from_slice(&bytes).map_err(|_| FetchError::new("the token endpoint's answer is not what it should be"))
}

/// Sends a request and reads its answer.
pub(super) async fn ask_bytes(request: RequestBuilder, secrets: &[&str]) -> Result<Vec<u8>, FetchError> {
    let (client, request) = request.build_split();
    let request = request.map_err(|error| FetchError::new(causes(&error.without_url())))?;
    let host = host(request.url());
    let told = |what: String| FetchError::new(format!("{host}: {what}")).without(secrets);
    let answer = client.execute(request).await.map_err(|error| told(causes(&error.without_url())))?;
    let status = answer.status();
    let body = body(answer).await.map_err(told)?;
    if !status.is_success() {
        return Err(told(format!("answered with {}{}", status.as_u16(), reason(&body))));
    }
    Ok(body)
}

async fn body(mut answer: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| causes(&error.without_url()))? {
        if body.len() + chunk.len() > LARGEST {
            return Err("the answer is larger than 1 MiB".to_owned());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What an error says of itself: `{"error": "…", "error_description": "…"}`, or `{"error": {"message": "…"}}`.
fn reason(body: &[u8]) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = &json["error"];
    let told = [error.as_str(), error["message"].as_str(), json["error_description"].as_str(), json["message"].as_str()];
    told.into_iter().flatten().map(|text| format!(": {text}")).collect()
}

/// Reads a file that holds a token or a key.
pub(super) async fn read(path: &std::path::Path) -> Result<Vec<u8>, FetchError> {
    use tokio::io::AsyncReadExt as _;
    let told = |error: std::io::Error| FetchError::new(format!("{}: {error}", path.display()));
    let file = tokio::fs::File::open(path).await.map_err(told)?;
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).await.map_err(told)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(FetchError::new(format!("{}: is larger than 1 MiB", path.display())));
    }
    Ok(bytes)
}

fn is_here(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

fn host(url: &reqwest::Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

/// An error with what caused it: reqwest's own words say little.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
