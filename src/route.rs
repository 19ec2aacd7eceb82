//! Stage 3, where it goes: the route of a model, and the order in which its providers are tried.
//!
//! Routes are asked in the order of the config; the first that fits a model is the route. The order of its providers is made when
//! the config is read (Envoy must know every order beforehand); per request one of these orders is picked, by who rests.

pub mod glob;
pub mod health;
pub mod models;
pub mod order;
pub mod retry_after;
pub mod routes;
pub(crate) mod suggest;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use serde_json::value::RawValue;

use crate::translate::Dialect;
use crate::upstream::Provider;

pub use health::Health;
pub use routes::Routes;

/// A route: who serves a model.
#[derive(Debug)]
pub struct Route {
    /// Its name in usage records.
    pub name: Arc<str>,
    /// The model's name, exact or a glob.
    pub model: String,
    /// The providers, in the order of the config.
    pub choices: Vec<Choice>,
    /// When and how the next provider is tried.
    pub fallback: Fallback,
    /// The orders in which the providers may be tried: one for each that may be first, `orders[i]` begins with `choices[i]`; the
    /// others follow in the order of the config. Then those without providers whose credential may have ended.
    pub orders: Vec<Order>,
    /// Every header that the rules of any of the choices or of their providers set or remove. What one attempt changed is still so
    /// in the next one: each attempt says what all of them shall be.
    pub touched_headers: Vec<HeaderName>,
}

/// A provider in a route.
pub struct Choice {
    /// Names this choice in Envoy: the metadata (`kanmon`, `target`) of the hosts of its cluster, `target:NAME`. The provider's
    /// name; with `#2`, `#3`, … where the same provider stands in the route more than once.
    pub target: Arc<str>,
    /// The provider.
    pub provider: Arc<Provider>,
    /// Its name of the model. `None`: the name that the client asked for.
    pub model: Option<String>,
    /// The weight among neighbours that have one, too.
    pub weight: Option<u32>,
    /// Headers to set (`Some`) or remove (`None`), after the provider's own.
    pub headers: Vec<(HeaderName, Option<HeaderValue>)>,
    /// Top-level body fields to set, as JSON, or remove (`None`).
    pub overrides: Vec<(String, Option<Box<RawValue>>)>,
}

/// Without the values of rules: they may come out of the environment.
impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        let overrides: Vec<_> = self.overrides.iter().map(|(name, _)| name).collect();
        let mut choice = f.debug_struct("Choice");
        choice.field("target", &self.target).field("provider", &self.provider).field("model", &self.model);
        choice.field("weight", &self.weight).field("headers", &headers).field("overrides", &overrides).finish()
    }
}

/// An order in which providers are tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Names it in Envoy: the composite cluster `order:TARGET,TARGET`. Equal orders of different routes have equal names.
    pub cluster: Arc<str>,
    /// Names order and fallback in Envoy: the route that matches the dynamic metadata (`kanmon`, `route`).
    pub envoy_route: Arc<str>,
    /// Indices into the route's choices.
    pub choices: Vec<usize>,
}

/// When and how the next provider is tried.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fallback {
    /// Single statuses that count as failure, ascending.
    pub statuses: Vec<u16>,
    /// Whether every 5xx counts as failure, and [`Dialect::model_failed`] with them.
    pub server_errors: bool,
    /// Whether a refused or failed connection does.
    pub connect: bool,
    /// Whether a reset before the answer does.
    pub reset: bool,
    /// How long a provider may take until its answer begins, if that is bounded.
    pub first_byte_timeout: Option<Duration>,
    /// Whether the next provider is tried after such a timeout.
    pub timeout: bool,
    /// How often the last provider is tried again after all have failed once.
    pub repeats: u32,
}

impl Fallback {
    /// Whether an answer with this status, of a provider of this dialect, counts as failure.
    pub fn counts(&self, status: u16, dialect: Dialect) -> bool {
        let of_server = matches!(status, 500..600) || dialect.model_failed() == Some(status);
        (self.server_errors && of_server) || self.statuses.binary_search(&status).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_failed_at_bedrock_counts_as_a_server_error() {
        let mut fallback = Fallback {
            statuses: vec![429],
            server_errors: true,
            connect: false,
            reset: false,
            first_byte_timeout: None,
            timeout: false,
            repeats: 0,
        };
        let counted =
            |fallback: &Fallback, dialect| [400, 424, 429, 499, 500, 599].map(|status| fallback.counts(status, dialect));
        assert_eq!(counted(&fallback, Dialect::Bedrock), [false, true, true, false, true, true]);
        assert_eq!(counted(&fallback, Dialect::OpenAi), [false, false, true, false, true, true]);
        fallback.server_errors = false;
        assert_eq!(counted(&fallback, Dialect::Bedrock), [false, false, true, false, false, false]);
    }
}
