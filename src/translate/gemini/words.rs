//! Google's words for what the hub knows by type, both ways.

use crate::translate::answer::FinishReason;

/// How an answer ended, as its `finishReason` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// As answers end.
    Reason(FinishReason),
    /// Google held it back, or the rest of it.
    Blocked,
    /// The model wrote what is no answer: to tell it as one would be to tell a lie.
    Failed,
}

/// What a `finishReason` means; nothing where it is the unset value. All that Google has ever added are reasons for which an answer
/// is not whole, so a word that nobody here knows is one, too.
pub(super) fn ending(word: &str) -> Option<Ending> {
    Some(match word {
        "" | "FINISH_REASON_UNSPECIFIED" => return None,
        // Google says `STOP` of a turn that calls tools, too; there are emulators that have a word of their own for it.
        "STOP" | "FUNCTION_CALL" => Ending::Reason(FinishReason::Stop),
        "MAX_TOKENS" => Ending::Reason(FinishReason::Length),
        "MALFORMED_FUNCTION_CALL"
        | "UNEXPECTED_TOOL_CALL"
        | "TOO_MANY_TOOL_CALLS"
        | "MISSING_THOUGHT_SIGNATURE"
        | "MALFORMED_RESPONSE" => Ending::Failed,
        _ => Ending::Blocked,
    })
}

/// The `finishReason` for a reason. A turn that calls tools ends with `STOP`, as Google has it.
pub(super) fn finish_word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop | FinishReason::StopSequence | FinishReason::ToolCalls | FinishReason::Pause => "STOP",
        FinishReason::Length | FinishReason::ContextLength => "MAX_TOKENS",
        FinishReason::ContentFilter | FinishReason::Refusal => "SAFETY",
    }
}

/// The words of `google.rpc.Code`, with the HTTP status that each maps to.
const STATUSES: [(&str, u16); 16] = [
    ("INVALID_ARGUMENT", 400),
    ("FAILED_PRECONDITION", 400),
    ("OUT_OF_RANGE", 400),
    ("UNAUTHENTICATED", 401),
    ("PERMISSION_DENIED", 403),
    ("NOT_FOUND", 404),
    ("ALREADY_EXISTS", 409),
    ("ABORTED", 409),
    ("RESOURCE_EXHAUSTED", 429),
    ("CANCELLED", 499),
    ("INTERNAL", 500),
    ("UNKNOWN", 500),
    ("DATA_LOSS", 500),
    ("UNIMPLEMENTED", 501),
    ("UNAVAILABLE", 503),
    ("DEADLINE_EXCEEDED", 504),
];

/// Google's word for an error, if it is one.
pub(super) fn status_word(kind: &str) -> Option<&'static str> {
    STATUSES.iter().find(|(word, _)| *word == kind).map(|(word, _)| *word)
}

/// Google's word for an error with this HTTP status.
pub(super) fn status_word_of(status: u16) -> &'static str {
    match status {
        502 | 529 => "UNAVAILABLE",
        408 => "DEADLINE_EXCEEDED",
        _ => match STATUSES.iter().find(|(_, known)| *known == status) {
            Some((word, _)) => word,
            None if (400..500).contains(&status) => "INVALID_ARGUMENT",
            None => "INTERNAL",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_is_new_is_never_taken_for_a_whole_answer() {
        assert_eq!(ending("SOMETHING_NEW"), Some(Ending::Blocked));
        for word in ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "LANGUAGE", "OTHER"] {
            assert_eq!(ending(word), Some(Ending::Blocked), "{word}");
        }
        for word in ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"] {
            assert_eq!(ending(word), Some(Ending::Failed), "{word}");
        }
        assert_eq!(ending("FINISH_REASON_UNSPECIFIED"), None);
    }

    #[test]
    fn every_status_has_a_word_of_googles() {
        for (status, word) in [
            (400, "INVALID_ARGUMENT"),
            (401, "UNAUTHENTICATED"),
            (404, "NOT_FOUND"),
            (413, "INVALID_ARGUMENT"),
            (422, "INVALID_ARGUMENT"),
            (429, "RESOURCE_EXHAUSTED"),
            (500, "INTERNAL"),
            (502, "UNAVAILABLE"),
            (503, "UNAVAILABLE"),
            (504, "DEADLINE_EXCEEDED"),
            (599, "INTERNAL"),
        ] {
            assert_eq!(status_word_of(status), word, "{status}");
        }
    }
}
