//! `usage`, as OpenAI and compatible vendors report it, and as an OpenAI client gets it.
//!
//! Reading never fails: an answer is not lost for a number that is odd. Numbers are bounded by each other, not by sense: a provider
//! may report anything, and whoever adds them up must saturate.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Deserialize as DeserializeDerive, Serialize};

use crate::usage::Tokens;

/// What a provider reports. Unknown fields are of no interest.
#[derive(Debug, Default, DeserializeDerive)]
#[serde(default)]
pub(in crate::translate) struct Reported {
    prompt_tokens: Count,
    completion_tokens: Count,
    total_tokens: Count,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
    /// DeepSeek's word for cached tokens.
    prompt_cache_hit_tokens: Count,
}

#[derive(Debug, Default, DeserializeDerive)]
#[serde(default)]
struct PromptDetails {
    cached_tokens: Count,
    /// The word of gateways for what was written to the cache.
    cache_creation_tokens: Count,
    /// OpenRouter's word for the same.
    cache_write_tokens: Count,
}

#[derive(Debug, Default, DeserializeDerive)]
#[serde(default)]
struct CompletionDetails {
    reasoning_tokens: Count,
}

impl Reported {
    /// In the hub's terms. xAI and Gemini leave thinking out of `completion_tokens`, but not out of `total_tokens`: the greater
    /// counts. Parts are never more than their whole. Nothing but zeros is no report: vendors write it where they have not counted.
    pub(in crate::translate) fn tokens(&self) -> Option<Tokens> {
        let input = self.prompt_tokens.0;
        let output = self.completion_tokens.0.max(self.total_tokens.0.saturating_sub(input));
        let prompt = self.prompt_tokens_details.as_ref();
        let completion = self.completion_tokens_details.as_ref();
        let cached = prompt.map_or(0, |details| details.cached_tokens.0).max(self.prompt_cache_hit_tokens.0);
        let written = prompt.map_or(0, |details| details.cache_creation_tokens.0.max(details.cache_write_tokens.0));
        let tokens = Tokens {
            input,
            cached_input: cached.min(input),
            cache_write: written.min(input),
            output,
            reasoning: completion.map_or(0, |details| details.reasoning_tokens.0).min(output),
        };
        (tokens != Tokens::default()).then_some(tokens)
    }
}

/// A number of tokens. Vendors write null, or a number with a fraction, where they should write a whole one: what cannot be one
/// is 0, never an error that would lose the answer.
#[derive(Debug, Default, Clone, Copy)]
pub(in crate::translate) struct Count(pub(in crate::translate) u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl Visitor<'_> for Number {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of tokens")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Count, E> {
                Ok(Count(number))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Count, E> {
                Ok(Count(u64::try_from(number).unwrap_or(0)))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Count, E> {
                // `as` saturates: NaN and negative numbers become 0.
                Ok(Count(number as u64))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Count, E> {
                Ok(Count(0))
            }
        }

        deserializer.deserialize_any(Number)
    }
}

/// What an OpenAI client gets.
#[derive(Debug, Serialize)]
pub(in crate::translate) struct Told {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: ToldPrompt,
    completion_tokens_details: ToldCompletion,
}

#[derive(Debug, Serialize)]
struct ToldPrompt {
    cached_tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    cache_write_tokens: u64,
}

#[derive(Debug, Serialize)]
struct ToldCompletion {
    reasoning_tokens: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl From<Tokens> for Told {
    fn from(tokens: Tokens) -> Self {
        Self {
            prompt_tokens: tokens.input,
            completion_tokens: tokens.output,
            total_tokens: tokens.total(),
            prompt_tokens_details: ToldPrompt { cached_tokens: tokens.cached_input, cache_write_tokens: tokens.cache_write },
            completion_tokens_details: ToldCompletion { reasoning_tokens: tokens.reasoning },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(json: &str) -> Tokens {
        serde_json::from_str::<Reported>(json).unwrap().tokens().unwrap()
    }

    #[test]
    fn nothing_but_zeros_is_no_report() {
        let zeros: Reported = serde_json::from_str(r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#).unwrap();
        assert_eq!(zeros.tokens(), None);
    }

    #[test]
    fn thinking_that_a_vendor_leaves_out_of_the_completion_is_counted_by_the_total() {
        let reported = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":45,
            "completion_tokens_details":{"reasoning_tokens":30}}"#;
        assert_eq!(tokens(reported), Tokens { input: 10, output: 35, reasoning: 30, ..Tokens::default() });
    }

    #[test]
    fn absurd_numbers_do_no_harm() {
        let reported = r#"{"prompt_tokens":1e300,"completion_tokens":-5,"total_tokens":null,
            "prompt_tokens_details":{"cached_tokens":18446744073709551615},"completion_tokens_details":null}"#;
        let tokens = tokens(reported);
        assert_eq!((tokens.input, tokens.cached_input, tokens.output), (u64::MAX, u64::MAX, 0));
        assert_eq!(tokens.total(), u64::MAX);
    }

    #[test]
    fn cached_tokens_are_found_under_every_vendors_name() {
        assert_eq!(tokens(r#"{"prompt_tokens":9,"prompt_cache_hit_tokens":4}"#).cached_input, 4);
        assert_eq!(tokens(r#"{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":3}}"#).cached_input, 3);
        assert_eq!(tokens(r#"{"prompt_tokens":9,"prompt_tokens_details":{"cache_write_tokens":2}}"#).cache_write, 2);
    }
}
