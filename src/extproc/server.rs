//! The gRPC server, on a Unix socket beside Envoy or on TCP.
//!
//! Its limits are above Envoy's: a message that is too large would end the stream, and a client that leaves resets it.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use envoy_types::pb::envoy::service::ext_proc::v3::external_processor_server::SERVICE_NAME;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_util::either::Either;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::Health;

use super::Processor;
use super::service::Services;
use super::wire::Wire;
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
/// The pause after a failed accept: too many open files pass only when some are closed.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

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

    async fn accept(&self) -> io::Result<Either<UnixStream, TcpStream>> {
        match self {
            Self::Unix(listener, _) => listener.accept().await.map(|(stream, _)| Either::Left(stream)),
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Either::Right(stream))
            }
        }
    }

    /// Takes no more connections. Gives the path that is left over.
    fn close(self) -> Option<PathBuf> {
        match self {
            Self::Unix(_, path) => Some(path),
            Self::Tcp(_) => None,
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
pub async fn serve(engine: Arc<Engine>, listener: Listener, bounds: &Bounds, shutdown: impl Future<Output = ()>) {
    let messages = bounds.request_bytes.max(bounds.answer_bytes).saturating_add(MESSAGE_SLACK);
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status(SERVICE_NAME, ServingStatus::Serving).await;
    let services = Arc::new(Services::new(Processor::new(engine), messages, health));
    let connections = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok(stream) => {
                tokio::spawn(connection(stream, Arc::clone(&services), connections.watcher()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    let path = listener.close();
    connections.shutdown().await;
    if let Some(path) = path {
        let _ = std::fs::remove_file(path);
    }
}

async fn connection<H: Health>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    services: Arc<Services<H>>,
    watcher: Watcher,
) {
    let mut http2 = http2::Builder::new(TokioExecutor::new());
    http2
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(None)
        .auto_date_header(false)
        .max_pending_accept_reset_streams(PENDING_RESETS);
    if let Err(error) = watcher.watch(http2.serve_connection(TokioIo::new(Wire::new(stream)), services)).await {
        // Envoy that leaves without a word is no fault: each of its streams has ended by itself.
        tracing::debug!(%error, "a connection has ended");
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
