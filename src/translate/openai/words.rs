//! OpenAI's words for what the hub knows by type, both ways.
//!
//! Words of a client that nobody knows are an error where they are read; words of a provider that nobody knows are taken for the
//! most harmless one, because the answer is there and has been paid for.

use crate::translate::answer::FinishReason;
use crate::translate::conversation::Effort;

/// The words of `reasoning_effort`. `max` is not OpenAI's own, but known to compatible vendors.
pub(in crate::translate) const EFFORTS: [(&str, Effort); 7] = [
    ("none", Effort::None),
    ("minimal", Effort::Minimal),
    ("low", Effort::Low),
    ("medium", Effort::Medium),
    ("high", Effort::High),
    ("xhigh", Effort::XHigh),
    ("max", Effort::Max),
];

/// The effort that a word means.
pub(in crate::translate) fn effort(word: &str) -> Option<Effort> {
    EFFORTS.iter().find(|(known, _)| *known == word).map(|(_, effort)| *effort)
}

/// The word for an effort that OpenAI knows; its highest is `xhigh`.
pub(super) fn effort_word(effort: Effort) -> &'static str {
    match effort {
        Effort::None => "none",
        Effort::Minimal => "minimal",
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::XHigh | Effort::Max => "xhigh",
    }
}

/// What a `finish_reason` means. Words that OpenAI does not have are those of compatible vendors; one that nobody here knows
/// counts as a stop: the answer is complete, and only the reason is not known.
pub(in crate::translate) fn finish_reason(word: &str) -> FinishReason {
    match word {
        "length" | "max_tokens" => FinishReason::Length,
        // Mistral's word for a full context window.
        "model_length" => FinishReason::ContextLength,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::ContentFilter,
        "refusal" => FinishReason::Refusal,
        _ => FinishReason::Stop,
    }
}

/// As [`finish_reason`], for an answer with or without tool calls. OpenAI itself says `stop` where the client named the tool to call.
pub(super) fn finish_reason_after(word: &str, has_calls: bool) -> FinishReason {
    match finish_reason(word) {
        FinishReason::Stop if has_calls => FinishReason::ToolCalls,
        reason => reason,
    }
}

/// OpenAI's word for a reason. A refusal is `content_filter` where the model said nothing that could be shown, as Anthropic's
/// `refusal` is made by a classifier; a paused turn is over as far as an OpenAI client can act on it.
pub(in crate::translate) fn finish_word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop | FinishReason::StopSequence | FinishReason::Pause => "stop",
        FinishReason::Length | FinishReason::ContextLength => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter | FinishReason::Refusal => "content_filter",
    }
}

/// The tier that served an answer: Anthropic's `standard` is OpenAI's `default`; `priority` is the same word in both.
pub(in crate::translate) fn served_tier(word: &str) -> &str {
    if word == "standard" { "default" } else { word }
}

/// The tier asked for: Anthropic's word for "no priority capacity" is OpenAI's `default`; `auto` is the same word in both.
pub(super) fn asked_tier(word: &str) -> &str {
    if word == "standard_only" { "default" } else { word }
}
