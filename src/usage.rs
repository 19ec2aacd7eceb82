//! Stage 7, what it cost: tokens by kind, and the record of a request.
//!
//! [`account`] says what a request has used, reported by the provider or estimated. [`Record`] is what is known of one request
//! when it has ended: a JSON line in the usage file, and the same facts as Envoy's dynamic metadata. [`Sink`] writes the lines
//! and never makes a request wait: records that it cannot take or write are counted and complained of, not hidden.

mod account;
mod money;
mod prices;
mod record;
mod sink;

use std::time::Duration;

use serde::{Serialize, Serializer};

pub use account::{Source, account};
pub use money::{Money, Rate};
pub use prices::{Price, Prices, Rates, Row as PriceRow};
pub use record::{Attempt, AttemptOutcome, CostSource, Fact, Outcome, Record};
pub use sink::{Sink, SinkStatus};

/// Tokens by kind. Every kind is told in OpenAI's terms: `input` and `output` are totals that include their parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// All tokens of the prompt, cached ones included.
    pub input: u64,
    /// Of these, read from the provider's prompt cache.
    pub cached_input: u64,
    /// Of these, written to the provider's prompt cache.
    pub cache_write: u64,
    /// All tokens of the answer, thinking included.
    pub output: u64,
    /// Of these, thinking.
    pub reasoning: u64,
}

/// What is charged by other units than tokens, where a provider tells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Units {
    /// How long the sound was that was listened to.
    #[serde(rename = "audio_seconds", serialize_with = "optional_seconds")]
    pub audio: Option<Duration>,
    /// Cohere's unit of reranking: a query over at most a hundred documents.
    pub search_units: Option<u64>,
}

#[expect(clippy::ref_option, reason = "serde calls it with a reference")]
fn optional_seconds<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_secs_f64()).serialize(serializer)
}

impl Tokens {
    /// Prompt and answer.
    pub fn total(&self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// Field by field the greater: streams report usage in pieces that only grow.
    #[must_use]
    pub fn merge(self, later: Self) -> Self {
        Self {
            input: self.input.max(later.input),
            cached_input: self.cached_input.max(later.cached_input),
            cache_write: self.cache_write.max(later.cache_write),
            output: self.output.max(later.output),
            reasoning: self.reasoning.max(later.reasoning),
        }
    }
}
