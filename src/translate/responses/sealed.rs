//! How thinking that a provider signed or encrypted travels through a client of this API and back.
//!
//! `encrypted_content` of a reasoning item is a string that a client sends back unread. OpenAI puts its own there; here it holds
//! another provider's signature or encrypted thinking behind a mark that says which of them it is and that it is ours. The text
//! that is signed travels in `summary`, where clients show it. Marks are part of what clients keep: they never change their meaning.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use crate::translate::text::Str;

/// How everything begins that is ours.
pub(super) const MARK: &str = "kanmon.";
const SIGNED: &str = "kanmon.signed.v1:";
const REDACTED: &str = "kanmon.redacted.v1:";

/// What `encrypted_content` holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sealed<'a> {
    /// The signature of the thinking in `summary`.
    Signed(Str<'a>),
    /// Thinking that its provider has encrypted.
    Redacted(Str<'a>),
    /// OpenAI's own, or of another version.
    Foreign,
}

/// Reads `encrypted_content`.
pub(super) fn open(content: Str<'_>) -> Sealed<'_> {
    if content.starts_with(SIGNED) {
        return Sealed::Signed(without(content, SIGNED.len()));
    }
    if content.starts_with(REDACTED) {
        return Sealed::Redacted(without(content, REDACTED.len()));
    }
    Sealed::Foreign
}

fn without(content: Str<'_>, prefix: usize) -> Str<'_> {
    match content.0 {
        Cow::Borrowed(text) => text[prefix..].into(),
        Cow::Owned(mut text) => {
            text.drain(..prefix);
            text.into()
        }
    }
}

/// `encrypted_content`, ready to be written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Seal<'c> {
    Signed(&'c str),
    Redacted(&'c str),
}

impl Serialize for Seal<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Signed(signature) => serializer.collect_str(&format_args!("{SIGNED}{signature}")),
            Self::Redacted(data) => serializer.collect_str(&format_args!("{REDACTED}{data}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_comes_back_byte_for_byte() {
        for data in ["EqQBCkgIARABGAIiQL==", "", "a:b\"\\\n", "kanmon.signed.v1:x"] {
            let text = serde_json::to_string(&Seal::Signed(data)).unwrap();
            assert_eq!(open(serde_json::from_str(&text).unwrap()), Sealed::Signed(data.into()));
            let text = serde_json::to_string(&Seal::Redacted(data)).unwrap();
            assert_eq!(open(serde_json::from_str(&text).unwrap()), Sealed::Redacted(data.into()));
        }
    }

    #[test]
    fn openais_own_reasoning_is_not_taken_for_ours() {
        for content in ["gAAAAABo", "", "kanmon.signed.v2:x", "kanmon.signed.v1"] {
            assert_eq!(open(content.into()), Sealed::Foreign);
        }
    }
}
