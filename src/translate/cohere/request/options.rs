//! Sampling, thinking, the answer's shape and other options beside messages and tools, in Cohere's words and within its bounds.
//!
//! Bounds are those of the API reference. `top_p` 1 is what many clients send for "all tokens"; Cohere's highest is 0.99, and it is
//! that, and listed. How eagerly to think (`reasoning_effort`) has no word at Cohere: models that can think do, unless they are told
//! not to, or how far; an effort is dropped and listed. An answer's shape and tools exclude each other at Cohere.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::translate::conversation::{self, Conversation, Effort, Reasoning, ResponseFormat, Thought};
use crate::translate::extras::Extras;
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::text::Str;

const LEAST_P: f64 = 0.01;
const MOST_P: f64 = 0.99;
const MOST_K: u64 = 500;
const MOST_STOPS: usize = 5;

/// Refuses what changes the answer and Cohere cannot do.
pub(super) fn refuse(conversation: &Conversation<'_>) -> Result<(), Fault> {
    let sampling = &conversation.sampling;
    let out_of = |value: Option<f64>| value.is_some_and(|value| !(0.0..=1.0).contains(&value));
    for (wrong, field, message) in [
        (out_of(sampling.temperature), "temperature", "must be between 0 and 1"),
        (out_of(sampling.top_p), "top_p", "must be between 0 and 1"),
        (sampling.top_k.is_some_and(|k| k > MOST_K), "top_k", "must be at most 500"),
        (out_of(sampling.presence_penalty), "presence_penalty", "must be between 0 and 1"),
        (out_of(sampling.frequency_penalty), "frequency_penalty", "must be between 0 and 1"),
        (conversation.choices.is_some_and(|n| n != 1), "n", "Cohere gives one answer: send the request several times"),
        (conversation.logprobs.is_some(), "logprobs", "Cohere tells none of single tokens"),
        (conversation.is_biased(), "logit_bias", "Cohere takes no biases"),
    ] {
        if wrong {
            return Err(Fault::new(field, message));
        }
    }
    Ok(())
}

pub(super) fn drop_hints(conversation: &Conversation<'_>, dropped: &mut Hints) {
    dropped.add_if(conversation.has_metadata(), "metadata");
    dropped.add_if(conversation.end_user.is_some(), "user");
    dropped.add_if(conversation.service_tier.is_some(), "service_tier");
}

/// Sampling parameters, ready to be written.
#[derive(Serialize)]
pub(super) struct Sampling {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    k: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<f64>,
}

/// A penalty of 0 is Cohere's default, and is left out: some models take one of the two penalties only.
pub(super) fn sampling(sampling: &conversation::Sampling, dropped: &mut Hints) -> Result<Sampling, Fault> {
    let p = sampling.top_p.map(|p| p.clamp(LEAST_P, MOST_P));
    dropped.add_if(p != sampling.top_p, "top_p (the nearest between 0.01 and 0.99)");
    let seed = sampling.seed.map(u64::try_from);
    dropped.add_if(matches!(seed, Some(Err(_))), "seed");
    Ok(Sampling {
        temperature: sampling.temperature,
        p,
        k: sampling.top_k,
        seed: seed.and_then(Result::ok),
        presence_penalty: sampling.presence_penalty.filter(|penalty| *penalty != 0.0),
        frequency_penalty: sampling.frequency_penalty.filter(|penalty| *penalty != 0.0),
    })
}

pub(super) fn stop_sequences<'c>(stop: &'c [Str<'c>]) -> Result<&'c [Str<'c>], Fault> {
    if stop.len() > MOST_STOPS {
        return Err(Fault::new("stop", "Cohere takes at most 5 stop sequences"));
    }
    Ok(stop)
}

/// `thinking`, ready to be written.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Thinking {
    Enabled {
        #[serde(skip_serializing_if = "Option::is_none")]
        token_budget: Option<u64>,
    },
    Disabled,
}

/// A budget is at least one token: one of none is thinking switched off.
pub(super) fn thinking(reasoning: &Reasoning, dropped: &mut Hints) -> Option<Thinking> {
    let off = reasoning.effort == Some(Effort::None);
    dropped.add_if(!off && reasoning.effort.is_some(), "reasoning_effort");
    match reasoning.mode {
        Thought::Off | Thought::Budget(0) => Some(Thinking::Disabled),
        Thought::Budget(budget) => Some(Thinking::Enabled { token_budget: Some(budget) }),
        Thought::Adaptive => Some(Thinking::Enabled { token_budget: None }),
        Thought::Default => off.then_some(Thinking::Disabled),
    }
}

/// `response_format`, ready to be written.
#[derive(Serialize)]
pub(super) struct Format<'c> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    json_schema: Option<&'c RawValue>,
}

/// The name of a schema is a label that Cohere has no need for; its answers match the schema exactly, asked or not.
pub(super) fn format<'c>(
    conversation: &'c Conversation<'c>,
    extras: &Extras<'_>,
    dropped: &mut Hints,
) -> Result<Option<Format<'c>>, Fault> {
    let json_schema = match &conversation.response_format {
        None | Some(ResponseFormat::Text) => return Ok(None),
        Some(ResponseFormat::JsonObject) => None,
        Some(ResponseFormat::JsonSchema { schema, description, .. }) => {
            dropped.add_if(description.is_some(), "response_format.json_schema.description");
            let missing = || Fault::new("response_format.json_schema.schema", "is missing");
            Some(schema.as_deref().ok_or_else(missing)?)
        }
    };
    if !conversation.tools.is_empty() || extras.has("documents") {
        return Err(Fault::new("response_format", "Cohere takes it neither beside `tools` nor beside `documents`"));
    }
    Ok(Some(Format { kind: "json_object", json_schema }))
}
