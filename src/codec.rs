//! Pure byte work below all stages: server-sent events, JSON bodies and forms changed in place, content encodings.
//!
//! Nothing here knows a provider, a config or a stream of Envoy's. All of it is bounded (size, depth, output) and panics on no
//! input; what cannot be read is an error that says where, never a guess.

pub mod aws_events;
pub mod encoding;
pub mod json;
pub mod multipart;
pub mod sse;
