//! The simulator over loopback, as a client sees it.

mod answers;
mod faults;
mod hostile;
mod support;
