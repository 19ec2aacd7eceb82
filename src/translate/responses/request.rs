//! Requests: read from a client.
//!
//! What is read keeps everything: what the hub has a place for stands there, hints that no other API has are told in `ignored`,
//! and what would change the answer is an error that names the field. Top-level fields that nobody here knows are those of a vendor
//! and stand in `extras`.

mod items;
mod parse;
mod parts;
mod road;
#[cfg(test)]
mod tests;
mod tools;
mod wire;

pub use parse::parse;
pub use road::{facts, pass};

use super::super::Target;

/// The path of responses at a provider.
pub fn path(target: &Target<'_>) -> String {
    format!("{}/responses", target.path_prefix)
}
