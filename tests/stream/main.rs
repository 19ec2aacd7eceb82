//! Whole streams through a fake Envoy: what the processor answers in each phase, and what is left when a stream ends early.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod attempts;
mod callers;
mod calls;
mod fake_envoy;
mod gateway;
mod hostile;
mod limits;
mod opaque;
#[cfg(feature = "redis")]
#[path = "../support/redis.rs"]
mod redis;
mod rejections;
mod road;
mod settling;
#[cfg(feature = "redis")]
mod shared;
#[path = "../support/tokens.rs"]
mod tokens;
