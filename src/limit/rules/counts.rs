//! What a rule counts.

use crate::config::model::Limit;
use crate::usage::{Money, Tokens};

/// What a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counts {
    /// Requests.
    Requests,
    /// Prompt tokens.
    InputTokens,
    /// Tokens of answers.
    OutputTokens,
    /// Both.
    TotalTokens,
    /// Prompt tokens read from a provider's cache.
    CachedInputTokens,
    /// Prompt tokens written to a provider's cache.
    CacheWriteTokens,
    /// Tokens of thinking.
    ReasoningTokens,
    /// A cost of the operator's own.
    Cost,
    /// Money, in billionths.
    Money,
    /// Requests under way.
    InFlight,
}

impl Counts {
    /// What a limit counts, and how much of it is the limit. `None` for a limit without an amount, which a validated config does not
    /// have.
    pub(in crate::limit) fn of(limit: &Limit) -> Option<(Self, u64)> {
        let money = limit.money.as_ref().and_then(|amount| Money::parse(&amount.0));
        let amounts = [
            (Self::Requests, limit.requests),
            (Self::InputTokens, limit.input_tokens),
            (Self::OutputTokens, limit.output_tokens),
            (Self::TotalTokens, limit.total_tokens),
            (Self::CachedInputTokens, limit.cached_input_tokens),
            (Self::CacheWriteTokens, limit.cache_write_tokens),
            (Self::ReasoningTokens, limit.reasoning_tokens),
            (Self::Cost, limit.cost.as_ref().map(|cost| cost.amount)),
            (Self::Money, money.map(Money::nanos)),
            (Self::InFlight, limit.in_flight),
        ];
        amounts.into_iter().find_map(|(counts, amount)| Some((counts, amount?)))
    }

    /// The name in the config.
    pub fn field(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::InputTokens => "input_tokens",
            Self::OutputTokens => "output_tokens",
            Self::TotalTokens => "total_tokens",
            Self::CachedInputTokens => "cached_input_tokens",
            Self::CacheWriteTokens => "cache_write_tokens",
            Self::ReasoningTokens => "reasoning_tokens",
            Self::Cost => "cost",
            Self::Money => "money",
            Self::InFlight => "in_flight",
        }
    }

    /// The name in messages; money has its currency there instead.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::InputTokens => "input tokens",
            Self::OutputTokens => "output tokens",
            Self::TotalTokens => "tokens",
            Self::CachedInputTokens => "cached input tokens",
            Self::CacheWriteTokens => "tokens written to a cache",
            Self::ReasoningTokens => "reasoning tokens",
            Self::Cost => "units of cost",
            Self::Money => "of money",
            Self::InFlight => "requests in flight",
        }
    }

    /// Whether what was taken is settled by what was used, when a request has ended. Requests stay counted.
    pub(in crate::limit) fn are_settled(self) -> bool {
        !matches!(self, Self::Requests | Self::InFlight)
    }

    /// How many of these tokens are counted, where it is tokens.
    pub(in crate::limit) fn among(self, tokens: &Tokens) -> Option<u64> {
        match self {
            Self::InputTokens => Some(tokens.input),
            Self::OutputTokens => Some(tokens.output),
            Self::TotalTokens => Some(tokens.total()),
            Self::CachedInputTokens => Some(tokens.cached_input),
            Self::CacheWriteTokens => Some(tokens.cache_write),
            Self::ReasoningTokens => Some(tokens.reasoning),
            Self::Requests | Self::Cost | Self::Money | Self::InFlight => None,
        }
    }
}
