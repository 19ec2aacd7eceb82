//! The commit point of a stream: what its first events say about whether another provider may do better.

use super::answer::{Delta, ProviderError};
use super::dialects::Reader;
use super::{Api, Format, Task, Verdict};
use crate::codec::sse::Event;

/// Whether a stream of this format, for a client of this API, that begins with this event may be committed to. An event that cannot be read is committed to:
/// it is the client's to judge.
pub fn first_event_verdict(api: Api, format: Format, event: &Event<'_>) -> Verdict {
    if api.task() == Task::Opaque {
        return Verdict::Meaningful;
    }
    let mut verdict = Verdict::NotYet;
    let read = Reader::of(api, format).event(event, &mut |delta| match delta {
        Delta::Error(error) => verdict = Verdict::Error { status: status(&error), message: error.message.to_string() },
        Delta::Start { .. } | Delta::Usage(_) => {}
        _ => verdict = Verdict::Meaningful,
    });
    if read.is_err() { Verdict::Meaningful } else { verdict }
}

/// The HTTP status that an error in a stream would have had: by its code where that is a status, else by the providers' words.
pub(super) fn status(error: &ProviderError<'_>) -> u16 {
    if let Some(status) = error.code.as_deref().and_then(|code| code.parse().ok()).filter(|status| (400..600).contains(status)) {
        return status;
    }
    let words = [error.kind.as_deref(), error.code.as_deref()].map(|word| word.unwrap_or_default().to_ascii_lowercase());
    let known = STATUSES.iter().find(|(part, _)| words.iter().any(|word| word.contains(part)));
    known.map_or(500, |(_, status)| *status)
}

/// The first one that is a part of the error's type or code counts.
const STATUSES: [(&str, u16); 23] = [
    ("rate_limit", 429),
    ("throttl", 429),
    ("quota", 429),
    ("resource_exhausted", 429),
    ("overloaded", 503),
    ("notready", 503),
    ("unavailable", 503),
    ("timeout", 504),
    ("deadline_exceeded", 504),
    ("unauthenticated", 401),
    ("authentication", 401),
    ("api_key", 401),
    ("billing", 402),
    ("permission", 403),
    ("accessdenied", 403),
    ("not_found", 404),
    ("notfound", 404),
    ("too_large", 413),
    ("invalid", 400),
    ("failed_precondition", 400),
    ("validation", 400),
    ("context_length", 400),
    ("content_policy", 400),
];

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn verdict(format: Format, data: &str) -> Verdict {
        first_event_verdict(
            Api::OpenAiChat,
            format,
            &Event { data: Cow::Borrowed(data.as_bytes()), raw: data.as_bytes(), ..Event::default() },
        )
    }

    #[test]
    fn a_role_alone_is_no_reason_to_commit() {
        for data in [
            r#"{"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
            r#"{"id":"","choices":[],"prompt_filter_results":[{"prompt_index":0}]}"#,
            "",
        ] {
            assert_eq!(verdict(Format::Chat, data), Verdict::NotYet, "{data}");
        }
    }

    #[test]
    fn words_calls_and_the_end_are_meaningful() {
        for data in [
            r#"{"choices":[{"delta":{"content":"Hi"}}]}"#,
            r#"{"choices":[{"delta":{"reasoning_content":"Hm"}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}}]}"#,
            r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
            "[DONE]",
            "what is this",
        ] {
            assert_eq!(verdict(Format::Chat, data), Verdict::Meaningful, "{data}");
        }
    }

    /// Field note 26: `response.created` is no reason to commit, since an error may come right after it.
    #[test]
    fn the_head_of_a_response_is_no_reason_to_commit_and_its_error_is_one_to_fall_back() {
        for name in ["created", "in_progress", "output_item.added", "content_part.added"] {
            let data =
                format!(r#"{{"type":"response.{name}","response":{{"id":"r","error":null}},"item":{{"type":"message"}}}}"#);
            assert_eq!(verdict(Format::Responses, &data), Verdict::NotYet, "{data}");
        }
        let delta = r#"{"type":"response.output_text.delta","delta":"Hi"}"#;
        assert_eq!(verdict(Format::Responses, delta), Verdict::Meaningful);
        for (data, status) in [
            (r#"{"type":"error","code":"insufficient_quota","message":"no"}"#, 429),
            (r#"{"type":"error","error":{"type":"server_error","code":"server_error","message":"no"}}"#, 500),
            (r#"{"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"no"}}}"#, 429),
        ] {
            assert_eq!(verdict(Format::Responses, data), Verdict::Error { status, message: "no".to_owned() });
        }
    }

    #[test]
    fn an_error_has_the_status_that_it_would_have_had() {
        for (data, expected) in [
            (r#"{"error":{"code":429,"message":"slow"}}"#, 429),
            (r#"{"error":{"code":"rate_limit_exceeded","message":"slow"}}"#, 429),
            (r#"{"error":{"type":"overloaded_error","message":"slow"}}"#, 503),
            (r#"{"error":{"type":"invalid_request_error","message":"slow"}}"#, 400),
            (r#"{"error":{"type":"server_error","code":7,"message":"slow"}}"#, 500),
            (r#"{"error":"slow"}"#, 500),
        ] {
            assert_eq!(verdict(Format::Chat, data), Verdict::Error { status: expected, message: "slow".to_owned() });
        }
    }
}
