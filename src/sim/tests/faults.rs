//! How the simulator misbehaves when it is told to.

use std::io::Read as _;
use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::super::{Encoding, Options, Script};
use super::support::{Running, data, start, start_a};

/// What arrives of a stream, and whether it then broke.
async fn received(request: reqwest::RequestBuilder) -> (String, bool) {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut pieces = answer.bytes_stream();
    let mut text = Vec::new();
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(piece) => text.extend(piece),
            Err(_) => return (String::from_utf8(text).unwrap(), true),
        }
    }
    (String::from_utf8(text).unwrap(), false)
}

fn streamed(sim: &Running) -> reqwest::RequestBuilder {
    sim.chat(json!({"stream": true}))
}

async fn both_protocols(check: impl AsyncFn(&Running)) {
    for h2 in [false, true] {
        let mut sim = start_a().await;
        if h2 {
            sim.client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
        }
        check(&sim).await;
        sim.stop().await;
    }
}

#[tokio::test]
async fn an_error_is_told_with_the_time_to_come_back() {
    let sim = start_a().await;
    let request = sim.messages(json!({})).header("x-sim-status", "a=529,b=200").header("x-sim-retry-after", "7");
    let answer = request.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (529, &"7".parse().unwrap()));
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"]["type"], "overloaded_error");
    sim.stop().await;
}

#[tokio::test]
async fn a_header_that_is_not_understood_is_told() {
    let sim = start_a().await;
    let answer = sim.chat(json!({})).header("x-sim-cut", "3").send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("x-sim-cut"));
    sim.stop().await;
}

#[tokio::test]
async fn a_reset_breaks_before_any_answer() {
    both_protocols(async |sim| {
        assert!(sim.chat(json!({})).header("x-sim-reset", "a").send().await.is_err());
        assert!(sim.chat(json!({})).header("x-sim-reset", "b").send().await.is_ok());
        let stats = sim.stats_when(|stats| stats["completed"] == 1).await;
        assert_eq!((&stats["cut"], &stats["in_flight"]), (&json!(1), &json!(0)));
    })
    .await;
}

#[tokio::test]
async fn a_cut_comes_after_the_events_and_breaks_the_stream() {
    both_protocols(async |sim| {
        let (text, broke) = received(streamed(sim).header("x-sim-cut-after", "2")).await;
        assert_eq!((data(&text).len(), broke), (2, true));
        let (text, broke) = received(sim.chat(json!({})).header("x-sim-cut-after", "0")).await;
        assert!(broke && !text.is_empty() && serde_json::from_str::<Value>(&text).is_err());
    })
    .await;
}

#[tokio::test]
async fn an_early_end_looks_like_a_clean_one() {
    both_protocols(async |sim| {
        let (text, broke) = received(streamed(sim).header("x-sim-end-after", "2")).await;
        assert_eq!((data(&text).len(), broke, text.contains("[DONE]")), (2, false, false));
    })
    .await;
}

#[tokio::test]
async fn an_error_in_mid_stream_is_the_last_event() {
    let sim = start_a().await;
    let (text, _) = received(streamed(&sim).header("x-sim-error-after", "1")).await;
    let last: Value = serde_json::from_str(data(&text)[1]).unwrap();
    assert_eq!((data(&text).len(), &last["error"]["type"]), (2, &json!("server_error")));
    let (text, _) = received(sim.messages(json!({"stream": true})).header("x-sim-error-after", "1")).await;
    assert!(text.contains("\n\nevent: error\ndata: {\"type\":\"error\""));
    sim.stop().await;
}

#[tokio::test]
async fn a_malformed_chunk_stands_among_good_ones() {
    let sim = start_a().await;
    let (text, _) = received(streamed(&sim).header("x-sim-malformed-after", "1")).await;
    let good: Vec<bool> = data(&text).iter().map(|data| serde_json::from_str::<Value>(data).is_ok()).collect();
    assert_eq!(good, [true, false, true, true, true, true, true, false]);
    sim.stop().await;
}

#[tokio::test]
async fn a_client_that_goes_away_is_counted_as_such() {
    both_protocols(async |sim| {
        let answer = streamed(sim).header("x-sim-stall-after", "1").send().await.unwrap();
        sim.stats_when(|stats| stats["in_flight"] == 1).await;
        drop(answer);
        let stats = sim.stats_when(|stats| stats["in_flight"] == 0).await;
        assert_eq!((&stats["aborted"], &stats["completed"]), (&json!(1), &json!(0)));

        let waiting = sim.chat(json!({})).header("x-sim-delay", "60s").send();
        assert!(tokio::time::timeout(Duration::from_millis(50), waiting).await.is_err());
        sim.stats_when(|stats| stats["aborted"] == 2).await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_compressed_though_nobody_asked() {
    let script = Script { encoding: Some(Encoding::Gzip), ..Script::default() };
    let sim = start(Options { script, ..Options::default() }).await;
    let answer = sim.chat(json!({})).send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(bytes.len(), length);
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    assert!(text.contains("You said: hello there"));
    sim.stop().await;
}

#[tokio::test]
async fn garbage_has_a_content_type_that_fits() {
    let sim = start_a().await;
    let raw = async |text: &'static str| {
        let answer = sim.chat(json!({})).header("x-sim-body", text).send().await.unwrap();
        (answer.headers()["content-type"].to_str().unwrap().to_owned(), answer.text().await.unwrap())
    };
    assert_eq!(raw("<html>, x=1").await, ("text/html".into(), "<html>, x=1".into()));
    assert_eq!(raw("a={}").await, ("application/json".into(), "{}".into()));
    assert_eq!(raw("b={}").await.0, "application/json");
    assert_eq!(raw(r"data: x\n\n").await, ("text/event-stream; charset=utf-8".into(), "data: x\n\n".into()));
    let request = sim.chat(json!({})).header("x-sim-body", "upstream connect error").header("x-sim-status", "503");
    assert_eq!(request.send().await.unwrap().status(), 503);
    sim.stop().await;
}

#[tokio::test]
async fn a_body_above_the_bound_is_refused() {
    let sim = start_a().await;
    let request = sim.client.post(format!("{}/v1/chat/completions", sim.url)).body(vec![b' '; (64 << 20) + 1]);
    // The server may answer and close while the body is still on its way.
    if let Ok(answer) = request.send().await {
        assert_eq!(answer.status(), 413);
    }
    assert_eq!(sim.get("/_sim/requests").await, json!([]));
    sim.stop().await;
}

#[tokio::test]
async fn the_end_does_not_wait_for_a_stalled_stream() {
    let sim = start_a().await;
    let answer = streamed(&sim).header("x-sim-stall-after", "1").send().await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), sim.stop()).await.unwrap();
    assert!(answer.text().await.is_err());
}
