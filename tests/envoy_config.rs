//! The rendered Envoy configuration, against the real Envoy and a scripted processor; and Envoy as a child.
//!
//! Needs an Envoy: `ENVOY_BIN`, `.tools/bin/envoy` or `envoy` on PATH.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests, which clippy sees only where #[test] stands")]

#[path = "envoy_config/answers.rs"]
mod answers;
#[path = "envoy_config/backend.rs"]
mod backend;
#[path = "envoy_config/bodies.rs"]
mod bodies;
#[path = "envoy_config/failures.rs"]
mod failures;
#[path = "envoy_config/gateway.rs"]
mod gateway;
#[path = "envoy_config/graph.rs"]
mod graph;
#[path = "envoy_config/processor.rs"]
mod processor;
#[path = "envoy_config/refusals.rs"]
mod refusals;
#[path = "envoy_config/render.rs"]
mod render;
#[path = "envoy_config/script.rs"]
mod script;
#[path = "envoy_config/supervise.rs"]
mod supervise;
#[path = "envoy_config/world.rs"]
mod world;
