//! OpenAI's chat completions, as the API of clients and as the dialect of providers, compatible vendors included.
//!
//! Source: OpenAI's public API reference (`/v1/chat/completions`); extensions are taken from the documentation of the vendors that
//! have them (`reasoning_content`, `thinking_blocks`, `thinking`, `cache_control`). Decisions about what cannot be said in the other
//! dialect stand at the head of [`request`]'s renderer; nothing is dropped that is not listed.

pub mod request;
mod words;
