//! What is reserved for the prompt of a call.
//!
//! - Text that a model reads (embeddings, ranks, moderations): as for a conversation, from its bytes. Embeddings of token ids: one for
//!   each number.
//! - Pictures and sound, in or out: nothing. A provider tells tokens for some of its models and seconds or pictures for others, and
//!   bytes tell neither; what it reports is charged when the answer has come, and requests can be limited by their number.
//! - Token counts: nothing. They cost nothing, and the tokens that they tell are not spent.

use super::Call;
use crate::codec::json::TopLevel;
use crate::translate::Parsed;

/// What a prompt is, for whoever estimates its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// Text, or text with media in it: to be estimated from the bytes of the body.
    Text,
    /// So many tokens.
    Tokens(u64),
}

/// The prompt of a call.
pub fn prompt(call: Call, parsed: &Parsed<'_>) -> Prompt {
    match (call, parsed) {
        (Call::Embeddings, Parsed::Json(top)) => token_ids(top).map_or(Prompt::Text, Prompt::Tokens),
        (Call::Moderations | Call::Rerank | Call::GeminiEmbed | Call::GeminiEmbedBatch, Parsed::Json(_)) => Prompt::Text,
        _ => Prompt::Tokens(0),
    }
}

/// How many token ids the input has; `None` where it is text.
fn token_ids(top: &TopLevel<'_>) -> Option<u64> {
    let input = top.text("input")?.as_bytes();
    let first = input.iter().find(|byte| !matches!(byte, b'[') && !byte.is_ascii_whitespace())?;
    if !input.starts_with(b"[") || !first.is_ascii_digit() {
        return None;
    }
    let commas = u64::try_from(memchr::memchr_iter(b',', input).count()).unwrap_or(u64::MAX);
    Some(commas.saturating_add(1))
}
