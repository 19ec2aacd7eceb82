//! The simulator over loopback, as a client sees it.

mod answers;
mod dialects;
pub(super) mod direct;
mod faults;
mod hostile;
mod support;
