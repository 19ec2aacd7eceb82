//! Streamed chat completions: read from a provider event by event, written for a client delta by delta.
//!
//! The reader bears with every known deviation of compatible vendors and refuses what could only be guessed at; the writer writes
//! chunks that OpenAI's own SDKs join without a loss. Both are bounded in what they keep.

mod calls;
mod chunk;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use reader::{Reader, is_usage_chunk};
pub use writer::Writer;
