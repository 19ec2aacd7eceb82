//! Envoy's rate limit service, for fleets that run one already.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::duration::Duration;

/// A service that speaks Envoy's rate limit protocol (`envoy.service.ratelimit.v3`). Envoy asks it by itself, with what the gateway
/// tells: before a request whether its budgets are used up, and at the end what it has cost. Nothing is reserved in between, so
/// requests that come together pass together; `limits` are exact.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimitService {
    /// Where it listens for gRPC, without TLS: `HOST:PORT`.
    pub address: String,
    /// The domain of its configuration.
    #[serde(default = "default_domain")]
    pub domain: String,
    /// How long a request waits for it.
    #[serde(default = "default_timeout")]
    pub timeout: Duration,
    /// What becomes of requests when it does not answer.
    #[serde(default)]
    pub when_away: ServiceAway,
    /// What is counted there, and by what.
    pub limits: Vec<ServiceLimit>,
}

fn default_domain() -> String {
    "kanmon".to_owned()
}

fn default_timeout() -> Duration {
    Duration(std::time::Duration::from_millis(100))
}

/// What becomes of requests when the rate limit service does not answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServiceAway {
    /// They pass, uncounted there.
    #[default]
    Allow,
    /// They are turned away with 503.
    Deny,
}

/// One of the service's limits: descriptor `limit=NAME`, then one entry for each of `per`, in its order. The amount stands in the
/// service's own configuration.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceLimit {
    /// Its name: the value of the descriptor's first entry, `limit`.
    pub name: String,
    /// The descriptor's further entries: `key`, `tenant`, `model` (asked for), `provider` (before the request the one that is tried
    /// first, at its end the one that answered). What is not known is `-`.
    #[serde(default)]
    pub per: Vec<ServicePer>,
    /// What it counts. Requests are counted before they are sent on, all else when they have ended.
    pub counts: ServiceCounts,
}

/// An entry of a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServicePer {
    /// The name of the API key.
    Key,
    /// The tenant.
    Tenant,
    /// The model asked for.
    Model,
    /// The provider.
    Provider,
}

/// What a limit of the service counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServiceCounts {
    /// Requests.
    Requests,
    /// Tokens of prompts.
    InputTokens,
    /// Tokens of answers.
    OutputTokens,
    /// Tokens of prompts and answers.
    TotalTokens,
    /// Tokens of prompts that the provider had cached.
    CachedInputTokens,
    /// Tokens of thinking.
    ReasoningTokens,
}

impl ServicePer {
    /// The fact in the dynamic metadata, and the key of the descriptor's entry.
    pub(crate) fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Key => ("key", "key"),
            Self::Tenant => ("tenant", "tenant"),
            Self::Model => ("model_asked", "model"),
            Self::Provider => ("provider", "provider"),
        }
    }
}

impl ServiceCounts {
    /// The fact in the dynamic metadata. `None`: requests, which need none.
    pub(crate) fn fact(self) -> Option<&'static str> {
        match self {
            Self::Requests => None,
            Self::InputTokens => Some("input_tokens"),
            Self::OutputTokens => Some("output_tokens"),
            Self::TotalTokens => Some("total_tokens"),
            Self::CachedInputTokens => Some("cached_input_tokens"),
            Self::ReasoningTokens => Some("reasoning_tokens"),
        }
    }
}
