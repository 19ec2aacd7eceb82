//! OpenAI's legacy completions (`/v1/completions`), as the API of clients, and as far as a pass-through has to observe it.
//!
//! Source: OpenAI's public API reference. Translated is what a conversation can say: a prompt becomes what the user says, and what
//! the model says becomes the text. What continues or surrounds the prompt itself (`suffix`, `echo`, tokens in place of text) needs
//! a provider that serves this API. Thinking has no place here and is left out of the answer, as no client of this API can ask for
//! it; its tokens are counted.
//!
//! Errors, words and counts are those of all of OpenAI's APIs and stand in [`super::openai`].

mod logprobs;
pub mod request;
pub mod response;
pub mod stream;
#[cfg(test)]
mod tests;

pub use super::openai::error;
use super::{AnswerError, plain};

/// The provider broke its own API. The message may quote it.
fn malformed(message: impl AsRef<str>) -> AnswerError {
    let message = plain::brief(message.as_ref(), plain::QUOTATION).into_owned();
    AnswerError::Malformed { dialect: "completions", message }
}

/// An id for an answer whose provider gave none.
fn made_id() -> String {
    format!("cmpl-{:032x}", rand::random::<u128>())
}
