//! A chunk of a stream, as providers write it.
//!
//! A borrowed view of the fields that matter: the pass-through reads every chunk with it, so what is not of interest (obfuscation,
//! filter results, fingerprints) is skipped without being kept.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::translate::openai::message::Message;
use crate::translate::openai::usage;
use crate::translate::text::Str;

/// The end of a stream, in place of a chunk.
pub(super) const DONE: &[u8] = b"[DONE]";

/// One chunk. All of it may be missing: Azure begins with one that has no choices (field note 50), and usage comes alone.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) model: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) created: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) choices: Option<Vec<Choice<'a>>>,
    pub(super) usage: Option<usage::Reported>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
}

/// A piece of one of the answers. Azure's content filter sends some without `delta` (field note 51).
#[derive(Debug, Deserialize)]
pub(super) struct Choice<'a> {
    pub(super) index: Option<u32>,
    #[serde(borrow)]
    pub(super) delta: Option<Message<'a>>,
    #[serde(borrow)]
    pub(super) finish_reason: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) logprobs: Option<&'a RawValue>,
}
