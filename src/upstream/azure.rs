//! Tokens of Entra ID, for Azure: with a client's secret, with a token of the cluster (workload identity), or as the machine's own
//! identity (managed identity).
//!
//! Each is one request, written here over the HTTP client that is there anyway: Azure's own crate would bring a stack of its own
//! (HTTP policies, token caches, a second XML and time library) for these three, and it does its own refreshing, which the keeper
//! does for all clouds alike.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use super::kept::Identity;
use super::source::{FetchError, Fetched, Fetching, Source};
use super::token::{self, Answer};

/// Whose token it is, and for what.
pub struct Azure {
    /// What the token is for, such as `https://cognitiveservices.azure.com`.
    pub resource: String,
    /// Who it is for.
    pub identity: Way,
}

/// How the gateway proves itself to Entra ID.
pub enum Way {
    /// As an application, with its secret.
    ClientSecret {
        /// Where applications are known.
        app: App,
        /// The secret.
        secret: SecretString,
    },
    /// As an application, with a token of the cluster that Entra ID trusts.
    WorkloadIdentity {
        /// Where applications are known.
        app: App,
        /// The file with the cluster's token, which the cluster renews.
        token_file: PathBuf,
    },
    /// As the App Service, container app or function that this is.
    AppService {
        /// Where it says who it is.
        endpoint: String,
        /// What it is asked with.
        header: SecretString,
        /// Which of its identities. Default: its own.
        client_id: Option<String>,
    },
    /// As the virtual machine that this is.
    Machine {
        /// Where it says who it is.
        host: String,
        /// Which of its identities. Default: its own.
        client_id: Option<String>,
    },
}

/// An application of Entra ID.
pub struct App {
    /// Where tokens are asked for, such as `https://login.microsoftonline.com`.
    pub authority: String,
    /// The tenant.
    pub tenant_id: String,
    /// The application.
    pub client_id: String,
}

impl Azure {
    /// What tells it from other credentials.
    pub fn identity(&self) -> Identity {
        let resource = &*self.resource;
        match &self.identity {
            Way::ClientSecret { app, secret } => app.identity(resource, "secret", secret.expose_secret()),
            Way::WorkloadIdentity { app, token_file } => app.identity(resource, "workload", &token_file.to_string_lossy()),
            Way::AppService { endpoint, header, client_id } => {
                let client = client_id.as_deref().unwrap_or_default();
                Identity::of(&["azure", resource, "app", endpoint, header.expose_secret(), client])
            }
            Way::Machine { host, client_id } => {
                Identity::of(&["azure", resource, "machine", host, client_id.as_deref().unwrap_or_default()])
            }
        }
    }

    async fn token(&self) -> Result<Fetched, FetchError> {
        let resource = &*self.resource;
        match &self.identity {
            Way::ClientSecret { app, secret } => {
                let secret = secret.expose_secret();
                app.token(resource, &[("client_secret", secret)], secret).await
            }
            Way::WorkloadIdentity { app, token_file } => {
                let assertion = token_in(token_file).await?;
                const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                let proof = [("client_assertion_type", KIND), ("client_assertion", &*assertion)];
                app.token(resource, &proof, &assertion).await
            }
            Way::AppService { endpoint, header, client_id } => {
                let header = header.expose_secret();
                let request = token::get(endpoint)?.header("x-identity-header", header);
                managed(request, "2019-08-01", resource, client_id.as_deref(), header).await
            }
            Way::Machine { host, client_id } => {
                let host = host.trim_end_matches('/');
                let request = token::get(&format!("{host}/metadata/identity/oauth2/token"))?.header("metadata", "true");
                managed(request, "2018-02-01", resource, client_id.as_deref(), "").await
            }
        }
    }
}

async fn managed(
    request: reqwest::RequestBuilder,
    version: &str,
    resource: &str,
    client_id: Option<&str>,
    secret: &str,
) -> Result<Fetched, FetchError> {
    let request = request.query(&[("api-version", version), ("resource", resource)]);
    let request = request.query(&client_id.map(|id| [("client_id", id)]));
    token::ask::<Answer>(request, &[secret]).await?.fetched()
}

impl App {
    fn identity(&self, resource: &str, kind: &str, proof: &str) -> Identity {
        Identity::of(&["azure", resource, kind, &self.authority, &self.tenant_id, &self.client_id, proof])
    }

    async fn token(&self, resource: &str, proof: &[(&str, &str)], secret: &str) -> Result<Fetched, FetchError> {
        let authority = self.authority.trim_end_matches('/');
        let url = format!("{authority}/{}/oauth2/v2.0/token", self.tenant_id);
        let scope = format!("{}/.default", resource.trim_end_matches('/'));
        let mut form = vec![("grant_type", "client_credentials"), ("client_id", &*self.client_id), ("scope", &*scope)];
        form.extend(proof);
        token::ask::<Answer>(token::post(&url)?.form(&form), &[secret]).await?.fetched()
    }
}

impl Source for Azure {
    fn fetch(&self) -> Fetching<'_> {
        Box::pin(self.token())
    }
}

/// The token in a file.
async fn token_in(path: &Path) -> Result<String, FetchError> {
    let text =
        String::from_utf8(token::read(path).await?).map_err(|_| FetchError::new(format!("{}: is no text", path.display())))?;
    let text = text.trim();
    if text.is_empty() {
        return Err(FetchError::new(format!("{}: is empty", path.display())));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests;
