//! Tokens of Google Cloud: application default credentials, that is, a file that says who the gateway is, or the machine's own
//! service account.
//!
//! The exchanges are RFC 7523, 6749 and 8693, one or two requests each, and are written here over the HTTP client that is there
//! anyway: Google's own crate caches and renews by itself, in tasks of its own, and does not tell when a token ends, which the
//! keeper must know. What runs programs, or signs as AWS does to come to Google, is refused by name.

mod account;
mod external;

use std::path::{Path, PathBuf};

use serde_json::json;

use self::account::Credentials;
use super::kept::Identity;
use super::source::{FetchError, Fetched, Fetching, Source};
use super::token::{self, Answer};

/// What the tokens are for: all of Google Cloud that the account may do.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Where the gateway learns who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Google {
    /// From a file with credentials of any kind, read for each token.
    File(PathBuf),
    /// From the machine, as its service account. The host of its metadata server, with a port where it is not 80.
    Machine(String),
}

impl Google {
    /// What tells it from other credentials.
    pub fn identity(&self) -> Identity {
        match self {
            Self::File(path) => Identity::of(&["google", "file", &path.to_string_lossy()]),
            Self::Machine(host) => Identity::of(&["google", "machine", host]),
        }
    }

    /// Whether a file holds credentials that can be used, for an error when the config is read. Reads it: not for an async task.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(path: &Path) -> Result<(), String> {
        let bytes = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
        Credentials::parse(&bytes).map(|_| ()).map_err(|error| error.to_string())
    }

    async fn token(&self) -> Result<Fetched, FetchError> {
        match self {
            Self::File(path) => {
                let account = Credentials::parse(&token::read(path).await?);
                account.map_err(|error| FetchError::new(format!("{}: {error}", path.display())))?.token().await
            }
            Self::Machine(host) => {
                let url = format!("http://{host}/computeMetadata/v1/instance/service-accounts/default/token");
                let request = token::get(&url)?.header("metadata-flavor", "Google").query(&[("scopes", SCOPE)]);
                token::ask::<Answer>(request, &[]).await?.fetched()
            }
        }
    }
}

impl Source for Google {
    fn fetch(&self) -> Fetching<'_> {
        Box::pin(self.token())
    }
}

/// Acts as a service account for an hour, with a token of somebody who may.
async fn impersonate(url: &str, delegates: &[String], by: &str) -> Result<Fetched, FetchError> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Acting {
        access_token: String,
        expire_time: String,
    }
    let body = json!({"scope": [SCOPE], "delegates": delegates, "lifetime": "3600s"});
    let request = token::post(url)?.bearer_auth(by).json(&body);
    let acting: Acting = token::ask(request, &[by]).await?;
    let ends: jiff::Timestamp =
        acting.expire_time.parse().map_err(|_| FetchError::new("the answer does not say how long the token holds"))?;
    let lasts = ends.duration_since(jiff::Timestamp::now());
    Fetched::token(&acting.access_token, Some(lasts.try_into().unwrap_or_default()))
}

#[cfg(test)]
mod tests;
