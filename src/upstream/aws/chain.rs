//! Keys that are fetched, by AWS's own crate: from the environment, a profile, a web identity (IRSA), a container (ECS, EKS Pod
//! Identity) or the instance (IMDSv2), and on to a role, where one is named.
//!
//! Everything is made anew for each fetch: the crate remembers what stood in files, and a client kept for one request in an hour
//! would cost memory all the time. The crate logs each failure with all that the endpoint said; `cli::runtime` keeps that out of
//! the log, and the keeper tells it in one line.

use std::error::Error;
use std::time::SystemTime;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::ProvideCredentials;
use secrecy::ExposeSecret as _;

use super::{Base, Chain, Role};
use crate::upstream::kept::{Identity, Proof};
use crate::upstream::source::{FetchError, Fetched, Fetching, Source};

impl Chain {
    /// What tells it from other credentials.
    pub fn identity(&self) -> Identity {
        let mut parts = vec!["aws", &*self.region];
        match &self.base {
            Base::Default => parts.push("default"),
            Base::Profile(name) => parts.extend(["profile", name]),
            Base::Keys(keys) => {
                let token = keys.session_token().unwrap_or_default();
                parts.extend(["keys", keys.access_key_id(), keys.secret_access_key(), token]);
            }
        }
        if let Some(Role { arn, external_id, session_name }) = &self.role {
            let external_id = external_id.as_ref().map(|id| id.expose_secret()).unwrap_or_default();
            parts.extend(["role", arn, external_id, session_name]);
        }
        Identity::of(&parts)
    }

    async fn keys(&self) -> Result<Fetched, FetchError> {
        let region = Region::new(self.region.clone());
        let loader = aws_config::defaults(BehaviorVersion::latest()).region(region.clone());
        let loader = match &self.base {
            Base::Default => loader,
            Base::Profile(name) => {
                let config = ProviderConfig::without_region().with_region(Some(region));
                loader
                    .credentials_provider(ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build())
            }
            Base::Keys(keys) => loader.credentials_provider(keys.clone()),
        };
        let config = loader.load().await;
        let keys = match &self.role {
            Some(Role { arn, external_id, session_name }) => {
                let mut role = AssumeRoleProvider::builder(arn).configure(&config).session_name(session_name);
                if let Some(external_id) = external_id {
                    role = role.external_id(external_id.expose_secret());
                }
                role.build().await.provide_credentials().await
            }
            None => {
                let provider =
                    config.credentials_provider().ok_or_else(|| FetchError::new("there is no chain of credentials"))?;
                provider.provide_credentials().await
            }
        };
        let keys = keys.map_err(|error| self.told(&error))?;
        let lasts = keys.expiry().map(|at| at.duration_since(SystemTime::now()).unwrap_or_default());
        Ok(Fetched { proof: Proof::Keys(keys), lasts })
    }

    /// Each cause in its own words, without what the crate would add of requests and answers.
    fn told(&self, error: &dyn Error) -> FetchError {
        let mut words = vec![error.to_string()];
        let mut source = error.source();
        while let Some(cause) = source {
            let said = cause.to_string();
            if !words.contains(&said) {
                words.push(said);
            }
            source = cause.source();
        }
        let external_id = self.role.as_ref().and_then(|role| role.external_id.as_ref()).map(|id| id.expose_secret());
        let error = FetchError::new(words.join(": ")).without(&[external_id.unwrap_or_default()]);
        match &self.base {
            Base::Keys(keys) => error.without(&[keys.secret_access_key(), keys.session_token().unwrap_or_default()]),
            Base::Default | Base::Profile(_) => error,
        }
    }
}

impl Source for Chain {
    fn fetch(&self) -> Fetching<'_> {
        Box::pin(self.keys())
    }
}
