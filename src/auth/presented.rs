//! What a client shows: the API key in its headers.

use std::fmt;

use crate::translate::Api;

/// The API key that a request carries, or why it carries none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Presented<'a> {
    /// A key.
    Key(&'a str),
    /// Nothing; the client's API, if known, tells where its key belongs.
    Missing(Option<Api>),
    /// An `authorization` header that holds no bearer token.
    NotBearer,
    /// One key in `authorization` and another one in `x-api-key`.
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

/// Finds the key in `authorization: Bearer` or `x-api-key`. `headers` finds a header by its lower-case name.
pub fn presented<'a>(headers: impl Fn(&str) -> Option<&'a str>, api: Option<Api>) -> Presented<'a> {
    let authorization = headers("authorization").map(str::trim).filter(|value| !value.is_empty());
    let bearer = authorization.and_then(bearer);
    let api_key = headers("x-api-key").map(str::trim).filter(|key| !key.is_empty());
    match (bearer, api_key) {
        (Some(bearer), Some(api_key)) if bearer != api_key => Presented::Conflicting,
        (Some(key), _) | (None, Some(key)) => Presented::Key(key),
        (None, None) if authorization.is_some() => Presented::NotBearer,
        (None, None) => Presented::Missing(api),
    }
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
        presented(headers, None)
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
    fn what_holds_no_key_is_told_apart() {
        assert_eq!(with(None, None), Presented::Missing(None));
        assert_eq!(with(Some("  "), Some("")), Presented::Missing(None));
        for authorization in ["Basic dTpw", "Bearer", "Bearer ", "k", "Bearerk"] {
            assert_eq!(with(Some(authorization), None), Presented::NotBearer, "{authorization}");
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        assert!(!format!("{:?}", with(Some("Bearer sk-secret"), None)).contains("secret"));
    }
}
