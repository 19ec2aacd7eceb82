//! Bedrock's words for what the hub knows by type.

use crate::translate::answer::FinishReason;

/// What a `stopReason` means. `None`: the model wrote something that Bedrock could not read (`malformed_…`), so there is no answer.
/// One that nobody here knows counts as a stop: the answer is complete, and only the reason is not known.
pub(super) fn finish_reason(word: &str) -> Option<FinishReason> {
    Some(match word {
        "malformed_model_output" | "malformed_tool_use" => return None,
        "max_tokens" => FinishReason::Length,
        "stop_sequence" => FinishReason::StopSequence,
        "tool_use" => FinishReason::ToolCalls,
        "guardrail_intervened" | "content_filtered" => FinishReason::ContentFilter,
        "model_context_window_exceeded" => FinishReason::ContextLength,
        _ => FinishReason::Stop,
    })
}

/// The type of an error without what AWS's older services write around it (`com.amazon.coral.service#ValidationException`,
/// `ThrottlingException:http://…`).
pub(super) fn error_type(word: &str) -> &str {
    let word = word.rsplit('#').next().unwrap_or(word);
    word.split(':').next().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stop_reason_of_the_reference_has_a_meaning() {
        for (word, reason) in [
            ("end_turn", Some(FinishReason::Stop)),
            ("tool_use", Some(FinishReason::ToolCalls)),
            ("max_tokens", Some(FinishReason::Length)),
            ("stop_sequence", Some(FinishReason::StopSequence)),
            ("guardrail_intervened", Some(FinishReason::ContentFilter)),
            ("content_filtered", Some(FinishReason::ContentFilter)),
            ("malformed_model_output", None),
            ("malformed_tool_use", None),
            ("model_context_window_exceeded", Some(FinishReason::ContextLength)),
            ("something new", Some(FinishReason::Stop)),
        ] {
            assert_eq!(finish_reason(word), reason, "{word}");
        }
    }

    #[test]
    fn the_type_of_an_error_is_told_without_its_namespace() {
        assert_eq!(error_type("com.amazon.coral.service#ValidationException"), "ValidationException");
        assert_eq!(error_type("ThrottlingException:http://internal.amazon.com/coral/"), "ThrottlingException");
        assert_eq!(error_type("AccessDeniedException"), "AccessDeniedException");
    }
}
