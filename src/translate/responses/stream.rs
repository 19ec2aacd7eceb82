//! Streamed answers: written for a client delta by delta, and read as far as a pass-through observes them.
//!
//! A stream of this API has no `[DONE]`: it is whole when `response.completed` or `response.incomplete` has come, and nothing else
//! ends it well.

mod event;
mod message;
mod output;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use reader::Reader;
pub use writer::Writer;
