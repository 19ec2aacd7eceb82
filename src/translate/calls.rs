//! The endpoints that are not conversations: embeddings, pictures, sound, moderation, token counts. Each kind has a small model of
//! its own in a file or folder of its own.
//!
//! Most of them are passed through to providers of the client's own API: the model is spliced, every other byte is kept, the usage
//! is observed. Embeddings and token counts are translated, because other providers have them, too. [`way`] is the table of what
//! goes where; what is not in it is a 422 that names the provider and says what to do.
//!
//! Limits: none of these generates text, so nothing is reserved for an answer. What is reserved for the prompt says [`prompt`].

mod back;
mod count;
mod embeddings;
mod estimate;
mod events;
mod facts;
mod pass;
mod place;
mod standin;
#[cfg(test)]
mod tests;
mod usage;
mod way;

pub use back::{may_be_binary, whole};
pub use estimate::{Prompt, prompt};
pub use events::Reader;
pub use facts::facts;

use bytes::Bytes;
use standin::{Parsed, Target};
use way::Way;

use crate::translate::{Facts, Rendered, RequestError};

/// An endpoint that is not a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// OpenAI's `/v1/embeddings`.
    Embeddings,
    /// OpenAI's `/v1/images/generations`.
    ImageGenerations,
    /// OpenAI's `/v1/images/edits`: a form, or JSON.
    ImageEdits,
    /// OpenAI's `/v1/images/variations`: a form.
    ImageVariations,
    /// OpenAI's `/v1/audio/speech`: JSON in, sound out.
    Speech,
    /// OpenAI's `/v1/audio/transcriptions`: a form in.
    Transcriptions,
    /// OpenAI's `/v1/audio/translations`: a form in.
    Translations,
    /// OpenAI's `/v1/moderations`.
    Moderations,
    /// vLLM's `/tokenize`.
    Tokenize,
    /// OpenAI's `/v1/responses/input_tokens`.
    InputTokens,
    /// Anthropic's `/v1/messages/count_tokens`.
    CountTokens,
    /// Gemini's `/v1beta/models/{model}:countTokens`.
    GeminiCountTokens,
}

/// A call in the target's words. The same API on both sides changes only the model and what the config overrides.
///
/// # Errors
/// [`RequestError`], naming the field; where the provider has no such endpoint, it says so and what to do.
pub fn request(
    call: Call,
    body: &Bytes,
    parsed: &Parsed<'_>,
    facts: &Facts,
    target: &Target<'_>,
) -> Result<Rendered, RequestError> {
    match way::to(call, target)? {
        Way::Pass => pass::request(call, body, parsed, facts, target),
        Way::Embed => embeddings::request(body, target),
        Way::Count => Err(way::unsupported(target, "model", "not wired yet")),
    }
}

/// Whether embeddings are wanted in base64.
///
/// # Errors
/// [`RequestError::Invalid`].
pub fn wants_base64(parsed: &Parsed<'_>) -> Result<bool, RequestError> {
    match parsed {
        Parsed::Json(top) => Ok(top.str("encoding_format")?.is_some_and(|format| format == "base64")),
        Parsed::Form(_) => Ok(false),
    }
}

fn json_string(text: &str) -> Vec<u8> {
    serde_json::Value::from(text).to_string().into_bytes()
}
