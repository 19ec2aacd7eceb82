//! Whole answers, both ways.

mod parse;
mod render;
#[cfg(test)]
mod tests;

pub use parse::parse;
pub use render::render;
