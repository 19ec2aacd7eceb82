//! Renders the Envoy configuration that fits a [`Snapshot`], finds an Envoy and runs it as a child.
//!
//! The configuration is the other half of the exchange engine: one `gate` stream for each request, and upstream filters that are
//! skipped as long as the first attempt goes where the gate translated for. It holds no credential, ever: they travel through
//! the streams. Equal snapshots and options render to equal configurations.
//!
//! What both halves must agree on stands in [`contract`].

pub mod contract;
pub mod find;
pub mod supervise;

mod access_log;
mod clusters;
mod filters;
mod http;
mod listener;
mod local_replies;
mod matchers;
mod rate_limit;
mod routes;
mod tls;
mod typed;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::config::Snapshot;

/// How Envoy is to be set up around a snapshot.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where clients are awaited.
    pub listen: SocketAddr,
    /// TLS with clients. `None`: plain text.
    pub tls: Option<ClientTls>,
    /// Where the processor is.
    pub processor: Processor,
    /// Where Envoy's admin interface is.
    pub admin: Admin,
    /// A file that JSON lines are appended to; `/dev/stdout` is Envoy's standard output.
    pub access_log: Option<PathBuf>,
    /// A PEM file with the certificate authorities to trust where a provider has none of its own. Default: the system's.
    pub ca_bundle: Option<PathBuf>,
    /// Keep the `x-request-id` that a client sends, instead of making one.
    pub trust_request_id: bool,
    /// The most connections of clients at a time.
    pub max_connections: u32,
    /// How long a stream may be without a byte in either direction; longer than any model thinks in silence.
    pub stream_idle_timeout: Duration,
}

impl Options {
    /// Options with defaults for everything that has one.
    pub fn new(listen: SocketAddr, processor: Processor, admin: Admin) -> Self {
        Self {
            listen,
            tls: None,
            processor,
            admin,
            access_log: None,
            ca_bundle: None,
            trust_request_id: false,
            max_connections: 50_000,
            stream_idle_timeout: Duration::from_secs(900),
        }
    }
}

/// TLS with clients: PEM files, which Envoy reads.
#[derive(Debug, Clone)]
pub struct ClientTls {
    /// The gateway's certificate, with what leads to its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities of clients' certificates. `None`: clients are not asked for one.
    pub client_ca: Option<PathBuf>,
}

/// Where the processor is.
#[derive(Debug, Clone)]
pub enum Processor {
    /// A Unix socket.
    Uds(PathBuf),
    /// A host name or IP address and a port.
    Tcp {
        /// Host name or IP address, IPv6 without brackets.
        host: String,
        /// Port.
        port: u16,
    },
}

/// Where Envoy's admin interface is. Who reaches it rules Envoy: a socket in a private folder, or loopback.
#[derive(Debug, Clone)]
pub enum Admin {
    /// A Unix socket.
    Pipe(PathBuf),
    /// An address.
    Tcp(SocketAddr),
}

/// Why there is no Envoy configuration for a snapshot.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// TLS without anybody to trust.
    #[error(
        "provider `{provider}` is spoken to over TLS, but this system has no bundle of certificate authorities: install the \
         package ca-certificates, or give the provider a `ca_file`"
    )]
    NoCaBundle {
        /// The provider.
        provider: String,
    },
    /// A wish that Envoy cannot fulfil.
    #[error(
        "route `{route}`: with a `first_byte_timeout`, `fallback.on` must list `reset` and `timeout` together or neither, because \
         Envoy does not tell them apart"
    )]
    ResetWithoutTimeout {
        /// The route.
        route: String,
    },
    /// Two meanings under one name.
    #[error("two routes of different meaning are both named `{name}` in Envoy: this is a fault of Kanmon, please report it")]
    AmbiguousRoute {
        /// The name.
        name: String,
    },
    /// A Unix socket with too long a name.
    #[error("the path of a Unix socket may have 107 bytes, `{path}` has more: use a shorter folder (TMPDIR)")]
    PipeTooLong {
        /// The path.
        path: PathBuf,
    },
    /// A path that JSON cannot hold.
    #[error("the path `{path}` is not valid UTF-8: rename it")]
    PathNotText {
        /// The path.
        path: PathBuf,
    },
}

/// Renders the configuration, as JSON. Envoy reads it as it is from a file that ends in `.json`.
///
/// # Errors
/// See [`RenderError`]: each names what is wrong and what to do.
pub fn render(snapshot: &Snapshot, options: &Options) -> Result<Value, RenderError> {
    Ok(json!({
        "node": {"id": "kanmon", "cluster": "kanmon"},
        "admin": {"address": admin(&options.admin)?, "ignore_global_conn_limit": true},
        "overload_manager": overload(options.max_connections),
        "static_resources": {
            "listeners": [listener::listener(snapshot, options)?],
            "clusters": clusters::all(snapshot, options)?,
        },
    }))
}

/// Writes a rendered configuration as YAML, for people.
pub fn to_yaml(config: &Value) -> String {
    let mut options = serde_saphyr::SerializerOptions::default();
    options.prefer_block_scalars = false;
    options.compact_list_indent = true;
    // A JSON value always has a YAML form; JSON itself is one.
    serde_saphyr::to_string_with_options(config, options).unwrap_or_else(|_| config.to_string())
}

fn admin(admin: &Admin) -> Result<Value, RenderError> {
    match admin {
        Admin::Pipe(path) => {
            let mut address = clusters::pipe(path)?;
            address["pipe"]["mode"] = 0o600.into();
            Ok(address)
        }
        Admin::Tcp(address) => Ok(clusters::socket_address(&address.ip().to_string(), address.port())),
    }
}

fn overload(max_connections: u32) -> Value {
    json!({"resource_monitors": [typed::extension(
        "envoy.resource_monitors.global_downstream_max_connections",
        "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        json!({"max_active_downstream_connections": max_connections}),
    )]})
}
