//! Whole answers: written for a client, and read as far as a pass-through observes them.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::logprobs::{self, Logprobs};
use super::{made_id, malformed};
use crate::translate::AnswerError;
use crate::translate::answer::{Answer, Choice, Finish};
use crate::translate::conversation::{Content, Part};
use crate::translate::openai::{self, error, usage, words};
use crate::translate::text::Str;

#[derive(Debug, Serialize)]
struct Completion<'c> {
    id: &'c str,
    object: &'static str,
    created: i64,
    model: &'c str,
    choices: Vec<ToldChoice<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<usage::Told>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_fingerprint: Option<&'c str>,
}

/// A choice, or a piece of one.
#[derive(Debug, Serialize)]
pub(super) struct ToldChoice<'c> {
    pub(super) text: Str<'c>,
    pub(super) index: u32,
    pub(super) logprobs: Option<Logprobs<'c>>,
    pub(super) finish_reason: Option<&'static str>,
}

/// Writes an answer. `asked_model` stands in where the provider does not say which model answered.
pub fn render(answer: &Answer<'_>, asked_model: &str) -> Vec<u8> {
    let made;
    let id = match &answer.id {
        Some(id) => &**id,
        None => {
            made = made_id();
            &made
        }
    };
    let completion = Completion {
        id,
        object: "text_completion",
        created: answer.created.unwrap_or_else(openai::now),
        model: answer.model.as_deref().unwrap_or(asked_model),
        choices: (0..).zip(&answer.choices).map(|(index, choice)| told(index, choice)).collect(),
        usage: answer.usage.map(Into::into),
        system_fingerprint: answer.system_fingerprint.as_deref(),
    };
    // Serializing plain structs with string keys cannot fail.
    serde_json::to_vec(&completion).unwrap_or_default()
}

/// What the model said, a refusal included: this API has no other place for it.
fn told<'c>(index: u32, choice: &'c Choice<'c>) -> ToldChoice<'c> {
    let said = |part: &'c Part<'c>| match &part.content {
        Content::Text(text) | Content::Refusal(text) => Some(&**text),
        _ => None,
    };
    let mut texts: Vec<&str> = choice.parts.iter().filter_map(said).collect();
    let text = if texts.len() > 1 { texts.concat().into() } else { texts.pop().unwrap_or_default().into() };
    let logprobs = choice.logprobs.as_deref().and_then(|raw| logprobs::read(raw, &mut 0));
    ToldChoice { text, index, logprobs, finish_reason: Some(finish_word(choice.finish.reason)) }
}

/// This API has no tools: whatever else a model stopped for, it stopped.
pub(super) fn finish_word(reason: crate::translate::answer::FinishReason) -> &'static str {
    match words::finish_word(reason) {
        "tool_calls" => "stop",
        word => word,
    }
}

/// A completion, whole or a chunk of a stream.
#[derive(Debug, Deserialize)]
pub(super) struct Wire<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) model: Option<Str<'a>>,
    #[serde(borrow)]
    created: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) choices: Option<Vec<WireChoice<'a>>>,
    usage: Option<usage::Reported>,
    #[serde(borrow)]
    system_fingerprint: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireChoice<'a> {
    pub(super) index: Option<u32>,
    #[serde(borrow)]
    pub(super) text: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) finish_reason: Option<Str<'a>>,
}

impl Wire<'_> {
    pub(super) fn created(&self) -> Option<i64> {
        self.created.and_then(|raw| raw.get().parse().ok())
    }

    pub(super) fn tokens(&self) -> Option<crate::usage::Tokens> {
        self.usage.as_ref().and_then(usage::Reported::tokens)
    }
}

/// Reads an answer.
///
/// # Errors
/// [`AnswerError::Malformed`], also for an error that stands in an answer with status 200.
pub fn parse<'a>(body: &'a [u8]) -> Result<Answer<'a>, AnswerError> {
    let mut wire: Wire<'a> = serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
    let mut choices = wire.choices.take().unwrap_or_default();
    if choices.is_empty() {
        return Err(malformed(match wire.error {
            Some(raw) => format!("it is an error: {}", error::of_value(raw).message),
            None => "it has no choices".to_owned(),
        }));
    }
    choices.sort_by_key(|choice| choice.index.unwrap_or_default());
    let (created, usage) = (wire.created(), wire.tokens());
    Ok(Answer {
        id: wire.id,
        model: wire.model,
        created,
        choices: choices.into_iter().map(choice).collect(),
        usage,
        service_tier: None,
        system_fingerprint: wire.system_fingerprint,
    })
}

fn choice(choice: WireChoice<'_>) -> Choice<'_> {
    let reason = words::finish_reason(choice.finish_reason.as_deref().unwrap_or_default());
    let parts = choice.text.map(|text| Content::Text(text).into()).into_iter().collect();
    Choice { parts, finish: Finish { reason, stop_sequence: None }, logprobs: None, citations: Vec::new() }
}
