//! Whole answers: written for a client, and read as far as a pass-through observes them.

mod parse;
mod render;
#[cfg(test)]
mod tests;

pub use parse::parse;
pub(super) use parse::{OutputItem, Response};
pub use render::render;
