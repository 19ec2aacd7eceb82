//! Requests, both ways: [`parse`] reads what a client of Google's API sends, [`render`] writes for a provider that speaks it.

mod parse;
mod render;
mod road;
#[cfg(test)]
mod tests;

pub use parse::parse;
pub use render::{method, path, render};
pub use road::{Called, called, facts, model, pass};
