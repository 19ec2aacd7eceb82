//! How the gateway proves itself to a provider, as it is written.

use std::path::PathBuf;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::either::TextOrMap;

/// How the gateway proves itself to a provider.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// Nothing is sent.
    #[default]
    None,
    /// The caller's own key goes on to it; the key for the gateway comes in `x-kanmon-api-key`.
    Caller,
    /// `authorization: Bearer …`
    Bearer(Secret),
    /// `x-api-key: …`, as Anthropic wants it.
    XApiKey(Secret),
    /// `api-key: …`, as Azure wants it.
    ApiKey(Secret),
    /// `x-goog-api-key: …`, as the Gemini API wants it.
    XGoogApiKey(Secret),
    /// A signature with AWS's keys (Signature Version 4), for Bedrock. A Bedrock API key is a `bearer`.
    Aws(Aws),
    /// A token of Entra ID, for Azure.
    Azure(Azure),
    /// A token of Google Cloud.
    Google(Google),
}

/// A secret: the text itself, best as `${ENVIRONMENT_VARIABLE}`, or a file that holds it.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Secret {
    /// The secret.
    Text(#[schemars(with = "String")] SecretString),
    /// A file.
    File(SecretFile),
}

/// A file that holds a secret and nothing else.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretFile {
    /// The file, read again when it changes. Line breaks at its end do not count. A path that is not absolute begins at the
    /// directory of the config.
    pub file: PathBuf,
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrMap {
            expected: "text (a number in quotes), or a map with a `file`",
            text: |secret| Self::Text(secret.into()),
            map: Self::File,
        })
    }
}

/// AWS's keys.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Aws {
    /// `default`: found as AWS's own tools find them.
    Default(Word),
    /// More.
    Detailed(AwsKeys),
}

/// `default`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// As the environment says.
    Default,
}

/// By hand, because an untagged enum can only say that no variant fits.
impl<'de> Deserialize<'de> for Aws {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AwsVisitor;

        impl<'de> Visitor<'de> for AwsVisitor {
            type Value = Aws;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`default`, or a map with the keys, a `profile` or a role to assume")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Aws, E> {
                match word {
                    "default" => Ok(Aws::Default(Word::Default)),
                    // What was written may be a key: it is not repeated.
                    _ => Err(E::custom(format_args!("must be {}", Expected(&self)))),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Aws, A::Error> {
                AwsKeys::deserialize(MapAccessDeserializer::new(map)).map(Aws::Detailed)
            }
        }

        struct Expected<'a>(&'a AwsVisitor);

        impl std::fmt::Display for Expected<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                Visitor::expecting(self.0, f)
            }
        }

        deserializer.deserialize_any(AwsVisitor)
    }
}

/// Whose keys of AWS: those given here, those of a profile, or, without either, those that the environment has.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AwsKeys {
    /// The id of an access key (`AKIA…`, `ASIA…`) that does not change.
    pub access_key_id: Option<Secret>,
    /// Its secret access key.
    pub secret_access_key: Option<Secret>,
    /// The session token that temporary keys come with.
    pub session_token: Option<Secret>,
    /// A profile of AWS's configuration files, instead of keys.
    pub profile: Option<String>,
    /// A role to assume with these keys.
    pub assume_role: Option<AssumeRole>,
}

/// A role of AWS to assume.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssumeRole {
    /// The role: `arn:aws:iam::123456789012:role/NAME`.
    pub arn: String,
    /// What the role's owner wants to be told.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub external_id: Option<SecretString>,
    /// The session's name in AWS's logs. Default: `kanmon`.
    #[serde(default)]
    pub session_name: Option<String>,
}

/// Who the gateway is to Entra ID.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Azure {
    /// As the environment says: a client's secret (`AZURE_CLIENT_SECRET`), a workload identity (`AZURE_FEDERATED_TOKEN_FILE`), or
    /// else the machine's managed identity.
    Default,
    /// An application, with its secret.
    ClientSecret(AzureClient),
    /// An application that Entra ID knows by a token of the cluster.
    WorkloadIdentity(AzureWorkload),
    /// The machine's own identity, or one that it was given.
    ManagedIdentity(AzureManaged),
}

/// An application of Entra ID, with its secret.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AzureClient {
    /// The tenant.
    pub tenant_id: String,
    /// The application.
    pub client_id: String,
    /// The secret.
    pub client_secret: Secret,
}

/// An application of Entra ID that is known by a token of the cluster.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AzureWorkload {
    /// The tenant. Default: `AZURE_TENANT_ID` of the environment.
    pub tenant_id: Option<String>,
    /// The application. Default: `AZURE_CLIENT_ID` of the environment.
    pub client_id: Option<String>,
    /// The file with the cluster's token. Default: `AZURE_FEDERATED_TOKEN_FILE` of the environment.
    pub token_file: Option<PathBuf>,
}

/// A managed identity.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AzureManaged {
    /// Which one. Default: the machine's own.
    pub client_id: Option<String>,
}

/// Who the gateway is to Google Cloud.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Google {
    /// Application default credentials: the file that `GOOGLE_APPLICATION_CREDENTIALS` names, or that `gcloud auth
    /// application-default login` has left, or else the machine's service account.
    Default,
    /// A file with the credentials of a service account, of a person, or of a federated workload, read for each token. A path that
    /// is not absolute begins at the directory of the config.
    File(PathBuf),
}
