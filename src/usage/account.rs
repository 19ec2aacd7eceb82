//! What a request has used: as reported where that can be had, else estimated. Pure.

use serde::Serialize;

use super::Tokens;
use crate::limit::estimate_output_tokens;

/// Where the token counts of a request come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The provider told them.
    Reported,
    /// At least one of input and output is estimated from bytes.
    Estimated,
    /// No provider has worked for the request: nothing was used.
    #[default]
    None,
}

impl Source {
    /// The name in usage records, metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Estimated => "estimated",
            Self::None => "none",
        }
    }
}

/// What a request has used.
///
/// `reported`: the usage that arrived, in pieces merged. `complete`: the provider said that the answer is complete. `started`:
/// something of the answer was generated, or is taken to be. `output_bytes`: how much was seen of it.
///
/// - A complete answer costs what was reported. A side that is told as nothing, although there is a prompt and there are bytes,
///   is taken for not told: some servers report zeros throughout.
/// - An answer that was cut or cancelled costs the input reported at its start (Anthropic's `message_start`), and the greater of the
///   output reported so far and the estimate of what was seen.
/// - Where nothing was reported, nothing was generated and the answer is not complete, a provider has failed: that costs nothing.
pub fn account(
    reported: Option<Tokens>,
    input_estimate: u64,
    output_bytes: u64,
    complete: bool,
    started: bool,
) -> (Tokens, Source) {
    let reported = reported.unwrap_or_default();
    if reported == Tokens::default() && !complete && !started && output_bytes == 0 {
        return (Tokens::default(), Source::None);
    }
    let seen = estimate_output_tokens(output_bytes);
    let input_told = reported.input > 0;
    let output_told = if complete { reported.output > 0 || seen == 0 } else { reported.output >= seen };
    let tokens = Tokens {
        input: if input_told { reported.input } else { input_estimate },
        output: if output_told { reported.output } else { seen.max(reported.output) },
        ..reported
    };
    let source = if input_told && output_told { Source::Reported } else { Source::Estimated };
    (tokens, source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(input: u64, output: u64) -> Tokens {
        Tokens { input, output, ..Tokens::default() }
    }

    #[test]
    fn a_complete_answer_costs_what_was_reported_whatever_was_estimated() {
        let told = Tokens { cached_input: 50, cache_write: 10, reasoning: 7, ..tokens(90, 30) };
        assert_eq!(account(Some(told), 1_000, 100_000, true, true), (told, Source::Reported));
    }

    #[test]
    fn a_complete_answer_without_usage_is_estimated() {
        assert_eq!(account(None, 1_000, 401, true, true), (tokens(1_000, 101), Source::Estimated));
        assert_eq!(account(None, 1_000, 0, true, false), (tokens(1_000, 0), Source::Estimated));
    }

    #[test]
    fn usage_of_zeros_is_no_usage() {
        assert_eq!(account(Some(tokens(0, 0)), 1_000, 400, true, true), (tokens(1_000, 100), Source::Estimated));
        assert_eq!(account(Some(tokens(5, 0)), 1_000, 400, true, true), (tokens(5, 100), Source::Estimated));
        assert_eq!(account(Some(tokens(0, 7)), 1_000, 400, true, true), (tokens(1_000, 7), Source::Estimated));
    }

    #[test]
    fn an_answer_without_output_that_reports_so_is_reported() {
        assert_eq!(account(Some(tokens(8, 0)), 1_000, 0, true, false), (tokens(8, 0), Source::Reported));
    }

    #[test]
    fn a_cut_stream_keeps_the_input_reported_at_its_start_and_estimates_the_output() {
        let start = Tokens { cached_input: 8_000, ..tokens(9_038, 1) };
        let expected = Tokens { output: 500, ..start };
        assert_eq!(account(Some(start), 12_000, 2_000, false, true), (expected, Source::Estimated));
    }

    #[test]
    fn a_stream_cut_before_its_first_word_costs_the_input_that_was_reported() {
        assert_eq!(account(Some(tokens(9_038, 1)), 12_000, 0, false, false), (tokens(9_038, 1), Source::Reported));
    }

    #[test]
    fn whoever_reads_everything_and_leaves_before_the_usage_arrives_pays_all_the_same() {
        assert_eq!(account(None, 1_000, 40_000, false, true), (tokens(1_000, 10_000), Source::Estimated));
    }

    #[test]
    fn a_provider_that_failed_before_it_generated_anything_costs_nothing() {
        assert_eq!(account(None, 1_000, 0, false, false), (Tokens::default(), Source::None));
        assert_eq!(account(Some(Tokens::default()), 1_000, 0, false, false), (Tokens::default(), Source::None));
    }
}
