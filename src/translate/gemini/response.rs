//! Whole answers, both ways.

mod parse;
mod render;
#[cfg(test)]
mod tests;

pub use parse::parse;
pub(super) use render::Candidate;
pub use render::render;
