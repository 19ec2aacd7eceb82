//! Streamed answers, both ways: [`Reader`] for a provider's stream, [`Writer`] for a client's.
//!
//! Each event is a whole `GenerateContentResponse` with the next parts. There is no mark of the end: a stream is whole when each of
//! its candidates has told why it stopped.

mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use reader::Reader;
pub use writer::Writer;
