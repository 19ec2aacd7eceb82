//! The gateway with the real Envoy: every rule that Envoy forces, and every way in which a first attempt can go wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod callers;
mod clients;
mod fallback;
mod load;
mod opaque;
mod provider;
mod rate_limit;
#[cfg(feature = "redis")]
#[path = "../support/redis.rs"]
mod redis;
mod safety;
#[cfg(feature = "redis")]
mod shared;
mod streams;
mod world;
