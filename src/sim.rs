//! `kanmon sim`: a simulated provider that speaks the APIs of all providers that Kanmon knows, streams, counts tokens, and
//! misbehaves on request. It stands outside the road of a request: tests, benchmarks and first steps put it where a provider is.
//!
//! Invariants: the same request gets the same answer, byte for byte; a body is judged as strictly as the real API would judge it
//! (a body in the wrong dialect is a 400, so an untranslated request is seen at once); what is kept of requests is bounded.
//!
//! ```text
//! server     connections, HTTP/1.1 and h2c, the end
//! handle     one request: record, script, route, authorize, answer
//! script     how to misbehave, by flags and by `x-sim-*` headers
//! route      whose API a path belongs to; each endpoint is a function from an `ask` to its output
//! openai, azure, anthropic, gemini, vertex, bedrock, cohere
//!            judge a body of the dialect (`check`, `form`), read it as a `prompt`, write the `reply` to it, whole or as events
//! plan       the answer as steps (bytes, pauses, faults); `body` carries them out; `sse` and `frame` are how events look
//! record     what was received; `stats`: what is in flight
//! ```

mod anthropic;
mod args;
mod ask;
mod authorize;
mod azure;
mod bedrock;
mod block;
mod body;
mod check;
mod cohere;
mod encode;
mod error;
mod form;
mod frame;
mod gemini;
mod handle;
mod models;
mod openai;
mod path;
mod plan;
mod prompt;
mod record;
mod reply;
mod route;
mod schema;
mod script;
mod sealed;
mod server;
mod sse;
mod stats;
mod strict;
#[cfg(test)]
mod tests;
mod tokens;
mod vector;
mod vertex;

pub use args::{Args, Options};
pub use script::{Encoding, Newline, Script};
pub use server::serve;
