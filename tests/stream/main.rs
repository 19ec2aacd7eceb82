//! Whole streams through a fake Envoy: what the processor answers in each phase, and what is left when a stream ends early.

mod attempts;
mod fake_envoy;
mod gateway;
mod hostile;
mod limits;
mod rejections;
mod road;
