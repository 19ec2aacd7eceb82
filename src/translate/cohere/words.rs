//! Cohere's words for why a generation ended.

use crate::translate::answer::FinishReason;

/// How a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// With an answer.
    Well(FinishReason),
    /// With none, or with a part of one: what there is must not pass for an answer.
    Badly,
}

/// What a `finish_reason` means. `ERROR_TOXIC` and `ERROR_LIMIT` are words of API v1 that hosts of Cohere's models still use. One
/// that nobody here knows counts as a stop: the answer is complete, only the reason is not known.
pub(super) fn ended(word: &str) -> Ended {
    Ended::Well(match word {
        "STOP_SEQUENCE" => FinishReason::StopSequence,
        "MAX_TOKENS" => FinishReason::Length,
        "TOOL_CALL" => FinishReason::ToolCalls,
        "ERROR_TOXIC" => FinishReason::ContentFilter,
        "ERROR_LIMIT" => FinishReason::ContextLength,
        "ERROR" | "TIMEOUT" | "USER_CANCEL" => return Ended::Badly,
        _ => FinishReason::Stop,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_or_a_timeout_is_no_way_to_end_an_answer() {
        for word in ["ERROR", "TIMEOUT"] {
            assert_eq!(ended(word), Ended::Badly, "{word}");
        }
    }

    #[test]
    fn every_reason_of_the_reference_has_its_meaning() {
        for (word, reason) in [
            ("COMPLETE", FinishReason::Stop),
            ("STOP_SEQUENCE", FinishReason::StopSequence),
            ("MAX_TOKENS", FinishReason::Length),
            ("TOOL_CALL", FinishReason::ToolCalls),
            ("SOMETHING_NEW", FinishReason::Stop),
        ] {
            assert_eq!(ended(word), Ended::Well(reason), "{word}");
        }
    }
}
