//! What somebody is told who may not come in: each answer says what is wrong with what was shown, never what would be right.

use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;
use jiff::Timestamp;

use crate::rejection::{Kind, Rejection};
use crate::translate::Family;

pub(super) fn missing(family: Family) -> Rejection {
    let message = format!("No API key was sent. Send it as `{}`.", family.key_place());
    // RFC 6750, section 3.1: no error code where no credentials were sent.
    with_challenge(Kind::KeyMissing, message, HeaderValue::from_static(r#"Bearer realm="kanmon""#))
}

pub(super) fn not_bearer() -> Rejection {
    let message = "The `authorization` header has no bearer token. Send the API key as `authorization: Bearer KEY`.";
    invalid(Kind::KeyMissing, message, "the authorization header has no bearer token")
}

pub(super) fn conflicting() -> Rejection {
    let message = "Two different API keys were sent, in two headers. Send only one of them.";
    invalid(Kind::KeyUnknown, message, "two different API keys were sent")
}

pub(super) fn unknown() -> Rejection {
    let message = "This API key is not known. Check that it is complete and meant for this gateway.";
    invalid(Kind::KeyUnknown, message, "the API key is not known")
}

pub(super) fn disabled() -> Rejection {
    let message = "This API key is switched off. Ask whoever runs the gateway.";
    invalid(Kind::KeyDisabled, message, "the API key is switched off")
}

pub(super) fn expired(at: Timestamp) -> Rejection {
    let message = format!("This API key expired on {at}. Ask whoever runs the gateway for a new one.");
    invalid(Kind::KeyExpired, message, "the API key has expired")
}

/// What was shown is not valid. `description` goes into a quoted string: no quotes, no backslashes.
pub(super) fn invalid(kind: Kind, message: impl Into<String>, description: &'static str) -> Rejection {
    with_challenge(kind, message, challenge("invalid_token", description))
}

/// What was shown is valid, but not enough (RFC 6750, section 3.1).
pub(super) fn insufficient(message: impl Into<String>) -> Rejection {
    let challenge = challenge("insufficient_scope", "the token is not meant for this use");
    with_challenge(Kind::TokenNotAllowed, message, challenge)
}

fn challenge(error: &'static str, description: &'static str) -> HeaderValue {
    let value = format!(r#"Bearer realm="kanmon", error="{error}", error_description="{description}""#);
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static(r#"Bearer realm="kanmon", error="invalid_token""#))
}

fn with_challenge(kind: Kind, message: impl Into<String>, challenge: HeaderValue) -> Rejection {
    let mut rejection = Rejection::new(kind, message);
    rejection.headers.push((WWW_AUTHENTICATE, challenge));
    rejection
}
