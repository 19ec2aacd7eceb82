//! The endpoints that are not conversations, each with a small model of its own.

pub mod rerank;
