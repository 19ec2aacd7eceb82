//! Errors: `{"id": …, "message": …}`, as a provider sends them, and as a client of Cohere's family of APIs (reranking) gets them.
//!
//! Reading never fails: gateways and hosts before Cohere's models have shapes of their own (`error`, `detail`), and answer in HTML.
//! Cohere tells neither type nor code: the status says all.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::rejection::Rejection;
use crate::translate::answer::ProviderError;
use crate::translate::object::object;
use crate::translate::plain;
use crate::translate::text::Str;

object! {
    Body {
        id: &'a RawValue,
        message: &'a RawValue,
        error: &'a RawValue,
        detail: &'a RawValue,
    }
}

object! {
    Inner {
        kind as "type": &'a RawValue,
        code: &'a RawValue,
        message: &'a RawValue,
    }
}

/// Reads the body of an answer that is not a success.
pub fn parse(status: u16, body: &[u8]) -> ProviderError<'_> {
    let error = of_json(body);
    plain::with_message(error.unwrap_or_default(), status, body)
}

/// Reads an object that tells an error; `None` where it does not.
pub(super) fn of_json(json: &[u8]) -> Option<ProviderError<'_>> {
    let body: Body<'_> = serde_json::from_slice(json).ok()?;
    let inner: Inner<'_> = body.error.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let message = [body.message, inner.message, body.error, body.detail].into_iter().flatten().find_map(string)?;
    Some(ProviderError {
        kind: inner.kind.and_then(string),
        code: inner.code.and_then(string),
        message,
        request_id: body.id.and_then(string),
        ..ProviderError::default()
    })
}

/// The text of a JSON string that is not empty.
fn string(raw: &RawValue) -> Option<Str<'_>> {
    serde_json::from_str(raw.get()).ok().filter(|text: &Str<'_>| !text.is_empty())
}

/// Whether an error has this shape already.
pub fn is_own(body: &[u8]) -> bool {
    serde_json::from_slice::<Body<'_>>(body).is_ok_and(|body| body.error.is_none() && body.message.and_then(string).is_some())
}

/// Writes an error that a provider reported.
pub fn render(_status: u16, error: &ProviderError<'_>) -> Vec<u8> {
    Told { id: error.request_id.as_deref(), message: &error.message }.to_bytes()
}

/// Writes an error of the gateway itself.
pub fn rejection(rejection: &Rejection) -> Vec<u8> {
    Told { id: None, message: &rejection.message }.to_bytes()
}

#[derive(Serialize)]
struct Told<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'c str>,
    message: &'c str,
}

impl Told<'_> {
    fn to_bytes(&self) -> Vec<u8> {
        // Text and options: nothing here that JSON cannot say.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rejection::Kind;

    #[test]
    fn an_error_of_cohere_is_read_and_written_as_it_was() {
        let body = br#"{"id":"0b8f","message":"invalid api token"}"#;
        let error = parse(401, body);
        assert_eq!((&*error.message, error.request_id.as_deref()), ("invalid api token", Some("0b8f")));
        assert_eq!(render(401, &error), body);
    }

    #[test]
    fn the_shapes_of_hosts_and_proxies_are_read_too() {
        for body in [
            r#"{"error":{"message":"slow","type":"t","code":"c"}}"#,
            r#"{"error":"slow"}"#,
            r#"{"detail":"slow","id":7}"#,
            r#"{"message":"","error":"slow"}"#,
            r#"{"meta":{"billed_units":{}},"message":"slow"}"#,
            "<html><title>slow</title></html>",
            "slow",
        ] {
            assert_eq!(parse(429, body.as_bytes()).message, "slow", "{body}");
        }
    }

    #[test]
    fn an_error_in_this_shape_is_known_and_others_are_not() {
        assert!(is_own(br#"{"id":"x","message":"slow"}"#));
        for body in [
            r#"{"message":7}"#,
            r#"{"message":""}"#,
            r#"{"error":{"message":"slow"}}"#,
            r#"{"error":"x","message":"slow"}"#,
            "slow",
            "[]",
        ] {
            assert!(!is_own(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn a_hostile_body_is_a_short_message_and_never_an_empty_one() {
        assert_eq!(parse(500, b"").message, "the provider answered 500 without a message");
        assert_eq!(parse(500, b"{}").message, "{}");
        let long = format!(r#"{{"message":"{}"}}"#, "ü".repeat(100_000));
        for body in [long.as_bytes(), &b"\xff\xfe".repeat(50_000), "[".repeat(100_000).as_bytes()] {
            let message = parse(500, body).message;
            assert!(!message.is_empty() && message.len() <= plain::MESSAGE, "{}", message.len());
        }
    }

    #[test]
    fn a_rejection_is_a_message_in_coheres_shape() {
        let told = rejection(&Rejection::new(Kind::UnknownModel, "no model \"x\""));
        assert_eq!(told, br#"{"message":"no model \"x\""}"#);
    }
}
