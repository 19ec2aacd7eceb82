//! Chat completion requests: read from a client, written for a provider.
//!
//! What is read keeps everything: top-level fields without a place in the hub stand in `extras`; a field below the top level that
//! nobody knows is refused, as OpenAI itself does, unless it is an echo of an earlier answer, which is told in `ignored`.

mod messages;
mod parse;
mod parts;
mod render;
mod road;
#[cfg(test)]
mod tests;
mod tools;
mod wire;

pub use parse::parse;
pub(in crate::translate) use parse::{TOP_LOGPROBS, missing, refuse_unknown};
pub use render::{path, render};
pub use road::{facts, pass};
