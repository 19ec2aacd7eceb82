//! One fetch of a JWK set: bounded in time and size, without redirects.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{ACCEPT, AGE, CACHE_CONTROL, HeaderMap};
use reqwest::{Certificate, Client, StatusCode, redirect};

use crate::auth::jwt::{KeySet, KeySetError, Location};

/// The longest time for one fetch.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest document, in bytes.
const LARGEST: usize = 512 << 10;
/// How long keys are fresh where the issuer does not say.
const FRESH: Duration = Duration::from_secs(600);
/// Whatever the issuer says, they are fresh at least so long …
const SHORTEST: Duration = Duration::from_secs(60);
/// … and at most so long.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// Fetches from one place.
pub(super) struct Fetcher {
    client: Client,
}

/// Why a fetch failed. Without the URL, which the caller knows.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("the file with certificate authorities cannot be used: {0}")]
    Authorities(String),
    #[error("{}", Chain(.0))]
    Http(reqwest::Error),
    #[error("the answer is {0} instead of 200 (redirects are not followed)")]
    Status(StatusCode),
    #[error("the answer has more than 512 KiB, which no JWK set has")]
    TooLarge,
    #[error(transparent)]
    Keys(#[from] KeySetError),
}

/// An error with its causes, of which the last one tells what happened.
struct Chain<'a>(&'a reqwest::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error.without_url())
    }
}

impl Fetcher {
    pub(super) async fn new(location: &Location) -> Result<Self, FetchError> {
        let builder = Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none()).user_agent("kanmon");
        // Plain text is for this machine only, which no proxy reaches.
        let builder = if location.uri.starts_with("http://") { builder.no_proxy() } else { builder };
        let builder = match &location.ca_file {
            None => builder,
            Some(file) => {
                let pem = tokio::fs::read(file).await.map_err(|error| FetchError::Authorities(error.to_string()))?;
                let authorities = Certificate::from_pem_bundle(&pem);
                builder.tls_certs_only(authorities.map_err(|error| FetchError::Authorities(error.to_string()))?)
            }
        };
        Ok(Self { client: builder.build()? })
    }

    /// The keys, and for how long they are fresh.
    pub(super) async fn fetch(&self, uri: &str) -> Result<(KeySet, Duration), FetchError> {
        let mut answer = self.client.get(uri).header(ACCEPT, "application/jwk-set+json, application/json").send().await?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status(answer.status()));
        }
        let fresh_for = fresh_for(answer.headers());
        let mut document = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if document.len() + chunk.len() > LARGEST {
                return Err(FetchError::TooLarge);
            }
            document.extend_from_slice(&chunk);
        }
        Ok((KeySet::parse(&document)?, fresh_for))
    }
}

/// What `cache-control` says, less the time that the document has lain in caches, within bounds.
fn fresh_for(headers: &HeaderMap) -> Duration {
    let text = |name| headers.get(name).and_then(|value: &reqwest::header::HeaderValue| value.to_str().ok());
    let directives = text(CACHE_CONTROL).unwrap_or_default().split(',').map(str::trim);
    let max_age =
        directives.filter_map(|directive| directive.split_once('=')).find(|(name, _)| name.eq_ignore_ascii_case("max-age"));
    let Some(max_age) = max_age.and_then(|(_, seconds)| seconds.trim_matches('"').parse::<u64>().ok()) else { return FRESH };
    let age = text(AGE).and_then(|age| age.trim().parse::<u64>().ok()).unwrap_or(0);
    Duration::from_secs(max_age.saturating_sub(age)).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_issuer_says_of_freshness_counts_within_bounds() {
        let with = |lines: &[(reqwest::header::HeaderName, &str)]| {
            let headers: HeaderMap = lines.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
            fresh_for(&headers).as_secs()
        };
        assert_eq!(with(&[]), 600);
        assert_eq!(with(&[(CACHE_CONTROL, "public, max-age=3600, must-revalidate")]), 3_600);
        assert_eq!(with(&[(CACHE_CONTROL, "Max-Age=\"3600\""), (AGE, "600")]), 3_000);
        assert_eq!(with(&[(CACHE_CONTROL, "max-age=1")]), 60);
        assert_eq!(with(&[(CACHE_CONTROL, "max-age=100"), (AGE, "1000")]), 60);
        assert_eq!(with(&[(CACHE_CONTROL, "max-age=31536000")]), 86_400);
        assert_eq!(with(&[(CACHE_CONTROL, "no-cache")]), 600);
        assert_eq!(with(&[(CACHE_CONTROL, "max-age=soon")]), 600);
    }
}
