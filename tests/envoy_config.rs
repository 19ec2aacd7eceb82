//! The rendered Envoy configuration, against the real Envoy.

#[path = "envoy_config/answers.rs"]
mod answers;
#[path = "envoy_config/backend.rs"]
mod backend;
#[path = "envoy_config/gateway.rs"]
mod gateway;
#[path = "envoy_config/graph.rs"]
mod graph;
#[path = "envoy_config/processor.rs"]
mod processor;
#[path = "envoy_config/validate.rs"]
mod validate;
#[path = "envoy_config/world.rs"]
mod world;
