//! Workload identity federation: a token of another identity provider, in a file or behind a URL, is exchanged for one of Google's
//! (RFC 8693), which may then act as a service account.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use super::account::bearer;
use super::{SCOPE, impersonate};
use crate::upstream::source::{FetchError, Fetched};
use crate::upstream::token::{self, Answer};

#[derive(Deserialize)]
pub(super) struct External {
    audience: String,
    subject_token_type: String,
    #[serde(default = "sts")]
    token_url: String,
    credential_source: CredentialSource,
    #[serde(default)]
    service_account_impersonation_url: Option<String>,
}

/// Where the other provider's token is. The other kinds are named, so that they can be refused by name.
#[derive(Deserialize)]
struct CredentialSource {
    #[serde(default)]
    file: Option<PathBuf>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    format: Format,
    #[serde(default)]
    executable: Option<Value>,
    #[serde(default)]
    environment_id: Option<String>,
    #[serde(default)]
    certificate: Option<Value>,
}

/// How the token is written down.
#[derive(Default, Deserialize)]
struct Format {
    #[serde(default, rename = "type")]
    kind: FormatKind,
    #[serde(default)]
    subject_token_field_name: Option<String>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FormatKind {
    #[default]
    Text,
    Json,
}

fn sts() -> String {
    "https://sts.googleapis.com/v1/token".to_owned()
}

impl External {
    pub(super) fn check(&self) -> Result<(), String> {
        let source = &self.credential_source;
        let json_without_field = source.format.kind == FormatKind::Json && source.format.subject_token_field_name.is_none();
        match source {
            _ if source.executable.is_some() => Err("the gateway runs no `executable`: use a `file` or a `url`".to_owned()),
            _ if source.environment_id.is_some() => {
                Err("the gateway does not come to Google by way of AWS (`environment_id`): use a `file` or a `url`".to_owned())
            }
            _ if source.certificate.is_some() => Err("`certificate` is not known: use a `file` or a `url`".to_owned()),
            _ if source.file.is_none() && source.url.is_none() => {
                Err("its `credential_source` has no `file` or `url`".to_owned())
            }
            _ if json_without_field => Err("its `format` has no `subject_token_field_name`".to_owned()),
            _ => Ok(()),
        }
    }

    pub(super) async fn token(&self) -> Result<Fetched, FetchError> {
        let subject = self.subject().await?;
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("audience", &*self.audience),
            ("scope", SCOPE),
            ("subject_token_type", &*self.subject_token_type),
            ("subject_token", &*subject),
        ];
        let request = token::post(&self.token_url)?.form(&form);
        let federated = token::ask::<Answer>(request, &[&subject]).await?.fetched()?;
        match &self.service_account_impersonation_url {
            Some(url) => impersonate(url, &[], bearer(&federated)?).await,
            None => Ok(federated),
        }
    }

    /// The other provider's token.
    async fn subject(&self) -> Result<String, FetchError> {
        let source = &self.credential_source;
        let wrong = |what: &str| FetchError::new(format!("the token to exchange {what}"));
        let bytes = match (&source.file, &source.url) {
            (Some(file), _) => token::read(file).await?,
            (None, Some(url)) => {
                let headers = source.headers.iter();
                let secrets: Vec<&str> = source.headers.values().map(String::as_str).collect();
                let request = headers.fold(token::get(url)?, |request, (name, value)| request.header(name, value));
                token::ask_bytes(request, &secrets).await?
            }
            (None, None) => return Err(wrong("has no source")),
        };
        let text = match (source.format.kind, &source.format.subject_token_field_name) {
            (FormatKind::Json, Some(field)) => {
                let json: Value = serde_json::from_slice(&bytes).map_err(|_| wrong("is not JSON"))?;
                json[field].as_str().map(str::to_owned)
            }
            _ => String::from_utf8(bytes).ok().map(|text| text.trim().to_owned()),
        };
        text.filter(|text| !text.is_empty()).ok_or_else(|| wrong("is not there"))
    }
}
