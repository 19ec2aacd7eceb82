//! The gRPC server, on a Unix socket beside Envoy or on TCP.
//!
//! Its limits are above Envoy's: a message that is too large would end the stream, and a client that leaves resets it.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use tokio::net::{TcpListener, UnixListener};
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use super::Processor;
use super::service::ExternalProcessor;
use crate::config::Bounds;
use crate::exchange::Engine;

/// Where the processor listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A Unix socket.
    Unix(PathBuf),
    /// TCP.
    Tcp(SocketAddr),
}

/// A bound socket.
#[derive(Debug)]
pub enum Listener {
    /// A Unix socket and its path, which is removed at the end.
    Unix(UnixListener, PathBuf),
    /// TCP.
    Tcp(TcpListener),
}

/// Room for protobuf around the largest body that Envoy holds.
const MESSAGE_SLACK: usize = 1 << 20;
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 64 << 20;
/// A client that leaves resets its stream; the default closes the whole connection after 20 of these.
const PENDING_RESETS: usize = 100_000;

impl Listener {
    /// Binds the address. A socket file that nobody listens on is replaced.
    ///
    /// # Errors
    /// The address is in use, or may not be used.
    pub async fn bind(address: &Address) -> io::Result<Self> {
        match address {
            Address::Tcp(address) => Ok(Self::Tcp(TcpListener::bind(address).await?)),
            Address::Unix(path) => {
                if path.exists() {
                    replace_stale(path).await?;
                }
                Ok(Self::Unix(UnixListener::bind(path)?, path.clone()))
            }
        }
    }
}

async fn replace_stale(path: &Path) -> io::Result<()> {
    match tokio::net::UnixStream::connect(path).await {
        Ok(_) => Err(io::Error::new(io::ErrorKind::AddrInUse, "another process listens on this socket")),
        Err(_) => std::fs::remove_file(path),
    }
}

/// Serves until `shutdown` resolves and the streams under way have ended.
///
/// # Errors
/// The server cannot go on.
pub async fn serve(
    engine: Arc<Engine>,
    listener: Listener,
    bounds: &Bounds,
    shutdown: impl Future<Output = ()>,
) -> Result<(), tonic::transport::Error> {
    let messages = bounds.request_bytes.max(bounds.answer_bytes).saturating_add(MESSAGE_SLACK);
    let service = ExternalProcessor::new(Processor::new(engine), messages);
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<ExternalProcessor>().await;
    let router = Server::builder()
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(None)
        .http2_max_pending_accept_reset_streams(Some(PENDING_RESETS))
        .add_service(service)
        .add_service(health_service);
    match listener {
        Listener::Tcp(listener) => {
            let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
            router.serve_with_incoming_shutdown(incoming, shutdown).await
        }
        Listener::Unix(listener, path) => {
            let served = router.serve_with_incoming_shutdown(UnixListenerStream::new(listener), shutdown).await;
            let _ = std::fs::remove_file(path);
            served
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => address.fmt(f),
        }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("unix:") {
            Some("") => Err("`unix:` wants a path".to_owned()),
            Some(path) => Ok(Self::Unix(PathBuf::from(path))),
            None => text
                .parse()
                .map(Self::Tcp)
                .map_err(|_| "write `unix:/path.sock`, or an address such as `127.0.0.1:18080`".to_owned()),
        }
    }
}
