//! A message and its content blocks, ready to be written: whole, or as a stream begins them.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use super::citation;
use super::usage::Written;
use crate::usage::Tokens;

/// A message, ready to be written: an answer, or what a stream begins with.
#[derive(Debug, Serialize)]
pub(super) struct Message<'a> {
    id: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: &'static str,
    role: &'static str,
    model: &'a str,
    pub(super) content: Vec<Block<'a>>,
    pub(super) stop_reason: Option<&'static str>,
    pub(super) stop_sequence: Option<&'a str>,
    pub(super) usage: Written,
}

/// A content block, ready to be written: whole, or as it begins in a stream.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block<'a> {
    Text {
        text: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        citations: Vec<citation::Written<'a>>,
    },
    Thinking {
        thinking: &'a str,
        signature: &'a str,
    },
    RedactedThinking {
        data: &'a str,
    },
    ToolUse {
        id: &'a str,
        name: &'a str,
        input: Input<'a>,
        caller: Caller,
    },
}

/// The arguments of a tool call.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Input<'a> {
    Object(&'a RawValue),
    Nothing {},
    Invalid {
        #[serde(rename = "INVALID_JSON")]
        text: &'a str,
    },
}

/// Who calls a tool: the model itself, not code that Anthropic runs. Required by Anthropic's newer SDKs.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Caller {
    Direct,
}

impl<'a> Message<'a> {
    /// A message without content. Where the provider gave no id, there is a new one, because clients take two answers of one id
    /// for the same; where it named no model, the one that was asked for.
    pub(super) fn begin(id: Option<&'a str>, model: Option<&'a str>, asked_model: &'a str) -> Self {
        let said = |text: Option<&'a str>| text.filter(|text| !text.is_empty());
        Self {
            id: said(id).map_or_else(|| format!("msg_{:032x}", rand::random::<u128>()).into(), Cow::Borrowed),
            kind: "message",
            role: "assistant",
            model: said(model).unwrap_or(asked_model),
            content: Vec::new(),
            stop_reason: None,
            stop_sequence: None,
            usage: Written::new(Tokens::default(), None),
        }
    }
}
