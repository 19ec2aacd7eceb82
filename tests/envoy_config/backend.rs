//! A provider that notes what reaches it and answers by a script.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response, Uri};
use parking_lot::Mutex;

/// A request as it reached the provider.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    /// Path and query.
    pub(crate) path: String,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
}

impl Arrived {
    /// A header, as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// The provider.
pub(crate) struct Backend {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Backend {
    /// Serves for as long as the runtime lives.
    pub(crate) async fn serve(answer: impl Fn(&Arrived) -> Response<Body> + Clone + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let arrived: Arc<Mutex<Vec<Arrived>>> = Arc::default();
        let notes = Arc::clone(&arrived);
        let app = Router::new().fallback(async move |uri: Uri, headers: HeaderMap, body: Bytes| {
            let request = Arrived { path: uri.to_string(), headers, body };
            let response = answer(&request);
            notes.lock().push(request);
            response
        });
        tokio::spawn(async move { axum::serve(listener, app.layer(axum::extract::DefaultBodyLimit::disable())).await });
        Self { address, arrived }
    }

    /// What has arrived since the last call.
    pub(crate) fn take(&self) -> Vec<Arrived> {
        std::mem::take(&mut self.arrived.lock())
    }
}

/// An answer with a status and a body.
pub(crate) fn answer(status: u16, body: &str) -> Response<Body> {
    Response::builder().status(status).header("content-type", "application/json").body(Body::from(body.to_owned())).unwrap()
}
