//! Stage 6, with which credential: the providers and how the gateway proves itself to them.

use std::path::PathBuf;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use secrecy::SecretString;

use crate::config::model::Rest;
use crate::translate::Dialect;

/// A provider, validated.
#[derive(Debug)]
pub struct Provider {
    /// Its name in the config.
    pub name: Arc<str>,
    /// The API that it speaks.
    pub dialect: Dialect,
    /// Where it is.
    pub endpoint: Endpoint,
    /// How the gateway proves itself to it.
    pub credential: Credential,
    /// Headers to set (`Some`) or remove (`None`) on every request to it.
    pub headers: Vec<(HeaderName, Option<HeaderValue>)>,
    /// A PEM file with the certificate authorities to trust, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether it is spoken to in HTTP/2. `None`: by ALPN over TLS, HTTP/1.1 in plain text.
    pub http2: Option<bool>,
    /// Output limit sent where the client gave none and the dialect demands one.
    pub default_max_tokens: u64,
    /// Whether a stream is committed to only at its first event.
    pub peek: bool,
    /// When failures make it rest.
    pub rest: Rest,
}

/// Where a provider is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether TLS is spoken.
    pub tls: bool,
    /// Host name or IP address, IPv6 without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path before the API's own, without a trailing slash (`/v1`; may be empty).
    pub path_prefix: String,
}

impl Endpoint {
    /// What goes into `:authority`: the port only where it is not the scheme's own.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match (self.tls, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

/// How the gateway proves itself to a provider.
#[derive(Debug)]
pub enum Credential {
    /// Nothing is sent.
    None,
    /// `authorization: Bearer …`
    Bearer(SecretString),
    /// `x-api-key: …`
    XApiKey(SecretString),
}
