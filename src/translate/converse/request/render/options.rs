//! Sampling, the answer's shape, the service tier and other options beside messages and tools.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::translate::conversation::{Conversation, ResponseFormat};
use crate::translate::converse::family::Family;
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::schema::closed;

/// Refuses what changes the answer and Bedrock cannot do. Its temperature ends at 1 (API reference, `InferenceConfiguration`),
/// OpenAI's at 2: scaling would be a guess.
pub(super) fn refuse(conversation: &Conversation<'_>) -> Result<(), Fault> {
    let sampling = &conversation.sampling;
    let penalized = |penalty: Option<f64>| penalty.is_some_and(|penalty| penalty != 0.0);
    for (wrong, field, message) in [
        (sampling.temperature.is_some_and(|t| !(0.0..=1.0).contains(&t)), "temperature", "must be between 0 and 1"),
        (sampling.top_p.is_some_and(|p| !(0.0..=1.0).contains(&p)), "top_p", "must be between 0 and 1"),
        (conversation.choices.is_some_and(|n| n != 1), "n", "Bedrock gives one answer: send the request several times"),
        (conversation.logprobs.is_some(), "logprobs", "Bedrock tells no log probabilities"),
        (conversation.is_biased(), "logit_bias", "Bedrock takes no biases"),
        (penalized(sampling.presence_penalty), "presence_penalty", "Bedrock has no penalties: only 0 is possible"),
        (penalized(sampling.frequency_penalty), "frequency_penalty", "Bedrock has no penalties: only 0 is possible"),
    ] {
        if wrong {
            return Err(Fault::new(field, message));
        }
    }
    Ok(())
}

pub(super) fn drop_hints(conversation: &Conversation<'_>, dropped: &mut Hints) {
    for (given, field) in [
        (conversation.sampling.seed.is_some(), "seed"),
        (conversation.end_user.is_some(), "user"),
        (conversation.has_metadata(), "metadata"),
    ] {
        if given {
            dropped.add(field);
        }
    }
}

/// `inferenceConfig`, ready to be written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Inference<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stop_sequences: Vec<&'c str>,
}

impl<'c> Inference<'c> {
    /// Bedrock rejects empty stop sequences, and Claude those of white space only; without them the answer would be a longer one.
    pub(super) fn new(conversation: &'c Conversation<'c>, max_tokens: Option<u64>, family: Family) -> Result<Self, Fault> {
        let blank = |text: &str| text.is_empty() || family == Family::Claude && text.trim().is_empty();
        if conversation.stop.iter().any(|text| blank(text)) {
            return Err(Fault::new("stop", "the model takes no stop sequence that is empty or only white space"));
        }
        Ok(Self {
            max_tokens,
            temperature: conversation.sampling.temperature,
            top_p: conversation.sampling.top_p,
            stop_sequences: conversation.stop.iter().map(|text| &**text).collect(),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.max_tokens.is_none() && self.temperature.is_none() && self.top_p.is_none() && self.stop_sequences.is_empty()
    }
}

/// `outputConfig`, ready to be written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output<'c> {
    text_format: TextFormat<'c>,
}

#[derive(Serialize)]
struct TextFormat<'c> {
    #[serde(rename = "type")]
    kind: &'static str,
    structure: Structure<'c>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Structure<'c> {
    JsonSchema(JsonSchema<'c>),
}

#[derive(Serialize)]
struct JsonSchema<'c> {
    /// JSON within a string: so Bedrock has it.
    #[serde(serialize_with = "in_a_string")]
    schema: Cow<'c, RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'c str>,
}

fn in_a_string<S: Serializer>(json: &RawValue, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(json.get())
}

impl<'c> Output<'c> {
    /// Answers match the schema exactly, asked or not; a model that cannot do it is told so by Bedrock.
    pub(super) fn new(format: Option<&'c ResponseFormat<'c>>) -> Result<Option<Self>, Fault> {
        let Some(ResponseFormat::JsonSchema { name, description, schema, .. }) = format else {
            return match format {
                Some(ResponseFormat::JsonObject) => {
                    let remedy = "Bedrock has no `json_object`: use `json_schema`, which says what the object has";
                    Err(Fault::new("response_format.type", remedy))
                }
                _ => Ok(None),
            };
        };
        const FIELD: &str = "response_format.json_schema.schema";
        let schema = schema.as_deref().ok_or_else(|| Fault::new(FIELD, "is missing"))?;
        let schema = closed(schema).map_err(|fault| fault.within(FIELD))?;
        let said = |text: &&str| !text.is_empty();
        let structure = Structure::JsonSchema(JsonSchema {
            schema,
            name: name.as_deref().filter(said),
            description: description.as_deref().filter(said),
        });
        Ok(Some(Self { text_format: TextFormat { kind: "json_schema", structure } }))
    }
}

/// `serviceTier`, ready to be written.
#[derive(Serialize)]
pub(super) struct Tier {
    #[serde(rename = "type")]
    kind: &'static str,
}

impl Tier {
    /// The default tier is that of a request without one, so it is not written.
    pub(super) fn new(word: &str, dropped: &mut Hints) -> Option<Self> {
        let kind = match word {
            "priority" => "priority",
            "flex" => "flex",
            "reserved" => "reserved",
            "auto" | "default" | "standard_only" => return None,
            _ => {
                dropped.add("service_tier");
                return None;
            }
        };
        Some(Self { kind })
    }
}
