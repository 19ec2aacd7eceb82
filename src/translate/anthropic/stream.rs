//! Streamed answers, both ways: [`Reader`] for a provider's stream, [`Writer`] for a client's.

mod lanes;
mod reader;
#[cfg(test)]
mod tests;
mod wire;
mod writer;

pub use reader::Reader;
pub use writer::Writer;
