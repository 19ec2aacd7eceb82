//! Anthropic's messages and embeddings, as Bedrock hosts them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::super::tests::direct::{Direct, at, changed};

fn path(model: &str, action: &str) -> Direct {
    at(&format!("/model/{model}/{action}")).header("authorization", "Bearer k")
}

const CLAUDE: &str = "anthropic.claude-haiku-4-5-20251001-v1%3A0";

fn claude(changes: Value) -> Value {
    let body =
        json!({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]});
    changed(body, &changes)
}

#[test]
fn claude_has_a_version_in_its_body_and_neither_model_nor_stream() {
    let output = path(CLAUDE, "invoke").send(claude(json!({"anthropic_beta": ["x"]})).to_string().as_bytes()).unwrap();
    assert!(output.headers.iter().any(|(name, value)| name == "x-amzn-bedrock-input-token-count" && value == "1"));
    assert_eq!(path(CLAUDE, "invoke").json(&claude(json!({})))["content"][0]["text"], "You said: hi");
    let refused = |changes: Value| path(CLAUDE, "invoke").refused(&claude(changes)).1;
    assert!(refused(json!({"model": "m"})).contains("extraneous key [model]"));
    assert!(refused(json!({"stream": false})).contains("extraneous key [stream]"));
    assert_eq!(refused(json!({"anthropic_version": null})), "anthropic_version: Field required");
    assert!(refused(json!({"anthropic_version": "2023-06-01"})).contains("is neither \"bedrock-2023-05-31\""));
    assert_eq!(refused(json!({"max_tokens": null})), "max_tokens: Field required");
}

#[test]
fn the_stream_is_of_chunks_that_wrap_anthropics_events() {
    let events = path(CLAUDE, "invoke-with-response-stream").events(&claude(json!({})));
    assert!(events.iter().all(|event| event.name == Some("chunk") && !event.exception));
    let inner: Vec<Value> = events
        .iter()
        .map(|event| serde_json::from_str::<Value>(&event.data).unwrap())
        .map(|chunk| serde_json::from_slice(&STANDARD.decode(chunk["bytes"].as_str().unwrap()).unwrap()).unwrap())
        .collect();
    assert_eq!((&inner[0]["type"], &inner[inner.len() - 1]["type"]), (&json!("message_start"), &json!("message_stop")));
    let metrics = &inner[inner.len() - 1]["amazon-bedrock-invocationMetrics"];
    assert_eq!((&metrics["inputTokenCount"], &metrics["outputTokenCount"]), (&json!(1), &json!(3)));
}

#[test]
fn texts_are_embedded_by_titan_and_by_cohere() {
    let titan = path("amazon.titan-embed-text-v2:0", "invoke");
    let answer = titan.json(&json!({"inputText": "a b", "dimensions": 256, "normalize": true}));
    assert_eq!((answer["embedding"].as_array().unwrap().len(), &answer["inputTextTokenCount"]), (256, &json!(2)));
    assert!(titan.refused(&json!({"inputText": "a", "dimensions": 100})).1.contains("is not one of"));
    assert!(titan.refused(&json!({"inputText": ["a"]})).1.contains("expected a string"));
    let first = path("amazon.titan-embed-text-v1", "invoke");
    assert!(first.refused(&json!({"inputText": "a", "dimensions": 256})).1.contains("extraneous key [dimensions]"));

    let cohere = path("cohere.embed-multilingual-v3", "invoke");
    let answer = cohere.json(&json!({"texts": ["a", "b"], "input_type": "search_document"}));
    assert_eq!((&answer["response_type"], answer["embeddings"][1].as_array().unwrap().len()), (&json!("embeddings_floats"), 16));
    let typed = cohere.json(&json!({"texts": ["a"], "input_type": "clustering", "embedding_types": ["int8"]}));
    assert!(typed["embeddings"]["int8"][0].is_array());
    assert!(cohere.refused(&json!({"texts": ["a"]})).1.contains("input_type"));
    assert!(
        cohere.refused(&json!({"texts": ["a"], "input_type": "clustering", "model": "m"})).1.contains("extraneous key [model]")
    );
}

#[test]
fn documents_are_ranked_by_cohere_and_by_amazon() {
    let cohere = path("cohere.rerank-v3-5:0", "invoke");
    let asked = json!({"query": "two", "documents": ["one", "two"], "api_version": 2, "top_n": 1});
    assert_eq!(cohere.json(&asked)["results"], json!([{"index": 1, "relevance_score": 0.99}]));
    assert!(cohere.refused(&json!({"query": "a", "documents": ["a"], "api_version": 1})).1.contains("at least 2"));
    assert!(cohere.refused(&json!({"query": "a", "documents": ["a"]})).1.contains("api_version"));
    let amazon = path("amazon.rerank-v1:0", "invoke");
    assert_eq!(amazon.json(&json!({"query": "a", "documents": ["a", "b"]}))["results"][0]["index"], 0);
    assert!(amazon.refused(&asked).1.contains("extraneous key [api_version]"));
}

#[test]
fn an_arn_is_one_segment_of_the_path() {
    let arn =
        "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.anthropic.claude-haiku-4-5-20251001-v1%3A0";
    assert_eq!(
        path(arn, "invoke").json(&claude(json!({})))["model"],
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0"
    );
    assert_eq!(path(&arn.replace("%2F", "/"), "invoke").refused(&claude(json!({}))).0, 404);
}
