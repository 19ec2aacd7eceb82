//! Amazon Bedrock's Converse and ConverseStream, as the format of providers.
//!
//! Source: AWS's API reference of Bedrock's runtime (version 2023-09-30) and its user guide; what the service rejects beyond these
//! is taken from its own error messages. Decisions about what cannot be said stand at the head of the file that makes them; nothing
//! of a request is dropped that is not listed. No client speaks it here, so there is no way back.
//!
//! What an answer loses, because no client of another API can have asked for it: the calls and results of tools that Bedrock runs
//! itself.

mod citation;
pub mod error;
mod family;
pub mod request;
pub mod response;
pub mod stream;
mod usage;
mod wire;
mod words;

use super::{AnswerError, plain};

/// The name of the format in messages.
const NAME: &str = "Converse";

/// The provider broke its own API. The message may quote it.
fn malformed(message: impl std::fmt::Display) -> AnswerError {
    let message = plain::brief(&message.to_string(), plain::QUOTATION).into_owned();
    AnswerError::Malformed { dialect: NAME, message }
}
