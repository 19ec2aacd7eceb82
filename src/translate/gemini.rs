//! Google's Gemini API, as the API of clients and as the dialect of providers.
//!
//! Source: Google's public API reference (`models.generateContent`, `models.streamGenerateContent`, function calling, thinking and
//! thought signatures, structured output, file input methods) and the service's published protocol buffers. Where the same API is
//! hosted on Vertex AI is known to [`super`] only. Names of fields are read in both spellings, `mimeType` and `mime_type`, as Google
//! does. Decisions about what cannot be said in the other dialect stand at the head of the file that makes them.
//!
//! What an answer loses on its way to a client of another dialect, because no such client can have asked for it: the queries and
//! suggestions of Google's searches, code that Google runs itself, ratings of safety, and media that the model makes.

mod carried;
pub mod error;
mod grounding;
mod logprobs;
mod model;
mod part;
pub mod request;
pub mod response;
mod said;
pub mod stream;
mod usage;
mod wire;
mod words;

use super::{AnswerError, Format, plain};

/// The provider broke its own API. The message may quote it.
fn malformed(message: impl std::fmt::Display) -> AnswerError {
    AnswerError::Malformed {
        dialect: Format::Gemini.name(),
        message: plain::brief(&message.to_string(), plain::QUOTATION).into_owned(),
    }
}

/// An id for a tool call that has none. Random, because ids that count from one collide with those of earlier turns (field note 45).
fn made_call_id() -> String {
    format!("call_{:032x}", rand::random::<u128>())
}
