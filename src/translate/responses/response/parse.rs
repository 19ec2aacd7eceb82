//! Reads a whole response of OpenAI's: what it cost, how it ended, and what the model said in it.
//!
//! Items of tools that OpenAI runs are passed over. Reasoning is read by its summary.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::translate::AnswerError;
use crate::translate::answer::{Answer, Choice, Finish};
use crate::translate::conversation::{Content, Part, Thinking, ToolCall};
use crate::translate::openai::error;
use crate::translate::responses::malformed;
use crate::translate::responses::usage::Reported;
use crate::translate::responses::words::{self, Held};
use crate::translate::text::Str;

/// A response, whole or in an event of a stream.
#[derive(Debug, Deserialize)]
pub(in crate::translate::responses) struct Response<'a> {
    #[serde(borrow)]
    pub(in crate::translate::responses) id: Option<Str<'a>>,
    #[serde(borrow)]
    pub(in crate::translate::responses) model: Option<Str<'a>>,
    #[serde(borrow)]
    created_at: Option<&'a RawValue>,
    #[serde(borrow)]
    output: Option<Vec<OutputItem<'a>>>,
    #[serde(borrow)]
    incomplete_details: Option<IncompleteDetails<'a>>,
    usage: Option<Reported>,
    #[serde(borrow)]
    service_tier: Option<Str<'a>>,
    #[serde(borrow)]
    pub(in crate::translate::responses) error: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct IncompleteDetails<'a> {
    #[serde(borrow)]
    reason: Option<Str<'a>>,
}

/// An item of `output`. What is not known here is of no interest.
#[derive(Debug, Deserialize)]
pub(in crate::translate::responses) struct OutputItem<'a> {
    #[serde(borrow, rename = "type")]
    pub(in crate::translate::responses) kind: Option<Str<'a>>,
    #[serde(borrow)]
    content: Option<Vec<OutputPart<'a>>>,
    #[serde(borrow)]
    summary: Option<Vec<OutputPart<'a>>>,
    #[serde(borrow)]
    pub(in crate::translate::responses) call_id: Option<Str<'a>>,
    #[serde(borrow)]
    pub(in crate::translate::responses) name: Option<Str<'a>>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct OutputPart<'a> {
    #[serde(borrow)]
    text: Option<Str<'a>>,
    #[serde(borrow)]
    refusal: Option<Str<'a>>,
}

/// Reads a response.
///
/// # Errors
/// [`AnswerError::Malformed`], also for a response that failed.
pub fn parse<'a>(body: &'a [u8]) -> Result<Answer<'a>, AnswerError> {
    let response: Response<'a> = serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
    if let Some(raw) = response.error.filter(|raw| error::says_something(raw)) {
        return Err(malformed(format!("it is an error: {}", error::of_value(raw).message)));
    }
    if response.output.is_none() {
        return Err(malformed("it has no `output`"));
    }
    Ok(response.answer())
}

impl<'a> Response<'a> {
    /// When it was made, in Unix seconds.
    pub(in crate::translate::responses) fn created(&self) -> Option<i64> {
        let text = self.created_at?.get();
        // The SDKs' type is a number that may have a fraction.
        text.split('.').next()?.parse().ok()
    }

    /// What it cost.
    pub(in crate::translate::responses) fn tokens(&self) -> Option<crate::usage::Tokens> {
        self.usage.as_ref().and_then(Reported::tokens)
    }

    /// Why the model stopped.
    pub(in crate::translate::responses) fn finish(&self) -> Finish<'static> {
        let items = || self.output.iter().flatten();
        let refuses = |item: &OutputItem<'_>| item.content.iter().flatten().any(|part| part.refusal.is_some());
        let held = Held { tool_calls: items().any(OutputItem::is_call), refusal: items().any(refuses) };
        let incomplete = self.incomplete_details.as_ref().map(|details| details.reason.as_deref().unwrap_or_default());
        Finish { reason: words::finish_reason(incomplete, held), stop_sequence: None }
    }

    fn answer(self) -> Answer<'a> {
        let (created, usage, finish) = (self.created(), self.tokens(), self.finish());
        let parts = self.output.into_iter().flatten().flat_map(parts).collect();
        Answer {
            id: self.id,
            model: self.model,
            created,
            choices: vec![Choice { parts, finish, logprobs: None, citations: Vec::new() }],
            usage,
            service_tier: self.service_tier,
            system_fingerprint: None,
        }
    }
}

impl OutputItem<'_> {
    /// Whether the application has to run a tool.
    pub(in crate::translate::responses) fn is_call(&self) -> bool {
        matches!(self.kind.as_deref(), Some("function_call" | "custom_tool_call"))
    }
}

fn parts(item: OutputItem<'_>) -> Vec<Part<'_>> {
    let is_call = item.is_call();
    match item.kind.as_deref() {
        Some("message") => {
            let said = item.content.into_iter().flatten();
            said.flat_map(|part| [part.text.map(Content::Text), part.refusal.map(Content::Refusal)])
                .flatten()
                .map(Part::from)
                .collect()
        }
        Some("reasoning") => {
            let thought = item.summary.into_iter().flatten().chain(item.content.into_iter().flatten());
            let texts = thought.filter_map(|part| part.text);
            texts.map(|text| Content::Thinking(Thinking { text, signature: None }).into()).collect()
        }
        Some(_) if is_call => {
            let arguments = item.arguments.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
            let (id, name) = (item.call_id.unwrap_or_default(), item.name.unwrap_or_default());
            vec![Content::ToolCall(ToolCall { id, name, arguments, signature: None }).into()]
        }
        _ => Vec::new(),
    }
}
