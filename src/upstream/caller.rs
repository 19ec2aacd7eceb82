//! The caller's own key for a provider, passed on by the gateway.
//!
//! It goes only where a provider says `credential: caller`, and such a provider is alone in its routes: there is nobody else to fall
//! back to. What proves the caller to the gateway is never passed on: a key goes on only if it was not needed here, because the
//! gateway's came in a header of its own ([`GATEWAY_KEY`](crate::auth::GATEWAY_KEY)) or everybody may call. It goes in the header
//! that it came in, and only if that is one of those in which the provider's API takes keys.

use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};

use super::credential::{API_KEY, X_API_KEY, X_GOOG_API_KEY};
use crate::translate::Dialect;

static ANTHROPIC: [HeaderName; 2] = [X_API_KEY, AUTHORIZATION];
static AZURE: [HeaderName; 2] = [API_KEY, AUTHORIZATION];
static GEMINI: [HeaderName; 1] = [X_GOOG_API_KEY];
static BEARER: [HeaderName; 1] = [AUTHORIZATION];

/// The headers in which the API of a provider takes keys, the usual one first.
pub fn key_headers(dialect: Dialect) -> &'static [HeaderName] {
    match dialect {
        Dialect::Anthropic => &ANTHROPIC,
        Dialect::Azure => &AZURE,
        Dialect::Gemini => &GEMINI,
        Dialect::OpenAi | Dialect::Cohere | Dialect::Vertex | Dialect::AnthropicVertex => &BEARER,
        Dialect::Bedrock | Dialect::AnthropicBedrock => &BEARER,
    }
}

/// The caller's own key for a provider of this dialect, as it came. `client` finds a header of the caller's.
pub fn own_key<'a>(dialect: Dialect, client: impl Fn(&HeaderName) -> Option<&'a [u8]>) -> Option<(HeaderName, HeaderValue)> {
    key_headers(dialect).iter().find_map(|name| {
        let mut value = HeaderValue::from_bytes(client(name)?.trim_ascii()).ok().filter(|value| !value.is_empty())?;
        let is_key = name != AUTHORIZATION || value.as_bytes().get(..7).is_some_and(|s| s.eq_ignore_ascii_case(b"bearer "));
        value.set_sensitive(true);
        is_key.then(|| (name.clone(), value))
    })
}

/// Where a caller puts a key for a provider of this dialect.
pub fn key_place(dialect: Dialect) -> &'static str {
    match key_headers(dialect) {
        [first, ..] if *first == X_API_KEY => "x-api-key: KEY",
        [first, ..] if *first == API_KEY => "api-key: KEY",
        [first, ..] if *first == X_GOOG_API_KEY => "x-goog-api-key: KEY",
        _ => "authorization: Bearer KEY",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(dialect: Dialect, sent: &[(&str, &'static str)]) -> Option<String> {
        let header = |name: &HeaderName| sent.iter().find(|(own, _)| name == own).map(|(_, value)| value.as_bytes());
        let (name, value) = own_key(dialect, header)?;
        assert!(value.is_sensitive());
        Some(format!("{name}: {}", value.to_str().unwrap()))
    }

    #[test]
    fn a_key_goes_on_in_a_header_that_the_providers_api_has() {
        let all = [("authorization", "Bearer a"), ("x-api-key", "b"), ("api-key", "c"), ("x-goog-api-key", "d")];
        for (dialect, expected) in [
            (Dialect::OpenAi, "authorization: Bearer a"),
            (Dialect::Bedrock, "authorization: Bearer a"),
            (Dialect::Anthropic, "x-api-key: b"),
            (Dialect::Azure, "api-key: c"),
            (Dialect::Gemini, "x-goog-api-key: d"),
        ] {
            assert_eq!(found(dialect, &all).as_deref(), Some(expected));
        }
        assert_eq!(found(Dialect::Anthropic, &all[..1]).as_deref(), Some("authorization: Bearer a"));
        assert_eq!(found(Dialect::Gemini, &all[..3]), None);
        assert_eq!(found(Dialect::OpenAi, &all[1..]), None);
    }

    #[test]
    fn what_is_no_key_does_not_go_on() {
        for sent in ["", "  ", "Basic dTpw", "Bearer"] {
            assert_eq!(found(Dialect::OpenAi, &[("authorization", sent)]), None, "{sent}");
        }
    }
}
