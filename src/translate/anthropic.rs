//! Anthropic's messages, as the API of clients and as the dialect of providers.
//!
//! Source: Anthropic's public API reference (`/v1/messages`, version 2023-06-01, streaming, errors, extended and adaptive thinking,
//! structured outputs, mid-conversation system messages). Decisions about what cannot be said in the other dialect stand at the
//! head of the module that makes them; nothing of a request is dropped that is not listed.
//!
//! What an answer loses on its way to a client of another dialect, because no such client can have asked for it: the blocks of
//! tools that Anthropic runs itself.

mod citation;
pub mod error;
#[cfg(test)]
mod golden;
mod message;
pub mod request;
pub mod response;
pub mod stream;
mod usage;
mod wire;
mod words;

use crate::translate::{AnswerError, Format};

/// The longest piece of a provider's or client's own text in one of our messages, in bytes.
const QUOTED: usize = 256;

/// The text, or its beginning with an ellipsis. Never cuts a character.
fn brief(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= QUOTED { text.into() } else { format!("{}…", &text[..text.floor_char_boundary(QUOTED)]).into() }
}

/// The provider broke its own API.
fn malformed(message: impl std::fmt::Display) -> AnswerError {
    AnswerError::Malformed { dialect: Format::Messages.name(), message: brief(&message.to_string()).into_owned() }
}
