//! The endpoints that are not conversations: embeddings, pictures, sound, moderation, token counts. Each kind has a small model of
//! its own in a file or folder of its own.
//!
//! Most of them are passed through to providers of the client's own API: the model is spliced, every other byte is kept, the usage
//! is observed. Embeddings and token counts are translated, because other providers have them, too. [`way`] is the table of what
//! goes where; what is not in it is a 422 that names the provider and says what to do.
//!
//! Limits: none of these generates text, so nothing is reserved for an answer. What is reserved for the prompt says [`prompt`].

mod back;
mod call;
mod count;
mod embeddings;
mod estimate;
mod events;
mod facts;
mod google;
mod pass;
mod place;
pub mod rerank;
#[cfg(test)]
mod tests;
mod usage;
mod way;

pub(super) use back::whole;
pub use back::{BEDROCK_INPUT_TOKENS, Back};
pub use call::Call;
pub use estimate::{Prompt, prompt};
pub(super) use events::Reader;
pub(super) use facts::facts;
use way::Way;

use super::{Facts, Incoming, Rendered, RequestError, Target, outbound};

/// A call in the target's words. The same API on both sides changes only the model and what the config overrides.
///
/// # Errors
/// [`RequestError`], naming the field; where the provider has no such endpoint, it says so and what to do.
pub(super) fn request(call: Call, incoming: &Incoming<'_>, facts: &Facts, target: &Target<'_>) -> Result<Rendered, RequestError> {
    match way::to(call, target)? {
        Way::Pass => pass::request(call, incoming, facts, target),
        Way::Embed => {
            let mut rendered = embeddings::request(incoming.body, target)?;
            outbound::override_rendered(&mut rendered, target)?;
            Ok(rendered)
        }
        Way::Count => count::request(call, incoming, target),
        Way::Rank(wire) => rerank::request(wire, incoming.body, incoming.parsed.json()?, facts, target),
    }
}

/// Whether a call for the target passes through.
pub(super) fn passes(call: Call, target: &Target<'_>) -> bool {
    way::to(call, target) == Ok(Way::Pass)
}
