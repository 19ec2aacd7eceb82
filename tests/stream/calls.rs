//! The road of what is not a conversation: forms in, bytes and events out, and nothing reserved for what is no text.

use envoy_types::pb::envoy::extensions::filters::http::ext_proc::v3::processing_mode::BodySendMode;

use crate::fake_envoy::{Answer, Stream};
use crate::gateway::{Gateway, request};

const FORM_TYPE: &str = "multipart/form-data; boundary=b";
const FORM: &str = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nclaude-x\r\n\
    --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF\r\n--b--\r\n";
const SPEECH: &str = r#"{"model":"gpt-pair","input":"hi","voice":"alloy"}"#;

async fn sent_as(gateway: &mut Gateway, path: &str, content_type: &'static str, body: &str) -> (Stream, Answer) {
    let mut gate = gateway.gate().await;
    let mut fields = request(path);
    fields.retain(|(name, _)| *name != "content-type");
    fields.push(("content-type", content_type));
    gate.request_headers(&fields).await;
    let answer = gate.request_body(body).await;
    (gate, answer)
}

fn mode(answer: &Answer) -> BodySendMode {
    answer.0.mode_override.unwrap().response_body_mode()
}

#[tokio::test]
async fn a_form_keeps_its_boundary_and_gets_the_providers_model_name() {
    let mut gateway = Gateway::start("").await;
    // The first provider of the route has no such endpoint, so the second one is asked.
    let (_gate, sent) = sent_as(&mut gateway, "/v1/audio/transcriptions", FORM_TYPE, FORM).await;
    let set = sent.set();
    assert!(!set.contains_key(":path"), "it is the provider's already");
    assert!(!set.contains_key("content-type") && !sent.removed().contains(&"content-type".to_owned()), "it stays as it is");
    assert_eq!(sent.text(), FORM.replace("claude-x", "gpt-4o"));
    assert_eq!(set["content-length"], sent.text().len().to_string());
}

#[tokio::test]
async fn a_form_that_is_wrong_is_told_with_its_place() {
    let mut gateway = Gateway::start("").await;
    for (content_type, body, message) in [
        (FORM_TYPE, "--b\r\n", "not closed"),
        (FORM_TYPE, "--b--\r\n", "name a model"),
        ("multipart/form-data", FORM, "boundary"),
        ("application/json", "{}", "multipart/form-data"),
    ] {
        let (_gate, refused) = sent_as(&mut gateway, "/v1/audio/transcriptions", content_type, body).await;
        assert_eq!(refused.status(), 400);
        let told = refused.immediate_json()["error"]["message"].to_string();
        assert!(told.contains(message), "{told}");
    }
}

#[tokio::test]
async fn sound_passes_as_it_comes() {
    let mut gateway = Gateway::start("").await;
    let (mut gate, _) = gateway.sent("/v1/audio/speech", SPEECH).await;
    let head = gate.response_headers(&[(":status", "200"), ("content-type", "audio/mpeg")], "one").await;
    assert_eq!(mode(&head), BodySendMode::Streamed);
    assert!(!head.set().contains_key("content-type"));
    assert_eq!(gate.response_body(b"\xff\xfb\0", false).await.body(), None);
    let end = gate.response_body(b"", true).await;
    assert_eq!((end.body(), end.text_fact("outcome")), (None, "ok".to_owned()));
    let record = &gateway.records(1).await[0];
    assert_eq!((&record["api"], &record["tokens"]["total"]), (&"openai.speech".into(), &0.into()));
    assert!(record["ttft_ms"].is_number());
}

#[tokio::test]
async fn sound_that_the_client_leaves_is_one_record_and_not_ok() {
    let mut gateway = Gateway::start("").await;
    let (mut gate, _) = gateway.sent("/v1/audio/speech", SPEECH).await;
    gate.response_headers(&[(":status", "200"), ("content-type", "audio/mpeg")], "one").await;
    gate.response_body(b"\xff\xfb\0", false).await;
    drop(gate);
    assert_eq!(gateway.records(1).await[0]["outcome"], "aborted");
}

#[tokio::test]
async fn an_error_instead_of_sound_is_told_in_the_clients_shape() {
    let mut gateway = Gateway::start("").await;
    let (mut gate, _) = gateway.sent("/v1/audio/speech", SPEECH).await;
    let head = gate.response_headers(&[(":status", "500"), ("content-type", "text/plain")], "one").await;
    assert_eq!(mode(&head), BodySendMode::Buffered);
    let told: serde_json::Value = serde_json::from_str(&gate.response_body(b"no voice", true).await.text()).unwrap();
    assert_eq!(told["error"]["message"], "no voice");
}

#[tokio::test]
async fn a_model_that_cannot_stream_may_answer_as_a_whole() {
    let mut gateway = Gateway::start("").await;
    let stream = "--b\r\nContent-Disposition: form-data; name=\"stream\"\r\n\r\ntrue\r\n";
    let (mut gate, _) = sent_as(&mut gateway, "/v1/audio/transcriptions", FORM_TYPE, &format!("{stream}{FORM}")).await;
    let head = gate.response_headers(&[(":status", "200"), ("content-type", "application/json")], "one").await;
    assert_eq!(mode(&head), BodySendMode::Buffered);
    let answer = br#"{"text":"hi","usage":{"type":"tokens","input_tokens":14,"output_tokens":2,"total_tokens":16}}"#;
    let body = gate.response_body(answer, true).await;
    assert_eq!((body.body(), body.number_fact("input_tokens")), (None, 14.0));
}

#[tokio::test]
async fn a_stream_of_pictures_is_observed_and_a_cut_one_is_told() {
    let mut gateway = Gateway::start("").await;
    let body = r#"{"model":"gpt-pair","prompt":"a cat","stream":true,"partial_images":1}"#;
    let partial =
        "event: image_generation.partial_image\ndata: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"AA\"}\n\n";
    let completed = "event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"b64_json\":\"AA\",\
        \"usage\":{\"input_tokens\":3,\"output_tokens\":272,\"total_tokens\":275}}\n\n";
    for (last, outcome) in [(completed, "ok"), ("", "cut")] {
        let (mut gate, _) = gateway.sent("/v1/images/generations", body).await;
        let head = gate.response_headers(&[(":status", "200"), ("content-type", "text/event-stream")], "one").await;
        assert_eq!(mode(&head), BodySendMode::Streamed);
        assert_eq!(gate.response_body(partial.as_bytes(), false).await.body(), None);
        let end = gate.response_body(last.as_bytes(), true).await;
        assert_eq!(end.text_fact("outcome"), outcome);
        if outcome == "ok" {
            assert_eq!((end.body(), end.number_fact("output_tokens")), (None, 272.0));
        } else {
            assert!(end.text().contains("\"error\""), "{}", end.text());
        }
    }
}

#[tokio::test]
async fn a_recording_reserves_no_tokens() {
    let limits = "limits:\n  - {name: tokens, per: [key], total_tokens: 1000, every: 1m}\n";
    let mut gateway = Gateway::start(limits).await;
    let recording = FORM.replace("RIFF", &"x".repeat(1 << 20));
    let (_gate, sent) = sent_as(&mut gateway, "/v1/audio/transcriptions", FORM_TYPE, &recording).await;
    assert!(sent.common().clear_route_cache, "it goes on");
    let embeddings = format!(r#"{{"model":"gpt-pair","input":"{}"}}"#, "word ".repeat(600));
    let (_gate, sent) = gateway.sent("/v1/embeddings", &embeddings).await;
    assert!(sent.common().clear_route_cache, "it goes on");
    let (_gate, refused) = gateway.sent("/v1/embeddings", &embeddings).await;
    assert_eq!(refused.status(), 429, "text is estimated as ever");
}

#[tokio::test]
async fn a_count_is_asked_of_a_provider_of_another_api_and_told_in_the_clients_words() {
    let mut gateway = Gateway::start("").await;
    let body = r#"{"model":"claude-x","messages":[{"role":"user","content":"hi"}],"add_special_tokens":true}"#;
    let (mut gate, sent) = gateway.sent("/tokenize", body).await;
    assert_eq!(
        (sent.set()[":path"].as_str(), sent.set()["anthropic-version"].as_str()),
        ("/v1/messages/count_tokens", "2023-06-01")
    );
    let asked: serde_json::Value = serde_json::from_str(&sent.text()).unwrap();
    assert_eq!((&asked["model"], &asked["max_tokens"]), (&"claude-x".into(), &serde_json::Value::Null));
    gate.response_headers(&[(":status", "200"), ("content-type", "application/json")], "claude").await;
    let told: serde_json::Value = serde_json::from_str(&gate.response_body(br#"{"input_tokens":8}"#, true).await.text()).unwrap();
    assert_eq!(told["count"], 8);
    drop(gate);
    let record = &gateway.records(1).await[0];
    assert_eq!((&record["tokens"]["total"], &record["dropped"][0]), (&0.into(), &"add_special_tokens".into()));
}

#[tokio::test]
async fn an_error_of_a_count_is_translated() {
    let mut gateway = Gateway::start("").await;
    let (mut gate, _) = gateway.sent("/tokenize", r#"{"model":"claude-x","messages":[{"role":"user","content":"hi"}]}"#).await;
    gate.response_headers(&[(":status", "400"), ("content-type", "application/json")], "claude").await;
    let error = br#"{"type":"error","error":{"type":"invalid_request_error","message":"no such model"}}"#;
    let told: serde_json::Value = serde_json::from_str(&gate.response_body(error, true).await.text()).unwrap();
    assert_eq!((&told["error"]["message"], &told["error"]["type"]), (&"no such model".into(), &"invalid_request_error".into()));
    assert_eq!(told["type"], serde_json::Value::Null);
}

#[tokio::test]
async fn embeddings_pass_and_are_accounted_for() {
    let mut gateway = Gateway::start("").await;
    let (mut gate, sent) =
        gateway.sent("/openai/v1/embeddings", r#"{"model":"gpt-4o","input":[[1,2]],"encoding_format":"base64"}"#).await;
    assert_eq!((sent.body(), sent.set()[":path"].as_str()), (None, "/v1/embeddings"));
    gate.response_headers(&[(":status", "200"), ("content-type", "application/json")], "one").await;
    let answer = br#"{"object":"list","data":[],"model":"e","usage":{"prompt_tokens":2,"total_tokens":2}}"#;
    let body = gate.response_body(answer, true).await;
    assert_eq!((body.body(), body.number_fact("input_tokens"), body.number_fact("output_tokens")), (None, 2.0, 0.0));
}
