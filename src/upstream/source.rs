//! Where a credential that ends comes from: one fetch, of one of a cloud's token endpoints.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use http::HeaderValue;
use secrecy::zeroize::Zeroizing;

use super::kept::Proof;

/// A fetch under way.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Fetched, FetchError>> + Send + 'a>>;

/// Where a credential comes from.
pub trait Source: Send + Sync {
    /// Fetches it anew. Whoever asks bounds the time.
    fn fetch(&self) -> Fetching<'_>;
}

/// What was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// The proof.
    pub proof: Proof,
    /// For how long it holds. `None`: for ever, as far as is known.
    pub lasts: Option<Duration>,
}

impl Fetched {
    /// A bearer token.
    ///
    /// # Errors
    /// It has characters that no header may have, or is empty.
    pub fn token(token: &str, lasts: Option<Duration>) -> Result<Self, FetchError> {
        let value = Zeroizing::new(format!("Bearer {token}"));
        let value = HeaderValue::from_str(&value).ok().filter(|_| !token.is_empty());
        let mut value = value.ok_or_else(|| FetchError::new("the token has characters that no header may have, or is empty"))?;
        value.set_sensitive(true);
        Ok(Self { proof: Proof::Token(value), lasts })
    }
}

/// Why nothing was fetched, for the log and the status page. Shows no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchError(String);

/// The longest that is told of what went wrong, in characters.
const TOLD: usize = 400;

impl FetchError {
    /// What went wrong. What is not printable is left out, and what is too long is cut.
    pub fn new(message: impl AsRef<str>) -> Self {
        Self(message.as_ref().chars().map(|c| if c.is_control() { ' ' } else { c }).take(TOLD).collect())
    }

    /// Tells nothing if that would tell one of these secrets: an endpoint may repeat what it was sent.
    #[must_use]
    pub fn without(self, secrets: &[&str]) -> Self {
        let tells = secrets.iter().any(|secret| !secret.is_empty() && self.0.contains(secret));
        if tells { Self("the reason is not told, because it repeats a secret".to_owned()) } else { self }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FetchError {}
