//! Connections: HTTP/1.1 and HTTP/2 without TLS on one address, until told to end.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_util::future::{Either, select};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::args::Options;
use super::handle::{self, Abort, Sim};
use super::stats::Connection;

/// How long answers in flight may take after the end was told.
const GRACE: Duration = Duration::from_secs(1);

/// The pause after a failed accept: too many open files pass only when some are closed.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// The most streams of one HTTP/2 connection. A gateway may bring all its requests over one.
const MOST_STREAMS: u32 = 10_000;

/// Serves a simulated provider until `shutdown` is ready; answers still in flight then have a second.
///
/// # Errors
/// None at present; connections that fail end by themselves.
pub async fn serve(listener: TcpListener, options: Options, shutdown: impl Future) -> io::Result<()> {
    let sim = Arc::new(Sim::new(options));
    let router = handle::router(Arc::clone(&sim));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = match select(&mut shutdown, pin!(listener.accept())).await {
            Either::Left(_) => break,
            Either::Right((accepted, _)) => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, router.clone(), Connection::open(sim.stats()), graceful.watcher()));
            }
            Err(_) => tokio::time::sleep(ACCEPT_AGAIN).await,
        }
    }
    drop(listener);
    // Past the grace the rest is broken off, stalled streams among them.
    let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
    connections.shutdown().await;
    Ok(())
}

async fn connection(stream: TcpStream, router: Router, _open: Connection, watcher: hyper_util::server::graceful::Watcher) {
    // Without it, pieces that the script sends one by one would wait for each other.
    let _ = stream.set_nodelay(true);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http2().max_concurrent_streams(MOST_STREAMS);
    let service = AbortingService(TowerToHyperService::new(router));
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    // How a connection ended is the stats' business, and that of whoever is at its other end.
    let _ = watcher.watch(connection).await;
}

/// The router, but that an answer marked [`Abort`] breaks the connection.
#[derive(Clone)]
struct AbortingService(TowerToHyperService<Router>);

impl hyper::service::Service<Request<Incoming>> for AbortingService {
    type Response = Response<Body>;
    type Error = io::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response<Body>, io::Error>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let answer = self.0.call(request);
        Box::pin(async move {
            let Ok(response) = answer.await;
            match response.extensions().get::<Abort>() {
                Some(Abort) => Err(io::Error::other("reset by the script")),
                None => Ok(response),
            }
        })
    }
}
