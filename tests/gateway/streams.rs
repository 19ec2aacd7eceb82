//! Answers on their way back: streams as they come, whole answers whole, broken ones broken.

use std::io::Write as _;
use std::time::Duration;

use futures_util::StreamExt as _;
use http::Response;
use tokio::time::Instant;

use crate::provider::{self, Provider};
use crate::world::{CHAT, MESSAGES, World, chat, config, entry, until};

const MESSAGE: &str = r#"{"model":"m","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"hi"}]}"#;

async fn one(
    dialect: &str,
    script: impl Fn(&provider::Arrived) -> Response<provider::Body> + Send + Sync + 'static,
) -> (World, Provider) {
    let provider = Provider::start(script).await;
    let world = World::start(&config(&[entry("a", dialect, &provider)], "a", "")).await;
    (world, provider)
}

#[tokio::test]
async fn events_arrive_one_by_one_and_the_usage_is_settled() {
    let (world, _) = one("openai", |_| provider::openai_stream(10, Duration::from_millis(40))).await;
    for (path, body) in [(CHAT, chat(true)), (MESSAGES, MESSAGE.to_owned())] {
        let mut stream = world.send(path, body).await.bytes_stream();
        let mut arrivals = Vec::new();
        let mut text = String::new();
        while let Some(piece) = stream.next().await {
            arrivals.push(Instant::now());
            text.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
        }
        let spread = *arrivals.last().unwrap() - arrivals[0];
        assert!(arrivals.len() >= 10 && spread > Duration::from_millis(200), "{} pieces in {spread:?}", arrivals.len());
        assert!(text.contains("[DONE]") || text.contains("message_stop"), "{text}");
        assert!(!text.contains("prompt_tokens"), "nobody asked for the usage chunk");
    }
    let records = world.usage(2).await;
    assert_eq!((&records[0]["tokens"]["total"], &records[1]["tokens"]["total"]), (&10.into(), &10.into()));
    let log = world.access_log(2).await;
    assert!(log[0].to_string().contains("\"total_tokens\":10"), "{}", log[0]);
}

#[tokio::test]
async fn a_plain_answer_has_its_length_and_every_byte() {
    let (world, provider) = one("openai", |_| provider::openai("hello")).await;
    let answer = world.send(CHAT, chat(false)).await;
    assert!(answer.headers().contains_key("content-length"));
    let bytes = answer.bytes().await.unwrap();
    let expected = http_body_util::BodyExt::collect(provider::openai("hello").into_body()).await.unwrap().to_bytes();
    assert_eq!(bytes, expected);
    assert_eq!(provider.only().body, chat(false));
}

#[tokio::test]
async fn answers_that_are_compressed_though_nobody_asked_are_readable() {
    let (world, provider) = one("openai", |arrived| {
        let gzip = |bytes: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        let (kind, plain) = if arrived.json()["stream"] == true {
            ("text/event-stream", format!("{}data: [DONE]\n\n", provider::openai_chunk("hello")))
        } else {
            ("application/json", r#"{"id":"x","object":"chat.completion","created":1,"model":"s","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}]}"#.to_owned())
        };
        let mut answer = provider::full(200, kind, gzip(plain.as_bytes()));
        answer.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
        answer
    })
    .await;
    for stream in [false, true] {
        let answer = world.post(CHAT, chat(stream)).header("accept-encoding", "gzip").send().await.unwrap();
        assert!(!answer.headers().contains_key("content-encoding"));
        let text = answer.text().await.unwrap();
        assert!(text.contains("hello"), "{text}");
    }
    assert!(provider.arrived().iter().all(|arrived| arrived.header("accept-encoding").is_none()));
}

#[tokio::test]
async fn a_connection_that_breaks_in_mid_stream_breaks_for_the_client_too() {
    for (path, body) in [(CHAT, chat(true)), (MESSAGES, MESSAGE.to_owned())] {
        let (world, _) =
            one("openai", |_| provider::broken(vec![provider::openai_chunk("hel"), provider::openai_chunk("lo")])).await;
        let answer = world.send(path, body).await;
        let mut stream = answer.bytes_stream();
        let (mut text, mut broke) = (String::new(), false);
        while let Some(piece) = stream.next().await {
            match piece {
                Ok(piece) => text.push_str(std::str::from_utf8(&piece).unwrap()),
                Err(_) => broke = true,
            }
        }
        assert!(broke || text.contains("error"), "{text}");
        assert!(!text.contains("[DONE]") && !text.contains("message_stop"), "{text}");
        let record = &world.usage(1).await[0];
        assert_ne!(record["outcome"], "ok");
        assert_eq!(record["tokens_source"], "estimated");
    }
}

/// Envoy closes a connection of HTTP/1.1 later than it gives it up, by default a second later.
#[tokio::test]
async fn a_stream_that_breaks_is_seen_to_break_at_once() {
    let (world, _) = one("openai", |_| provider::broken(vec![provider::openai_chunk("hel")])).await;
    let mut fastest = Duration::MAX;
    for _ in 0..5 {
        let began = Instant::now();
        let _ = world.send(CHAT, chat(true)).await.bytes().await;
        fastest = fastest.min(began.elapsed());
    }
    assert!(fastest < Duration::from_millis(900), "{fastest:?}");
}

#[tokio::test]
async fn a_stream_that_just_ends_is_told_as_an_error() {
    for (path, body, marker) in [(CHAT, chat(true), "\"error\""), (MESSAGES, MESSAGE.to_owned(), "event: error")] {
        let (world, _) = one("openai", |_| provider::events(vec![provider::openai_chunk("hel")], Duration::ZERO)).await;
        let text = world.send(path, body).await.text().await.unwrap();
        assert!(text.contains("hel") && text.contains(marker) && !text.contains("[DONE]"), "{text}");
        assert_eq!(world.usage(1).await[0]["outcome"], "cut");
    }
}

#[tokio::test]
async fn a_client_that_leaves_releases_the_provider() {
    let (world, provider) = one("openai", |_| provider::openai_stream(10_000, Duration::from_millis(20))).await;
    let mut stream = world.send(CHAT, chat(true)).await.bytes_stream();
    stream.next().await.unwrap().unwrap();
    assert_eq!(provider.open(), 1);
    drop(stream);
    until("the provider is released", || provider.open() == 0).await;
    let record = &world.usage(1).await[0];
    assert_eq!((&record["outcome"], &record["tokens_source"]), (&"aborted".into(), &"estimated".into()));
    assert!(world.app.engine.registry.is_empty());
}

#[tokio::test]
async fn an_error_as_first_event_falls_back_where_the_provider_is_peeked() {
    let first = Provider::start(|_| {
        provider::events(
            vec!["data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n".to_owned()],
            Duration::ZERO,
        )
    })
    .await;
    let second = Provider::start(|_| provider::openai_stream(3, Duration::ZERO)).await;
    let a = format!(
        "  a: {{dialect: openai, endpoint: \"http://{}\", credential: {{bearer: key-of-a}}, peek: true}}\n",
        first.address
    );
    let world = World::start(&config(&[a, entry("b", "openai", &second)], "a, b", "")).await;
    let text = world.send(CHAT, chat(true)).await.text().await.unwrap();
    assert!(text.contains("[DONE]") && !text.contains("overloaded"), "{text}");
    assert_eq!((first.arrived().len(), second.arrived().len()), (1, 1));
    let attempts = &world.usage(1).await[0]["attempts"];
    assert_eq!(attempts.as_array().unwrap().len(), 2, "{attempts}");
}

#[tokio::test]
async fn a_peeked_stream_that_is_good_arrives_whole() {
    let only = Provider::start(|_| provider::openai_stream(2000, Duration::ZERO)).await;
    let a = format!(
        "  a: {{dialect: openai, endpoint: \"http://{}\", credential: {{bearer: key-of-a}}, peek: true}}\n",
        only.address
    );
    let world = World::start(&config(&[a], "a", "")).await;
    for _ in 0..5 {
        let text = world.send(CHAT, chat(true)).await.text().await.unwrap();
        assert_eq!(text.matches("\"content\":").count(), 2000);
        assert!(text.ends_with("data: [DONE]\n\n"));
    }
}

#[tokio::test]
async fn a_large_answer_to_a_slow_client_arrives_whole() {
    let (world, _) = one("openai", |_| {
        provider::events(
            vec![provider::openai_chunk(&"x".repeat(64 * 1024)); 100]
                .into_iter()
                .chain(["data: [DONE]\n\n".to_owned()])
                .collect(),
            Duration::ZERO,
        )
    })
    .await;
    let mut stream = world.send(CHAT, chat(true)).await.bytes_stream();
    let mut length = 0;
    let mut last = Vec::new();
    while let Some(piece) = stream.next().await {
        let piece = piece.unwrap();
        length += piece.len();
        last = piece.to_vec();
        if length < 1 << 20 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    assert!(length > 100 * 64 * 1024, "{length}");
    assert!(last.ends_with(b"data: [DONE]\n\n"));
}

#[tokio::test]
async fn an_answer_with_trailers_ends() {
    use bytes::Bytes;
    use http_body_util::{BodyExt as _, StreamBody};
    use hyper::body::Frame;
    let (world, _) = one("openai", |arrived| {
        let text = if arrived.json()["stream"] == true {
            format!("{}data: [DONE]\n\n", provider::openai_chunk("hello"))
        } else {
            r#"{"id":"x","object":"chat.completion","created":1,"model":"s","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#.to_owned()
        };
        let kind = if arrived.json()["stream"] == true { "text/event-stream" } else { "application/json" };
        let mut trailers = http::HeaderMap::new();
        trailers.insert("x-checksum", "1".parse().unwrap());
        let frames = futures_util::stream::iter([Ok(Frame::data(Bytes::from(text))), Ok(Frame::trailers(trailers))]);
        Response::builder().header("content-type", kind).header("trailer", "x-checksum").body(StreamBody::new(frames).boxed_unsync()).unwrap()
    })
    .await;
    for stream in [false, true] {
        let answer =
            world.post(CHAT, chat(stream)).header("te", "trailers").timeout(Duration::from_secs(20)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.text().await.unwrap().contains("hello"));
    }
    assert_eq!(world.usage(2).await.iter().filter(|record| record["outcome"] == "ok").count(), 2);
}
