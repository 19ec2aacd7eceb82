//! A scripted provider on loopback: answers as a test says, and keeps what arrived.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderMap, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

pub type Body = UnsyncBoxBody<Bytes, std::io::Error>;
type Script = dyn Fn(&Arrived) -> Response<Body> + Send + Sync;

/// A request that arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub method: http::Method,
    pub path: String,
    pub version: http::Version,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Arrived {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Clone)]
pub struct Provider {
    pub address: SocketAddr,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    open: Arc<Mutex<usize>>,
}

impl Provider {
    pub async fn start(script: impl Fn(&Arrived) -> Response<Body> + Send + Sync + 'static) -> Self {
        Self::serve(script, None).await
    }

    pub async fn start_tls(
        tls: tokio_rustls::TlsAcceptor,
        script: impl Fn(&Arrived) -> Response<Body> + Send + Sync + 'static,
    ) -> Self {
        Self::serve(script, Some(tls)).await
    }

    async fn serve(
        script: impl Fn(&Arrived) -> Response<Body> + Send + Sync + 'static,
        tls: Option<tokio_rustls::TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let provider = Self { address, arrived: Arc::default(), open: Arc::default() };
        let script: Arc<Script> = Arc::new(script);
        let accepting = provider.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let (provider, script, tls) = (accepting.clone(), Arc::clone(&script), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => provider.connection(stream, script).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                provider.connection(stream, script).await;
                            }
                        }
                    }
                });
            }
        });
        provider
    }

    async fn connection(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, script: Arc<Script>) {
        let service = service_fn(move |request: Request<Incoming>| {
            let (provider, script) = (self.clone(), Arc::clone(&script));
            async move { Ok::<_, Infallible>(provider.answer(request, &*script).await) }
        });
        let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
    }

    async fn answer(&self, request: Request<Incoming>, script: &Script) -> Response<Body> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let path = head.uri.path_and_query().unwrap().to_string();
        let arrived = Arrived { method: head.method, path, version: head.version, headers: head.headers, body };
        let answer = script(&arrived);
        self.arrived.lock().push(arrived);
        let guard = Open::enter(&self.open);
        answer.map(|body| {
            body.map_frame(move |frame| {
                let _ = &guard;
                frame
            })
            .boxed_unsync()
        })
    }

    /// What arrived so far.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().clone()
    }

    pub fn only(&self) -> Arrived {
        let arrived = self.arrived();
        assert_eq!(arrived.len(), 1, "{arrived:?}");
        arrived.into_iter().next().unwrap()
    }

    /// How many answers are still being sent.
    pub fn open(&self) -> usize {
        *self.open.lock()
    }
}

struct Open(Arc<Mutex<usize>>);

impl Open {
    fn enter(open: &Arc<Mutex<usize>>) -> Self {
        *open.lock() += 1;
        Self(Arc::clone(open))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        *self.0.lock() -= 1;
    }
}

pub fn full(status: u16, content_type: &str, body: impl Into<Bytes>) -> Response<Body> {
    let body = Full::new(body.into()).map_err(|never| match never {}).boxed_unsync();
    Response::builder().status(status).header("content-type", content_type).body(body).unwrap()
}

pub fn json(status: u16, body: &str) -> Response<Body> {
    full(status, "application/json", body.to_owned())
}

/// A stream of events, so long apart.
pub fn events(pieces: Vec<String>, apart: Duration) -> Response<Body> {
    let frames = futures_util::stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(apart).await;
        Ok(Frame::data(Bytes::from(piece)))
    });
    Response::builder()
        .header("content-type", "text/event-stream")
        .body(StreamBody::new(Box::pin(frames)).boxed_unsync())
        .unwrap()
}

/// An answer whose connection breaks after these pieces, and after they have been sent.
pub fn broken(pieces: Vec<String>) -> Response<Body> {
    let whole = pieces.into_iter().map(|piece| Ok(Frame::data(Bytes::from(piece))));
    let frames = futures_util::stream::iter(whole.chain([Err(std::io::Error::other("broken"))])).then(|frame| async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        frame
    });
    let body = StreamBody::new(Box::pin(frames)).boxed_unsync();
    Response::builder().header("content-type", "text/event-stream").body(body).unwrap()
}

/// An OpenAI answer.
pub fn openai(text: &str) -> Response<Body> {
    let body = serde_json::json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "served",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    });
    json(200, &body.to_string())
}

/// An Anthropic answer.
pub fn anthropic(text: &str) -> Response<Body> {
    let body = serde_json::json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "served", "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn", "stop_sequence": null, "usage": {"input_tokens": 7, "output_tokens": 3},
    });
    json(200, &body.to_string())
}

pub fn openai_chunk(text: &str) -> String {
    format!(
        r#"data: {{"id":"c","object":"chat.completion.chunk","created":1,"model":"served","choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":null}}]}}{}"#,
        "\n\n"
    )
}

/// A whole OpenAI stream of so many chunks.
pub fn openai_stream(chunks: usize, apart: Duration) -> Response<Body> {
    let mut pieces: Vec<String> = (0..chunks).map(|number| openai_chunk(&format!("{number} "))).collect();
    pieces.push(r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"served","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#.to_owned() + "\n\n");
    pieces.push(r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"served","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}"#.to_owned() + "\n\n");
    pieces.push("data: [DONE]\n\n".to_owned());
    events(pieces, apart)
}
