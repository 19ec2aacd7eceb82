//! Cohere's chat, API v2 (`POST /v2/chat`), as the dialect of providers; no client speaks it here.
//!
//! Source: Cohere's public API reference and its OpenAPI document (chat, streamed chat, errors), its guides to tool use, structured
//! outputs, reasoning and images. Decisions about what Cohere cannot say stand at the head of the module that makes them; nothing
//! of a request is dropped that is not listed.
//!
//! What an answer loses on its way to the client: citations of plans and of thinking, and the prompt that `debug` events show.

mod citation;
pub mod error;
pub mod request;
pub mod response;
pub mod stream;
mod usage;
mod wire;
mod words;

use super::{AnswerError, Format, plain};

/// The provider broke its own API. The message may quote it.
fn malformed(message: impl std::fmt::Display) -> AnswerError {
    let message = plain::brief(&message.to_string(), plain::QUOTATION).into_owned();
    AnswerError::Malformed { dialect: Format::Cohere.name(), message }
}
