//! What is seen of an answer that passes: OpenAI's shapes of `usage`, old (`prompt_tokens`) and new (`input_tokens`), by tokens or
//! by seconds. An answer is never lost for a number that is odd.

use serde::Deserialize;

use super::Call;
use crate::translate::openai::usage::Count;
use crate::translate::text::Str;
use crate::translate::{Seen, plain};
use crate::usage::Tokens;

/// `usage` in an answer or an event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Usage {
    prompt_tokens: Count,
    completion_tokens: Count,
    input_tokens: Count,
    output_tokens: Count,
    total_tokens: Count,
    #[serde(alias = "prompt_tokens_details", alias = "input_token_details")]
    input_tokens_details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Count,
}

impl Usage {
    /// `None` where no tokens are told: sound may be billed by its seconds, and servers that do not count write zeros.
    pub(super) fn tokens(&self) -> Option<Tokens> {
        let input = self.prompt_tokens.0.max(self.input_tokens.0);
        let output = self.completion_tokens.0.max(self.output_tokens.0).max(self.total_tokens.0.saturating_sub(input));
        let cached = self.input_tokens_details.as_ref().map_or(0, |details| details.cached_tokens.0);
        let tokens = Tokens { input, cached_input: cached.min(input), output, ..Tokens::default() };
        (tokens != Tokens::default()).then_some(tokens)
    }
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Told<'a> {
    id: Option<Str<'a>>,
    model: Option<Str<'a>>,
    usage: Option<Usage>,
}

/// What was seen of a whole answer in OpenAI's shape. One that cannot be read is kept all the same, and told.
pub(super) fn observe(call: Call, body: &[u8]) -> Seen {
    match serde_json::from_slice::<Told<'_>>(body) {
        Ok(told) => Seen {
            id: told.id.map(|id| id.to_string()),
            model: told.model.map(|model| model.to_string()),
            usage: told.usage.filter(|_| !call.counts()).and_then(|usage| usage.tokens()),
            complete: true,
            ..Seen::default()
        },
        Err(error) => {
            let error = format!("the provider's answer cannot be read: {error}");
            Seen { error: Some(plain::brief(&error, plain::MESSAGE).into_owned()), ..Seen::default() }
        }
    }
}
