//! Requests signed with AWS's keys: Signature Version 4, made by AWS's own crate over the final bytes.
//!
//! Signed are method, host, path and query, the payload's hash, `content-type` and every `x-amz-` header, the date and the session
//! token among them (field note 48). Other headers are not: Envoy adds and changes them on the way. The path is signed as it is
//! sent, escaped once more, as AWS demands of every service but S3: an ARN that stands in the path as `arn%3Aaws…` is signed as
//! `arn%253Aaws…`, and must be sent exactly so.
//!
//! Invariants: a secret leaves this module only inside a header value that is marked sensitive; nothing prints a key.

use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::header::{CONTENT_TYPE, InvalidHeaderValue};
use http::{HeaderName, HeaderValue};

use super::{Signable, SigningError};

#[cfg(test)]
mod tests;

/// The name under which requests to Bedrock's runtime are signed.
const SERVICE: &str = "bedrock";

/// Signs requests to Bedrock in one region.
#[derive(Clone)]
pub struct Signer {
    credentials: Credentials,
    region: Box<str>,
}

/// The keys cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A key or the region is empty.
    #[error("`{0}` must not be empty")]
    Empty(&'static str),
    /// A key has characters that no header may have.
    #[error("`{0}` has a character that belongs into no key")]
    Characters(&'static str),
}

impl Signer {
    /// A signer with keys that do not change.
    ///
    /// # Errors
    /// [`KeyError`] for keys that AWS cannot have given.
    pub fn new(
        access_key_id: &str,
        secret_access_key: &str,
        session_token: Option<&str>,
        region: &str,
    ) -> Result<Self, KeyError> {
        let fields = [
            ("access_key_id", Some(access_key_id)),
            ("secret_access_key", Some(secret_access_key)),
            ("session_token", session_token),
            ("region", Some(region)),
        ];
        for (name, value) in fields {
            let Some(value) = value else { continue };
            if value.is_empty() {
                return Err(KeyError::Empty(name));
            }
            if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(KeyError::Characters(name));
            }
        }
        let credentials = Credentials::new(access_key_id, secret_access_key, session_token.map(str::to_owned), None, "config");
        Ok(Self { credentials, region: region.into() })
    }

    /// The region that is signed for.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The headers that prove who sends the request: `authorization`, `x-amz-date`, and `x-amz-security-token` where there is one.
    /// Values that hold a secret are marked sensitive. AWS takes no request that was signed more than five minutes ago.
    ///
    /// # Errors
    /// [`SigningError`] where authority, path or a header is not what HTTP allows.
    pub fn headers(&self, request: &Signable<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, SigningError> {
        let Signable { method, authority, path, headers, body, now } = *request;
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(SERVICE)
            .time(SystemTime::from(now))
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| SigningError(error.to_string()))?
            .into();
        let signed = headers.iter().filter(|(name, _)| is_signed(name));
        let signed: Vec<_> = signed.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
        let uri = format!("https://{authority}{path}");
        let request = SignableRequest::new(method, uri, signed.into_iter(), SignableBody::Bytes(body))
            .map_err(|error| SigningError(error.to_string()))?;
        let (instructions, _) = sign(request, &params).map_err(|error| SigningError(error.to_string()))?.into_parts();
        instructions.headers().map(|(name, value)| header(name, value)).collect()
    }
}

fn is_signed(name: &HeaderName) -> bool {
    name == CONTENT_TYPE || name.as_str().starts_with("x-amz-")
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), SigningError> {
    let wrong = |error: InvalidHeaderValue| SigningError(error.to_string());
    let mut value = HeaderValue::from_str(value).map_err(wrong)?;
    value.set_sensitive(name != "x-amz-date");
    let name = HeaderName::try_from(name).map_err(|error| SigningError(error.to_string()))?;
    Ok((name, value))
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("region", &self.region).finish_non_exhaustive()
    }
}
