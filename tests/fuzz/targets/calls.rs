//! Calls that are not conversations: their requests, answers and streams. The first byte says which call it is.

use kanmon::exchange::endpoint::{Endpoint, find};
use kanmon::translate::{Api, Dialect, End, Family, provider_error, whole};
use serde_json::value::RawValue;

use super::{PROVIDERS, answers, of, pieces, requests, streams};

const JSON: &str = "application/json";
const FORM: &str = "multipart/form-data; boundary=kanmon";

/// Where the calls are, and what kind of body they take. New ones are added at the end: the corpus has their numbers.
const CALLS: [(&str, &str); 14] = [
    ("/v2/rerank", JSON),
    ("/v1/embeddings", JSON),
    ("/tokenize", JSON),
    ("/v1/responses/input_tokens", JSON),
    ("/v1/messages/count_tokens", JSON),
    ("/v1/moderations", JSON),
    ("/v1/images/generations", JSON),
    ("/v1/audio/speech", JSON),
    ("/v1beta/models/asked:countTokens", JSON),
    ("/v1beta/models/asked:embedContent", JSON),
    ("/v1beta/models/asked:batchEmbedContents", JSON),
    ("/v1/images/edits", FORM),
    ("/v1/images/variations", FORM),
    ("/v1/audio/transcriptions", FORM),
];

/// The same by the names that the golden fixtures have for them.
const NAMES: [&str; CALLS.len()] = [
    "rerank",
    "embeddings",
    "tokenize",
    "input-tokens",
    "count-tokens",
    "moderations",
    "images",
    "speech",
    "gemini-count",
    "gemini-embed",
    "gemini-embed-batch",
    "image-edits",
    "image-variations",
    "transcriptions",
];

/// Those of them whose answers may be streams.
const STREAMED: [usize; 4] = [6, 7, 11, 13];

fn call(which: usize) -> (&'static str, &'static str, Api) {
    let (path, content_type) = CALLS[which % CALLS.len()];
    let Endpoint::Serve(api) = find("POST", path, Family::OpenAi) else { panic!("{path} is no call") };
    (path, content_type, api)
}

/// For every provider they are a body that can be sent, or an error that names a field.
pub fn request(input: &[u8]) -> String {
    let Some((which, body)) = input.split_first() else { return "empty".to_owned() };
    let (path, content_type, api) = call((*which).into());
    path.to_owned() + &requests::sent(api, path, content_type, body)
}

/// For every client they are a body that it can read, or an error of ours.
pub fn answer(input: &[u8]) -> String {
    let Some((which, body)) = input.split_first() else { return "empty".to_owned() };
    let (path, _, api) = call((*which).into());
    let mut saw = path.to_owned();
    for provider in &PROVIDERS {
        let context = answers::context(api, provider);
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

/// A stream passes as it is, and is seen to the same end in any pieces.
pub fn stream(input: &[u8]) -> String {
    let Some((which, body)) = input.split_first() else { return "empty".to_owned() };
    let (path, _, api) = call(STREAMED[usize::from(*which) % STREAMED.len()]);
    let context = answers::context(api, of(Dialect::OpenAi));
    let (whole, end) = streams::client(context.clone(), &[body]);
    let (split, split_end) = streams::client(context, &pieces(body));
    assert_eq!(end, split_end);
    assert!(end == End::Cut || (whole == body && split == body), "what passes is kept");
    format!("{path} {end:?} {}", String::from_utf8_lossy(&whole).matches("\"error\"").count().min(2))
}

/// These and the golden fixtures of a kind, each behind its call's number.
fn seeds(kind: &str, bodies: [&str; CALLS.len()]) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (which, (name, body)) in (0_u8..).zip(NAMES.iter().zip(bodies)) {
        let golden = crate::seeds::client(name, kind);
        let all = golden.into_iter().chain([body.as_bytes().to_vec()]);
        seeds.extend(all.map(|body| [&[which], body.as_slice()].concat()));
    }
    seeds
}

pub fn requests() -> Vec<Vec<u8>> {
    seeds(
        "request.",
        [
            r#"{"model":"m","query":"q","documents":["a",{"text":"b","id":1}],"top_n":1,"return_documents":false,"rank_fields":["text"]}"#,
            r#"{"model":"m","input":["a","b"],"encoding_format":"base64","dimensions":8,"user":"u"}"#,
            r#"{"model":"m","prompt":"a","add_special_tokens":true}"#,
            r#"{"model":"m","input":"a","instructions":"b","tools":[]}"#,
            r#"{"model":"m","system":"s","messages":[{"role":"user","content":[{"type":"text","text":"a"}]}],"tools":[]}"#,
            r#"{"input":["a",{"type":"text","text":"b"}]}"#,
            r#"{"model":"m","prompt":"a","n":2,"stream":true}"#,
            r#"{"model":"m","input":"a","voice":"b","stream_format":"sse"}"#,
            r#"{"generateContentRequest":{"model":"models/asked","contents":[{"role":"user","parts":[{"text":"a"}]}],"tools":[]}}"#,
            r#"{"model":"models/asked","content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":8}"#,
            r#"{"requests":[{"model":"models/asked","content":{"parts":[{"text":"a"}]}},{"content":{"parts":[]}}]}"#,
            FORM_BODY,
            FORM_BODY,
            FORM_BODY,
        ],
    )
}

pub fn answers() -> Vec<Vec<u8>> {
    seeds(
        "answer.",
        [
            r#"{"id":"r","results":[{"index":0,"relevance_score":0.9}],"meta":{"billed_units":{"search_units":1}},"usage":{"total_tokens":5}}"#,
            r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1e-3]}],"embeddings":{"float":[[0.5]]},"usage":{"prompt_tokens":5,"total_tokens":5},"meta":{"billed_units":{"input_tokens":5}}}"#,
            r#"{"count":2,"max_model_len":10,"tokens":[1,2]}"#,
            r#"{"object":"response.input_tokens","input_tokens":5}"#,
            r#"{"input_tokens":5}"#,
            r#"{"id":"m","model":"m","results":[{"flagged":false}]}"#,
            r#"{"created":1,"data":[{"b64_json":"AAAA"}],"usage":{"input_tokens":5,"output_tokens":6,"total_tokens":11}}"#,
            r#"{"error":{"message":"slow","type":"t","code":null}}"#,
            r#"{"totalTokens":5,"promptTokensDetails":[{"modality":"TEXT","tokenCount":5}]}"#,
            r#"{"embedding":{"values":[0.5,-1e-3]},"usageMetadata":{"promptTokenCount":2}}"#,
            r#"{"embeddings":[{"values":[0.5]},{"values":[1]}],"predictions":[{"embeddings":{"values":[1],"statistics":{"token_count":3}}}]}"#,
            r#"{"created":1,"data":[{"url":"https://a.test/b"}]}"#,
            r#"{"created":1,"data":[]}"#,
            r#"{"text":"a","usage":{"type":"duration","seconds":3}}"#,
        ],
    )
}

const FORM_BODY: &str = "--kanmon\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n\
    --kanmon\r\nContent-Disposition: form-data; name=\"stream\"\r\n\r\ntrue\r\n\
    --kanmon\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF\r\n--kanmon--\r\n";

pub fn streams() -> Vec<Vec<u8>> {
    let of = |which: u8, stream: &str| [&[which], stream.as_bytes()].concat();
    let usage = r#""usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}"#;
    let ended = |kind: &str, event: &str, last: &str| {
        format!(
            "event: {event}\ndata: {{\"type\":\"{event}\",{kind}}}\n\nevent: {last}\ndata: {{\"type\":\"{last}\",{usage}}}\n\n"
        )
    };
    vec![
        of(0, &ended(r#""b64_json":"AAAA""#, "image_generation.partial_image", "image_generation.completed")),
        of(2, &ended(r#""b64_json":"AAAA""#, "image_edit.partial_image", "image_edit.completed")),
        of(1, &ended(r#""audio":"AAAA""#, "speech.audio.delta", "speech.audio.done")),
        of(3, &ended(r#""delta":"a""#, "transcript.text.delta", "transcript.text.done")),
        of(3, "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n"),
        of(0, "event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"slow\"}}\n\n"),
    ]
}
