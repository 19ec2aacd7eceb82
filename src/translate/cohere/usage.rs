//! `usage`: `tokens` are what the model has read and written, `billed_units` what Cohere charges for.
//!
//! The two differ: what Cohere itself puts around a prompt is read and not billed. The hub counts tokens, so `tokens` count, and
//! `cached_tokens` are a part of them; `billed_units` stand in where a host of Cohere's models tells nothing else. Reading never
//! fails: numbers have fractions by the reference, and hosts write -1 for what they have not counted.

use serde::Deserialize;

use crate::usage::Tokens;

/// `usage` of an answer, and of `message-end`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Usage {
    tokens: Option<Counts>,
    billed_units: Option<Counts>,
    cached_tokens: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Counts {
    input_tokens: Option<f64>,
    output_tokens: Option<f64>,
}

impl Usage {
    /// In the hub's terms; `None` where nothing is told.
    pub(super) fn tokens(&self) -> Option<Tokens> {
        let told = |of: fn(&Counts) -> Option<f64>| {
            let counts = [&self.tokens, &self.billed_units].into_iter().flatten();
            counts.filter_map(of).find(|number| *number >= 0.0).map(whole)
        };
        let input = told(|counts| counts.input_tokens);
        let output = told(|counts| counts.output_tokens);
        if input.is_none() && output.is_none() {
            return None;
        }
        let input = input.unwrap_or_default();
        let cached_input = self.cached_tokens.map_or(0, whole).min(input);
        Some(Tokens { input, cached_input, output: output.unwrap_or_default(), ..Tokens::default() })
    }
}

/// `as` saturates, and makes 0 of what is negative or no number.
fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(json: &str) -> Option<Tokens> {
        serde_json::from_str::<Usage>(json).unwrap().tokens()
    }

    #[test]
    fn tokens_are_what_the_model_has_read_and_not_what_is_billed() {
        let usage = r#"{"billed_units":{"input_tokens":17,"output_tokens":9},"tokens":{"input_tokens":215.0,"output_tokens":41},"cached_tokens":176}"#;
        assert_eq!(tokens(usage), Some(Tokens { input: 215, cached_input: 176, output: 41, ..Tokens::default() }));
    }

    #[test]
    fn billed_units_stand_in_for_tokens_that_are_not_told() {
        for usage in [
            r#"{"billed_units":{"input_tokens":17,"output_tokens":9}}"#,
            r#"{"billed_units":{"input_tokens":17,"output_tokens":9},"tokens":null}"#,
            r#"{"billed_units":{"input_tokens":17,"output_tokens":9},"tokens":{"input_tokens":-1,"output_tokens":-1.0}}"#,
        ] {
            assert_eq!(tokens(usage), Some(Tokens { input: 17, output: 9, ..Tokens::default() }), "{usage}");
        }
    }

    #[test]
    fn nothing_told_is_no_usage_and_absurd_numbers_do_no_harm() {
        assert_eq!(tokens("{}"), None);
        assert_eq!(tokens(r#"{"tokens":{},"billed_units":{"search_units":1}}"#), None);
        assert_eq!(tokens(r#"{"tokens":{"input_tokens":-1,"output_tokens":-1}}"#), None);
        let absurd = tokens(r#"{"tokens":{"input_tokens":1e300,"output_tokens":1.9},"cached_tokens":1e308}"#).unwrap();
        assert_eq!((absurd.input, absurd.cached_input, absurd.output), (u64::MAX, u64::MAX, 1));
    }
}
