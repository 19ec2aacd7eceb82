//! Budgets in a Redis or Valkey that gateways share: one script over all buckets of a request to reserve, one over many requests that
//! have ended to settle, by the server's time.
//!
//! One task per process talks to it ([`line`]), over one connection on which many questions are on their way at once.

mod connect;
mod line;
mod script;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::remote::{Inbox, Remote, Terms};
use crate::config::model::RedisStore;
use crate::limit::Limiter;

pub use connect::check_url;
pub use line::Line;

impl Limiter {
    /// A limiter that shares its budgets with others. The line must run: without it the store is away.
    pub fn shared(config: &RedisStore) -> (Arc<Self>, Line) {
        let terms = Terms { timeout: config.timeout.0, when_away: config.when_away, gateways: config.gateways };
        let (remote, inbox): (Arc<Remote>, Inbox) = Remote::new(terms);
        let limiter = Self::with_remote(Arc::clone(&remote));
        let line = Line::new(Arc::clone(&limiter), remote, inbox, config);
        (limiter, line)
    }
}
