//! Usage. Bedrock's `inputTokens` are those that were neither read from nor written to the prompt cache; the hub's are all. Thinking
//! is counted in `outputTokens` and not told apart.

use crate::translate::object::object;
use crate::usage::Tokens;

object! {
    /// `usage` of an answer and of a stream's `metadata`.
    Usage {
        input as "inputTokens": u64,
        output as "outputTokens": u64,
        cache_read as "cacheReadInputTokens": u64,
        cache_write as "cacheWriteInputTokens": u64,
    }
}

impl Usage<'_> {
    pub(super) fn tokens(&self) -> Tokens {
        let (read, written) = (self.cache_read.unwrap_or_default(), self.cache_write.unwrap_or_default());
        Tokens {
            input: self.input.unwrap_or_default().saturating_add(read).saturating_add(written),
            cached_input: read,
            cache_write: written,
            output: self.output.unwrap_or_default(),
            reasoning: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(json: &str) -> Tokens {
        serde_json::from_str::<Usage<'_>>(json).unwrap().tokens()
    }

    #[test]
    fn cached_tokens_are_added_to_the_input_because_bedrock_counts_them_apart() {
        let json = r#"{"inputTokens":5,"outputTokens":12,"totalTokens":9050,"cacheReadInputTokens":9000,
            "cacheWriteInputTokens":33,"cacheDetails":[{"ttl":"5m","inputTokens":33}]}"#;
        let expected = Tokens { input: 9_038, cached_input: 9_000, cache_write: 33, output: 12, reasoning: 0 };
        assert_eq!(tokens(json), expected);
    }

    #[test]
    fn absurd_numbers_do_not_overflow() {
        let most = u64::MAX;
        let json = format!(r#"{{"inputTokens":{most},"cacheReadInputTokens":{most},"cacheWriteInputTokens":{most}}}"#);
        assert_eq!(tokens(&json).input, most);
    }
}
