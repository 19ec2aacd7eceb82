//! `kanmon sim`: a simulated provider that speaks OpenAI chat completions and Anthropic messages, streams, counts tokens, and
//! misbehaves on request. It stands outside the road of a request: tests, benchmarks and first steps put it where a provider is.
//!
//! Invariants: the same request gets the same answer, byte for byte; a body is judged as strictly as the real API would judge it
//! (a body in the wrong dialect is a 400, so an untranslated request is seen at once); what is kept of requests is bounded.
//!
//! ```text
//! server     connections, HTTP/1.1 and h2c, the end
//! handle     one request: record, script, judge, answer
//! script     how to misbehave, by flags and by `x-sim-*` headers
//! openai     \ judge a body of the dialect (`check`), read it as a `prompt`,
//! anthropic  / and write the `reply` to it, whole or as events
//! plan       the answer as steps (bytes, pauses, faults); `body` carries them out
//! record     what was received; `stats`: what is in flight
//! ```

mod anthropic;
mod args;
mod body;
mod check;
mod encode;
mod error;
mod handle;
mod models;
mod openai;
mod plan;
mod prompt;
mod record;
mod reply;
mod schema;
mod script;
mod server;
mod sse;
mod stats;
mod strict;
#[cfg(test)]
mod tests;
mod tokens;

pub use args::{Args, Options};
pub use script::{Encoding, Newline, Script};
pub use server::serve;
