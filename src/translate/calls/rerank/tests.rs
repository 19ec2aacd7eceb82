use serde_json::{Value, json};

use super::*;
use crate::codec::json::TopLevel;
use crate::translate::{Dialect, Format, Hosting, Rendered, RequestError, Target};
use crate::usage::Tokens;

fn target(wire: Wire, model: &str) -> Target<'_> {
    Target {
        dialect: Dialect::Cohere,
        format: Format::Cohere,
        hosting: &Hosting::Owner,
        provider: "upstream",
        model,
        stream: false,
        path_prefix: if wire == Wire::Bedrock { "" } else { "/v2" },
        default_max_tokens: 1,
        overrides: &[],
    }
}

fn sent(wire: Wire, model: &str, body: &str) -> Result<Rendered, RequestError> {
    let body = bytes::Bytes::from(body.to_owned());
    let top = TopLevel::scan(&body, 64).unwrap();
    request(wire, &body, &top, &facts(&top)?, &target(wire, model))
}

fn asked(rest: Value) -> String {
    let mut body = json!({"model": "m", "query": "q", "documents": ["a", "b"]});
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    body.to_string()
}

fn becomes(wire: Wire, model: &str, rest: Value) -> Value {
    let body = asked(rest);
    let rendered = sent(wire, model, &body).unwrap();
    rendered.body.map_or_else(|| serde_json::from_str(&body).unwrap(), |body| serde_json::from_slice(&body).unwrap())
}

#[test]
fn a_request_in_the_words_of_version_2_passes_byte_for_byte() {
    let body = "{ \"model\":\"m\", \"query\":\"q\",\n\"documents\":[\"a\"], \"top_n\":1, \"new\":1.50 }";
    for wire in [Wire::Cohere, Wire::Compatible] {
        let rendered = sent(wire, "m", body).unwrap();
        assert_eq!((rendered.path.as_str(), rendered.body), ("/v2/rerank", None));
    }
    let rendered = sent(Wire::Cohere, "served", body).unwrap().body.unwrap();
    assert_eq!(rendered, body.replace("\"m\"", "\"served\""));
}

#[test]
fn a_compatible_vendor_gets_what_the_client_wrote() {
    let rest = json!({"documents": [{"text": "a"}, {"image": "x"}], "return_documents": true, "truncate_prompt_tokens": 5});
    assert_eq!(becomes(Wire::Compatible, "m", rest.clone())["documents"], rest["documents"]);
}

#[test]
fn objects_become_the_texts_that_they_hold_because_version_2_takes_texts_only() {
    let rest = json!({"documents": [{"text": "ä\n", "id": 7}, "b"], "return_documents": false, "rank_fields": ["text"]});
    assert_eq!(becomes(Wire::Cohere, "m", rest), json!({"model": "m", "query": "q", "documents": ["ä\n", "b"]}));
}

#[test]
fn what_version_2_cannot_do_is_refused_and_named() {
    for (rest, field) in [
        (json!({"return_documents": true}), "return_documents"),
        (json!({"rank_fields": ["title"]}), "rank_fields"),
        (json!({"max_chunks_per_doc": 3}), "max_chunks_per_doc"),
        (json!({"documents": ["a", {"title": "b"}]}), "documents[1]"),
    ] {
        for wire in [Wire::Cohere, Wire::Bedrock] {
            let RequestError::Unsupported { field: named, .. } = sent(wire, "m", &asked(rest.clone())).unwrap_err() else {
                panic!()
            };
            assert_eq!(named, field);
        }
    }
}

#[test]
fn what_no_provider_could_rank_is_the_clients_fault() {
    for (rest, field) in [
        (json!({"model": ""}), "model"),
        (json!({"query": " "}), "query"),
        (json!({"query": 7}), "query"),
        (json!({"documents": null}), "documents"),
        (json!({"documents": []}), "documents"),
        (json!({"documents": ["a", 7]}), "documents[1]"),
        (json!({"documents": [{"text": 7}]}), "documents[0].text"),
    ] {
        let RequestError::Invalid { field: named, message } = sent(Wire::Cohere, "m", &asked(rest)).unwrap_err() else {
            panic!()
        };
        assert!(named.starts_with(field.split('[').next().unwrap()), "{named}: {message}");
    }
}

#[test]
fn bedrock_has_the_model_in_the_path_and_the_apis_version_in_the_body() {
    let arn = "arn:aws:bedrock:us-east-1::foundation-model/cohere.rerank-v3-5:0";
    let rendered = sent(Wire::Bedrock, arn, &asked(json!({"top_n": 1, "priority": 3}))).unwrap();
    assert_eq!(rendered.path, "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Fcohere.rerank-v3-5%3A0/invoke");
    let body: Value = serde_json::from_slice(&rendered.body.unwrap()).unwrap();
    assert_eq!(body, json!({"query": "q", "documents": ["a", "b"], "top_n": 1, "api_version": 2}));
    assert_eq!(rendered.dropped, ["priority"]);
    assert_eq!(becomes(Wire::Bedrock, "amazon.rerank-v1:0", json!({})), json!({"query": "q", "documents": ["a", "b"]}));
}

#[test]
fn overrides_come_last() {
    let raw = |json: &str| Some(serde_json::value::RawValue::from_string(json.to_owned()).unwrap());
    let overrides = [("top_n".to_owned(), raw("2")), ("model".to_owned(), raw("\"x\"")), ("user".to_owned(), None)];
    let body = bytes::Bytes::from(asked(json!({"user": "u"})));
    let top = TopLevel::scan(&body, 64).unwrap();
    let target = Target { overrides: &overrides, ..target(Wire::Cohere, "served") };
    let rendered = request(Wire::Cohere, &body, &top, &facts(&top).unwrap(), &target).unwrap();
    let body: Value = serde_json::from_slice(&rendered.body.unwrap()).unwrap();
    assert_eq!(body, json!({"model": "x", "query": "q", "documents": ["a", "b"], "top_n": 2}));
}

#[test]
fn search_units_and_tokens_are_found_where_each_provider_tells_them() {
    let cohere = r#"{"id":"r1","results":[{"index":3,"relevance_score":0.99},{"index":0,"relevance_score":1e-7}],
        "meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1}}}"#;
    let expected = Reranked { id: Some("r1".into()), results: 2, search_units: Some(1), ..Reranked::default() };
    assert_eq!(answer(cohere.as_bytes()).unwrap(), expected);
    for told in [
        r#""usage":{"total_tokens":56}"#,
        r#""usage":{"prompt_tokens":56,"completion_tokens":0,"total_tokens":56}"#,
        r#""meta":{"tokens":{"input_tokens":56,"output_tokens":0}}"#,
        r#""meta":{"billed_units":{"total_tokens":56}}"#,
    ] {
        let body = format!(r#"{{"model":"m","results":[{{"index":0,"relevance_score":1,"document":{{"text":"x"}}}}],{told}}}"#);
        let usage = answer(body.as_bytes()).unwrap().usage;
        assert_eq!(usage, Some(Tokens { input: 56, ..Tokens::default() }), "{told}");
    }
}

#[test]
fn what_holds_no_ranks_is_no_answer() {
    for body in [
        "",
        "[]",
        "{}",
        r#"{"message":"no"}"#,
        r#"{"results":[{"index":-1,"relevance_score":1}]}"#,
        r#"{"results":[{"index":0}]}"#,
    ] {
        assert!(answer(body.as_bytes()).is_err(), "{body}");
    }
    assert_eq!(answer(br#"{"results":[]}"#).unwrap().results, 0);
    let absurd =
        br#"{"results":[],"meta":{"billed_units":{"search_units":1e300,"input_tokens":-1}},"usage":{"total_tokens":-5}}"#;
    let answer = answer(absurd).unwrap();
    assert_eq!((answer.search_units, answer.usage), (Some(u64::MAX), None));
}
