//! Anthropic's words for what the hub knows by type, both ways.

use crate::translate::answer::FinishReason;
use crate::translate::conversation::Effort;

/// The words of `output_config.effort`.
pub(super) const EFFORTS: [(&str, Effort); 5] =
    [("low", Effort::Low), ("medium", Effort::Medium), ("high", Effort::High), ("xhigh", Effort::XHigh), ("max", Effort::Max)];

/// The effort that a word means.
pub(super) fn effort(word: &str) -> Option<Effort> {
    EFFORTS.iter().find(|(known, _)| *known == word).map(|(_, effort)| *effort)
}

/// The word for an effort. Anthropic's lowest is `low`; no effort at all is not an effort but thinking switched off.
pub(super) fn effort_word(effort: Effort) -> Option<&'static str> {
    match effort {
        Effort::None => None,
        Effort::Minimal | Effort::Low => Some("low"),
        Effort::Medium => Some("medium"),
        Effort::High => Some("high"),
        Effort::XHigh => Some("xhigh"),
        Effort::Max => Some("max"),
    }
}

/// What a `stop_reason` means. One that nobody here knows counts as a stop: the answer is complete, only the reason is not known.
pub(super) fn finish_reason(word: &str) -> FinishReason {
    match word {
        "max_tokens" => FinishReason::Length,
        "stop_sequence" => FinishReason::StopSequence,
        "tool_use" => FinishReason::ToolCalls,
        "pause_turn" => FinishReason::Pause,
        "refusal" => FinishReason::Refusal,
        "model_context_window_exceeded" => FinishReason::ContextLength,
        _ => FinishReason::Stop,
    }
}

/// What the answer held that bears on why it stopped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// Whether it calls tools.
    pub(super) tool_calls: bool,
    /// Whether it has the text of a refusal.
    pub(super) refusal: bool,
}

/// The `stop_reason` for a reason.
///
/// Clients of Anthropic run tools when it says `tool_use`. OpenAI says `stop` where a tool was called because the request named
/// it, and where the model's text is a refusal, so what the answer held decides then.
pub(super) fn stop_reason(reason: FinishReason, held: Held) -> &'static str {
    match reason {
        FinishReason::Stop | FinishReason::ToolCalls if held.tool_calls => "tool_use",
        FinishReason::Stop if held.refusal => "refusal",
        FinishReason::Stop => "end_turn",
        FinishReason::StopSequence => "stop_sequence",
        FinishReason::Length => "max_tokens",
        FinishReason::ContextLength => "model_context_window_exceeded",
        FinishReason::ToolCalls => "tool_use",
        FinishReason::ContentFilter | FinishReason::Refusal => "refusal",
        FinishReason::Pause => "pause_turn",
    }
}

/// The service tier of an answer in the hub's terms, which are OpenAI's.
pub(super) fn tier_from(word: &str) -> &str {
    if word == "standard" { "default" } else { word }
}

/// The service tier of an answer in Anthropic's words, which are three.
pub(super) fn tier_to(word: &str) -> Option<&'static str> {
    match word {
        "default" | "standard" => Some("standard"),
        "priority" => Some("priority"),
        "batch" => Some("batch"),
        _ => None,
    }
}

/// The types of errors that Anthropic's API reference lists.
const ERRORS: [&str; 11] = [
    "invalid_request_error",
    "authentication_error",
    "billing_error",
    "permission_error",
    "not_found_error",
    "conflict_error",
    "request_too_large",
    "rate_limit_error",
    "api_error",
    "timeout_error",
    "overloaded_error",
];

/// Anthropic's type for an error of this kind, if the kind tells: its own words, and those of OpenAI and compatible vendors.
pub(super) fn error_type(kind: &str) -> Option<&'static str> {
    if let Some(known) = ERRORS.iter().find(|known| **known == kind) {
        return Some(known);
    }
    match kind {
        // `tokens` and `requests`: of which there were too many.
        "insufficient_quota" | "rate_limit_exceeded" | "tokens" | "requests" => Some("rate_limit_error"),
        // Whatever else it is called, its status says more: OpenAI's `server_error` may be an overload.
        _ => None,
    }
}

/// Anthropic's type for an error with this HTTP status. Other 4xx are `invalid_request_error`, as the API reference says.
pub(super) fn error_type_of(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        408 | 504 => "timeout_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Held = Held { tool_calls: false, refusal: false };

    #[test]
    fn every_stop_reason_of_anthropic_comes_back_as_itself() {
        let words =
            ["end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal", "model_context_window_exceeded"];
        for word in words {
            assert_eq!(stop_reason(finish_reason(word), NOTHING), word);
        }
    }

    #[test]
    fn an_answer_that_calls_tools_and_stopped_says_tool_use() {
        let held = Held { tool_calls: true, refusal: false };
        assert_eq!(stop_reason(FinishReason::Stop, held), "tool_use");
        assert_eq!(stop_reason(FinishReason::Length, held), "max_tokens");
    }

    #[test]
    fn every_effort_of_anthropic_comes_back_as_itself() {
        for (word, effort) in EFFORTS {
            assert_eq!(effort_word(effort), Some(word));
        }
        assert_eq!(effort_word(Effort::Minimal), Some("low"));
    }
}
