use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::translate::calls::tests::{azure_v1, body_of, context, sent, target, unsupported_field};
use crate::translate::calls::{Back, Call};
use crate::translate::{AnswerContext, AnswerError, Api, Dialect, Incoming, RequestError, Whole};
use crate::usage::Tokens;

const TITAN_V2: &str = "amazon.titan-embed-text-v2:0";

fn becomes(dialect: Dialect, model: &'static str, body: &str) -> (String, Value, Vec<String>) {
    let rendered = sent(Call::Embeddings, body, &target(dialect, model)).unwrap();
    (rendered.path.clone(), body_of(&rendered), rendered.dropped)
}

fn refused(dialect: Dialect, model: &'static str, body: &str) -> String {
    unsupported_field(sent(Call::Embeddings, body, &target(dialect, model)).unwrap_err())
}

#[test]
fn titan_takes_one_text_and_its_id_is_encoded_in_the_path() {
    let (path, body, dropped) = becomes(Dialect::Bedrock, TITAN_V2, r#"{"model":"m","input":"hi","dimensions":256,"user":"u"}"#);
    assert_eq!(path, "/model/amazon.titan-embed-text-v2%3A0/invoke");
    assert_eq!(body, json!({"inputText": "hi", "dimensions": 256}));
    assert_eq!(dropped, ["user"]);
    let (_, body, _) = becomes(Dialect::Bedrock, "us.amazon.titan-embed-text-v1", r#"{"model":"m","input":["hi"]}"#);
    assert_eq!(body, json!({"inputText": "hi"}));
    let (_, body, _) = becomes(Dialect::Bedrock, "amazon.titan-embed-image-v1", r#"{"model":"m","input":"hi","dimensions":384}"#);
    assert_eq!(body, json!({"inputText": "hi", "embeddingConfig": {"outputEmbeddingLength": 384}}));
}

#[test]
fn a_batch_for_titan_is_refused() {
    assert_eq!(refused(Dialect::Bedrock, TITAN_V2, r#"{"model":"m","input":["a","b"]}"#), "input");
}

#[test]
fn titan_v1_has_no_dimensions() {
    let v1 = "amazon.titan-embed-text-v1";
    assert_eq!(refused(Dialect::Bedrock, v1, r#"{"model":"m","input":"a","dimensions":256}"#), "dimensions");
}

#[test]
fn a_purpose_that_titan_does_not_know_is_dropped_and_told() {
    let (_, body, dropped) = becomes(Dialect::Bedrock, TITAN_V2, r#"{"model":"m","input":"a","input_type":"query"}"#);
    assert_eq!((body, dropped), (json!({"inputText": "a"}), vec!["input_type".to_owned()]));
}

#[test]
fn a_model_of_bedrock_whose_shape_is_not_known_is_refused() {
    let arn = "arn:aws:bedrock:us-east-1:1:application-inference-profile/x";
    assert_eq!(refused(Dialect::Bedrock, arn, r#"{"model":"m","input":"a"}"#), "model");
}

#[test]
fn cohere_demands_a_purpose_and_is_told_not_to_truncate() {
    let (path, body, _) = becomes(Dialect::Cohere, "embed-v4.0", r#"{"model":"m","input":["a","b"],"dimensions":512}"#);
    assert_eq!(path, "/v2/embed");
    let mut expected = json!({
        "model": "embed-v4.0", "texts": ["a", "b"], "input_type": "search_document", "embedding_types": ["float"],
        "output_dimension": 512, "truncate": "NONE"
    });
    assert_eq!(body, expected);
    let id = "cohere.embed-multilingual-v3";
    let (path, body, _) =
        becomes(Dialect::Bedrock, id, r#"{"model":"m","input":["a","b"],"input_type":"search_query","truncate":"END"}"#);
    assert_eq!(path, "/model/cohere.embed-multilingual-v3/invoke");
    expected = json!({"texts": ["a", "b"], "input_type": "search_query", "embedding_types": ["float"], "truncate": "END"});
    assert_eq!(body, expected);
    assert_eq!(refused(Dialect::Cohere, "e", r#"{"model":"m","input":"a","task_type":"FACT_VERIFICATION"}"#), "input_type");
}

#[test]
fn gemini_embeds_one_text_alone_and_more_in_a_batch_that_repeats_the_model() {
    let (path, body, _) = becomes(
        Dialect::Gemini,
        "gemini-embedding-001",
        r#"{"model":"m","input":"a","dimensions":768,"task_type":"RETRIEVAL_QUERY"}"#,
    );
    assert_eq!(path, "/v1beta/models/gemini-embedding-001:embedContent");
    assert_eq!(body, json!({"content": {"parts": [{"text": "a"}]}, "taskType": "RETRIEVAL_QUERY", "outputDimensionality": 768}));
    let (path, body, _) = becomes(Dialect::Gemini, "models/gemini-embedding-001", r#"{"model":"m","input":["a","b"]}"#);
    assert_eq!(path, "/v1beta/models/gemini-embedding-001:batchEmbedContents");
    let one = |text: &str| json!({"model": "models/gemini-embedding-001", "content": {"parts": [{"text": text}]}});
    assert_eq!(body, json!({"requests": [one("a"), one("b")]}));
}

#[test]
fn vertex_predicts_and_is_told_not_to_truncate() {
    let (path, body, _) =
        becomes(Dialect::Vertex, "text-embedding-005", r#"{"model":"m","input":["a","b"],"input_type":"document","title":"t"}"#);
    assert_eq!(path, "/v1/projects/proj/locations/europe-west1/publishers/google/models/text-embedding-005:predict");
    let one = |text: &str| json!({"content": text, "task_type": "RETRIEVAL_DOCUMENT", "title": "t"});
    assert_eq!(body, json!({"instances": [one("a"), one("b")], "parameters": {"autoTruncate": false}}));
}

#[test]
fn vertex_has_embed_content_for_models_after_gemini_embedding_001() {
    let (path, body, _) =
        becomes(Dialect::Vertex, "gemini-embedding-2-preview", r#"{"model":"m","input":"a","auto_truncate":true}"#);
    assert!(path.ends_with("/models/gemini-embedding-2-preview:embedContent"), "{path}");
    assert_eq!(body, json!({"content": {"parts": [{"text": "a"}]}, "autoTruncate": true}));
    assert_eq!(refused(Dialect::Vertex, "gemini-embedding-2-preview", r#"{"model":"m","input":["a","b"]}"#), "input");
    let (path, ..) = becomes(Dialect::Vertex, "gemini-embedding-001", r#"{"model":"m","input":"a"}"#);
    assert!(path.ends_with(":predict"), "{path}");
}

#[test]
fn token_ids_are_refused_where_the_tokenizer_is_another_one() {
    for (dialect, model) in [(Dialect::Bedrock, TITAN_V2), (Dialect::Cohere, "e"), (Dialect::Gemini, "g"), (Dialect::Vertex, "v")]
    {
        for input in ["[1,2]", "[[1],[2,3]]", "[ 1 ]"] {
            assert_eq!(refused(dialect, model, &format!(r#"{{"model":"m","input":{input}}}"#)), "input");
        }
    }
    let body = r#"{"model":"m","input":[[1,2]]}"#;
    assert_eq!(sent(Call::Embeddings, body, &target(Dialect::OpenAi, "m")).unwrap().body, None);
}

#[test]
fn what_cannot_be_embedded_is_told_with_its_field() {
    for (body, expected) in [
        (r#"{"model":"m"}"#, "input"),
        (r#"{"model":"m","input":[]}"#, "input"),
        (r#"{"model":"m","input":{}}"#, "input"),
        (r#"{"model":"m","input":["a",""]}"#, "input[1]"),
        (r#"{"model":"m","input":["a",1]}"#, "input[1]"),
        (r#"{"model":"m","input":"a","encoding_format":"hex"}"#, "encoding_format"),
        (r#"{"model":"m","input":"a","dimensions":-1}"#, "dimensions"),
        (r#"{"model":"m","input":"a","input_type":"query","task_type":"RETRIEVAL_QUERY"}"#, "task_type"),
    ] {
        let error = sent(Call::Embeddings, body, &target(Dialect::Cohere, "e")).unwrap_err();
        let RequestError::Invalid { field, message } = error else { panic!("{error}") };
        assert_eq!(field, expected, "{message}");
    }
    assert_eq!(refused(Dialect::Gemini, "g", r#"{"model":"m","input":"a","late_chunking":true}"#), "late_chunking");
    assert_eq!(refused(Dialect::Gemini, "g", r#"{"model":"m","input":"a","truncate":"END"}"#), "truncate");
}

fn whole(context: &AnswerContext, body: &[u8]) -> Result<Whole, AnswerError> {
    crate::translate::calls::whole(Call::Embeddings, context, body)
}

/// A context whose call needs this besides.
fn with(dialect: Dialect, change: impl FnOnce(&mut Back)) -> AnswerContext {
    let mut context = context(Call::Embeddings, dialect);
    change(&mut context.call);
    context
}

fn told(context: &AnswerContext, body: &str) -> (Value, Option<u64>) {
    let whole = whole(context, body.as_bytes()).unwrap();
    assert!(whole.seen.complete);
    (serde_json::from_slice(&whole.body.unwrap()).unwrap(), whole.seen.usage.map(|usage| usage.input))
}

#[test]
fn every_providers_answer_becomes_openais() {
    for (dialect, body, vectors, tokens) in [
        (Dialect::Bedrock, r#"{"embedding":[0.1,-2],"inputTextTokenCount":3}"#, json!([[0.1, -2]]), 3),
        (
            Dialect::Bedrock,
            r#"{"id":"x","texts":["a"],"embeddings":[[1],[2]],"response_type":"embeddings_floats"}"#,
            json!([[1], [2]]),
            0,
        ),
        (
            Dialect::Cohere,
            r#"{"id":"x","embeddings":{"float":[[1],[2]]},"meta":{"billed_units":{"input_tokens":5}}}"#,
            json!([[1], [2]]),
            5,
        ),
        (Dialect::Gemini, r#"{"embedding":{"values":[1.5]}}"#, json!([[1.5]]), 0),
        (
            Dialect::Gemini,
            r#"{"embeddings":[{"values":[1]},{"values":[2]}],"usageMetadata":{"promptTokenCount":4}}"#,
            json!([[1], [2]]),
            4,
        ),
        (
            Dialect::Vertex,
            r#"{"predictions":[{"embeddings":{"values":[1],"statistics":{"token_count":4.0}}},{"embeddings":{"values":[2],"statistics":{"token_count":2}}}]}"#,
            json!([[1], [2]]),
            6,
        ),
    ] {
        let (answer, seen) = told(&context(Call::Embeddings, dialect), body);
        let got: Vec<_> = answer["data"].as_array().unwrap().iter().map(|one| one["embedding"].clone()).collect();
        assert_eq!(Value::from(got), vectors, "{body}");
        assert_eq!(answer["model"], "asked");
        assert_eq!(answer["data"][0]["index"], 0);
        // What a provider does not tell is estimated, as in the usage record: OpenAI's SDKs demand a number.
        let told = if tokens == 0 { context(Call::Embeddings, dialect).input_estimate } else { tokens };
        assert_eq!(answer["usage"], json!({"prompt_tokens": told, "total_tokens": told}));
        assert_eq!(seen.unwrap_or_default(), tokens);
    }
}

#[test]
fn bedrock_tells_the_tokens_of_some_models_in_a_header_only() {
    let context = with(Dialect::Bedrock, |back| back.header_tokens = Some(8));
    let (answer, seen) = told(&context, r#"{"embeddings":{"float":[[1]]}}"#);
    assert_eq!((answer["usage"]["prompt_tokens"].as_u64(), seen), (Some(8), Some(8)));
}

#[test]
fn base64_is_of_little_endian_floats() {
    let body = Bytes::from_static(br#"{"model":"m","input":"x","encoding_format":"base64"}"#);
    let asked = Incoming::read(Api::Call(Call::Embeddings), "", None, &body, 9).unwrap();
    let context = with(Dialect::Gemini, |back| back.read(&asked));
    let (answer, _) = told(&context, r#"{"embedding":{"values":[0.5,-1,1e-3]}}"#);
    let bytes = STANDARD.decode(answer["data"][0]["embedding"].as_str().unwrap()).unwrap();
    let floats: Vec<f32> = bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    assert_eq!(floats, [0.5, -1.0, 1e-3]);
}

#[test]
fn the_numbers_of_floats_are_the_providers_own_text() {
    let body = r#"{"embedding":[0.10000000000000000001,-1E-7]}"#;
    let whole = whole(&context(Call::Embeddings, Dialect::Bedrock), body.as_bytes()).unwrap();
    let text = String::from_utf8(whole.body.unwrap().to_vec()).unwrap();
    assert!(text.contains("[0.10000000000000000001,-1E-7]"), "{text}");
    assert_eq!(whole.seen.usage, None::<Tokens>);
}

#[test]
fn an_answer_without_embeddings_is_the_providers_fault() {
    for (base64, body) in [
        (false, "{}"),
        (false, "[]"),
        (false, "oops"),
        (false, r#"{"embedding":[]}"#),
        (false, r#"{"embeddings":[]}"#),
        (false, r#"{"embedding":[null]}"#),
        (false, r#"{"embedding":"AAAA"}"#),
        (false, r#"{"embeddings":[[[1]]]}"#),
        (false, r#"{"embeddings":{"int8":[[1]]}}"#),
        (true, r#"{"embedding":[1e300]}"#),
    ] {
        let context = with(Dialect::Bedrock, |back| back.base64 = base64);
        let AnswerError::Malformed { dialect, .. } = whole(&context, body.as_bytes()).unwrap_err() else { panic!("{body}") };
        assert_eq!(dialect, "openai");
    }
}

#[test]
fn a_target_is_only_read_where_it_is_needed() {
    assert_eq!(sent(Call::Embeddings, r#"{"model":"m","input":"x"}"#, &azure_v1("m")).unwrap().body, None);
}
