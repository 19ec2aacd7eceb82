//! Where budgets are kept: in this process's memory, or in a Redis that gateways share.
//!
//! A store answers a request's claims all or nothing, and settles them later, each exactly once. Memory answers at once; what is
//! elsewhere answers by a message, and the request waits ([`super::Pending`]).

mod breaker;
pub(super) mod memory;
#[cfg(feature = "redis")]
pub(super) mod redis;
pub(super) mod remote;
mod table;

pub(super) use table::MOST_BUCKETS;
