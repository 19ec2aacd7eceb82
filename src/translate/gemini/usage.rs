//! Usage. Google counts thinking beside the answer, and what its own tools read beside the prompt; the hub's totals include both.

use serde::Serialize;

use super::wire::Usage;
use crate::usage::Tokens;

/// What a `usageMetadata` tells.
pub(super) fn tokens(usage: &Usage<'_>) -> Tokens {
    let (thoughts, prompt) = (usage.thoughts.unwrap_or_default(), usage.prompt.unwrap_or_default());
    Tokens {
        input: prompt.saturating_add(usage.tool_use_prompt.unwrap_or_default()),
        cached_input: usage.cached.unwrap_or_default(),
        cache_write: 0,
        output: usage.candidates.unwrap_or_default().saturating_add(thoughts),
        reasoning: thoughts,
    }
}

/// `usageMetadata`, ready to be written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Written {
    prompt_token_count: u64,
    candidates_token_count: u64,
    #[serde(skip_serializing_if = "is_zero")]
    thoughts_token_count: u64,
    #[serde(skip_serializing_if = "is_zero")]
    cached_content_token_count: u64,
    total_token_count: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl From<Tokens> for Written {
    fn from(tokens: Tokens) -> Self {
        Self {
            prompt_token_count: tokens.input,
            candidates_token_count: tokens.output.saturating_sub(tokens.reasoning),
            thoughts_token_count: tokens.reasoning,
            cached_content_token_count: tokens.cached_input,
            total_token_count: tokens.total(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Tokens {
        tokens(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn thinking_counts_as_output_and_what_tools_read_as_input() {
        let told = r#"{"promptTokenCount":10,"toolUsePromptTokenCount":5,"cachedContentTokenCount":4,"candidatesTokenCount":7,
            "thoughtsTokenCount":30,"totalTokenCount":52,"promptTokensDetails":[{"modality":"TEXT","tokenCount":10}]}"#;
        assert_eq!(read(told), Tokens { input: 15, cached_input: 4, cache_write: 0, output: 37, reasoning: 30 });
    }

    #[test]
    fn absurd_numbers_do_not_overflow() {
        let most = u64::MAX;
        let told =
            read(&format!(r#"{{"promptTokenCount":{most},"toolUsePromptTokenCount":{most},"thoughtsTokenCount":{most}}}"#));
        assert_eq!((told.input, told.output), (most, most));
        let written = Written::from(Tokens { output: 1, reasoning: 9, ..Tokens::default() });
        assert_eq!(written.candidates_token_count, 0);
    }
}
