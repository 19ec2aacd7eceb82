//! Whole chat completions: read from a provider, written for a client.

mod parse;
mod render;

pub use parse::parse;
pub(super) use render::ThinkingBlock;
pub use render::render;
