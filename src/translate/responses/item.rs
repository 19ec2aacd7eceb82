//! The items of an answer, ready to be written: whole, or as a stream begins and ends them.
//!
//! Lists that are made as the answer comes (log probabilities) are JSON already, and are written as they are.

use serde::Serialize;
use serde_json::value::RawValue;

use super::annotation::Annotation;
use super::sealed::Seal;
use crate::translate::citation::Citation;

/// The state of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    InProgress,
    Completed,
    Incomplete,
}

/// An item of `output`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Item<'c> {
    Reasoning {
        id: &'c str,
        summary: &'c [SummaryText<'c>],
        #[serde(skip_serializing_if = "Option::is_none")]
        encrypted_content: Option<Seal<'c>>,
    },
    Message {
        id: &'c str,
        status: Status,
        role: &'static str,
        content: &'c [Part<'c>],
    },
    ImageGenerationCall {
        id: &'c str,
        status: Status,
        result: Option<&'c str>,
    },
    CustomToolCall {
        id: &'c str,
        call_id: &'c str,
        name: &'c str,
        input: &'c str,
    },
    FunctionCall {
        id: &'c str,
        status: Status,
        call_id: &'c str,
        name: &'c str,
        arguments: &'c str,
    },
}

/// A part of a reasoning item's summary.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(tag = "type", rename = "summary_text")]
pub(super) struct SummaryText<'c> {
    pub(super) text: &'c str,
}

/// A content part of a message.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Part<'c> {
    OutputText { text: &'c str, annotations: &'c [Box<RawValue>], logprobs: &'c RawValue },
    Refusal { refusal: &'c str },
}

impl<'c> Part<'c> {
    /// A text, with what [`annotation`] made.
    pub(super) fn text(text: &'c str, annotations: &'c [Box<RawValue>], logprobs: &'c RawValue) -> Self {
        Self::OutputText { text, annotations, logprobs }
    }
}

/// An annotation as JSON, of a part that begins at this character of the answer's text; `None`: it cannot be said.
pub(super) fn annotation(citation: &Citation<'_>, begin: u64) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(&Annotation::of(citation, begin)?).ok()
}

/// A list in the making, as JSON.
pub(super) fn list(values: &[u8]) -> Box<RawValue> {
    let text = format!("[{}]", std::str::from_utf8(values).unwrap_or_default());
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
