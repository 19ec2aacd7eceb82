//! Errors: `{"error":{"code","message","status","details"}}`, alone or as the only item of an array.
//!
//! Reading never fails: what stands before a provider answers in HTML or plain text, and that is then the message, bounded. Writing
//! keeps Google's own words; what another provider called the error stands in `details`, as Google's error model has it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::words;
use crate::rejection::Rejection;
use crate::translate::answer::ProviderError;
use crate::translate::plain;
use crate::translate::text::Str;

#[derive(Debug, Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// Each field by itself, so that one that is odd does not hide the others.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    details: Option<&'a RawValue>,
}

/// One of `details`. Google has a dozen types; these fields are told apart by their names.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Detail<'a> {
    #[serde(borrow)]
    reason: Option<Str<'a>>,
    #[serde(borrow)]
    request_id: Option<Str<'a>>,
    #[serde(borrow)]
    field_violations: Vec<Violation<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Violation<'a> {
    #[serde(borrow)]
    field: Option<Str<'a>>,
}

/// Reads the body of an answer that is not a success.
pub fn parse(status: u16, body: &[u8]) -> ProviderError<'_> {
    let error = std::str::from_utf8(body).ok().and_then(object).map(of_value);
    plain::with_message(error.unwrap_or_default(), status, body)
}

/// The `error` of a body. A stream that is not asked for as server-sent events begins with a bracket, and so does its error.
pub(super) fn object(body: &str) -> Option<&RawValue> {
    let body = body.trim();
    if body.starts_with('[') {
        let list: Vec<&RawValue> = serde_json::from_str(body).ok()?;
        return list.first().filter(|first| first.get().starts_with('{')).and_then(|first| object(first.get()));
    }
    serde_json::from_str::<Body<'_>>(body).ok()?.error
}

/// Reads an `error`.
pub(super) fn of_value(raw: &RawValue) -> ProviderError<'_> {
    let wire: Wire<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
    let details: Vec<&RawValue> = wire.details.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let details: Vec<Detail<'_>> = details.iter().filter_map(|raw| serde_json::from_str(raw.get()).ok()).collect();
    let kind = wire.status.and_then(text);
    // The number is the HTTP status, and says something only where the word is missing.
    let number = || if kind.is_some() { None } else { wire.code.map(|raw| raw.get().trim_matches('"').into()) };
    let mut error = ProviderError {
        code: details.iter().find_map(|detail| detail.reason.clone()).or_else(number),
        message: wire.message.and_then(text).or_else(|| text(raw)).unwrap_or_default(),
        param: details.iter().flat_map(|detail| &detail.field_violations).find_map(|violation| violation.field.clone()),
        request_id: details.iter().find_map(|detail| detail.request_id.clone()),
        kind,
    };
    plain::bound(&mut error.message);
    error
}

fn text(raw: &RawValue) -> Option<Str<'_>> {
    serde_json::from_str::<Str<'_>>(raw.get()).ok().filter(|text| !text.is_empty())
}

/// Whether a provider's error has the shape that Google's clients expect.
pub fn is_own(body: &[u8]) -> bool {
    let wire = std::str::from_utf8(body).ok().and_then(object).and_then(|raw| serde_json::from_str::<Wire<'_>>(raw.get()).ok());
    wire.is_some_and(|wire| wire.code.is_some_and(is_number) && wire.message.and_then(text).is_some())
}

fn is_number(raw: &RawValue) -> bool {
    raw.get().starts_with(|first: char| first.is_ascii_digit())
}

/// Writes an error that a provider reported.
pub fn render(status: u16, error: &ProviderError<'_>) -> Vec<u8> {
    let own = error.kind.as_deref().and_then(words::status_word);
    let foreign = error.kind.as_deref().filter(|_| own.is_none());
    let mut written = Written::new(status, own.unwrap_or_else(|| words::status_word_of(status)), &error.message);
    written.reason(error.code.as_deref().or(foreign));
    written.param(error.param.as_deref(), &error.message);
    written.request_id(error.request_id.as_deref());
    written.into_bytes()
}

/// Writes an error of the gateway itself.
pub fn rejection(rejection: &Rejection) -> Vec<u8> {
    let row = rejection.kind.row();
    let status = row.status.as_u16();
    let mut written = Written::new(status, words::status_word_of(status), &rejection.message);
    written.reason(Some(row.code));
    written.param(rejection.param.as_deref(), &rejection.message);
    written.into_bytes()
}

#[derive(Debug, Serialize)]
struct Told<'a> {
    error: Written<'a>,
}

#[derive(Debug, Serialize)]
struct Written<'a> {
    code: u16,
    message: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<Detailed<'a>>,
}

/// Google's standard types of details (`google.rpc`).
#[derive(Debug, Serialize)]
#[serde(tag = "@type")]
enum Detailed<'a> {
    #[serde(rename = "type.googleapis.com/google.rpc.ErrorInfo")]
    Info { reason: &'a str, domain: &'static str },
    #[serde(rename = "type.googleapis.com/google.rpc.BadRequest", rename_all = "camelCase")]
    BadRequest { field_violations: [At<'a>; 1] },
    #[serde(rename = "type.googleapis.com/google.rpc.RequestInfo", rename_all = "camelCase")]
    Request { request_id: &'a str },
}

#[derive(Debug, Serialize)]
struct At<'a> {
    field: &'a str,
    description: &'a str,
}

impl<'a> Written<'a> {
    fn new(code: u16, status: &'static str, message: &'a str) -> Self {
        Self { code, message, status, details: Vec::new() }
    }

    fn reason(&mut self, reason: Option<&'a str>) {
        self.details.extend(reason.map(|reason| Detailed::Info { reason, domain: "kanmon" }));
    }

    fn param(&mut self, field: Option<&'a str>, description: &'a str) {
        let at = field.filter(|field| !field.is_empty()).map(|field| At { field, description });
        self.details.extend(at.map(|at| Detailed::BadRequest { field_violations: [at] }));
    }

    fn request_id(&mut self, request_id: Option<&'a str>) {
        self.details.extend(request_id.map(|request_id| Detailed::Request { request_id }));
    }

    fn into_bytes(self) -> Vec<u8> {
        // Text and numbers: nothing here that JSON cannot say.
        serde_json::to_vec(&Told { error: self }).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rejection::Kind;

    const QUOTA: &str = r#"{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[
        {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"30s"},
        {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED","domain":"googleapis.com"},
        {"@type":"type.googleapis.com/google.rpc.RequestInfo","requestId":"r1"},
        {"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"contents[0]"}]}]}}"#;

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn googles_error_is_read_alone_and_in_an_array() {
        for body in [QUOTA.to_owned(), format!("[{QUOTA}\n]"), format!(" [\n{QUOTA}")] {
            let error = parse(429, body.as_bytes());
            if body.ends_with('}') && body.starts_with(' ') {
                // The array is cut: what is there is told as it is.
                assert!(error.message.contains("Quota exceeded"));
                continue;
            }
            assert_eq!(error.kind.as_deref(), Some("RESOURCE_EXHAUSTED"));
            assert_eq!(error.code.as_deref(), Some("RATE_LIMIT_EXCEEDED"));
            assert_eq!(error.message, "Quota exceeded");
            assert_eq!(error.request_id.as_deref(), Some("r1"));
            assert_eq!(error.param.as_deref(), Some("contents[0]"));
        }
    }

    #[test]
    fn odd_bodies_are_told_as_they_are() {
        assert_eq!(parse(502, b"<html><title>502 Bad Gateway</title></html>").message, "502 Bad Gateway");
        assert_eq!(parse(500, b"").message, "the provider answered 500 without a message");
        assert_eq!(parse(500, br#"{"error":"no"}"#).message, "no");
        assert_eq!(parse(500, br#"{"error":{"code":500,"message":7}}"#).code.as_deref(), Some("500"));
        assert_eq!(parse(500, b"[]").message, "[]");
    }

    #[test]
    fn another_providers_words_stand_in_details() {
        let error = ProviderError {
            kind: Some("overloaded_error".into()),
            message: "Overloaded".into(),
            request_id: Some("req_1".into()),
            ..ProviderError::default()
        };
        let expected = concat!(
            r#"{"error":{"code":503,"message":"Overloaded","status":"UNAVAILABLE","details":["#,
            r#"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"overloaded_error","domain":"kanmon"},"#,
            r#"{"@type":"type.googleapis.com/google.rpc.RequestInfo","requestId":"req_1"}]}}"#
        );
        assert_eq!(text(render(503, &error)), expected);
    }

    #[test]
    fn a_rejection_has_googles_word_and_our_code() {
        let rejection = Rejection::new(Kind::Unsupported, "no").param("contents[0].parts[0]");
        let expected = concat!(
            r#"{"error":{"code":422,"message":"no","status":"INVALID_ARGUMENT","details":["#,
            r#"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"unsupported_field","domain":"kanmon"},"#,
            r#"{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":["#,
            r#"{"field":"contents[0].parts[0]","description":"no"}]}]}}"#
        );
        assert_eq!(text(super::rejection(&rejection)), expected);
    }
}
