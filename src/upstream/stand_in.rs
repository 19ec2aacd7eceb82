//! A stand-in for token endpoints, on loopback: answers as a test says, and keeps what it was asked.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::TcpListener;

/// What was asked.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: String,
    /// With its query.
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// A field of the form, or of the query.
    pub(super) fn field(&self, name: &str) -> String {
        let form = if self.method == "GET" { self.path.split_once('?').map_or("", |(_, query)| query) } else { &self.body };
        let base = reqwest::Url::parse(&format!("http://x/?{form}")).unwrap();
        base.query_pairs().find(|(own, _)| own == name).map_or_else(String::new, |(_, value)| value.into_owned())
    }
}

pub(super) struct StandIn {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl StandIn {
    pub(super) async fn start(answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, answer) = (Arc::<Mutex<Vec<Asked>>>::default(), Arc::new(answer));
        let noted = Arc::clone(&asked);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
                let service = service_fn(move |request: Request<Incoming>| {
                    let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
                    async move {
                        let (head, body) = request.into_parts();
                        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
                        let path = head.uri.to_string();
                        let asked = Asked { method: head.method.to_string(), path, headers: head.headers, body };
                        let (status, text) = answer(&asked);
                        noted.lock().push(asked);
                        Ok::<_, Infallible>(Response::builder().status(status).body(Full::new(Bytes::from(text))).unwrap())
                    }
                });
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { url, asked }
    }

    /// The only request that there was.
    pub(super) fn only(&self) -> Asked {
        let asked = self.asked();
        assert_eq!(asked.len(), 1, "{asked:?}");
        asked.into_iter().next().unwrap()
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().clone()
    }
}
