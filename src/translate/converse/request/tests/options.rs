//! Sampling, thinking, the answer's shape, and fields that only one side has.

use serde_json::json;

use super::*;

#[test]
fn sampling_and_limits_stand_in_the_inference_config() {
    let fields = json!({ "max_tokens": 7, "temperature": 0.5, "top_p": 0.9, "stop": ["a", "b"], "seed": 1, "user": "u" });
    let rendered = rendered(&request(fields), CLAUDE).unwrap();
    let body = body_of(&rendered);
    let expected = json!({ "maxTokens": 7, "temperature": 0.5, "topP": 0.9, "stopSequences": ["a", "b"] });
    assert_eq!(body["inferenceConfig"], expected);
    assert_eq!(rendered.dropped, ["seed", "user"]);
    // Only so does Bedrock tell which of them was met.
    assert_eq!(body["additionalModelResponseFieldPaths"], json!(["/stop_sequence"]));
}

#[test]
fn what_would_change_the_answer_is_refused_by_its_name() {
    for (fields, field) in [
        (json!({ "temperature": 1.2 }), "temperature"),
        (json!({ "n": 2 }), "n"),
        (json!({ "logprobs": true }), "logprobs"),
        (json!({ "logit_bias": { "1": 5 } }), "logit_bias"),
        (json!({ "presence_penalty": 0.1 }), "presence_penalty"),
        (json!({ "frequency_penalty": -0.1 }), "frequency_penalty"),
        (json!({ "stop": [""] }), "stop"),
        (json!({ "stop": [" "] }), "stop"),
        (json!({ "response_format": { "type": "json_object" } }), "response_format.type"),
        (
            json!({ "response_format": { "type": "json_schema", "json_schema": { "name": "a" } } }),
            "response_format.json_schema.schema",
        ),
        (json!({ "modalities": ["text", "audio"] }), "modalities"),
        (json!({ "web_search_options": {} }), "web_search_options"),
        (json!({ "made_up": 1 }), "made_up"),
        (json!({ "mcp_servers": [] }), "mcp_servers"),
    ] {
        assert_eq!(refused(fields.clone(), CLAUDE).0, field, "{fields}");
    }
}

#[test]
fn a_schema_of_the_answer_is_a_string_in_the_output_config() {
    let schema = json!({
        "type": "object", "properties": { "a": { "$ref": "#/$defs/x" } }, "$defs": { "x": { "anyOf": [{ "type": "null" }] } },
        "additionalProperties": false
    });
    let format = json!({ "type": "json_schema", "json_schema": { "name": "n", "strict": true, "schema": schema } });
    let body = body(json!({ "response_format": format }), CLAUDE);
    let structure = &body["outputConfig"]["textFormat"];
    assert_eq!(structure["type"], "json_schema");
    let told = &structure["structure"]["jsonSchema"];
    assert_eq!(told["name"], "n");
    assert_eq!(serde_json::from_str::<Value>(told["schema"].as_str().unwrap()).unwrap(), schema);
}

#[test]
fn top_k_has_the_word_of_the_family() {
    let top_k = |model| body(json!({ "top_k": 5 }), model)["additionalModelRequestFields"].clone();
    assert_eq!(top_k(CLAUDE), json!({ "top_k": 5 }));
    assert_eq!(top_k(NOVA), json!({ "inferenceConfig": { "topK": 5 } }));
    assert_eq!(dropped(json!({ "top_k": 5 }), LLAMA), ["top_k"]);
}

#[test]
fn an_effort_has_the_word_of_the_family() {
    let asked = |effort: &str, model| body(json!({ "reasoning_effort": effort }), model)["additionalModelRequestFields"].clone();
    assert_eq!(asked("medium", CLAUDE), json!({ "output_config": { "effort": "medium" } }));
    assert_eq!(asked("none", CLAUDE), json!({ "thinking": { "type": "disabled" } }));
    let nova = |effort| json!({ "reasoningConfig": { "type": "enabled", "maxReasoningEffort": effort } });
    assert_eq!(asked("minimal", "amazon.nova-2-lite-v1:0"), nova("low"));
    assert_eq!(asked("high", "amazon.nova-2-lite-v1:0"), nova("high"));
    assert_eq!(asked("none", "amazon.nova-2-lite-v1:0"), Value::Null);
    assert_eq!(asked("low", "openai.gpt-oss-20b-1:0"), json!({ "reasoning_effort": "low" }));
    assert_eq!(asked("xhigh", "openai.gpt-6-luna"), json!({ "reasoning": { "effort": "xhigh" } }));
    assert_eq!(asked("high", "deepseek.v3-v1:0"), json!({ "reasoning_effort": "high" }));
    assert_eq!(dropped(json!({ "reasoning_effort": "none" }), "deepseek.v3-v1:0"), [""; 0]);
    assert_eq!(dropped(json!({ "reasoning_effort": "none" }), "openai.gpt-oss-20b-1:0"), ["reasoning_effort"]);
    for model in [LLAMA, NOVA, PROFILE] {
        assert_eq!(dropped(json!({ "reasoning_effort": "high" }), model), ["reasoning_effort"], "{model}");
    }
}

#[test]
fn nova_takes_the_highest_effort_only_without_limit_and_sampling() {
    let fields = json!({ "reasoning_effort": "high", "max_tokens": 10 });
    let rendered = rendered(&request(fields), "us.amazon.nova-2-lite-v1:0").unwrap();
    let config = &body_of(&rendered)["additionalModelRequestFields"]["reasoningConfig"];
    assert_eq!(config["maxReasoningEffort"], "medium");
    assert_eq!(rendered.dropped.len(), 1);
}

#[test]
fn a_budget_is_claudes_and_the_limit_is_above_it() {
    let thinking = json!({ "type": "enabled", "budget_tokens": 2_000 });
    for model in [CLAUDE, PROFILE] {
        let body = body(json!({ "thinking": thinking }), model);
        assert_eq!(body["additionalModelRequestFields"]["thinking"], thinking);
        assert_eq!(body["inferenceConfig"]["maxTokens"], 6_096);
    }
    assert_eq!(dropped(json!({ "thinking": thinking }), NOVA), ["thinking.budget_tokens", "thinking"]);
    let effort = body(json!({ "thinking": thinking }), "openai.gpt-oss-120b-1:0");
    assert_eq!(effort["additionalModelRequestFields"], json!({ "reasoning_effort": "low" }));
}

#[test]
fn claudes_rules_beside_thinking_are_told_before_bedrock_does() {
    for (fields, field) in [
        (json!({ "thinking": { "type": "enabled", "budget_tokens": 10 } }), "thinking.budget_tokens"),
        (json!({ "thinking": { "type": "enabled", "budget_tokens": 1_024 }, "max_tokens": 1_024 }), "thinking.budget_tokens"),
        (json!({ "thinking": { "type": "enabled", "budget_tokens": 1_024 }, "temperature": 0.5 }), "temperature"),
        (json!({ "thinking": { "type": "adaptive" }, "top_k": 5 }), "top_k"),
        (json!({ "thinking": { "type": "adaptive" }, "top_p": 0.5 }), "top_p"),
    ] {
        assert_eq!(refused(fields.clone(), CLAUDE).0, field, "{fields}");
    }
}

#[test]
fn converses_own_fields_go_through_and_hints_of_others_are_listed() {
    let guardrail = json!({ "guardrailIdentifier": "g", "guardrailVersion": "1" });
    let fields = json!({
        "guardrailConfig": guardrail, "requestMetadata": { "team": "red" }, "performanceConfig": { "latency": "optimized" },
        "additionalModelRequestFields": { "custom": 1 }, "top_k": 3, "store": true, "metadata": { "a": "b" }, "service_tier": "flex",
    });
    let rendered = rendered(&request(fields), CLAUDE).unwrap();
    let body = body_of(&rendered);
    assert_eq!(body["guardrailConfig"], guardrail);
    assert_eq!(body["requestMetadata"], json!({ "team": "red" }));
    assert_eq!(body["performanceConfig"], json!({ "latency": "optimized" }));
    assert_eq!(body["additionalModelRequestFields"], json!({ "custom": 1, "top_k": 3 }));
    assert_eq!(body["serviceTier"], json!({ "type": "flex" }));
    assert_eq!(rendered.dropped, ["metadata", "store"]);
}

#[test]
fn nothing_is_said_twice() {
    let fields = json!({ "additionalModelRequestFields": { "top_k": 1 }, "top_k": 3 });
    assert_eq!(refused(fields, CLAUDE).0, "top_k");
    let fields = json!({ "additionalModelRequestFields": 7 });
    assert_eq!(refused(fields, CLAUDE).0, "additionalModelRequestFields");
}

#[test]
fn the_default_tier_is_not_written_and_an_unknown_one_is_listed() {
    for word in ["auto", "default"] {
        assert_eq!(body(json!({ "service_tier": word }), CLAUDE)["serviceTier"], Value::Null);
        assert_eq!(dropped(json!({ "service_tier": word }), CLAUDE), [""; 0]);
    }
    assert_eq!(dropped(json!({ "service_tier": "scale" }), CLAUDE), ["service_tier"]);
}
