//! What a client shows: the API key in its headers.

use std::fmt;

use crate::translate::Family;

/// The API key that a request carries, or why it carries none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Presented<'a> {
    /// A key.
    Key(&'a str),
    /// Nothing; whose API it is tells where its key belongs.
    Missing(Family),
    /// An `authorization` header that holds no bearer token.
    NotBearer,
    /// Two headers with different keys.
    Conflicting,
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key(_) => "Key(…)",
            Self::Missing(_) => "Missing",
            Self::NotBearer => "NotBearer",
            Self::Conflicting => "Conflicting",
        })
    }
}

/// Azure's and Google's headers of keys: looked at where the usual ones hold none, so that what a client sends there besides its key
/// for this gateway (and what no provider gets) changes nothing.
const VENDOR_HEADERS: [&str; 2] = ["api-key", "x-goog-api-key"];

/// The header of the gateway's own: a key in it is the one that counts, and the other headers are left to the caller's own keys for
/// providers. No provider gets it.
pub const GATEWAY_KEY: &str = "x-kanmon-api-key";

/// Finds the key in the gateway's own header, or else in `authorization: Bearer` or `x-api-key`, or else in a vendor's header, whatever the API: many clients can only be
/// given a key for one of them. `headers` finds a header by its lower-case name.
pub fn presented<'a>(headers: impl Fn(&str) -> Option<&'a str>, family: Family) -> Presented<'a> {
    let given = |name: &str| headers(name).map(str::trim).filter(|value| !value.is_empty());
    if let Some(key) = given(GATEWAY_KEY) {
        return Presented::Key(key);
    }
    let authorization = given("authorization");
    let usual = only([authorization.and_then(bearer), given("x-api-key")]);
    match usual.or_else(|| only(VENDOR_HEADERS.map(given))) {
        Some(found) => found,
        None if authorization.is_some() => Presented::NotBearer,
        None => Presented::Missing(family),
    }
}

/// The one key among these, if there is any.
fn only(keys: [Option<&str>; 2]) -> Option<Presented<'_>> {
    let mut keys = keys.into_iter().flatten();
    let key = keys.next()?;
    Some(if keys.any(|other| other != key) { Presented::Conflicting } else { Presented::Key(key) })
}

/// Google's clients may send their key in the query, too, as `key`: what stands there counts as if it stood in Google's header.
pub fn in_query<'a>(header: &str, path: &'a str, family: Family) -> Option<&'a str> {
    if family != Family::Gemini || header != "x-goog-api-key" {
        return None;
    }
    path.split_once('?')?.1.split('&').find_map(|parameter| parameter.strip_prefix("key="))
}

/// The token of `Bearer TOKEN`; RFC 9110 has schemes compared without regard to case.
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once([' ', '\t'])?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(authorization: Option<&'a str>, api_key: Option<&'a str>) -> Presented<'a> {
        let headers = |name: &str| match name {
            "authorization" => authorization,
            "x-api-key" => api_key,
            _ => None,
        };
        presented(headers, Family::OpenAi)
    }

    #[test]
    fn a_key_is_found_in_either_header() {
        for authorization in ["Bearer k", "bearer k", "BEARER   k ", "Bearer\tk"] {
            assert_eq!(with(Some(authorization), None), Presented::Key("k"));
        }
        assert_eq!(with(None, Some(" k ")), Presented::Key("k"));
        assert_eq!(with(Some("Basic dTpw"), Some("k")), Presented::Key("k"));
    }

    #[test]
    fn the_same_key_twice_is_one_key_but_two_keys_are_none() {
        assert_eq!(with(Some("Bearer k"), Some("k")), Presented::Key("k"));
        assert_eq!(with(Some("Bearer k"), Some("other")), Presented::Conflicting);
    }

    #[test]
    fn each_vendors_header_will_do() {
        for given in ["authorization", "x-api-key", "api-key", "x-goog-api-key"] {
            let value = if given == "authorization" { "Bearer k" } else { "k" };
            let found = presented(|name| (name == given).then_some(value), Family::Anthropic);
            assert_eq!(found, Presented::Key("k"), "{given}");
        }
        let two = |name: &str| ["api-key", "x-goog-api-key"].iter().find(|own| **own == name).copied();
        assert_eq!(presented(two, Family::OpenAi), Presented::Conflicting);
        let stray = |name: &str| match name {
            "authorization" => Some("Bearer k"),
            "x-goog-api-key" => Some("of-google"),
            _ => None,
        };
        assert_eq!(presented(stray, Family::OpenAi), Presented::Key("k"));
    }

    #[test]
    fn googles_clients_may_send_their_key_in_the_query() {
        let path = "/v1beta/models/m:generateContent?alt=sse&key=k";
        let with = |family| presented(|name| in_query(name, path, family), family);
        assert_eq!(with(Family::Gemini), Presented::Key("k"));
        assert_eq!(with(Family::OpenAi), Presented::Missing(Family::OpenAi));
        assert_eq!(in_query("x-goog-api-key", "/v1beta/models?monkey=k", Family::Gemini), None);
    }

    #[test]
    fn what_holds_no_key_is_told_apart() {
        assert_eq!(with(None, None), Presented::Missing(Family::OpenAi));
        assert_eq!(with(Some("  "), Some("")), Presented::Missing(Family::OpenAi));
        for authorization in ["Basic dTpw", "Bearer", "Bearer ", "k", "Bearerk"] {
            assert_eq!(with(Some(authorization), None), Presented::NotBearer, "{authorization}");
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        assert!(!format!("{:?}", with(Some("Bearer sk-secret"), None)).contains("secret"));
    }
}
