//! Whole chat completions: read from a provider, written for a client.
//!
//! Reading takes what compatible vendors write in OpenAI's place for thinking, tool arguments and usage. Writing joins all text of a
//! choice into one `content`, keeps the provider's id and model, and numbers choices from 0.

mod parse;
mod render;

pub use parse::parse;
pub(super) use render::ThinkingBlock;
pub use render::render;
