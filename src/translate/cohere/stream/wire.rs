//! The events of a stream as they are written, before they have a meaning: one shape for each type.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::translate::cohere::usage::Usage;
use crate::translate::cohere::wire::{Block, Call};
use crate::translate::text::Str;

/// What every event has.
#[derive(Debug, Deserialize)]
pub(super) struct Kind<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Str<'a>>,
}

/// `message-start`. Its `delta` has an array wherever that of a later event has an object; it says nothing.
#[derive(Debug, Deserialize)]
pub(super) struct MessageStart<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Str<'a>>,
}

/// An event that adds something to the message, of which it holds one thing.
#[derive(Debug, Deserialize)]
pub(super) struct Piece<M> {
    /// Which content block, or which tool call: each counts for itself.
    pub(super) index: Option<u64>,
    pub(super) delta: Option<PieceDelta<M>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PieceDelta<M> {
    pub(super) message: Option<M>,
}

impl<M> Piece<M> {
    pub(super) fn message(self) -> Option<M> {
        self.delta.and_then(|delta| delta.message)
    }
}

/// Of `content-start` and `content-delta`.
#[derive(Debug, Deserialize)]
pub(super) struct Content<'a> {
    #[serde(borrow)]
    pub(super) content: Option<Block<'a>>,
}

/// Of `tool-plan-delta`.
#[derive(Debug, Deserialize)]
pub(super) struct Plan<'a> {
    #[serde(borrow)]
    pub(super) tool_plan: Option<Str<'a>>,
}

/// Of `tool-call-start` and `tool-call-delta`.
#[derive(Debug, Deserialize)]
pub(super) struct Calls<'a> {
    #[serde(borrow)]
    pub(super) tool_calls: Option<Call<'a>>,
}

/// Of `citation-start`.
#[derive(Debug, Deserialize)]
pub(super) struct Citations<'a> {
    #[serde(borrow)]
    pub(super) citations: Option<&'a RawValue>,
}

/// `tool-call-end`.
#[derive(Debug, Deserialize)]
pub(super) struct CallEnd {
    pub(super) index: Option<u64>,
}

/// `message-end`.
#[derive(Debug, Deserialize)]
pub(super) struct MessageEnd<'a> {
    #[serde(borrow)]
    pub(super) delta: Option<End<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct End<'a> {
    #[serde(borrow)]
    pub(super) error: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) finish_reason: Option<Str<'a>>,
    pub(super) usage: Option<Usage>,
}
