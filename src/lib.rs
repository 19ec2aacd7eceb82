//! Kanmon, an AI gateway data plane for any Envoy.
//!
//! One request, in the order in which it happens; each stage is a module:
//!
//! ```text
//! extproc    1  what Envoy sends, and what it gets back
//! auth       2  who calls                     401 / 403
//! route      3  where it goes                 400 / 404
//! limit      4  may it spend                  429
//! translate  5  in whose dialect              422
//! upstream   6  with which credential         502
//! usage      7  what it cost, and who learns of it
//! ```
//!
//! An [`exchange::Exchange`] travels this road: it is told what Envoy saw and says what to answer, and does no I/O itself. Only
//! [`extproc`] knows the protocol, only [`envoy`] writes Envoy's configuration; [`app`] wires, [`admin`] tells how it does; [`keyring`]
//! fetches the keys that tokens are checked with.
//! [`codec`] is pure byte work below all stages; [`config`] makes the [`config::Snapshot`] that an exchange travels with;
//! [`rejection`] is the one table from errors to what a client sees.

pub mod admin;
pub mod app;
pub mod auth;
pub mod cli;
pub mod codec;
pub mod config;
pub mod envoy;
pub mod exchange;
pub mod extproc;
pub mod keyring;
pub mod limit;
pub mod rejection;
pub mod route;
pub mod sim;
pub mod translate;
pub mod upstream;
pub mod usage;
