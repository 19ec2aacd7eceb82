//! Requests signed with AWS's keys: Signature Version 4, made by AWS's own crate over the final bytes.
//!
//! Signed are method, host, path and query, the payload's hash, `content-type` and every `x-amz-` header, the date and the session
//! token among them (field note 48). Other headers are not: Envoy adds and changes them on the way. The path is signed as it is
//! sent, escaped once more, as AWS demands of every service but S3: an ARN that stands in the path as `arn%3Aaws…` is signed as
//! `arn%253Aaws…`, and must be sent exactly so.
//!
//! Invariants: a secret leaves this module only inside a header value that is marked sensitive; nothing prints a key.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use secrecy::SecretString;
use tokio::time::Instant;

use super::kept::{Kept, Proof};
use super::{Signable, Unproven};

#[cfg(feature = "aws")]
pub mod chain;
#[cfg(test)]
mod tests;

/// The name under which requests to Bedrock's runtime are signed.
const SERVICE: &str = "bedrock";

/// Signs requests to Bedrock in one region.
#[derive(Clone)]
pub struct Signer {
    keys: Keys,
    region: Box<str>,
}

#[derive(Clone)]
enum Keys {
    /// They do not change.
    Fixed(Credentials),
    /// They are fetched, and end.
    Kept(Arc<Kept>),
}

/// A key that AWS cannot have given: it is empty, or has characters that no header may have. Names the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` has a character that belongs into no key")]
pub struct KeyError(pub &'static str);

/// How keys are fetched.
pub struct Chain {
    /// Whose keys.
    pub base: Base,
    /// The role to assume with them.
    pub role: Option<Role>,
    /// The region whose token service is asked.
    pub region: String,
}

/// Whose keys they are.
pub enum Base {
    /// As the environment says.
    Default,
    /// Those of a profile of AWS's configuration files.
    Profile(String),
    /// These.
    Keys(Credentials),
}

/// A role to assume.
pub struct Role {
    /// Which one.
    pub arn: String,
    /// What its owner wants to be told.
    pub external_id: Option<SecretString>,
    /// The session's name in AWS's logs.
    pub session_name: String,
}

impl Signer {
    /// A signer with keys that do not change.
    pub fn new(keys: Credentials, region: &str) -> Self {
        Self { keys: Keys::Fixed(keys), region: region.into() }
    }

    /// A signer with keys that are fetched.
    pub fn kept_fresh(kept: Arc<Kept>, region: &str) -> Self {
        Self { keys: Keys::Kept(kept), region: region.into() }
    }

    /// The region that is signed for.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The keys, where they are fetched.
    pub fn kept(&self) -> Option<&Arc<Kept>> {
        match &self.keys {
            Keys::Fixed(_) => None,
            Keys::Kept(kept) => Some(kept),
        }
    }

    /// The headers that prove who sends the request: `authorization`, `x-amz-date`, and `x-amz-security-token` where there is one.
    /// Values that hold a secret are marked sensitive. AWS takes no request that was signed more than five minutes ago.
    ///
    /// # Errors
    /// [`Unproven`] where authority, path or a header is not what HTTP allows, or where there are no keys.
    pub fn headers(&self, request: &Signable<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, Unproven> {
        match &self.keys {
            Keys::Fixed(keys) => self.signed(keys, request),
            Keys::Kept(kept) => match kept.proof(Instant::now()).ok_or(Unproven::Absent)?.proof {
                Proof::Keys(ref keys) => self.signed(keys, request),
                Proof::Token(ref value) => Ok(vec![(AUTHORIZATION, value.clone())]),
            },
        }
    }

    fn signed(&self, keys: &Credentials, request: &Signable<'_>) -> Result<Vec<(HeaderName, HeaderValue)>, Unproven> {
        let Signable { method, authority, path, headers, body, now } = *request;
        let identity = keys.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(SERVICE)
            .time(SystemTime::from(now))
            .settings(SigningSettings::default())
            .build()
            .map_err(unsigned)?
            .into();
        let signed = headers.iter().filter(|(name, _)| is_signed(name));
        let signed: Vec<_> = signed.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
        let uri = format!("https://{authority}{path}");
        let request = SignableRequest::new(method, uri, signed.into_iter(), SignableBody::Bytes(body)).map_err(unsigned)?;
        let (instructions, _) = sign(request, &params).map_err(unsigned)?.into_parts();
        instructions.headers().map(|(name, value)| header(name, value)).collect()
    }
}

/// Keys as AWS gives them.
///
/// # Errors
/// [`KeyError`]: AWS cannot have given them.
pub fn keys(id: &str, secret: &str, token: Option<&str>) -> Result<Credentials, KeyError> {
    let fields = [("access_key_id", Some(id)), ("secret_access_key", Some(secret)), ("session_token", token)];
    for (name, value) in fields {
        if value.is_some_and(|value| value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(KeyError(name));
        }
    }
    Ok(Credentials::new(id, secret, token.map(str::to_owned), None, "config"))
}

fn unsigned(error: impl fmt::Display) -> Unproven {
    Unproven::Unsigned(error.to_string())
}

fn is_signed(name: &HeaderName) -> bool {
    name == CONTENT_TYPE || name.as_str().starts_with("x-amz-")
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Unproven> {
    let mut value = HeaderValue::from_str(value).map_err(unsigned)?;
    value.set_sensitive(name != "x-amz-date");
    Ok((HeaderName::try_from(name).map_err(unsigned)?, value))
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("region", &self.region).finish_non_exhaustive()
    }
}
