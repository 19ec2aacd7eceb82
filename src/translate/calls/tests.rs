use std::borrow::Cow;

use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;

use super::*;
use crate::codec::json::TopLevel;
use crate::codec::multipart::Form;
use crate::codec::sse;
use crate::translate::answer::Delta;
use crate::translate::{
    AnswerContext, Api, Azure, AzureVersion, Dialect, Format, Framing, Hosting, OutputLimit, Parsed, Vendor, Vertex,
};
use crate::usage::Tokens;

pub(super) const DIALECTS: [Dialect; 9] = [
    Dialect::OpenAi,
    Dialect::Azure,
    Dialect::Anthropic,
    Dialect::Bedrock,
    Dialect::AnthropicBedrock,
    Dialect::Gemini,
    Dialect::Vertex,
    Dialect::AnthropicVertex,
    Dialect::Cohere,
];

const AZURE: Hosting =
    Hosting::Azure(Azure { version: AzureVersion::Dated(Cow::Borrowed("2024-10-21")), output_limit: OutputLimit::AsAsked });
const AZURE_V1: Hosting = Hosting::Azure(Azure { version: AzureVersion::V1, output_limit: OutputLimit::AsAsked });
const VERTEX: Hosting = Hosting::Vertex(Vertex { project: Cow::Borrowed("proj"), location: Cow::Borrowed("europe-west1") });

pub(super) fn target(dialect: Dialect, model: &'static str) -> Target<'static> {
    Target {
        dialect,
        format: dialect.format_for(Api::OpenAiChat),
        hosting: match dialect {
            Dialect::Azure => &AZURE,
            Dialect::Vertex | Dialect::AnthropicVertex => &VERTEX,
            _ => &Hosting::Owner,
        },
        provider: "p",
        model,
        stream: false,
        path_prefix: dialect.path_prefix(),
        default_max_tokens: 1,
        overrides: &[],
    }
}

/// Azure's v1 API.
pub(super) fn azure_v1(model: &'static str) -> Target<'static> {
    Target { hosting: &AZURE_V1, ..target(Dialect::Azure, model) }
}

fn incoming<'a>(call: Call, content_type: &'a str, body: &'a Bytes) -> Incoming<'a> {
    Incoming::read(Api::Call(call), call.name(), Some(content_type), body, 64).unwrap()
}

/// The call at a provider that it passes to, or that has embeddings.
fn request_at(call: Call, incoming: &Incoming<'_>, target: &Target<'_>) -> Result<Rendered, RequestError> {
    let facts = facts(call, incoming)?;
    match way::to(call, target)? {
        Way::Pass => pass::request(call, incoming, &facts, target),
        Way::Embed => embeddings::request(incoming.body, target),
        Way::Count | Way::Rank(_) => panic!("they have tests of their own"),
    }
}

pub(super) fn sent(call: Call, body: &str, target: &Target<'_>) -> Result<Rendered, RequestError> {
    request_at(call, &incoming(call, "application/json", &Bytes::from(body.to_owned())), target)
}

pub(super) fn body_of(rendered: &Rendered) -> Value {
    serde_json::from_slice(rendered.body.as_ref().unwrap()).unwrap()
}

pub(super) fn unsupported_field(error: RequestError) -> String {
    match error {
        RequestError::Unsupported { field, provider, message, .. } => {
            assert_eq!(provider, "p");
            assert!(!message.is_empty());
            field
        }
        RequestError::Invalid { .. } => panic!("{error}"),
    }
}

pub(super) fn context(call: Call, dialect: Dialect) -> AnswerContext {
    AnswerContext {
        api: Api::Call(call),
        format: Format::Chat,
        framing: Framing::Sse,
        asked_model: "asked".to_owned(),
        stream: false,
        wants_usage: true,
        echo: String::new(),
        call: Back { way: way::way(call, dialect, false), ..Back::default() },
        custom_tools: Vec::new(),
        input_estimate: 7,
        headers: crate::translate::ErrorHeaders::default(),
        answer_bytes: 1 << 20,
        event_bytes: 1 << 20,
    }
}

const FORM: &str = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nasked\r\n\
    --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n\0\u{1}\r\n--b--\r\n";

fn form_sent(call: Call, body: &str, target: &Target<'_>) -> Rendered {
    request_at(call, &incoming(call, "multipart/form-data; boundary=b", &Bytes::from(body.to_owned())), target).unwrap()
}

#[test]
fn a_call_that_passes_keeps_every_byte_but_the_model() {
    let body = "{ \"model\" : \"asked\",\n \"input\":\"x\", \"new_field\":1.50 }";
    let rendered = sent(Call::Moderations, body, &target(Dialect::OpenAi, "asked")).unwrap();
    assert_eq!((rendered.path.as_str(), rendered.body), ("/v1/moderations", None));
    let rendered = sent(Call::Moderations, body, &target(Dialect::OpenAi, "served")).unwrap();
    assert_eq!(rendered.body.unwrap(), body.replace("asked", "served"));
}

#[test]
fn a_form_keeps_every_byte_but_the_model() {
    let rendered = form_sent(Call::Transcriptions, FORM, &target(Dialect::OpenAi, "asked"));
    assert_eq!((rendered.path.as_str(), rendered.body), ("/v1/audio/transcriptions", None));
    let rendered = form_sent(Call::Translations, FORM, &target(Dialect::OpenAi, "whisper-large-v3"));
    assert_eq!(rendered.path, "/v1/audio/translations");
    assert_eq!(rendered.body.unwrap(), FORM.replace("asked", "whisper-large-v3"));
    let [(name, value)] = &*rendered.headers else { panic!() };
    assert_eq!((name.as_str(), value.as_bytes()), ("content-type", &b"multipart/form-data; boundary=b"[..]));
}

#[test]
fn overrides_of_the_config_reach_forms_as_text() {
    let raw = |json: &str| Some(RawValue::from_string(json.to_owned()).unwrap());
    let overrides = [("language".to_owned(), raw("\"de\"")), ("temperature".to_owned(), raw("0.5")), ("prompt".to_owned(), None)];
    let target = Target { overrides: &overrides, ..target(Dialect::OpenAi, "asked") };
    let rendered = form_sent(Call::Transcriptions, FORM, &target);
    let body = rendered.body.unwrap();
    let form = Form::scan(&body, "b").unwrap();
    assert_eq!(form.text("language").unwrap(), Some("de"));
    assert_eq!(form.text("temperature").unwrap(), Some("0.5"));
}

#[test]
fn azure_has_deployments_in_its_dated_api_and_none_in_v1() {
    for (call, dated, v1) in [
        (Call::Embeddings, "/openai/deployments/a%20b/embeddings?api-version=2024-10-21", "/openai/v1/embeddings"),
        (
            Call::ImageGenerations,
            "/openai/deployments/a%20b/images/generations?api-version=2024-10-21",
            "/openai/v1/images/generations",
        ),
        (Call::Speech, "/openai/deployments/a%20b/audio/speech?api-version=2024-10-21", "/openai/v1/audio/speech"),
        (Call::InputTokens, "/openai/responses/input_tokens?api-version=2024-10-21", "/openai/v1/responses/input_tokens"),
    ] {
        let azure = target(Dialect::Azure, "a b");
        let rendered = sent(call, r#"{"model":"m","input":"x","prompt":"x"}"#, &azure).unwrap();
        assert_eq!(rendered.path, dated);
        assert_eq!(body_of(&rendered)["model"], "a b");
        assert_eq!(sent(call, r#"{"model":"m","input":"x"}"#, &azure_v1("a b")).unwrap().path, v1);
    }
}

#[test]
fn what_a_provider_does_not_have_is_told_with_its_name() {
    for call in [Call::ImageGenerations, Call::ImageEdits, Call::Speech, Call::Moderations] {
        for dialect in DIALECTS.into_iter().filter(|dialect| !matches!(dialect, Dialect::OpenAi | Dialect::Azure)) {
            let error = sent(call, r#"{"model":"m","input":"x"}"#, &target(dialect, "m")).unwrap_err();
            assert!(error.to_string().contains(dialect.name()), "{error}");
            assert_eq!(unsupported_field(error), "model");
        }
    }
    let azure = target(Dialect::Azure, "m");
    assert!(sent(Call::Moderations, r#"{"model":"m","input":"x"}"#, &azure).is_err(), "Azure has no moderations");
    assert!(sent(Call::Embeddings, r#"{"model":"m","input":"x"}"#, &target(Dialect::Anthropic, "m")).is_err());
    assert!(sent(Call::Tokenize, r#"{"model":"m","prompt":"x"}"#, &target(Dialect::OpenAi, "m")).is_err());
}

#[test]
fn the_tokenizer_of_vllm_stands_beside_its_openai_api() {
    let vendor = Hosting::Vendor(Vendor { tokenizer: true, ..Vendor::default() });
    let vllm = Target { hosting: &vendor, ..target(Dialect::OpenAi, "served") };
    let rendered = sent(Call::Tokenize, r#"{"model":"asked","prompt":"x"}"#, &vllm).unwrap();
    assert_eq!((rendered.path.as_str(), body_of(&rendered)["model"].as_str()), ("/tokenize", Some("served")));
    let behind = Target { path_prefix: "/team/v1", ..vllm };
    assert_eq!(sent(Call::Tokenize, r#"{"model":"asked","prompt":"x"}"#, &behind).unwrap().path, "/team/tokenize");
}

#[test]
fn moderations_without_a_model_are_for_openais_default() {
    let body = r#"{"input":"x"}"#;
    let same = sent(Call::Moderations, body, &target(Dialect::OpenAi, "omni-moderation-latest")).unwrap();
    assert_eq!(body_of(&same)["model"], "omni-moderation-latest", "the default of the provider may be another one");
    assert!(sent(Call::ImageGenerations, r#"{"prompt":"x"}"#, &target(Dialect::OpenAi, "m")).is_err());
}

fn stream_of(call: Call, body: &str) -> Result<bool, RequestError> {
    facts(call, &incoming(call, "application/json", &Bytes::from(body.to_owned()))).map(|facts| facts.stream)
}

#[test]
fn each_kind_asks_for_a_stream_in_its_own_way() {
    assert!(stream_of(Call::ImageGenerations, r#"{"model":"m","stream":true}"#).unwrap());
    assert!(stream_of(Call::Speech, r#"{"model":"m","stream_format":"sse"}"#).unwrap());
    assert!(!stream_of(Call::Speech, r#"{"model":"m","stream_format":"audio","stream":true}"#).unwrap());
    assert!(!stream_of(Call::Embeddings, r#"{"model":"m","stream":true}"#).unwrap());
    assert!(stream_of(Call::ImageGenerations, r#"{"model":"m","stream":"yes"}"#).is_err());
    for (word, expected) in [("true", Some(true)), ("True", Some(true)), ("0", Some(false)), ("maybe", None)] {
        let field = format!("--b\r\nContent-Disposition: form-data; name=\"stream\"\r\n\r\n{word}\r\n");
        let body = Bytes::from(field + FORM);
        let incoming = incoming(Call::Transcriptions, "multipart/form-data; boundary=b", &body);
        assert_eq!(facts(Call::Transcriptions, &incoming).ok().map(|facts| facts.stream), expected, "{word}");
    }
}

#[test]
fn nothing_is_reserved_for_an_answer_and_a_recording_is_no_text() {
    let recording = Bytes::from(FORM.replace('\0', &"x".repeat(25 << 20)));
    let incoming = incoming(Call::Transcriptions, "multipart/form-data; boundary=b", &recording);
    assert_eq!(facts(Call::Transcriptions, &incoming).unwrap().max_output_tokens, Some(0));
    assert_eq!(prompt(Call::Transcriptions, &incoming.parsed), Prompt::Tokens(0));
    let of = |call, body: &str| prompt(call, &Parsed::Json(TopLevel::scan(body.as_bytes(), 9).unwrap()));
    for text in [r#"{"model":"m","input":"words"}"#, r#"{"input":["1,2"]}"#, "{}"] {
        assert_eq!(of(Call::Embeddings, text), Prompt::Text, "{text}");
        assert_eq!(of(Call::Moderations, text), Prompt::Text);
        assert_eq!(of(Call::Speech, text), Prompt::Tokens(0));
        assert_eq!(of(Call::CountTokens, text), Prompt::Tokens(0));
    }
    assert_eq!(of(Call::Embeddings, r#"{"input":[1,22,333]}"#), Prompt::Tokens(3));
    assert_eq!(of(Call::Embeddings, r#"{"input":[ [1,22],[333] ]}"#), Prompt::Tokens(3));
}

#[test]
fn a_form_is_taken_where_there_is_one_and_json_where_there_may_be() {
    let body = Bytes::from_static(b"{\"model\":\"m\"}");
    let read = |call, content_type| Incoming::read(Api::Call(call), "", content_type, &body, 64).map(|incoming| incoming.parsed);
    assert!(matches!(read(Call::ImageEdits, Some("application/json")), Ok(Parsed::Json(_))));
    assert!(matches!(read(Call::Speech, Some("multipart/form-data; boundary=b")), Ok(Parsed::Json(_))));
    for content_type in [None, Some("application/json"), Some("multipart/form-data"), Some("multipart/form-data; boundary=b")] {
        assert!(matches!(read(Call::Transcriptions, content_type), Err(RequestError::Invalid { .. })), "{content_type:?}");
    }
}

#[test]
fn usage_is_seen_in_all_of_openais_shapes() {
    let tokens = |call, body: &str| whole(call, &context(call, Dialect::OpenAi), body.as_bytes()).unwrap().seen.usage;
    let expected = |input, output| Some(Tokens { input, output, ..Tokens::default() });
    assert_eq!(tokens(Call::Embeddings, r#"{"data":[],"usage":{"prompt_tokens":7,"total_tokens":7}}"#), expected(7, 0));
    let image = r#"{"usage":{"total_tokens":100,"input_tokens":40,"output_tokens":60,"input_tokens_details":{"text_tokens":1}}}"#;
    assert_eq!(tokens(Call::ImageGenerations, image), expected(40, 60));
    let text = r#"{"text":"x","usage":{"type":"tokens","input_tokens":4,"output_tokens":6,"total_tokens":10}}"#;
    assert_eq!(tokens(Call::Transcriptions, text), expected(4, 6));
    assert_eq!(tokens(Call::Transcriptions, r#"{"text":"x","usage":{"type":"duration","seconds":3}}"#), None);
    assert_eq!(tokens(Call::InputTokens, r#"{"input_tokens":9,"usage":{"input_tokens":9}}"#), None, "a count is not spent");
    assert_eq!(tokens(Call::Embeddings, r#"{"usage":{"prompt_tokens":-1,"total_tokens":1e300}}"#), expected(0, u64::MAX));
}

#[test]
fn what_is_not_charged_by_tokens_is_seen_in_its_own_unit() {
    let units = |call, dialect, body: &str| {
        let seen = whole(call, &context(call, dialect), body.as_bytes()).unwrap().seen;
        assert_eq!((seen.usage, seen.complete), (None, true));
        seen.units
    };
    let heard = |body: &str| units(Call::Transcriptions, Dialect::OpenAi, body).audio;
    let seconds = |seconds| Some(std::time::Duration::from_secs_f64(seconds));
    assert_eq!(heard(r#"{"text":"x","usage":{"type":"duration","seconds":3}}"#), seconds(3.0));
    assert_eq!(heard(r#"{"text":"x","duration":"8.47","usage":{"type":"duration","seconds":9}}"#), seconds(9.0));
    assert_eq!(heard(r#"{"text":"x","duration":"8.47"}"#), seconds(8.47));
    for odd in ["-1", "1e300", "null", "{}", "[1]", "\"\"", "true"] {
        assert_eq!(heard(&format!(r#"{{"text":"x","duration":{odd},"usage":{{"seconds":{odd}}}}}"#)), None, "{odd}");
    }
    let ranked = r#"{"results":[{"index":0,"relevance_score":1}],"meta":{"billed_units":{"search_units":2}}}"#;
    for dialect in [Dialect::Cohere, Dialect::Bedrock] {
        assert_eq!(units(Call::Rerank, dialect, ranked).search_units, Some(2));
    }
}

#[test]
fn an_answer_that_cannot_be_read_passes_and_is_told() {
    let whole = whole(Call::Moderations, &context(Call::Moderations, Dialect::OpenAi), b"{\"results\":").unwrap();
    assert_eq!(whole.body, None);
    assert!(whole.seen.error.is_some() && !whole.seen.complete);
}

fn google(path: &str, body: &str, target: &Target<'_>) -> Result<Rendered, RequestError> {
    let call = Call::of_method(path.rsplit_once(':').unwrap().1).unwrap();
    let body = Bytes::from(body.to_owned());
    let incoming = Incoming::read(Api::Call(call), path, None, &body, 64).unwrap();
    request(call, &incoming, &facts(call, &incoming).unwrap(), target)
}

#[test]
fn googles_calls_pass_to_google_with_the_model_wherever_it_stands() {
    let served = target(Dialect::Gemini, "served");
    for (method, body, expected) in [
        ("countTokens", r#"{"contents":[]}"#, None),
        (
            "countTokens",
            r#"{"generateContentRequest":{"model":"models/asked", "contents":[]}}"#,
            Some(r#"{"generateContentRequest":{"model":"models/served", "contents":[]}}"#),
        ),
        ("embedContent", r#"{"content":{},"model":"models/asked"}"#, Some(r#"{"content":{}}"#)),
        (
            "batchEmbedContents",
            r#"{"requests":[{"model":"models/asked","content":{}},7]}"#,
            Some(r#"{"requests":[{"model":"models/served","content":{}},7]}"#),
        ),
    ] {
        let rendered = google(&format!("/v1beta/models/asked:{method}"), body, &served).unwrap();
        assert_eq!(rendered.path, format!("/v1beta/models/served:{method}"));
        assert_eq!(rendered.body.as_deref(), expected.map(str::as_bytes));
        let same = target(Dialect::Gemini, "asked");
        assert_eq!(google(&format!("/v1beta/models/asked:{method}"), body, &same).unwrap().body, None);
    }
    let vertex = google("/v1beta/models/asked:countTokens", r#"{"contents":[]}"#, &target(Dialect::Vertex, "served")).unwrap();
    assert!(vertex.path.ends_with("/publishers/google/models/served:countTokens"), "{}", vertex.path);
    for dialect in [Dialect::OpenAi, Dialect::Anthropic, Dialect::Vertex] {
        assert!(google("/v1beta/models/m:embedContent", r#"{"content":{}}"#, &target(dialect, "m")).is_err());
    }
}

#[test]
fn what_google_counts_is_counted_elsewhere_too() {
    let contents = r#"[{"role":"user","parts":[{"text":"Hi"}]}]"#;
    for body in [format!(r#"{{"contents":{contents}}}"#), format!(r#"{{"generateContentRequest":{{"contents":{contents}}}}}"#)] {
        let rendered = google("/v1beta/models/m:countTokens", &body, &target(Dialect::Anthropic, "claude")).unwrap();
        assert_eq!(rendered.path, "/v1/messages/count_tokens");
        assert_eq!(body_of(&rendered), serde_json::json!({"model": "claude", "messages": [{"role": "user", "content": "Hi"}]}));
    }
    let answer = whole(Call::GeminiCount, &context(Call::GeminiCount, Dialect::Anthropic), br#"{"input_tokens":7}"#).unwrap();
    assert_eq!((answer.body.as_deref(), answer.seen.usage), (Some(&br#"{"totalTokens":7}"#[..]), None));
}

/// What a stream tells: generated bytes, tokens, whether it ended, its error.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    events: usize,
    bytes: usize,
    tokens: Option<Tokens>,
    ended: bool,
    error: Option<String>,
}

fn told(stream: &str) -> Told {
    let mut told = Told::default();
    let mut reader = Reader::default();
    let mut parser = sse::Parser::new(1 << 20);
    let mut each = |event: sse::Event<'_>| {
        reader.event(&event, &mut |delta| match delta {
            Delta::Text { text, .. } => {
                told.events += 1;
                told.bytes += text.len();
            }
            Delta::Usage(tokens) => told.tokens = Some(tokens),
            Delta::End => told.ended = true,
            Delta::Error(error) => told.error = Some(error.message.to_string()),
            other => panic!("{other:?}"),
        })
    };
    parser.push(stream.as_bytes(), &mut each).unwrap();
    parser.finish(&mut each).unwrap();
    told
}

#[test]
fn each_kind_of_stream_ends_with_an_event_of_its_own() {
    let usage = r#""usage":{"input_tokens":2,"output_tokens":5,"total_tokens":7}"#;
    for (first, last) in [
        (r#"{"type":"image_generation.partial_image","b64_json":"aa"}"#, "image_generation.completed"),
        (r#"{"type":"image_edit.partial_image","b64_json":"aa"}"#, "image_edit.completed"),
        (r#"{"type":"speech.audio.delta","audio":"aa"}"#, "speech.audio.done"),
        (r#"{"type":"transcript.text.delta","delta":"Hi"}"#, "transcript.text.done"),
    ] {
        let cut = format!("data: {first}\n\n");
        assert!(!told(&cut).ended && told(&cut).events == 1, "{first}");
        let whole = told(&format!("{cut}event: {last}\ndata: {{\"type\":\"{last}\",{usage}}}\n\n"));
        assert!(whole.ended, "{last}");
        assert_eq!(whole.tokens, Some(Tokens { input: 2, output: 5, ..Tokens::default() }));
    }
    assert_eq!(told("data: {\"type\":\"transcript.text.delta\",\"delta\":\"H\\u00fc\"}\n\n").bytes, 3);
}

#[test]
fn vllm_streams_transcriptions_as_chunks_of_a_chat() {
    let chunks = "data: {\"object\":\"transcription.chunk\",\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n\
        data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1,\"total_tokens\":4}}\n\ndata: [DONE]\n\n";
    let told = told(chunks);
    assert_eq!((told.bytes, told.ended), (2, true));
    assert_eq!(told.tokens, Some(Tokens { input: 3, output: 1, ..Tokens::default() }));
}

#[test]
fn an_error_in_a_stream_is_one_in_whatever_shape() {
    for event in [
        "data: {\"error\":{\"message\":\"too hot\",\"type\":\"server_error\"}}\n\n",
        "event: error\ndata: {\"message\":\"too hot\"}\n\n",
        "data: {\"type\":\"error\",\"code\":\"x\",\"message\":\"too hot\"}\n\n",
    ] {
        assert_eq!(told(event), Told { error: Some("too hot".to_owned()), ..Told::default() }, "{event}");
    }
    assert_eq!(told("data: {\"type\":\"speech.audio.delta\",\"error\":null}\n\n").error, None);
}
