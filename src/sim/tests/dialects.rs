//! The same faults in every dialect, over loopback.

use serde_json::{Value, json};

use super::support::{Running, data, start_a};

/// Path, body and, where the body says so, what makes it a stream.
const STREAMS: [(&str, &str); 9] = [
    ("/v1/chat/completions", r#"{"model": "m", "stream": true, "messages": [{"role": "user", "content": "hi"}]}"#),
    ("/v1/responses", r#"{"model": "m", "stream": true, "input": "hi"}"#),
    ("/v1/completions", r#"{"model": "m", "stream": true, "prompt": "hi"}"#),
    (
        "/openai/deployments/d/chat/completions?api-version=2024-10-21",
        r#"{"stream": true, "messages": [{"role": "user", "content": "hi"}]}"#,
    ),
    ("/v1/messages", r#"{"model": "m", "stream": true, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}"#),
    ("/v1beta/models/m:streamGenerateContent?alt=sse&key=secret", r#"{"contents": [{"parts": [{"text": "hi"}]}]}"#),
    (
        "/v1/projects/p/locations/l/publishers/anthropic/models/m:streamRawPredict",
        r#"{"anthropic_version": "vertex-2023-10-16", "stream": true, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}"#,
    ),
    ("/model/m/converse-stream", r#"{"messages": [{"role": "user", "content": [{"text": "hi"}]}]}"#),
    ("/v2/chat", r#"{"model": "m", "stream": true, "messages": [{"role": "user", "content": "hi"}]}"#),
];

const CONVERSE: &str = "/model/m/converse-stream";

fn ask(sim: &Running, path: &str) -> reqwest::RequestBuilder {
    let body = STREAMS.iter().find(|(other, _)| *other == path).unwrap().1;
    let request = sim.client.post(format!("{}{path}", sim.url)).header("content-type", "application/json").bearer_auth("k");
    let request = if path == "/v1/messages" { request.header("anthropic-version", "2023-06-01") } else { request };
    request.body(body)
}

#[tokio::test]
async fn an_error_status_has_each_apis_shape() {
    let sim = start_a().await;
    let error = async |path: &str| {
        let answer = ask(&sim, path).header("x-sim-status", "429").send().await.unwrap();
        assert_eq!(answer.status(), 429, "{path}");
        let kind = answer.headers().get("x-amzn-errortype").map(|kind| kind.to_str().unwrap().to_owned());
        (answer.json::<Value>().await.unwrap(), kind)
    };
    assert_eq!(error("/v1/responses").await.0["error"]["code"], "rate_limit_exceeded");
    assert_eq!(error("/openai/deployments/d/chat/completions?api-version=2024-10-21").await.0["error"]["code"], "429");
    let google = error("/v1beta/models/m:streamGenerateContent?alt=sse&key=secret").await.0;
    assert_eq!((&google["error"]["code"], &google["error"]["status"]), (&json!(429), &json!("RESOURCE_EXHAUSTED")));
    assert_eq!(error(STREAMS[6].0).await.0["error"]["status"], "RESOURCE_EXHAUSTED");
    let (aws, kind) = error(CONVERSE).await;
    assert_eq!((&aws["message"], kind.as_deref()), (&json!("simulated 429 Too Many Requests"), Some("ThrottlingException")));
    assert!(error("/v2/chat").await.0["message"].is_string());
    sim.stop().await;
}

#[tokio::test]
async fn an_error_in_mid_stream_is_each_apis_own() {
    let sim = start_a().await;
    for (path, _) in STREAMS.iter().filter(|(path, _)| *path != CONVERSE) {
        let request = ask(&sim, path).header("x-sim-error-after", "2").header("x-sim-status", "503");
        let text = request.send().await.unwrap().text().await.unwrap();
        let events: Vec<Value> = data(&text).iter().map(|data| serde_json::from_str(data).unwrap()).collect();
        assert_eq!(events.len(), 3, "{path}");
        if *path == "/v1/responses" {
            assert_eq!(events[2]["sequence_number"], 2);
        }
        let told = match *path {
            "/v1/responses" => &events[2]["message"],
            "/v2/chat" => &events[2]["delta"]["error"],
            _ => &events[2]["error"]["message"],
        };
        assert_eq!(told, "simulated 503 Service Unavailable", "{path}");
    }
    sim.stop().await;
}

#[tokio::test]
async fn a_stream_can_end_early_or_break_in_every_dialect() {
    let sim = start_a().await;
    for (path, _) in STREAMS {
        let whole = ask(&sim, path).send().await.unwrap().bytes().await.unwrap();
        let early = ask(&sim, path).header("x-sim-end-after", "2").send().await.unwrap().bytes().await.unwrap();
        assert!(whole.starts_with(&early) && early.len() < whole.len() && !early.is_empty(), "{path}");
        let split = ask(&sim, path).header("x-sim-split", "3").send().await.unwrap().bytes().await.unwrap();
        assert_eq!(split, whole, "{path}");
        let cut = ask(&sim, path).header("x-sim-cut-after", "2").send().await.unwrap();
        assert!(cut.bytes().await.is_err(), "{path}");
    }
    sim.stop().await;
}

#[tokio::test]
async fn an_aws_stream_has_exceptions_and_can_be_damaged() {
    let sim = start_a().await;
    let asked = async |name: &'static str, value: &str| {
        let answer = ask(&sim, CONVERSE).header(name, value).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/vnd.amazon.eventstream");
        answer.bytes().await.unwrap().to_vec()
    };
    let good = asked("x-sim-split", "1000").await;
    let exception = asked("x-sim-error-after", "1").await;
    assert!(String::from_utf8_lossy(&exception).contains("serviceUnavailableException"));
    let damaged = asked("x-sim-corrupt-after", "1").await;
    let changed = good.iter().zip(&damaged).filter(|(one, other)| one != other).count();
    assert_eq!((damaged.len(), changed), (good.len(), 1));
    let malformed = asked("x-sim-malformed-after", "1").await;
    assert!(malformed.len() > good.len());
    sim.stop().await;
}

#[tokio::test]
async fn a_key_in_the_query_is_not_shown() {
    let sim = start_a().await;
    ask(&sim, "/v1beta/models/m:streamGenerateContent?alt=sse&key=secret").send().await.unwrap();
    let requests = sim.get("/_sim/requests").await;
    assert_eq!(requests[0]["path"], "/v1beta/models/m:streamGenerateContent?alt=sse&key=…");
    sim.stop().await;
}

/// Field note 49: an API key of Bedrock goes without a signature.
#[tokio::test]
async fn bedrock_wants_a_signature_or_a_key() {
    let sim = start_a().await;
    let bare = sim.client.post(format!("{}{CONVERSE}", sim.url)).json(&json!({})).send().await.unwrap();
    assert_eq!(
        (bare.status().as_u16(), &bare.headers()["x-amzn-errortype"]),
        (403, &"MissingAuthenticationTokenException".parse().unwrap())
    );
    sim.stop().await;
}
