//! The gateway with the real Envoy: every rule that Envoy forces, and every way in which a first attempt can go wrong.

mod clients;
mod fallback;
mod load;
mod provider;
mod safety;
mod streams;
mod world;
