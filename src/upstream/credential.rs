//! How the gateway proves itself to a provider.
//!
//! Invariant: a secret leaves this module only inside a header value that is marked sensitive, so that nothing prints it.

use http::header::{AUTHORIZATION, COOKIE, InvalidHeaderValue, PROXY_AUTHORIZATION};
use http::{HeaderName, HeaderValue};
use secrecy::zeroize::Zeroizing;

/// Every header that can carry a credential, of a client or of any provider. Each attempt sends the one that it sets and none of
/// the others; Envoy removes all of them before the attempt's own translation, whatever goes wrong with that.
pub static CREDENTIAL_HEADERS: [HeaderName; 10] = [
    AUTHORIZATION,
    X_API_KEY,
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
    HeaderName::from_static("ocp-apim-subscription-key"),
    PROXY_AUTHORIZATION,
    COOKIE,
    HeaderName::from_static("x-amz-security-token"),
    HeaderName::from_static("x-amz-date"),
    HeaderName::from_static("x-amz-content-sha256"),
];

/// The header of Anthropic's API keys.
pub const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// How the gateway proves itself to a provider, ready to send.
#[derive(Debug, Clone)]
pub enum Credential {
    /// Nothing is sent.
    None,
    /// `authorization`, with this value: `Bearer …`
    Bearer(HeaderValue),
    /// `x-api-key`, with this value.
    XApiKey(HeaderValue),
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

    /// The header to send. Its value is marked sensitive.
    pub fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::None => None,
            Self::Bearer(value) => Some((AUTHORIZATION, value.clone())),
            Self::XApiKey(value) => Some((X_API_KEY, value.clone())),
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

    #[test]
    fn a_credential_is_never_printed() {
        for credential in [Credential::bearer("sk-secret"), Credential::x_api_key("sk-secret")] {
            let credential = credential.unwrap();
            assert!(!format!("{credential:?} {:?}", credential.header()).contains("sk-secret"));
        }
    }

    #[test]
    fn each_kind_has_its_header_and_all_of_them_are_known() {
        let bearer = Credential::bearer("t").unwrap().header().unwrap();
        assert_eq!((bearer.0.as_str(), bearer.1.as_bytes()), ("authorization", b"Bearer t".as_slice()));
        let key = Credential::x_api_key("k").unwrap().header().unwrap();
        assert_eq!((key.0.as_str(), key.1.as_bytes()), ("x-api-key", b"k".as_slice()));
        assert!(CREDENTIAL_HEADERS.contains(&bearer.0) && CREDENTIAL_HEADERS.contains(&key.0));
        assert!(Credential::None.header().is_none());
    }

    #[test]
    fn a_credential_cannot_smuggle_a_header() {
        assert!(Credential::bearer("t\r\nx-evil: 1").is_err());
        assert!(Credential::x_api_key("t\n").is_err());
    }
}
