//! What a well-behaved simulator answers.

use serde_json::{Value, json};

use super::super::{Options, Script};
use super::support::{data, start, start_a};

const WEATHER: &str = r#"{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}"#;

#[tokio::test]
async fn a_chat_completion_has_text_and_usage() {
    let sim = start_a().await;
    let answer: Value = sim.chat(json!({})).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "You said: hello there");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert_eq!((&answer["usage"]["prompt_tokens"], &answer["usage"]["total_tokens"]), (&json!(2), &json!(6)));
    sim.stop().await;
}

#[tokio::test]
async fn the_same_request_gets_the_same_bytes() {
    let sim = start_a().await;
    for stream in [false, true] {
        let ask = async || sim.messages(json!({"stream": stream})).send().await.unwrap().bytes().await.unwrap();
        assert_eq!(ask().await, ask().await);
    }
    sim.stop().await;
}

#[tokio::test]
async fn a_chat_stream_tells_usage_only_when_asked() {
    let sim = start_a().await;
    let plain = sim.chat(json!({"stream": true})).send().await.unwrap().text().await.unwrap();
    let chunks = data(&plain);
    assert_eq!((chunks.len(), chunks.last()), (1 + 4 + 1 + 1, Some(&"[DONE]")));
    assert!(!plain.contains("usage"));
    let asked = json!({"stream": true, "stream_options": {"include_usage": true}});
    let asked = sim.chat(asked).send().await.unwrap().text().await.unwrap();
    let usage: Value = serde_json::from_str(data(&asked)[6]).unwrap();
    assert_eq!((&usage["choices"], &usage["usage"]["completion_tokens"]), (&json!([]), &json!(4)));
    let first: Value = serde_json::from_str(data(&asked)[0]).unwrap();
    assert!(first["usage"].is_null() && first.get("usage").is_some());
    sim.stop().await;
}

#[tokio::test]
async fn both_streams_join_to_the_whole_answer() {
    let sim = start_a().await;
    let tools =
        json!([{"type": "function", "function": {"name": "f", "parameters": serde_json::from_str::<Value>(WEATHER).unwrap()}}]);
    let ask = |stream: bool| sim.chat(json!({"stream": stream, "tools": tools})).header("x-sim-tool-calls", "2");
    let whole: Value = ask(false).send().await.unwrap().json().await.unwrap();
    let stream = ask(true).send().await.unwrap().text().await.unwrap();
    let mut arguments = [String::new(), String::new()];
    for chunk in data(&stream).into_iter().filter_map(|data| serde_json::from_str::<Value>(data).ok()) {
        let call = &chunk["choices"][0]["delta"]["tool_calls"][0];
        if let (Some(index), Some(piece)) = (call["index"].as_u64(), call["function"]["arguments"].as_str()) {
            arguments[usize::try_from(index).unwrap()] += piece;
        }
    }
    let calls = whole["choices"][0]["message"]["tool_calls"].as_array().unwrap();
    let expected: Vec<_> = calls.iter().map(|call| call["function"]["arguments"].as_str().unwrap()).collect();
    assert_eq!(arguments.each_ref().map(String::as_str), expected[..]);
    assert_ne!(calls[0]["id"], calls[1]["id"]);
    sim.stop().await;
}

#[tokio::test]
async fn an_anthropic_stream_begins_stops_and_numbers_its_blocks() {
    let sim = start_a().await;
    let tools = json!([{"name": "f", "input_schema": serde_json::from_str::<Value>(WEATHER).unwrap()}]);
    let request = sim.messages(json!({"stream": true, "tools": tools}));
    let stream =
        request.header("x-sim-thinking", "2").header("x-sim-text-bytes", "11").send().await.unwrap().text().await.unwrap();
    let events: Vec<Value> = data(&stream).into_iter().map(|data| serde_json::from_str(data).unwrap()).collect();
    let starts: Vec<_> = events.iter().filter(|event| event["type"] == "content_block_start").collect();
    let kinds: Vec<_> = starts.iter().map(|event| event["content_block"]["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["thinking", "text", "tool_use"]);
    assert_eq!(starts.iter().map(|event| event["index"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!((&events[0]["type"], &events[0]["message"]["usage"]["input_tokens"]), (&json!("message_start"), &json!(12)));
    let delta = &events[events.len() - 2];
    assert_eq!((&delta["delta"]["stop_reason"], &delta["usage"]["output_tokens"]), (&json!("tool_use"), &json!(2 + 2 + 2)));
    assert!(stream.ends_with("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
    sim.stop().await;
}

#[tokio::test]
async fn cached_tokens_are_told_in_each_apis_way() {
    let sim = start_a().await;
    let cached = |request: reqwest::RequestBuilder| request.header("x-sim-cached", "1").header("x-sim-cache-write", "1");
    let chat: Value = cached(sim.chat(json!({}))).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&chat["usage"]["prompt_tokens"], &chat["usage"]["prompt_tokens_details"]["cached_tokens"]),
        (&json!(2), &json!(1))
    );
    let message: Value = cached(sim.messages(json!({}))).send().await.unwrap().json().await.unwrap();
    let usage = &message["usage"];
    assert_eq!((&usage["input_tokens"], &usage["cache_read_input_tokens"]), (&json!(0), &json!(1)));
    let none: Value = sim.chat(json!({})).header("x-sim-no-usage", "1").send().await.unwrap().json().await.unwrap();
    assert!(none.get("usage").is_none());
    sim.stop().await;
}

#[tokio::test]
async fn the_key_is_wanted_where_each_api_has_it() {
    let sim = start(Options { require_key: Some("k".into()), models: vec!["m".into()], ..Options::default() }).await;
    let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status().as_u16();
    assert_eq!(status(sim.chat(json!({}))).await, 401);
    assert_eq!(status(sim.chat(json!({})).header("x-api-key", "k")).await, 401);
    assert_eq!(status(sim.chat(json!({})).bearer_auth("k")).await, 200);
    assert_eq!(status(sim.messages(json!({})).header("x-api-key", "other")).await, 401);
    assert_eq!(status(sim.messages(json!({})).header("x-api-key", "k")).await, 200);
    assert_eq!(status(sim.messages(json!({})).bearer_auth("k")).await, 200);
    assert_eq!(status(sim.chat(json!({"model": "other"})).bearer_auth("k")).await, 404);
    sim.stop().await;
}

#[tokio::test]
async fn models_and_errors_have_the_shape_of_the_api_that_was_called() {
    let sim = start_a().await;
    let models = sim.get("/v1/models").await;
    assert_eq!((&models["object"], &models["data"][0]["object"]), (&json!("list"), &json!("model")));
    let request = sim.client.get(format!("{}/v1/models", sim.url)).header("anthropic-version", "2023-06-01");
    let models: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!((&models["has_more"], &models["data"][0]["type"]), (&json!(false), &json!("model")));

    let openai: Value = sim.chat(json!({"system": "x"})).send().await.unwrap().json().await.unwrap();
    assert_eq!((&openai["error"]["code"], &openai["error"]["param"]), (&json!("unknown_parameter"), &json!("system")));
    let anthropic: Value = sim.messages(json!({"stop": "x"})).send().await.unwrap().json().await.unwrap();
    assert_eq!((&anthropic["type"], &anthropic["error"]["type"]), (&json!("error"), &json!("invalid_request_error")));
    let unknown = sim.post("/v1/nothing", &json!({})).send().await.unwrap();
    assert_eq!(unknown.status(), 404);
    sim.stop().await;
}

#[tokio::test]
async fn what_was_received_can_be_read_and_forgotten() {
    let sim = start_a().await;
    sim.chat(json!({})).header("x-who", "me").send().await.unwrap();
    let recorded = sim.get("/_sim/requests").await;
    assert_eq!((&recorded[0]["method"], &recorded[0]["path"]), (&json!("POST"), &json!("/v1/chat/completions")));
    assert!(recorded[0]["headers"].as_array().unwrap().contains(&json!(["x-who", "me"])));
    let body = recorded[0]["body"]["text"].as_str().unwrap();
    assert!(body.contains("hello there"));
    assert_eq!(recorded[0]["body"]["bytes"], json!(body.len()));
    sim.client.delete(format!("{}/_sim/requests", sim.url)).send().await.unwrap();
    assert_eq!(sim.get("/_sim/requests").await, json!([]));
    sim.stop().await;
}

#[tokio::test]
async fn http_2_without_tls_is_served_too() {
    let mut sim = start(Options { script: Script { trailers: true, ..Script::default() }, ..Options::default() }).await;
    sim.client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let answer = sim.chat(json!({"stream": true})).send().await.unwrap();
    assert_eq!(answer.version(), http::Version::HTTP_2);
    let body: reqwest::Body = http::Response::from(answer).into_body();
    let collected = http_body_util::BodyExt::collect(body).await.unwrap();
    assert_eq!(collected.trailers().unwrap()["x-sim-trailer"], "sent");
    assert_eq!(sim.get("/_sim/requests").await[0]["version"], "HTTP/2");
    sim.stop().await;
}
