//! A file of credentials, as Google's tools write it.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::external::External;
use super::{SCOPE, impersonate};
use crate::upstream::kept::Proof;
use crate::upstream::source::{FetchError, Fetched};
use crate::upstream::token::{self, Answer};

/// Where tokens are asked for, unless the file says otherwise.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
/// How long a signed request for a token holds. Google allows an hour; it is used at once.
const ASSERTION: Duration = Duration::from_secs(600);

/// Who the gateway is.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Credentials {
    /// A service account, with its key.
    ServiceAccount(ServiceAccount),
    /// A person, who has agreed.
    AuthorizedUser(AuthorizedUser),
    /// Somebody whom another identity provider knows.
    ExternalAccount(Box<External>),
    /// A service account, in whose name somebody acts.
    ImpersonatedServiceAccount(Impersonated),
}

#[derive(Deserialize)]
pub(super) struct ServiceAccount {
    client_email: String,
    private_key: SecretString,
    #[serde(default)]
    private_key_id: Option<String>,
    #[serde(default = "token_uri")]
    token_uri: String,
}

#[derive(Deserialize)]
pub(super) struct AuthorizedUser {
    client_id: String,
    client_secret: SecretString,
    refresh_token: SecretString,
    #[serde(default = "token_uri")]
    token_uri: String,
}

#[derive(Deserialize)]
pub(super) struct Impersonated {
    service_account_impersonation_url: String,
    #[serde(default)]
    delegates: Vec<String>,
    source_credentials: Box<Source>,
}

/// Who may act in another's name.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Source {
    ServiceAccount(ServiceAccount),
    AuthorizedUser(AuthorizedUser),
}

fn token_uri() -> String {
    TOKEN_URI.to_owned()
}

impl Credentials {
    /// Reads a file. What is wrong is told without quoting it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, FetchError> {
        #[derive(Deserialize)]
        struct Kind {
            r#type: Option<String>,
        }
        const KINDS: [&str; 4] = ["service_account", "authorized_user", "external_account", "impersonated_service_account"];
        let wrong = |what: &str| FetchError::new(format!("is no file of Google credentials: {what}"));
        let kind: Kind = serde_json::from_slice(bytes).map_err(|_| wrong("it is not a JSON object"))?;
        let kind = kind.r#type.ok_or_else(|| wrong("it has no `type`"))?;
        if !KINDS.contains(&&*kind) {
            return Err(wrong(&format!("its `type` must be one of {}", KINDS.join(", "))));
        }
        let account: Self =
            serde_json::from_slice(bytes).map_err(|_| wrong(&format!("what a `{kind}` needs is missing or no text")))?;
        account.check().map_err(|error| wrong(&error))?;
        Ok(account)
    }

    fn check(&self) -> Result<(), String> {
        match self {
            Self::ServiceAccount(account) => account.key().map(|_| ()).map_err(|error| error.to_string()),
            Self::ExternalAccount(external) => external.check(),
            Self::AuthorizedUser(_) | Self::ImpersonatedServiceAccount(_) => Ok(()),
        }
    }

    pub(super) async fn token(&self) -> Result<Fetched, FetchError> {
        match self {
            Self::ServiceAccount(account) => account.token().await,
            Self::AuthorizedUser(user) => user.token().await,
            Self::ExternalAccount(external) => external.token().await,
            Self::ImpersonatedServiceAccount(other) => {
                let by = match &*other.source_credentials {
                    Source::ServiceAccount(account) => account.token().await?,
                    Source::AuthorizedUser(user) => user.token().await?,
                };
                let by = bearer(&by)?;
                impersonate(&other.service_account_impersonation_url, &other.delegates, by).await
            }
        }
    }
}

/// The token of a `Bearer …`.
pub(super) fn bearer(fetched: &Fetched) -> Result<&str, FetchError> {
    let token = match &fetched.proof {
        Proof::Token(value) => value.to_str().ok().and_then(|value| value.strip_prefix("Bearer ")),
        Proof::Keys(_) => None,
    };
    token.ok_or_else(|| FetchError::new("the token is no bearer token"))
}

impl ServiceAccount {
    fn key(&self) -> Result<EncodingKey, FetchError> {
        EncodingKey::from_rsa_pem(self.private_key.expose_secret().as_bytes())
            .map_err(|_| FetchError::new("its `private_key` is no RSA key in PEM"))
    }

    /// RFC 7523: a request that the account signs itself.
    async fn token(&self) -> Result<Fetched, FetchError> {
        let now = jiff::Timestamp::now().as_second();
        let claims = serde_json::json!({
            "iss": self.client_email,
            "scope": SCOPE,
            "aud": self.token_uri,
            "iat": now,
            "exp": now.saturating_add_unsigned(ASSERTION.as_secs()),
        });
        let header = Header { kid: self.private_key_id.clone(), ..Header::new(Algorithm::RS256) };
        let assertion = jsonwebtoken::encode(&header, &claims, &self.key()?)
            .map_err(|_| FetchError::new("the request for a token cannot be signed with the account's key"))?;
        let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &*assertion)];
        let request = token::post(&self.token_uri)?.form(&form);
        token::ask::<Answer>(request, &[&assertion]).await?.fetched()
    }
}

impl AuthorizedUser {
    async fn token(&self) -> Result<Fetched, FetchError> {
        let (secret, refresh) = (self.client_secret.expose_secret(), self.refresh_token.expose_secret());
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", &*self.client_id),
            ("client_secret", secret),
            ("refresh_token", refresh),
        ];
        let request = token::post(&self.token_uri)?.form(&form);
        token::ask::<Answer>(request, &[secret, refresh]).await?.fetched()
    }
}
