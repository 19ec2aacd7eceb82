//! Usage. Anthropic's `input_tokens` are those that were neither read from nor written to the prompt cache; the hub's are all.

use serde::Serialize;

use crate::translate::object::object;
use crate::translate::text::Str;
use crate::usage::Tokens;

object! {
    /// `usage` of an answer, of `message_start` and of `message_delta`.
    Usage {
        input_tokens: u64,
        cache_creation_input_tokens: u64,
        cache_read_input_tokens: u64,
        output_tokens: u64,
        output_tokens_details: OutputDetails<'a>,
        service_tier: Str<'a>,
    }
}

object! {
    OutputDetails {
        thinking_tokens: u64,
    }
}

/// What is known so far. The counts of a stream's events are cumulative, and any event may have any of them: `message_delta`
/// alone has the cache's counts with some providers (field note 12).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    input: u64,
    cache_write: u64,
    cache_read: u64,
    output: u64,
    thinking: u64,
}

impl Counts {
    pub(super) fn learn(&mut self, usage: &Usage<'_>) {
        let thinking = usage.output_tokens_details.as_ref().and_then(|details| details.thinking_tokens);
        for (known, told) in [
            (&mut self.input, usage.input_tokens),
            (&mut self.cache_write, usage.cache_creation_input_tokens),
            (&mut self.cache_read, usage.cache_read_input_tokens),
            (&mut self.output, usage.output_tokens),
            (&mut self.thinking, thinking),
        ] {
            *known = (*known).max(told.unwrap_or_default());
        }
    }

    pub(super) fn tokens(&self) -> Tokens {
        Tokens {
            input: self.input.saturating_add(self.cache_write).saturating_add(self.cache_read),
            cached_input: self.cache_read,
            cache_write: self.cache_write,
            output: self.output,
            reasoning: self.thinking,
        }
    }
}

/// `usage`, ready to be written.
#[derive(Debug, Serialize)]
pub(super) struct Written {
    input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_tokens_details: Option<Details>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Details {
    thinking_tokens: u64,
}

impl Written {
    pub(super) fn new(tokens: Tokens, service_tier: Option<&'static str>) -> Self {
        Self {
            input_tokens: tokens.input.saturating_sub(tokens.cached_input).saturating_sub(tokens.cache_write),
            cache_creation_input_tokens: tokens.cache_write,
            cache_read_input_tokens: tokens.cached_input,
            output_tokens: tokens.output,
            output_tokens_details: (tokens.reasoning > 0).then_some(Details { thinking_tokens: tokens.reasoning }),
            service_tier,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(events: &[&str]) -> Counts {
        let mut counts = Counts::default();
        for event in events {
            counts.learn(&serde_json::from_str(event).unwrap());
        }
        counts
    }

    #[test]
    fn cached_tokens_that_only_the_last_event_tells_are_counted() {
        let counts = counts(&[
            r#"{"input_tokens":5,"output_tokens":1}"#,
            r#"{"input_tokens":5,"cache_read_input_tokens":9000,"cache_creation_input_tokens":33,"output_tokens":12}"#,
        ]);
        let expected = Tokens { input: 9_038, cached_input: 9_000, cache_write: 33, output: 12, reasoning: 0 };
        assert_eq!(counts.tokens(), expected);
    }

    #[test]
    fn absurd_numbers_do_not_overflow() {
        let most = u64::MAX.to_string();
        let event = format!(r#"{{"input_tokens":{most},"cache_read_input_tokens":{most},"output_tokens":null}}"#);
        assert_eq!(counts(&[&event]).tokens().input, u64::MAX);
        let tokens = Tokens { input: 1, cached_input: u64::MAX, cache_write: 7, ..Tokens::default() };
        assert_eq!(Written::new(tokens, None).input_tokens, 0);
    }
}
