use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;
use crate::codec::json::TopLevel;
use crate::translate::AnswerError;
use crate::translate::calls::Call;
use crate::translate::calls::tests::{target, unsupported_field};

fn counted(wire: Wire, body: &Value) -> Value {
    serde_json::from_slice(&conversation_body(wire, body.to_string().as_bytes(), "m").unwrap()).unwrap()
}

#[test]
fn anthropic_counts_without_what_is_about_the_answer() {
    let body =
        json!({"model": "m", "max_tokens": 5, "system": "s", "messages": [], "tools": [], "temperature": 0.5, "stream": true});
    let expected = json!({"model": "m", "system": "s", "messages": [], "tools": []});
    assert_eq!(counted(Wire::Anthropic, &body), expected);
    let hosted = json!({"model": "m", "system": "s", "messages": [], "tools": [], "anthropic_version": "vertex-2023-10-16"});
    assert_eq!(counted(Wire::AnthropicOnVertex, &body), hosted);
    let target = target(Dialect::AnthropicVertex, "claude");
    let path = "/v1/projects/proj/locations/europe-west1/publishers/anthropic/models/count-tokens:rawPredict";
    assert_eq!(Wire::of(&target).unwrap().path(&target), path);
}

#[test]
fn bedrock_counts_what_it_would_be_sent_to_invoke_anthropics_models() {
    let body = json!({"model": "m", "stream": true, "messages": []});
    for made in [
        counted(Wire::AnthropicOnBedrock, &body),
        serde_json::from_slice(&passed_body(Wire::AnthropicOnBedrock, body.to_string().as_bytes(), "m").unwrap()).unwrap(),
    ] {
        let inner = STANDARD.decode(made["input"]["invokeModel"]["body"].as_str().unwrap()).unwrap();
        let inner: Value = serde_json::from_slice(&inner).unwrap();
        assert_eq!(inner, json!({"messages": [], "anthropic_version": "bedrock-2023-05-31", "max_tokens": 1}));
    }
}

#[test]
fn bedrock_counts_for_a_model_and_not_for_an_inference_profile() {
    for (model, expected) in [
        ("us.anthropic.claude-x-v1:0", "/model/anthropic.claude-x-v1%3A0/count-tokens"),
        ("global.amazon.nova", "/model/amazon.nova/count-tokens"),
        ("amazon.nova", "/model/amazon.nova/count-tokens"),
    ] {
        let target = target(Dialect::Bedrock, model);
        assert_eq!(Wire::of(&target).unwrap().path(&target), expected);
    }
}

#[test]
fn converse_and_vertex_take_some_fields_only() {
    let converse = json!({"messages": [], "system": [], "inferenceConfig": {}, "toolConfig": {}, "requestMetadata": {}});
    let expected = json!({"input": {"converse": {"messages": [], "system": [], "toolConfig": {}}}});
    assert_eq!(counted(Wire::Converse, &converse), expected);
    let gemini = json!({"contents": [], "tools": [], "toolConfig": {}, "safetySettings": [], "generationConfig": {}});
    assert_eq!(counted(Wire::Vertex, &gemini), json!({"contents": [], "tools": [], "generationConfig": {}}));
}

#[test]
fn gemini_counts_a_whole_request_that_names_its_model() {
    let made = counted(Wire::Gemini, &json!({"contents": [], "systemInstruction": {}}));
    assert_eq!(made, json!({"generateContentRequest": {"contents": [], "systemInstruction": {}, "model": "models/m"}}));
}

#[test]
fn vllm_counts_the_messages_and_the_tools() {
    let made = counted(Wire::Vllm, &json!({"model": "m", "messages": [], "tools": [], "max_tokens": 3, "stream": false}));
    assert_eq!(made, json!({"model": "m", "messages": [], "tools": []}));
}

#[test]
fn every_provider_tells_its_count_in_its_own_word_and_every_client_reads_its_own() {
    for (dialect, body) in [
        ("anthropic", r#"{"input_tokens":14}"#),
        ("bedrock", r#"{"inputTokens":14}"#),
        ("gemini", r#"{"totalTokens":14,"promptTokensDetails":[]}"#),
        ("openai", r#"{"count":14,"max_model_len":4096,"tokens":[1]}"#),
    ] {
        assert_eq!(parse(dialect, body.as_bytes()).unwrap(), 14);
    }
    for body in ["{}", "[]", r#"{"input_tokens":-1}"#, r#"{"input_tokens":null}"#, "x"] {
        assert!(matches!(parse("p", body.as_bytes()), Err(AnswerError::Malformed { .. })), "{body}");
    }
    let told = |call| serde_json::from_slice::<Value>(&render(call, 14)).unwrap();
    assert_eq!(told(Call::CountTokens), json!({"input_tokens": 14}));
    assert_eq!(told(Call::InputTokens), json!({"object": "response.input_tokens", "input_tokens": 14}));
    assert_eq!(told(Call::Tokenize)["count"], 14);
    assert_eq!(told(Call::Tokenize)["tokens"], Value::Null, "nobody knows the tokens themselves");
}

fn ask(call: Call, body: &str) -> Result<(Value, Vec<String>), crate::translate::RequestError> {
    let top = TopLevel::scan(body.as_bytes(), 64).unwrap();
    let asked = asked(call, body.as_bytes(), &top, &target(Dialect::Anthropic, "m"))?;
    Ok((serde_json::from_slice(&asked.body).unwrap(), asked.dropped))
}

#[test]
fn hints_of_vllm_are_dropped_and_what_only_vllm_can_do_is_refused() {
    let body = r#"{"model":"m","messages":[],"add_special_tokens":false,"add_generation_prompt":true,"return_token_strs":false}"#;
    let (asked, dropped) = ask(Call::Tokenize, body).unwrap();
    assert_eq!(asked, json!({"model": "m", "messages": []}));
    assert_eq!(dropped, ["add_special_tokens", "add_generation_prompt"]);
    for (body, field) in [
        (r#"{"model":"m","prompt":"x"}"#, "prompt"),
        (r#"{"model":"m","messages":[],"return_token_strs":true}"#, "return_token_strs"),
        (r#"{"model":"m","messages":[],"continue_final_message":true}"#, "continue_final_message"),
    ] {
        assert_eq!(unsupported_field(ask(Call::Tokenize, body).unwrap_err()), field);
    }
}

#[test]
fn what_is_counted_is_read_as_a_request_for_an_answer() {
    let (asked, _) = ask(Call::CountTokens, r#"{"model":"m","messages":[]}"#).unwrap();
    assert_eq!(asked["max_tokens"], 1);
}
