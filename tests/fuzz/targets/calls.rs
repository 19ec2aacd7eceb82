//! Calls that are not conversations: their requests and answers in JSON. The first byte says which call it is.

use bytes::Bytes;
use kanmon::codec::json::TopLevel;
use kanmon::translate::calls::Call;
use kanmon::translate::{self, Api, Incoming, facts, provider_error, whole};
use serde_json::value::RawValue;

use super::{DIALECTS, answers, requests::told, target};

/// Calls whose bodies are JSON.
const PATHS: [&str; 8] = [
    "/v2/rerank",
    "/v1/embeddings",
    "/tokenize",
    "/v1/responses/input_tokens",
    "/v1/messages/count_tokens",
    "/v1/moderations",
    "/v1/images/generations",
    "/v1/audio/speech",
];

fn call(which: u8) -> (&'static str, Call) {
    let path = PATHS[usize::from(which) % PATHS.len()];
    (path, Call::at(path).expect("a path of a call"))
}

/// For every provider they are a body that can be sent, or an error that names a field.
pub fn request(input: &[u8]) -> String {
    let Some((which, body)) = input.split_first() else { return "empty".to_owned() };
    let (path, call) = call(*which);
    let api = Api::Call(call);
    let body = Bytes::copy_from_slice(body);
    let incoming = match Incoming::read(api, path, Some("application/json"), &body, 64) {
        Ok(incoming) => incoming,
        Err(error) => return told(&error),
    };
    let facts = match facts(&incoming) {
        Ok(facts) => facts,
        Err(error) => return told(&error),
    };
    let mut saw = path.to_owned();
    for dialect in DIALECTS {
        match translate::request(&incoming, &facts, &target(api, *dialect)) {
            Ok(rendered) => {
                let sent = rendered.body.as_ref().unwrap_or(&body);
                TopLevel::scan(sent, 80).expect("what is sent is a JSON object without duplicate keys");
                assert!(rendered.path.starts_with('/') && rendered.path.is_ascii(), "{}", rendered.path);
                saw.push_str(&rendered.dropped.join(","));
            }
            Err(error) => saw.push_str(&told(&error)),
        }
        saw.push(';');
    }
    saw
}

/// For every client they are a body that it can read, or an error of ours.
pub fn answer(input: &[u8]) -> String {
    let Some((which, body)) = input.split_first() else { return "empty".to_owned() };
    let (path, call) = call(*which);
    let mut saw = path.to_owned();
    for dialect in DIALECTS {
        let context = answers::context(Api::Call(call), *dialect);
        match whole(&context, body) {
            Ok(whole) => {
                if let Some(body) = &whole.body {
                    serde_json::from_slice::<&RawValue>(body).expect("an answer is JSON");
                }
                saw.push_str(&format!("{}{};", whole.seen.complete, whole.seen.usage.is_some()));
            }
            Err(error) => saw.push_str(&error.to_string()),
        }
        let error = provider_error(&context, 400, body);
        if let Some(body) = &error.body {
            serde_json::from_slice::<&RawValue>(body).expect("an error is JSON");
        }
    }
    saw
}

fn seeds(bodies: [&str; PATHS.len()]) -> Vec<Vec<u8>> {
    let numbered = bodies.iter().enumerate();
    numbered.map(|(which, body)| [&[u8::try_from(which).unwrap()], body.as_bytes()].concat()).collect()
}

pub fn requests() -> Vec<Vec<u8>> {
    seeds([
        r#"{"model":"m","query":"q","documents":["a",{"text":"b","id":1}],"top_n":1,"return_documents":false,"rank_fields":["text"]}"#,
        r#"{"model":"m","input":["a","b"],"encoding_format":"base64","dimensions":8,"user":"u"}"#,
        r#"{"model":"m","prompt":"a","add_special_tokens":true}"#,
        r#"{"model":"m","input":"a","instructions":"b","tools":[]}"#,
        r#"{"model":"m","system":"s","messages":[{"role":"user","content":[{"type":"text","text":"a"}]}],"tools":[]}"#,
        r#"{"input":["a",{"type":"text","text":"b"}]}"#,
        r#"{"model":"m","prompt":"a","n":2,"stream":true}"#,
        r#"{"model":"m","input":"a","voice":"b","stream_format":"sse"}"#,
    ])
}

pub fn answers() -> Vec<Vec<u8>> {
    seeds([
        r#"{"id":"r","results":[{"index":0,"relevance_score":0.9}],"meta":{"billed_units":{"search_units":1}},"usage":{"total_tokens":5}}"#,
        r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1e-3]}],"embeddings":{"float":[[0.5]]},"usage":{"prompt_tokens":5,"total_tokens":5},"meta":{"billed_units":{"input_tokens":5}}}"#,
        r#"{"count":2,"max_model_len":10,"tokens":[1,2]}"#,
        r#"{"object":"response.input_tokens","input_tokens":5}"#,
        r#"{"input_tokens":5}"#,
        r#"{"id":"m","model":"m","results":[{"flagged":false}]}"#,
        r#"{"created":1,"data":[{"b64_json":"AAAA"}],"usage":{"input_tokens":5,"output_tokens":6,"total_tokens":11}}"#,
        r#"{"error":{"message":"slow","type":"t","code":null}}"#,
    ])
}
