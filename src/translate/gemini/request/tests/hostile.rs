//! Whatever a client sends, there is an answer and no panic.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::translate::gemini::request::parse;

fn all() -> Value {
    json!({
        "contents": [
            {"role": "user", "parts": [{"text": "a"}, {"inlineData": {"mimeType": "image/png", "data": "AA=="}}]},
            {"role": "model", "parts": [{"text": "t", "thought": true, "thoughtSignature": "Cg=="},
                {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "Cg=="}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "x"},
                "parts": [{"inlineData": {"mimeType": "image/png", "data": "AA=="}}]}}]},
        ],
        "systemInstruction": {"parts": [{"text": "s"}]},
        "tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
        "generationConfig": {"topK": 3, "thinkingConfig": {"thinkingBudget": 7}, "responseMimeType": "application/json",
            "responseSchema": {"type": "OBJECT"}},
        "safetySettings": [{"category": "c", "threshold": "OFF"}],
        "labels": {"a": "b"},
    })
}

fn odd() -> Vec<Value> {
    vec![
        json!(null),
        json!(7),
        json!(-1.5),
        json!(""),
        json!("ü\u{0}"),
        json!([]),
        json!([[]]),
        json!({}),
        json!({"a": {}}),
        json!(true),
    ]
}

/// Replaces the value number `at`, in the order of the text.
fn replace(value: &mut Value, at: &mut usize, with: &Value) {
    if *at == 0 {
        *value = with.clone();
    }
    *at = at.wrapping_sub(1);
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, at, with)),
        Value::Array(list) => list.iter_mut().for_each(|item| replace(item, at, with)),
        _ => {}
    }
}

#[test]
fn any_value_in_any_place_is_answered() {
    for at in 0..90 {
        for with in odd() {
            let mut request = all();
            replace(&mut request, &mut at.clone(), &with);
            let body = request.to_string();
            if let Ok(conversation) = parse(body.as_bytes()) {
                let _ = openai::request::render(&conversation, &target("m"));
                let _ = anthropic::request::render(&conversation, &target("m"));
                let _ = rendered(&conversation, "gemini-3-pro");
            }
        }
    }
}

#[test]
fn the_whole_of_it_comes_back_as_it_was() {
    let body = all().to_string();
    let conversation = parse(body.as_bytes()).unwrap();
    let again = super::body(&rendered(&conversation, "gemini-2.5-flash").unwrap());
    assert_eq!(again["systemInstruction"], all()["systemInstruction"]);
    assert_eq!(again["contents"][1]["parts"][0], json!({"text": "t", "thought": true, "thoughtSignature": "Cg=="}));
    assert_eq!(again["contents"][1]["parts"][1]["thoughtSignature"], "Cg==");
    assert_eq!(again["contents"][2]["parts"][0]["functionResponse"]["id"], "call_1");
    assert_eq!(again["toolConfig"], all()["toolConfig"]);
}

proptest! {
    #[test]
    fn bytes_of_any_kind_are_answered(body in "\\PC*") {
        let _ = parse(body.as_bytes());
    }
}
