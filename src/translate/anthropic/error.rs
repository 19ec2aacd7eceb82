//! Errors: `{"type":"error","error":{"type","message"},"request_id"}`.
//!
//! Reading never fails: what stands before a provider (a load balancer, a proxy) answers in HTML or plain text, and that is then
//! the message, as far as [`TEXT`] goes.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::words;
use crate::rejection::Rejection;
use crate::translate::answer::ProviderError;
use crate::translate::object::object;
use crate::translate::text::Str;

/// The most of a body that is not an Anthropic error which becomes the message, in bytes.
const TEXT: usize = 2_048;

object! {
    Body {
        error: ErrorObject<'a>,
        message: Str<'a>,
        capital as "Message": Str<'a>,
        request_id: Str<'a>,
    }
}

object! {
    /// `error`, of an error body or of an `error` event.
    ErrorObject {
        kind as "type": Str<'a>,
        message: Str<'a>,
    }
}

/// Reads the body of an answer that is not a success.
pub fn parse(status: u16, body: &[u8]) -> ProviderError<'_> {
    read(body).unwrap_or_else(|| ProviderError { message: plain(status, body), ..ProviderError::default() })
}

fn read(body: &[u8]) -> Option<ProviderError<'_>> {
    // Google puts an error of its own into a list, before Anthropic's models on Vertex AI.
    if body.trim_ascii_start().starts_with(b"[") {
        let list: Vec<&RawValue> = serde_json::from_slice(body).ok()?;
        return read(list.first().filter(|first| first.get().starts_with('{'))?.get().as_bytes());
    }
    let body: Body<'_> = serde_json::from_slice(body).ok()?;
    match body.error {
        Some(error) => Some(ProviderError {
            kind: error.kind,
            message: error.message?,
            request_id: body.request_id,
            ..ProviderError::default()
        }),
        // What AWS and others put before Anthropic's models.
        None => Some(ProviderError {
            message: body.message.or(body.capital)?,
            request_id: body.request_id,
            ..ProviderError::default()
        }),
    }
}

fn plain(status: u16, body: &[u8]) -> Str<'_> {
    let text = match std::str::from_utf8(&body[..body.len().min(TEXT)]) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&body[..error.valid_up_to()]).unwrap_or_default(),
    };
    match text.trim() {
        "" => format!("the provider answered {status} without a message").into(),
        text => text.into(),
    }
}

/// Writes an error that a provider reported.
pub fn render(status: u16, error: &ProviderError<'_>) -> Vec<u8> {
    let kind = error.kind.as_deref().and_then(words::error_type).unwrap_or_else(|| words::error_type_of(status));
    Written::new(kind, &error.message, error.request_id.as_deref()).to_bytes()
}

/// Whether a provider's error has the shape that Anthropic's clients expect.
pub fn is_own(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Outer<'a> {
        #[serde(rename = "type", borrow)]
        kind: Str<'a>,
        #[serde(borrow, rename = "error")]
        _error: Inner<'a>,
    }
    #[derive(Deserialize)]
    struct Inner<'a> {
        #[serde(borrow, rename = "type")]
        _kind: Str<'a>,
        #[serde(borrow, rename = "message")]
        _message: Str<'a>,
    }
    serde_json::from_slice::<Outer<'_>>(body).is_ok_and(|outer| outer.kind == "error")
}

/// Writes an error of the gateway itself.
pub fn rejection(rejection: &Rejection) -> Vec<u8> {
    Written::of(rejection).to_bytes()
}

/// An error, ready to be written: as a body, or as the data of an `error` event.
#[derive(Debug, Serialize)]
pub(super) struct Written<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    error: Inner<'a>,
    request_id: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Inner<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    message: &'a str,
}

impl<'a> Written<'a> {
    pub(super) fn new(kind: &'static str, message: &'a str, request_id: Option<&'a str>) -> Self {
        Self { kind: "error", error: Inner { kind, message }, request_id }
    }

    pub(super) fn of(rejection: &'a Rejection) -> Self {
        Self::new(rejection.kind.row().anthropic_type, &rejection.message, None)
    }

    fn to_bytes(&self) -> Vec<u8> {
        // Text and options: nothing here that JSON cannot say.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rejection::Kind;

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn an_anthropic_error_is_read_and_written_as_it_was() {
        let body = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#;
        let error = parse(529, body.as_bytes());
        assert_eq!(error.kind.as_deref(), Some("overloaded_error"));
        assert_eq!(error.message, "Overloaded");
        assert_eq!(text(render(529, &error)), body);
    }

    #[test]
    fn the_status_tells_the_type_where_the_kind_is_not_anthropics() {
        for (status, kind, expected) in [
            (429, Some("insufficient_quota"), "rate_limit_error"),
            (402, Some("who knows"), "billing_error"),
            (418, None, "invalid_request_error"),
            (503, None, "overloaded_error"),
            (503, Some("server_error"), "overloaded_error"),
            (500, Some("server_error"), "api_error"),
            (500, None, "api_error"),
            (504, None, "timeout_error"),
        ] {
            let error = ProviderError { kind: kind.map(Into::into), message: "m".into(), ..ProviderError::default() };
            let written = text(render(status, &error));
            assert!(written.contains(&format!(r#""error":{{"type":"{expected}","message":"m"}}"#)), "{status}: {written}");
        }
    }

    #[test]
    fn what_is_not_json_becomes_the_message_up_to_two_kibibytes() {
        assert_eq!(parse(502, b"<html>Bad Gateway</html>").message, "<html>Bad Gateway</html>");
        assert_eq!(parse(502, b"").message, "the provider answered 502 without a message");
        let long = "ü".repeat(5_000);
        let error = parse(500, long.as_bytes());
        assert!(error.message.len() <= TEXT);
        assert!(long.starts_with(&*error.message));
        // A body that is cut in the middle of a character, and one that is no text at all.
        assert_eq!(parse(500, b"ab\xc3").message, "ab");
        assert!(parse(500, b"\xff\xfe").message.contains("500"));
    }

    #[test]
    fn json_of_another_shape_is_told_as_it_is() {
        assert_eq!(parse(403, br#"{"message":"not authorized","request_id":"r"}"#).message, "not authorized");
        assert_eq!(parse(403, br#"{"Message":"not authorized"}"#).message, "not authorized");
        assert_eq!(parse(400, br#"{"detail":"no"}"#).message, r#"{"detail":"no"}"#);
        assert_eq!(parse(400, br#"{"error":"no"}"#).message, r#"{"error":"no"}"#);
        assert_eq!(parse(400, br#"{"error":{"type":"x"}}"#).message, r#"{"error":{"type":"x"}}"#);
    }

    #[test]
    fn a_rejection_has_anthropics_type_and_no_request_id() {
        let rejection = Rejection::new(Kind::RateLimited, "the gateway's limit \"red\" is reached");
        let expected = concat!(
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"the gateway's limit \"red\" is reached"},"#,
            r#""request_id":null}"#
        );
        assert_eq!(text(super::rejection(&rejection)), expected);
    }
}
