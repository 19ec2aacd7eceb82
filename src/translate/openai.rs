//! OpenAI's chat completions, as the API of clients and as the dialect of providers, compatible vendors included.
//!
//! Source: OpenAI's public API reference (`/v1/chat/completions`); extensions are taken from the documentation of the vendors that
//! have them (`reasoning_content`, `thinking_blocks`, `thinking`, `cache_control`). Decisions about what cannot be said in the
//! other dialect stand at the head of the file that makes them; nothing is dropped that is not listed.

pub(super) mod annotation;
mod call;
pub(super) mod chunks;
pub mod error;
mod message;
mod picture;
pub mod request;
pub mod response;
pub mod stream;
pub(super) mod usage;
pub(super) mod words;

use super::{AnswerError, Format, plain};

/// The provider broke its own API. The message may quote it.
fn malformed(message: impl AsRef<str>) -> AnswerError {
    let message = plain::brief(message.as_ref(), plain::QUOTATION).into_owned();
    AnswerError::Malformed { dialect: Format::Chat.name(), message }
}

/// An id for an answer whose provider gave none.
fn made_id() -> String {
    format!("chatcmpl-{:032x}", rand::random::<u128>())
}

/// `created` is demanded of every answer, and other dialects do not tell it: the one look at a clock in all of `translate`.
pub(super) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
