//! Envoy's rate limit service, validated: what Envoy is configured with and what the gate has to tell it.

use super::model::{ServiceAway, ServiceLimit};
use crate::upstream::Endpoint;

/// A rate limit service.
#[derive(Debug, Clone)]
pub struct RateLimitService {
    /// Where it listens. The path means nothing.
    pub endpoint: Endpoint,
    /// The domain of its configuration.
    pub domain: String,
    /// How long a request waits for it.
    pub timeout: std::time::Duration,
    /// What becomes of requests when it does not answer.
    pub when_away: ServiceAway,
    /// Its limits.
    pub limits: Vec<ServiceLimit>,
}
