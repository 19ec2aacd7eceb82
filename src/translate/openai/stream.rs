//! Streamed chat completions: read from a provider event by event, written for a client delta by delta.

mod calls;
mod chunk;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use reader::{Reader, is_usage_chunk};
pub use writer::Writer;
