//! The provider: a fast, fixed responder that speaks OpenAI chat completions and Anthropic messages over HTTP/1.1 keep-alive.
//!
//! It looks at nothing but what it must: the path says the dialect, `"stream":true` the mode, the model's name the pace. Each
//! event of a stream is a write of its own, as a model's tokens are. It prints its address and serves until it is killed.

use std::convert::Infallible;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Either, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use memchr::memmem;
use tokio::net::TcpListener;

use crate::answers::{self, EVENTS, Shape};
use crate::requests::{self, Pace};

type Body = Either<Full<Bytes>, StreamBody<BoxStream<'static, Result<Frame<Bytes>, Infallible>>>>;

/// Everything that is sent, per dialect.
struct Answers {
    plain: Bytes,
    head: Bytes,
    deltas: Vec<Bytes>,
    tail: Bytes,
    tail_with_usage: Bytes,
}

impl Answers {
    fn of(shape: Shape) -> &'static Self {
        Box::leak(Box::new(Self {
            plain: answers::plain(shape),
            head: answers::head(shape),
            deltas: (0..EVENTS).map(|index| answers::delta(shape, &answers::piece(index))).collect(),
            tail: answers::tail(shape, false),
            tail_with_usage: answers::tail(shape, true),
        }))
    }
}

/// Serves.
pub(crate) async fn run() -> Result<()> {
    let (openai, anthropic) = (Answers::of(Shape::OpenAi), Answers::of(Shape::Anthropic));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (connection, _) = listener.accept().await?;
        connection.set_nodelay(true)?;
        let service = service_fn(move |request| answer(request, openai, anthropic));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
    }
}

async fn answer(
    request: Request<Incoming>,
    openai: &'static Answers,
    anthropic: &'static Answers,
) -> Result<Response<Body>, hyper::Error> {
    let (shape, answers) = match request.uri().path() {
        "/v1/chat/completions" => (Shape::OpenAi, openai),
        "/v1/messages" => (Shape::Anthropic, anthropic),
        _ => return Ok(not_found()),
    };
    let body = request.into_body().collect().await?.to_bytes();
    if memmem::find(&body, br#""stream":true"#).is_none() {
        return Ok(response("application/json", Either::Left(Full::new(answers.plain.clone()))));
    }
    let tail = match memmem::find(&body, br#""include_usage":true"#) {
        Some(_) => &answers.tail_with_usage,
        None => &answers.tail,
    };
    let events = match requests::pace_in(&body) {
        Some(pace) => paced(shape, pace),
        None => at_once(answers),
    };
    let whole = stream::iter([answers.head.clone()]).chain(events).chain(stream::iter([tail.clone()]));
    let frames = whole.map(|event| Ok(Frame::data(event))).boxed();
    Ok(response("text/event-stream", Either::Right(StreamBody::new(frames))))
}

/// All events one after the other. The pause between two is no time at all; it makes hyper flush what it has.
fn at_once(answers: &'static Answers) -> BoxStream<'static, Bytes> {
    stream::iter(&answers.deltas)
        .then(|event| async {
            tokio::task::yield_now().await;
            event.clone()
        })
        .boxed()
}

/// An event each few milliseconds, with the time at which it was sent.
fn paced(shape: Shape, pace: Pace) -> BoxStream<'static, Bytes> {
    let interval = tokio::time::interval(Duration::from_millis(pace.milliseconds.max(1)));
    stream::unfold(interval, |mut interval| async {
        interval.tick().await;
        Some(((), interval))
    })
    .take(pace.events)
    .map(move |()| answers::delta(shape, &answers::timestamp()))
    .boxed()
}

fn response(content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert("x-request-id", HeaderValue::from_static("req_011CSHoEeqs5C35K2UUqR7Fy"));
    response
}

fn not_found() -> Response<Body> {
    let mut response = response("text/plain", Either::Left(Full::new(Bytes::from_static(b"no such path"))));
    *response.status_mut() = http::StatusCode::NOT_FOUND;
    response
}
