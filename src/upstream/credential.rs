//! How the gateway proves itself to a provider.
//!
//! Invariant: a secret leaves this module only inside a header value that is marked sensitive, so that nothing prints it.

use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE, InvalidHeaderValue, PROXY_AUTHORIZATION};
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use secrecy::zeroize::Zeroizing;
use tokio::time::Instant;

use super::aws;
use super::kept::{Kept, Proof};
use crate::auth::GATEWAY_KEY;

/// Every header that can carry a credential, of a client or of any provider. Each attempt sends the one that it sets and none of
/// the others; Envoy removes all of them before the attempt's own translation, whatever goes wrong with that.
pub static CREDENTIAL_HEADERS: [HeaderName; 11] = [
    AUTHORIZATION,
    X_API_KEY,
    API_KEY,
    X_GOOG_API_KEY,
    HeaderName::from_static("ocp-apim-subscription-key"),
    PROXY_AUTHORIZATION,
    COOKIE,
    HeaderName::from_static("x-amz-security-token"),
    HeaderName::from_static("x-amz-date"),
    HeaderName::from_static("x-amz-content-sha256"),
    HeaderName::from_static(GATEWAY_KEY),
];

/// Headers that choose an account at a provider: they go with the caller's key, which the provider sees only where it is asked with
/// it. Envoy removes them like credentials.
pub static ACCOUNT_HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("openai-organization"),
    HeaderName::from_static("openai-project"),
    HeaderName::from_static("x-goog-user-project"),
];

/// The header of Anthropic's API keys.
pub const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// The header of Azure's API keys.
pub const API_KEY: HeaderName = HeaderName::from_static("api-key");
/// The header of Google's API keys.
pub const X_GOOG_API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

/// How the gateway proves itself to a provider, ready to send.
#[derive(Debug, Clone)]
pub enum Credential {
    /// Nothing is sent.
    None,
    /// `authorization`, with this value: `Bearer …`
    Bearer(HeaderValue),
    /// `x-api-key`, with this value.
    XApiKey(HeaderValue),
    /// `api-key`, with this value.
    ApiKey(HeaderValue),
    /// `x-goog-api-key`, with this value.
    XGoogApiKey(HeaderValue),
    /// A signature of the whole request with AWS's keys.
    Aws(aws::Signer),
    /// `authorization`, with a token that is fetched and kept fresh.
    Kept(Arc<Kept>),
    /// The caller's own: see [`own_key`](super::caller::own_key).
    Caller,
}

/// A request as the provider will get it: what a signature is made over.
#[derive(Debug, Clone, Copy)]
pub struct Signable<'a> {
    /// The method.
    pub method: &'a str,
    /// The value of `:authority`, that is, of `host`.
    pub authority: &'a str,
    /// Path and query, as sent.
    pub path: &'a str,
    /// Headers that are sent with exactly these values, names in lower case; those of credentials are not among them. The provider
    /// gets others, too (the client's, and what Envoy adds).
    pub headers: &'a [(HeaderName, HeaderValue)],
    /// The whole body.
    pub body: &'a [u8],
    /// The time of the request.
    pub now: Timestamp,
}

/// Why the gateway cannot prove itself. Shows no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// The request has something that cannot be signed.
    #[error("the request cannot be signed: {0}")]
    Unsigned(String),
    /// What is fetched could not be fetched, or has ended.
    #[error(
        "the gateway has no valid credential for it at the moment; its operator finds the reason in its log and on its status page"
    )]
    Absent,
}

impl Credential {
    /// A bearer token. Fails where it has characters that no header may have.
    pub fn bearer(token: &str) -> Result<Self, InvalidHeaderValue> {
        sensitive(&Zeroizing::new(format!("Bearer {token}"))).map(Self::Bearer)
    }

    /// An API key in `x-api-key`. Fails where it has characters that no header may have.
    pub fn x_api_key(key: &str) -> Result<Self, InvalidHeaderValue> {
        sensitive(key).map(Self::XApiKey)
    }

    /// An API key in `api-key`. Fails where it has characters that no header may have.
    pub fn api_key(key: &str) -> Result<Self, InvalidHeaderValue> {
        sensitive(key).map(Self::ApiKey)
    }

    /// An API key in `x-goog-api-key`. Fails where it has characters that no header may have.
    pub fn x_goog_api_key(key: &str) -> Result<Self, InvalidHeaderValue> {
        sensitive(key).map(Self::XGoogApiKey)
    }

    /// The headers to send with a request, all of them in [`CREDENTIAL_HEADERS`]. Values that hold a secret are marked sensitive.
    ///
    /// Those of [`Credential::Caller`] are not for the gateway to make: there are none.
    ///
    /// # Errors
    /// [`Unproven`]: the request has something that cannot be signed, or there is nothing to prove it with.
    pub fn headers(&self, request: &Signable<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, Unproven> {
        Ok(match self {
            Self::None | Self::Caller => Vec::new(),
            Self::Bearer(value) => vec![(AUTHORIZATION, value.clone())],
            Self::XApiKey(value) => vec![(X_API_KEY, value.clone())],
            Self::ApiKey(value) => vec![(API_KEY, value.clone())],
            Self::XGoogApiKey(value) => vec![(X_GOOG_API_KEY, value.clone())],
            Self::Aws(signer) => signer.headers(request)?,
            Self::Kept(kept) => match kept.proof(Instant::now()).ok_or(Unproven::Absent)?.proof {
                Proof::Token(ref value) => vec![(AUTHORIZATION, value.clone())],
                Proof::Keys(_) => return Err(Unproven::Absent),
            },
        })
    }

    /// Whether requests can be sent with it.
    pub fn is_ready(&self, now: Instant) -> bool {
        self.kept().is_none_or(|kept| kept.is_valid(now))
    }

    /// What it is called in the config.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bearer(_) => "bearer",
            Self::XApiKey(_) => "x_api_key",
            Self::ApiKey(_) => "api_key",
            Self::XGoogApiKey(_) => "x_goog_api_key",
            Self::Aws(_) => "aws",
            Self::Kept(kept) => kept.kind,
            Self::Caller => "caller",
        }
    }

    /// The part of it that is fetched and kept fresh.
    pub fn kept(&self) -> Option<&Arc<Kept>> {
        match self {
            Self::Kept(kept) => Some(kept),
            Self::Aws(signer) => signer.kept(),
            _ => None,
        }
    }
}

fn sensitive(value: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::from_str(value)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(credential: &Credential) -> Vec<(HeaderName, HeaderValue)> {
        let (headers, now) = (&[][..], Timestamp::UNIX_EPOCH);
        let request = Signable { method: "POST", authority: "a.example", path: "/v1/x", headers, body: b"{}", now };
        credential.headers(&request).unwrap()
    }

    #[test]
    fn a_credential_is_never_printed() {
        let kinds = [Credential::bearer, Credential::x_api_key, Credential::api_key, Credential::x_goog_api_key];
        for credential in kinds.map(|kind| kind("sk-secret").unwrap()) {
            assert!(!format!("{credential:?} {:?}", headers(&credential)).contains("sk-secret"));
        }
    }

    #[test]
    fn each_kind_has_its_header_and_all_of_them_are_known() {
        for (credential, name, value) in [
            (Credential::bearer("t"), "authorization", "Bearer t"),
            (Credential::x_api_key("k"), "x-api-key", "k"),
            (Credential::api_key("k"), "api-key", "k"),
            (Credential::x_goog_api_key("k"), "x-goog-api-key", "k"),
        ] {
            let sent = headers(&credential.unwrap());
            assert_eq!(
                sent.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect::<Vec<_>>(),
                [(name, value)]
            );
            assert!(CREDENTIAL_HEADERS.contains(&sent[0].0));
        }
        assert!(headers(&Credential::None).is_empty());
    }

    #[test]
    fn a_credential_cannot_smuggle_a_header() {
        assert!(Credential::bearer("t\r\nx-evil: 1").is_err());
        assert!(Credential::x_api_key("t\n").is_err());
    }
}
