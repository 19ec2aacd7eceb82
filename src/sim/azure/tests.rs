//! What Azure has of its own.

use serde_json::{Value, json};

use super::super::Script;
use super::super::tests::direct::{Direct, at};

fn chat(deployment: &str) -> Direct {
    at(&format!("/openai/deployments/{deployment}/chat/completions?api-version=2024-10-21"))
}

fn request(stream: bool) -> Value {
    json!({"messages": [{"role": "user", "content": "hi"}], "stream": stream})
}

#[test]
fn the_deployment_is_the_model_and_the_filter_speaks() {
    let answer = chat("prod").json(&request(false));
    assert_eq!((&answer["model"], &answer["choices"][0]["message"]["content"]), (&json!("prod"), &json!("You said: hi")));
    assert_eq!(answer["choices"][0]["content_filter_results"]["hate"]["severity"], "safe");
    assert!(answer["prompt_filter_results"][0]["content_filter_results"].is_object());
    let mut other = request(false);
    other["model"] = json!("something else");
    assert_eq!(chat("prod").json(&other)["model"], "prod");
    let script = Script { finish: Some("content_filter".into()), ..Script::default() };
    let filtered = chat("prod").script(script).json(&request(false));
    assert_eq!(filtered["choices"][0]["content_filter_results"]["violence"]["filtered"], true);
}

#[test]
fn the_first_chunk_has_no_choices() {
    let events = chat("prod").data(&request(true));
    assert_eq!((&events[0]["choices"], &events[0]["model"]), (&json!([]), &json!("")));
    assert!(events[0]["prompt_filter_results"].is_array());
    assert_eq!(events[2]["choices"][0]["content_filter_results"]["sexual"]["filtered"], false);
    assert_eq!(events.last(), Some(&Value::Null));
}

#[test]
fn the_asynchronous_filter_has_chunks_without_a_delta() {
    let events = chat("prod-async").data(&request(true));
    let alone: Vec<&Value> = events.iter().filter(|event| event["choices"][0].get("content_filter_offsets").is_some()).collect();
    assert_eq!((alone.len(), alone[0]["choices"][0].get("delta")), (1, None));
}

#[test]
fn a_version_is_demanded_but_below_v1() {
    let path = "/openai/deployments/d/chat/completions";
    assert_eq!(at(path).refused(&request(false)), (404, "Resource not found".to_owned()));
    assert_eq!(at(&format!("{path}?api-version=latest")).refused(&request(false)).0, 400);
    let mut body = request(false);
    body["model"] = json!("d");
    let newer = at("/openai/v1/chat/completions").header("api-key", "k").json(&body);
    assert!(newer["prompt_filter_results"].is_array());
    let vendor = at("/openai/v1/chat/completions").json(&body);
    assert!(vendor.get("prompt_filter_results").is_none());
}

#[test]
fn other_endpoints_are_below_the_deployment_too() {
    let embedded = at("/openai/deployments/e/embeddings?api-version=2024-10-21").json(&json!({"input": "x"}));
    assert_eq!(embedded["model"], "e");
    let answer = at("/openai/responses?api-version=2025-04-01-preview").json(&json!({"model": "m", "input": "x"}));
    assert_eq!(answer["object"], "response");
    let form = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nabc\r\n--x--\r\n";
    let path = "/openai/deployments/whisper-1/audio/transcriptions?api-version=2024-10-21";
    assert!(at(path).header("content-type", "multipart/form-data; boundary=x").send(form.as_bytes()).is_ok());
}

#[test]
fn the_key_stands_in_its_own_header() {
    let with = |mut direct: Direct| {
        direct.options.require_key = Some("k".into());
        direct
    };
    assert_eq!(with(chat("d")).refused(&request(false)).0, 401);
    assert_eq!(with(chat("d")).header("api-key", "no").refused(&request(false)).0, 401);
    for (name, value) in [("api-key", "k"), ("authorization", "Bearer k")] {
        assert!(with(chat("d")).header(name, value).send(request(false).to_string().as_bytes()).is_ok());
    }
}
