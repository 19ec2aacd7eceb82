//! How an answer ends, in the words of this API: a status, and where it is `incomplete` a reason.

use crate::translate::answer::FinishReason;

/// What an answer held that bears on how it ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// Whether it calls tools.
    pub(super) tool_calls: bool,
    /// Whether it has the text of a refusal.
    pub(super) refusal: bool,
}

/// Why an answer is incomplete, if it is.
///
/// A refusal with words is a complete answer that says no, as OpenAI has it; one without is what a filter has held back. A paused
/// turn is over as far as a client of this API can act on it.
pub(super) fn incomplete(reason: FinishReason, held: Held) -> Option<&'static str> {
    match reason {
        FinishReason::Length | FinishReason::ContextLength => Some("max_output_tokens"),
        FinishReason::Refusal if held.refusal => None,
        FinishReason::ContentFilter | FinishReason::Refusal => Some("content_filter"),
        FinishReason::Stop | FinishReason::StopSequence | FinishReason::ToolCalls | FinishReason::Pause => None,
    }
}

/// Why the model stopped, by what the provider says of the answer.
pub(super) fn finish_reason(incomplete: Option<&str>, held: Held) -> FinishReason {
    match incomplete {
        Some("content_filter") => FinishReason::ContentFilter,
        Some(_) => FinishReason::Length,
        None if held.tool_calls => FinishReason::ToolCalls,
        None if held.refusal => FinishReason::Refusal,
        None => FinishReason::Stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_in_words_is_a_complete_answer_and_one_without_was_filtered() {
        let said = Held { refusal: true, tool_calls: false };
        assert_eq!(incomplete(FinishReason::Refusal, said), None);
        assert_eq!(incomplete(FinishReason::Refusal, Held::default()), Some("content_filter"));
    }

    #[test]
    fn every_end_of_openais_comes_back_as_itself() {
        for (word, held) in [
            (Some("max_output_tokens"), Held::default()),
            (Some("content_filter"), Held::default()),
            (None, Held { tool_calls: true, refusal: false }),
            (None, Held { tool_calls: false, refusal: true }),
            (None, Held::default()),
        ] {
            assert_eq!(incomplete(finish_reason(word, held), held), word);
        }
    }
}
