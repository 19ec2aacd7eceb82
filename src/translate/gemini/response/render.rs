//! Writes a whole answer for a client of Google's API.
//!
//! The text of a refusal is text. Arguments of a call that are not a JSON object are written as `{"INVALID_JSON": "…"}`: Google's
//! field holds objects only, and the application can then refuse them. Thinking of other providers has their signature in
//! `thoughtSignature`, and comes back there.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::translate::answer::{Answer, Choice};
use crate::translate::conversation::{Content as Said, Thinking, ToolCall};
use crate::translate::gemini::part::{Args, Content, FunctionCall, Part};
use crate::translate::gemini::{carried, grounding, logprobs, usage, words};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'c> {
    candidates: Vec<Candidate<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage_metadata: Option<usage::Written>,
    model_version: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_id: Option<&'c str>,
}

/// One of the answers, or a piece of it, ready to be written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::translate::gemini) struct Candidate<'c> {
    pub(in crate::translate::gemini) content: Content<'c>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::translate::gemini) finish_reason: Option<&'static str>,
    pub(in crate::translate::gemini) index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::translate::gemini) grounding_metadata: Option<grounding::Written>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::translate::gemini) logprobs_result: Option<Box<RawValue>>,
}

impl<'c> Candidate<'c> {
    /// Nothing to say is an empty text, as Google has it: its SDKs look for the parts.
    pub(in crate::translate::gemini) fn new(index: u32, mut parts: Vec<Part<'c>>) -> Self {
        if parts.is_empty() {
            parts.push(Part::text(""));
        }
        Self {
            content: Content { role: "model", parts },
            finish_reason: None,
            index,
            grounding_metadata: None,
            logprobs_result: None,
        }
    }
}

/// Writes an answer. `asked_model` stands where the provider did not name its model.
pub fn render(answer: &Answer<'_>, asked_model: &str) -> Vec<u8> {
    let response = Response {
        candidates: (0..).zip(&answer.choices).map(|(index, choice)| candidate(index, choice)).collect(),
        usage_metadata: answer.usage.map(Into::into),
        model_version: answer.model.as_deref().unwrap_or(asked_model),
        response_id: answer.id.as_deref(),
    };
    // Text, numbers and JSON that has been read: nothing here that JSON cannot say.
    serde_json::to_vec(&response).unwrap_or_default()
}

fn candidate<'c>(index: u32, choice: &'c Choice<'c>) -> Candidate<'c> {
    let mut parts = Vec::with_capacity(choice.parts.len());
    let (mut texts, mut said) = (Vec::new(), 0_u64);
    for part in &choice.parts {
        if let Said::Text(text) = &part.content {
            texts.push((parts.len(), said));
            said = said.saturating_add(u64::try_from(text.len()).unwrap_or(u64::MAX));
        }
        push(&part.content, &mut parts);
    }
    let mut cited = grounding::Written::default();
    choice.citations.iter().for_each(|citation| cited.add(citation, &texts));
    let mut candidate = Candidate::new(index, parts);
    candidate.finish_reason = Some(words::finish_word(choice.finish.reason));
    candidate.grounding_metadata = cited.some();
    candidate.logprobs_result = choice.logprobs.as_deref().and_then(logprobs::to_google);
    candidate
}

/// Adds what stands for this content. Empty text is nothing; media are what no model answers with.
fn push<'c>(content: &'c Said<'c>, parts: &mut Vec<Part<'c>>) {
    match content {
        Said::Text(text) | Said::Refusal(text) if text.is_empty() => {}
        Said::Text(text) | Said::Refusal(text) => parts.push(Part::text(&**text)),
        Said::Thinking(Thinking { text, signature }) => {
            let thought_signature = signature.as_deref().map(carried::signed);
            parts.push(Part { thought_signature, ..Part::thought(&**text) });
        }
        Said::RedactedThinking(data) => {
            parts.push(Part { thought_signature: Some(carried::redacted(data).into()), ..Part::thought("") });
        }
        Said::ToolCall(ToolCall { id, name, arguments, signature }) => parts.push(Part {
            function_call: Some(FunctionCall { id, name, args: Args::written(arguments) }),
            thought_signature: signature.as_deref().map(Into::into),
            ..Part::default()
        }),
        Said::Image(_) | Said::Audio(_) | Said::Document(_) | Said::CustomCall(_) | Said::ToolResult(_) => {}
    }
}
