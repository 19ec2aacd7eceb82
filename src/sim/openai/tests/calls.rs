//! The endpoints that are no conversations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::super::Script;
use super::super::super::ask::{Output, Payload};
use super::super::super::error::ApiError;
use super::super::super::tests::direct::at;
use super::super::super::vector;

/// A form: fields, and files with a name and a type.
fn form(path: &str, fields: &[(&str, &str)], files: &[(&str, &str, &str)]) -> Result<Output, ApiError> {
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    for (name, filename, content_type) in files {
        body += &format!(
            "--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\nContent-Type: {content_type}\r\n\r\n0123456789\r\n"
        );
    }
    body += "--x--\r\n";
    at(path).header("content-type", "multipart/form-data; boundary=x").send(body.as_bytes())
}

fn json_of(output: Result<Output, ApiError>) -> Value {
    match output.unwrap().payload {
        Payload::Json(json) => json,
        other => panic!("{other:?}"),
    }
}

fn text_of(output: Result<Output, ApiError>) -> String {
    match output.unwrap().payload {
        Payload::Bytes { body, .. } => String::from_utf8(body.to_vec()).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn embeddings_are_the_same_as_numbers_and_as_base64() {
    let ask = |format: &str| {
        at("/v1/embeddings").json(&json!({"model": "m", "input": ["a b", "c"], "dimensions": 3, "encoding_format": format}))
    };
    let (floats, encoded) = (ask("float"), ask("base64"));
    assert_eq!(floats["usage"], json!({"prompt_tokens": 3, "total_tokens": 3}));
    let vector = vector::of("c", 3);
    assert_eq!(floats["data"][1]["embedding"], vector::floats(&vector));
    assert_eq!(encoded["data"][1]["embedding"], json!(vector::base64(&vector)));
    let refused = |body: Value| at("/v1/embeddings").refused(&body).1;
    assert!(refused(json!({"model": "m", "input": ""})).contains("empty string"));
    assert!(refused(json!({"model": "m", "input": {"a": 1}})).contains("is invalid"));
    assert_eq!(refused(json!({"model": "m", "input": "x", "input_type": "query"})), "Unknown parameter: 'input_type'.");
}

#[test]
fn pictures_are_made_whole_and_streamed() {
    let path = "/v1/images/generations";
    let answer = at(path).json(&json!({"prompt": "a red car", "n": 2, "model": "gpt-image-1"}));
    let picture = STANDARD.decode(answer["data"][1]["b64_json"].as_str().unwrap()).unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
    assert_eq!((&answer["usage"]["input_tokens"], &answer["usage"]["output_tokens"]), (&json!(3), &json!(544)));
    let events = at(path).data(&json!({"prompt": "x", "stream": true, "partial_images": 2}));
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["image_generation.partial_image", "image_generation.partial_image", "image_generation.completed"]);
    let old = at(path).json(&json!({"prompt": "x", "model": "dall-e-3"}));
    assert!(old["data"][0]["url"].is_string() && old.get("usage").is_none());
    let refused = |body: Value| at(path).refused(&body).1;
    assert_eq!(refused(json!({"prompt": "x", "response_format": "url"})), "Unknown parameter: 'response_format'.");
    assert_eq!(refused(json!({"prompt": "x", "model": "dall-e-3", "background": "auto"})), "Unknown parameter: 'background'.");
    assert!(refused(json!({"prompt": "x", "size": "big"})).contains("no size"));
    assert!(refused(json!({"prompt": "x", "partial_images": 1})).contains("only allowed when 'stream'"));
}

#[test]
fn pictures_are_edited_from_a_form() {
    let path = "/v1/images/edits";
    let png = |name: &'static str| (name, "a.png", "image/png");
    let answer = json_of(form(path, &[("prompt", "x"), ("n", "2")], &[png("image[]"), png("image[]"), png("mask")]));
    assert_eq!((answer["data"].as_array().unwrap().len(), &answer["usage"]["input_tokens"]), (2, &json!(201)));
    let refused = |fields: &[(&str, &str)], files: &[(&str, &str, &str)]| form(path, fields, files).unwrap_err().message;
    assert_eq!(refused(&[("prompt", "x")], &[]), "Missing required parameter: 'image'.");
    assert_eq!(
        refused(&[("prompt", "x"), ("n", "two")], &[png("image")]),
        "Invalid type for 'n': expected an integer, but got a string instead."
    );
    assert!(refused(&[("prompt", "x")], &[("image", "a.txt", "text/plain")]).contains("unsupported mimetype"));
    assert_eq!(refused(&[("prompt", "x"), ("style", "vivid")], &[png("image")]), "Unknown parameter: 'style'.");
    assert!(at(path).refused(&json!({})).1.contains("multipart/form-data"));
}

#[test]
fn speech_is_bytes_or_events_of_the_same_bytes() {
    let path = "/v1/audio/speech";
    let body = json!({"model": "m", "input": "one two", "voice": "alloy"});
    let sound = match at(path).send(body.to_string().as_bytes()).unwrap().payload {
        Payload::Bytes { content_type, body } => {
            assert_eq!(content_type, "audio/mpeg");
            body
        }
        other => panic!("{other:?}"),
    };
    let mut streamed = body.clone();
    streamed["stream_format"] = json!("sse");
    let events = at(path).data(&streamed);
    let joined: Vec<u8> = events.iter().filter_map(|event| STANDARD.decode(event["audio"].as_str()?).ok()).flatten().collect();
    assert!(sound.starts_with(b"ID3") && sound == joined);
    assert_eq!(events.last().unwrap()["usage"]["input_tokens"], 2);
    streamed["model"] = json!("tts-1");
    assert!(at(path).refused(&streamed).1.contains("not supported"));
    assert_eq!(at(path).refused(&json!({"model": "m", "input": "x"})).1, "Missing required parameter: 'voice'.");
}

#[test]
fn a_recording_is_written_in_every_format() {
    let path = "/v1/audio/transcriptions";
    let wav = [("file", "a.wav", "audio/wav")];
    let ask = |format: &'static str| form(path, &[("model", "whisper-1"), ("response_format", format)], &wav);
    assert_eq!(json_of(ask("json")), json!({"text": "You recorded 10 bytes.", "usage": {"type": "duration", "seconds": 1}}));
    assert_eq!(text_of(ask("text")), "You recorded 10 bytes.\n");
    assert!(text_of(ask("srt")).starts_with("1\n00:00:00,000 --> 00:00:01,000\nYou"));
    assert!(text_of(ask("vtt")).starts_with("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nYou"));
    assert_eq!(json_of(ask("verbose_json"))["segments"][0]["text"], "You recorded 10 bytes.");
    let translated = form("/v1/audio/translations", &[("model", "whisper-1"), ("response_format", "verbose_json")], &wav);
    assert_eq!(json_of(translated)["task"], "translate");
    let refused = |fields: &[(&str, &str)], files: &[(&str, &str, &str)]| form(path, fields, files).unwrap_err().message;
    assert_eq!(refused(&[("model", "m")], &[]), "Missing required parameter: 'file'.");
    assert!(refused(&[("model", "m")], &[("file", "a.txt", "text/plain")]).contains("Invalid file format"));
    assert!(refused(&[("model", "gpt-4o-transcribe"), ("response_format", "srt")], &wav).contains("not compatible"));
    assert!(refused(&[("model", "m"), ("timestamp_granularities[]", "word")], &wav).contains("verbose_json"));
    assert_eq!(
        form("/v1/audio/translations", &[("model", "m"), ("language", "en")], &wav).unwrap_err().message,
        "Unknown parameter: 'language'."
    );
}

#[test]
fn a_recording_is_streamed_by_the_models_that_can() {
    let wav = [("file", "a.wav", "audio/wav")];
    let fields = [("model", "gpt-4o-transcribe"), ("stream", "true"), ("include[]", "logprobs")];
    let Payload::Events { events, .. } = form("/v1/audio/transcriptions", &fields, &wav).unwrap().payload else { panic!() };
    let events: Vec<Value> = events.iter().map(|event| serde_json::from_str(&event.data).unwrap()).collect();
    let text: String = events.iter().filter_map(|event| event["delta"].as_str()).collect();
    assert_eq!((text.as_str(), &events[0]["logprobs"][0]["logprob"]), ("You recorded 10 bytes.", &json!(-0.25)));
    assert_eq!((&events[4]["type"], &events[4]["usage"]["type"]), (&json!("transcript.text.done"), &json!("tokens")));
    let old = form("/v1/audio/transcriptions", &[("model", "whisper-1"), ("stream", "true")], &wav);
    assert!(json_of(old)["text"].is_string());
}

#[test]
fn violence_is_flagged() {
    let ask = |input: Value| at("/v1/moderations").json(&json!({"input": input}));
    let answer = ask(json!(["peace", "Violence!"]));
    assert_eq!(
        (&answer["results"][0]["flagged"], &answer["results"][1]["categories"]["violence"]),
        (&json!(false), &json!(true))
    );
    let parts = json!([{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]);
    assert_eq!(ask(parts)["results"].as_array().unwrap().len(), 1);
    assert_eq!(at("/v1/moderations").refused(&json!({"input": "x", "user": "u"})).1, "Unknown parameter: 'user'.");
}

#[test]
fn vllm_tokenizes_and_ranks() {
    let text = at("/tokenize").json(&json!({"model": "m", "prompt": "a b", "return_token_strs": true}));
    assert_eq!((&text["count"], &text["tokens"], &text["token_strs"]), (&json!(2), &json!([1, 2]), &json!(["a", "b"])));
    let chat = at("/tokenize").json(&json!({"model": "m", "messages": [{"role": "user", "content": "a b c"}]}));
    assert_eq!(chat["count"], 3);
    assert_eq!(at("/tokenize").refused(&json!({"prompt": "x", "messages": []})).1, "Unknown parameter: 'prompt'.");
    let ranked = at("/v1/rerank").json(&json!({"model": "m", "query": "red car", "documents": ["x", "red"], "top_n": 1}));
    assert_eq!((&ranked["results"][0]["index"], ranked["results"].as_array().unwrap().len()), (&json!(1), 1));
    assert_eq!(ranked["usage"]["total_tokens"], 4);
    assert!(at("/v1/rerank").refused(&json!({"model": "m", "query": "x", "documents": []})).1.contains("documents"));
}

#[test]
fn an_api_below_a_vendors_prefix_is_the_same() {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    for path in [
        "/openai/v1/chat/completions",
        "/v1beta/openai/chat/completions",
        "/api/v1/chat/completions",
        "/inference/v1/chat/completions",
        "/v1/openai/chat/completions",
        "/chat/completions",
    ] {
        assert_eq!(at(path).json(&body)["object"], "chat.completion", "{path}");
    }
    let script = Script { finish: Some("length".into()), ..Script::default() };
    assert_eq!(at("/v1/chat/completions").script(script).json(&body)["choices"][0]["finish_reason"], "length");
}

#[test]
fn what_is_passed_through_unread_is_told_as_it_came() {
    let answer = at("/v1/files/x?purpose=batch").header("content-type", "text/plain").send(b"abc");
    let answer = json_of(answer);
    assert_eq!(
        (&answer["path"], &answer["query"], &answer["bytes"]),
        (&json!("/v1/files/x"), &json!("purpose=batch"), &json!(3))
    );
    assert_eq!(answer["sha256"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(at("/v1/filesystem").refused(&json!({})).0, 404);
}
