//! Requests, both ways: [`parse`] reads what a client of Anthropic's API sends, [`render`] writes for a provider that speaks it.

mod parse;
mod render;
mod road;
#[cfg(test)]
mod tests;

pub use parse::parse;
pub use render::{path, render};
pub use road::{facts, pass};
