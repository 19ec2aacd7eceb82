//! `generationConfig`, and the options beside messages and tools.

use serde::Serialize;

use super::schema::{self, Schema};
use super::thinking;
use crate::translate::conversation::{Conversation, ResponseFormat};
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;

/// The most stop sequences (API reference, `GenerationConfig.stop_sequences`).
const STOPS: usize = 5;
const JSON: &str = "application/json";

const ALONE: &str =
    "Google's models call several tools in a turn if they like: leave it out, or name a model of OpenAI's or Anthropic's";

/// Refuses what changes the answer and Google cannot do.
pub(super) fn refuse(conversation: &Conversation<'_>) -> Result<(), Fault> {
    let alone = conversation.parallel_tool_calls == Some(false) && !conversation.tools.is_empty();
    for (wrong, field, message) in [
        (conversation.is_biased(), "logit_bias", "Google takes no biases"),
        (alone, "parallel_tool_calls", ALONE),
        (conversation.stop.len() > STOPS, "stop", "Google takes at most five stop sequences"),
    ] {
        if wrong {
            return Err(Fault::new(field, message));
        }
    }
    Ok(())
}

pub(super) fn drop_hints(conversation: &Conversation<'_>, dropped: &mut Hints) {
    if conversation.end_user.is_some() {
        dropped.add("user");
    }
    if conversation.has_metadata() {
        dropped.add("metadata");
    }
    if conversation.service_tier.as_deref().is_some_and(|tier| !matches!(tier, "auto" | "default")) {
        dropped.add("service_tier");
    }
}

/// `generationConfig`, ready to be written.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Generation<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate_count: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stop_sequences: Vec<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_json_schema: Option<Schema<'c>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    response_logprobs: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<thinking::Config>,
    #[serde(skip)]
    something: bool,
}

impl<'c> Generation<'c> {
    pub(super) fn new(
        conversation: &'c Conversation<'c>,
        thinking_config: Option<thinking::Config>,
        dropped: &mut Hints,
    ) -> Result<Self, Fault> {
        let sampling = &conversation.sampling;
        let (response_mime_type, response_json_schema) = format(conversation.response_format.as_ref(), dropped)?;
        let config = Self {
            temperature: sampling.temperature,
            top_p: sampling.top_p,
            top_k: sampling.top_k,
            seed: sampling.seed.and_then(|seed| self::seed(seed, dropped)),
            presence_penalty: sampling.presence_penalty,
            frequency_penalty: sampling.frequency_penalty,
            // At most so many, and Google's number has 31 bits.
            max_output_tokens: conversation.max_output_tokens.map(|most| i32::try_from(most).unwrap_or(i32::MAX)),
            candidate_count: conversation.choices.filter(|count| *count != 1),
            stop_sequences: conversation.stop.iter().map(|text| &**text).collect(),
            response_mime_type,
            response_json_schema,
            response_logprobs: conversation.logprobs.is_some(),
            logprobs: conversation.logprobs.filter(|top| *top > 0),
            thinking_config,
            something: false,
        };
        Ok(Self { something: config.says_something(), ..config })
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.something
    }

    fn says_something(&self) -> bool {
        let numbers = [self.temperature, self.top_p, self.presence_penalty, self.frequency_penalty];
        numbers.iter().any(Option::is_some)
            || self.top_k.is_some()
            || self.seed.is_some()
            || self.max_output_tokens.is_some()
            || self.candidate_count.is_some()
            || !self.stop_sequences.is_empty()
            || self.response_mime_type.is_some()
            || self.response_logprobs
            || self.thinking_config.is_some()
    }
}

/// A seed only makes answers repeatable; a part of it would be another seed.
fn seed(seed: i64, dropped: &mut Hints) -> Option<i32> {
    let fits = i32::try_from(seed).ok();
    if fits.is_none() {
        dropped.add("seed");
    }
    fits
}

type Format<'c> = (Option<&'static str>, Option<Schema<'c>>);

/// The name of a schema is a label that Google has no need for; its answers match the schema exactly, asked or not.
fn format<'c>(format: Option<&'c ResponseFormat<'c>>, dropped: &mut Hints) -> Result<Format<'c>, Fault> {
    match format {
        None | Some(ResponseFormat::Text) => Ok((None, None)),
        Some(ResponseFormat::JsonObject) => Ok((Some(JSON), None)),
        Some(ResponseFormat::JsonSchema { schema, description, .. }) => {
            if description.is_some() {
                dropped.add("response_format.json_schema.description");
            }
            let within = |fault: Fault| fault.within("response_format.json_schema.schema");
            let schema = schema.as_deref().map(schema::schema).transpose().map_err(within)?;
            Ok((Some(JSON), schema))
        }
    }
}
