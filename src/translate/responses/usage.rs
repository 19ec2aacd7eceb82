//! `usage`, as OpenAI reports it for a response, and as a client gets it.
//!
//! Reading never fails: an answer is not lost for a number that is odd. Parts are never more than their whole.

use serde::{Deserialize, Serialize};

use crate::translate::openai::usage::Count;
use crate::usage::Tokens;

/// What a provider reports. Unknown fields are of no interest.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reported {
    input_tokens: Count,
    input_tokens_details: Option<InputDetails>,
    output_tokens: Count,
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InputDetails {
    cached_tokens: Count,
    cache_write_tokens: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OutputDetails {
    reasoning_tokens: Count,
}

impl Reported {
    /// In the hub's terms. Nothing but zeros is no report.
    pub(super) fn tokens(&self) -> Option<Tokens> {
        let (input, output) = (self.input_tokens.0, self.output_tokens.0);
        let details = self.input_tokens_details.as_ref();
        let reasoning = self.output_tokens_details.as_ref().map_or(0, |details| details.reasoning_tokens.0);
        let tokens = Tokens {
            input,
            cached_input: details.map_or(0, |details| details.cached_tokens.0).min(input),
            cache_write: details.map_or(0, |details| details.cache_write_tokens.0).min(input),
            output,
            reasoning: reasoning.min(output),
        };
        (tokens != Tokens::default()).then_some(tokens)
    }
}

/// What a client gets. The SDKs' types demand every field.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    input_tokens: u64,
    input_tokens_details: ToldInput,
    output_tokens: u64,
    output_tokens_details: ToldOutput,
    total_tokens: u64,
}

#[derive(Debug, Serialize)]
struct ToldInput {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Debug, Serialize)]
struct ToldOutput {
    reasoning_tokens: u64,
}

impl From<Tokens> for Told {
    fn from(tokens: Tokens) -> Self {
        Self {
            input_tokens: tokens.input,
            input_tokens_details: ToldInput { cached_tokens: tokens.cached_input, cache_write_tokens: tokens.cache_write },
            output_tokens: tokens.output,
            output_tokens_details: ToldOutput { reasoning_tokens: tokens.reasoning },
            total_tokens: tokens.total(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(json: &str) -> Option<Tokens> {
        serde_json::from_str::<Reported>(json).unwrap().tokens()
    }

    #[test]
    fn what_is_reported_is_told_the_same() {
        let json = concat!(
            r#"{"input_tokens":75,"input_tokens_details":{"cached_tokens":32,"cache_write_tokens":4},"#,
            r#""output_tokens":1186,"output_tokens_details":{"reasoning_tokens":1024},"total_tokens":1261}"#
        );
        assert_eq!(serde_json::to_string(&Told::from(tokens(json).unwrap())).unwrap(), json);
    }

    #[test]
    fn absurd_numbers_do_no_harm() {
        let json = r#"{"input_tokens":-3,"output_tokens":18446744073709551615,"output_tokens_details":{"reasoning_tokens":1e40},
            "input_tokens_details":{"cached_tokens":7}}"#;
        let tokens = tokens(json).unwrap();
        assert_eq!((tokens.input, tokens.cached_input, tokens.output, tokens.reasoning), (0, 0, u64::MAX, u64::MAX));
    }

    #[test]
    fn nothing_but_zeros_is_no_report() {
        assert_eq!(tokens(r#"{"input_tokens":0,"output_tokens":0,"input_tokens_details":null}"#), None);
    }
}
