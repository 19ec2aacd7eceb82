//! Ten thousand requests of all kinds at once, a third of them cancelled or cut: what was settled is what the usage records tell, and
//! that is what the provider has reported, to the token.

use crate::fake_envoy::{Client, Stream};
use crate::gateway::{Gateway, request};

const TASKS: u64 = 8;
const EACH: u64 = 1_250;

/// A budget in which nothing comes back by time.
const LIMITS: &str = "limits: [{name: month, per: [key], total_tokens: 1000000000000, calendar: month}]";

const PLAIN: [(&str, &str); 2] = [(":status", "200"), ("content-type", "application/json")];
const EVENTS: [(&str, &str); 2] = [(":status", "200"), ("content-type", "text/event-stream")];

/// What the provider says that a request has used: input and output.
fn used(number: u64) -> (u64, u64) {
    (50 + number % 17, 1 + number % 311)
}

fn usage(number: u64) -> String {
    let (input, output) = used(number);
    format!(r#"{{"prompt_tokens":{input},"completion_tokens":{output},"total_tokens":{}}}"#, input + output)
}

fn chunk(rest: &str) -> String {
    format!(r#"data: {{"id":"c","object":"chat.completion.chunk","created":1,"model":"m",{rest}}}{}"#, "\n\n")
}

fn word() -> String {
    chunk(r#""choices":[{"index":0,"delta":{"content":"some words of an answer "},"finish_reason":null}]"#)
}

/// One request from its headers to its end; what the provider has reported of it.
async fn one(client: &mut Client, number: u64) -> u64 {
    let stream = number % 6 >= 2;
    let body =
        format!(r#"{{"model":"gpt-4o","stream":{stream},"max_tokens":500,"messages":[{{"role":"user","content":"hi"}}]}}"#);
    let mut gate = Stream::open(client, "gate").await;
    gate.request_headers(&request("/v1/chat/completions")).await;
    assert!(gate.request_body(&body).await.fact("route").is_some());
    let (input, output) = used(number);
    match number % 6 {
        0 => {
            gate.response_headers(&PLAIN, "one").await;
            let choice = r#"{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}"#;
            let answer = format!(r#"{{"id":"x","model":"m","choices":[{choice}],"usage":{}}}"#, usage(number));
            gate.response_body(answer.as_bytes(), true).await;
            input + output
        }
        1 => {
            gate.response_headers(&[(":status", "400"), PLAIN[1]], "one").await;
            gate.response_body(br#"{"error":{"message":"no","type":"invalid_request_error","param":null,"code":null}}"#, true)
                .await;
            0
        }
        2 | 3 => {
            gate.response_headers(&EVENTS, "one").await;
            gate.response_body(word().as_bytes(), false).await;
            let end = chunk(r#""choices":[{"index":0,"delta":{},"finish_reason":"stop"}]"#);
            let told = chunk(&format!(r#""choices":[],"usage":{}"#, usage(number)));
            gate.response_body(format!("{end}{told}data: [DONE]\n\n").as_bytes(), true).await;
            input + output
        }
        // Whoever leaves in the middle.
        4 => {
            gate.response_headers(&EVENTS, "one").await;
            gate.response_body(word().as_bytes(), false).await;
            0
        }
        // A stream that just stops.
        _ => {
            gate.response_headers(&EVENTS, "one").await;
            gate.response_body(word().as_bytes(), false).await;
            gate.response_body(b"", true).await;
            0
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_mixed_requests_are_settled_to_the_token() {
    let gateway = Gateway::start(LIMITS).await;
    let mut tasks = Vec::new();
    for task in 0..TASKS {
        let mut client = gateway.client.clone();
        tasks.push(tokio::spawn(async move {
            let mut reported = 0;
            for number in 0..EACH {
                reported += one(&mut client, task * EACH + number).await;
            }
            reported
        }));
    }
    let mut reported = 0;
    for task in tasks {
        reported += task.await.unwrap();
    }
    let all = usize::try_from(TASKS * EACH).unwrap();
    let records = gateway.records(all).await;
    assert_eq!(records.len(), all);
    let total = |source: Option<&str>| -> u64 {
        let of_source = records.iter().filter(|record| source.is_none_or(|source| record["tokens_source"] == source));
        of_source.map(|record| record["tokens"]["total"].as_u64().unwrap()).sum()
    };
    assert_eq!(total(Some("reported")), reported, "what the provider reported");
    let count = |outcome: &str| records.iter().filter(|record| record["outcome"] == outcome).count();
    assert!(count("aborted") + count("cut") >= all / 3 - 2, "a third is cancelled or cut");
    let told = reqwest::get(format!("http://{}/limits?key=ci", gateway.app.admin)).await.unwrap();
    let told: serde_json::Value = told.json().await.unwrap();
    assert_eq!(told["limits"][0]["used"], total(None), "what was settled: {told}");
}
