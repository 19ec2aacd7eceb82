//! Log probabilities: chat completions tell them token by token, this API in lists side by side, with each token's place in the
//! text.
//!
//! Numbers stay as they are written.

use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::translate::text::Str;

#[derive(Debug, Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    content: Option<Vec<Token<'a>>>,
}

#[derive(Debug, Deserialize)]
struct Token<'a> {
    #[serde(borrow)]
    token: Str<'a>,
    #[serde(borrow)]
    logprob: &'a RawValue,
    #[serde(borrow, default)]
    top_logprobs: Vec<Alternative<'a>>,
}

#[derive(Debug, Deserialize)]
struct Alternative<'a> {
    #[serde(borrow)]
    token: Str<'a>,
    #[serde(borrow)]
    logprob: &'a RawValue,
}

/// `logprobs`, ready to be written.
#[derive(Debug, Serialize)]
pub(super) struct Logprobs<'a> {
    tokens: Vec<Str<'a>>,
    token_logprobs: Vec<&'a RawValue>,
    top_logprobs: Vec<Top<'a>>,
    /// Characters before the token, from the beginning of the text.
    text_offset: Vec<usize>,
}

/// A token's alternatives: an object of token and probability.
#[derive(Debug)]
struct Top<'a>(Vec<Alternative<'a>>);

impl Serialize for Top<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for alternative in &self.0 {
            map.serialize_entry(&alternative.token, alternative.logprob)?;
        }
        map.end()
    }
}

/// Reads a chat completion's `logprobs`; `before` counts the characters of the text before, and goes on. What cannot be read is
/// nothing.
pub(super) fn read<'a>(raw: &'a RawValue, before: &mut usize) -> Option<Logprobs<'a>> {
    let content = serde_json::from_str::<Told<'a>>(raw.get()).ok()?.content?;
    let mut told = Logprobs {
        tokens: Vec::with_capacity(content.len()),
        token_logprobs: Vec::with_capacity(content.len()),
        top_logprobs: Vec::with_capacity(content.len()),
        text_offset: Vec::with_capacity(content.len()),
    };
    for Token { token, logprob, top_logprobs } in content {
        told.text_offset.push(*before);
        *before = before.saturating_add(token.chars().count());
        told.tokens.push(token);
        told.token_logprobs.push(logprob);
        told.top_logprobs.push(Top(top_logprobs));
    }
    Some(told)
}
