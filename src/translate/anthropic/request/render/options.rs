//! Sampling, the answer's shape, the service tier and other options beside messages and tools.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::translate::conversation::{Conversation, ResponseFormat};
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::schema::closed;
use crate::translate::text::Str;

/// Refuses what changes the answer and Anthropic cannot do. Its temperature ends at 1 (API reference), OpenAI's at 2: scaling
/// would be a guess.
pub(super) fn refuse(conversation: &Conversation<'_>) -> Result<(), Fault> {
    let sampling = &conversation.sampling;
    let penalized = |penalty: Option<f64>| penalty.is_some_and(|penalty| penalty != 0.0);
    for (wrong, field, message) in [
        (sampling.temperature.is_some_and(|t| !(0.0..=1.0).contains(&t)), "temperature", "must be between 0 and 1"),
        (conversation.choices.is_some_and(|n| n != 1), "n", "Anthropic gives one answer: send the request several times"),
        (conversation.logprobs.is_some(), "logprobs", "Anthropic tells no log probabilities"),
        (conversation.is_biased(), "logit_bias", "Anthropic takes no biases"),
        (penalized(sampling.presence_penalty), "presence_penalty", "Anthropic has no penalties: only 0 is possible"),
        (penalized(sampling.frequency_penalty), "frequency_penalty", "Anthropic has no penalties: only 0 is possible"),
    ] {
        if wrong {
            return Err(Fault::new(field, message));
        }
    }
    Ok(())
}

pub(super) fn drop_hints(conversation: &Conversation<'_>, dropped: &mut Hints) {
    if conversation.sampling.seed.is_some() {
        dropped.add("seed");
    }
    if conversation.has_metadata() {
        dropped.add("metadata");
    }
}

/// Anthropic rejects stop sequences that are empty or only white space; without them the answer would be a longer one.
pub(super) fn stop_sequences<'c>(stop: &'c [Str<'c>]) -> Result<Vec<&'c str>, Fault> {
    if stop.iter().any(|text| text.trim().is_empty()) {
        return Err(Fault::new("stop", "Anthropic takes no stop sequence that is only white space"));
    }
    Ok(stop.iter().map(|text| &**text).collect())
}

/// `auto` uses priority capacity where there is some; `standard_only` never does, as OpenAI's `default`.
pub(super) fn service_tier(word: &str, dropped: &mut Hints) -> Option<&'static str> {
    match word {
        "auto" | "priority" => Some("auto"),
        "default" | "standard_only" => Some("standard_only"),
        _ => {
            dropped.add("service_tier");
            None
        }
    }
}

#[derive(Serialize)]
pub(super) struct Metadata<'c> {
    pub(super) user_id: &'c str,
}

/// `output_config`, ready to be written.
#[derive(Serialize)]
pub(super) struct Output<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Format<'c>>,
}

#[derive(Serialize)]
struct Format<'c> {
    #[serde(rename = "type")]
    kind: &'static str,
    schema: Cow<'c, RawValue>,
}

impl<'c> Output<'c> {
    /// The name of a schema is a label that Anthropic has no need for; its answers match the schema exactly, asked or not.
    pub(super) fn new(
        format: Option<&'c ResponseFormat<'c>>,
        effort: Option<&'static str>,
        dropped: &mut Hints,
    ) -> Result<Self, Fault> {
        let schema = match format {
            None | Some(ResponseFormat::Text) => None,
            Some(ResponseFormat::JsonObject) => {
                let remedy = "Anthropic has no `json_object`: use `json_schema`, which says what the object has";
                return Err(Fault::new("response_format.type", remedy));
            }
            Some(ResponseFormat::JsonSchema { schema, description, .. }) => {
                if description.is_some() {
                    dropped.add("response_format.json_schema.description");
                }
                const FIELD: &str = "response_format.json_schema.schema";
                let schema = schema.as_deref().ok_or_else(|| Fault::new(FIELD, "is missing"))?;
                Some(closed(schema).map_err(|fault| fault.within(FIELD))?)
            }
        };
        Ok(Self { effort, format: schema.map(|schema| Format { kind: "json_schema", schema }) })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.effort.is_none() && self.format.is_none()
    }
}
