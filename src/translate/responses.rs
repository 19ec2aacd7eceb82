//! OpenAI's Responses API (`/v1/responses`), as the API of clients, and as far as a pass-through has to observe it.
//!
//! Source: OpenAI's public API reference and the types of its official SDKs. The gateway keeps no state: what refers to something
//! stored (`previous_response_id`, `conversation`, `item_reference`, …) is refused when the request has to be translated, and an
//! answer says `store: false`. Thinking of any provider becomes `reasoning` items that carry its signature ([`sealed`]), so a client
//! that sends the items of an answer back sends all that the provider needs.
//!
//! Errors, words and counts are those of all of OpenAI's APIs and stand in [`super::openai`].

mod annotation;
mod echo;
pub mod error;
mod frame;
mod item;
mod logprobs;
pub mod request;
pub mod response;
mod sealed;
pub mod stream;
mod usage;
mod words;

pub use echo::echo;

use super::{AnswerError, plain};

/// The provider broke its own API. The message may quote it.
fn malformed(message: impl AsRef<str>) -> AnswerError {
    let message = plain::brief(message.as_ref(), plain::QUOTATION).into_owned();
    AnswerError::Malformed { dialect: "responses", message }
}

/// An id in OpenAI's form: the kind of the thing and 32 hexadecimal digits.
fn made_id(kind: &str) -> String {
    format!("{kind}_{:032x}", rand::random::<u128>())
}
