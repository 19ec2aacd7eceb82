//! Who may call, as it is written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::Duration;
use super::either::{TextOrList, TextOrMap};
use crate::auth::jwt::Algorithm;

/// Who may call.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Auth {
    /// The API keys.
    pub keys: Vec<Key>,
    /// A YAML file with more keys: a list like `keys`. Read again when it changes. A path that is not absolute begins at the
    /// directory of the config.
    pub keys_file: Option<PathBuf>,
    /// Directories with a file for each key, as Kubernetes mounts a Secret. Read again when they change.
    pub keys_dirs: Vec<KeysDir>,
    /// Identity providers whose tokens (JWT) let their bearers in.
    pub jwt: Vec<Jwt>,
    /// Lets those in who have a client certificate. Whoever has one that fits is that caller, whatever key is sent.
    pub client_certificates: Option<ClientCertificates>,
    /// Lets everybody in without a key, as the one principal `anonymous`, who may use every model and every provider with
    /// `passthrough`. Only without keys, `jwt` and `client_certificates`.
    pub anonymous: bool,
    /// How often requests from one address may fail to say who they are. Then the answer is 429, and tokens are not checked. Known
    /// keys, tokens that were checked before and client certificates come in all the same.
    pub throttle: Throttle,
    /// Paths that need no key, answered by the gateway itself.
    pub open_paths: Vec<String>,
    /// Headers that tell the provider side who calls. Whatever a client sends under these names is removed.
    pub forward: Forward,
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            keys_file: None,
            keys_dirs: Vec::new(),
            jwt: Vec::new(),
            client_certificates: None,
            anonymous: false,
            throttle: Throttle::default(),
            open_paths: vec!["/health".to_owned()],
            forward: Forward::default(),
        }
    }
}

/// How often requests from one address may fail to say who they are.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Throttle {
    /// Failures in that time. `0`: not bounded.
    pub failures: u32,
    /// The time.
    pub every: Duration,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { failures: 100, every: Duration::seconds(60) }
    }
}

/// Headers that tell the provider side who calls. Unset: not told.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Forward {
    /// Header for the key's name, such as `x-kanmon-key`.
    #[serde(default)]
    pub key: Option<String>,
    /// Header for the tenant, such as `x-kanmon-tenant`.
    #[serde(default)]
    pub tenant: Option<String>,
}

/// An API key.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Its name, in logs, limits and usage records.
    pub name: String,
    /// Who it belongs to.
    #[serde(default)]
    pub tenant: Option<String>,
    /// SHA-256 of the key, 64 hex digits (`kanmon key` makes one). Or a list of them, while one key takes over from another: usage
    /// records tell by `key_id`, the first 8 digits, which of them is still in use.
    pub sha256: Digests,
    /// Globs of the models that it may use. Default: all.
    #[serde(default)]
    pub models: Option<Vec<String>>,
    /// Globs of the providers with `passthrough` that it may ask for what the gateway does not know. What passes is not read: the
    /// key's `models` and limits on tokens do not hold for it, and all keys share the gateway's account there. Default: none.
    #[serde(default)]
    pub passthrough: Vec<String>,
    /// When it ends: a time (`2027-01-31T12:00:00Z`), or a date, at whose beginning in UTC it ends.
    #[serde(default)]
    pub expires: Option<String>,
    /// Whether it is switched off.
    #[serde(default)]
    pub disabled: bool,
}

/// One digest, or several.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum Digests {
    /// One.
    One(String),
    /// Several, all of which are valid.
    Several(Vec<OneDigest>),
}

/// One of several digests.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum OneDigest {
    /// Without an end of its own.
    Plain(String),
    /// With one.
    Expiring(ExpiringKey),
}

/// A digest that ends by itself.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpiringKey {
    /// SHA-256 of the key, 64 hex digits.
    pub sha256: String,
    /// When it ends: a time or a date, as for the key as a whole.
    pub expires: String,
}

impl<'de> Deserialize<'de> for Digests {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(TextOrList {
            expected: "the SHA-256 of a key, or a list of them",
            text: |digest| Self::One(digest.to_owned()),
            list: Self::Several,
        })
    }
}

impl<'de> Deserialize<'de> for OneDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(TextOrMap {
            expected: "the SHA-256 of a key, or a map with `sha256` and `expires`",
            text: |digest| Self::Plain(digest.to_owned()),
            map: Self::Expiring,
        })
    }
}

/// A directory with a file for each key. The name of the file is the key's; in it stands the key's SHA-256 (64 hex digits) or the
/// key itself, if `kanmon key` has made it (`kmn_…`); several, one on each line, while one takes over from another. Files whose
/// names begin with a dot, and directories, are left alone.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeysDir {
    /// The directory. A path that is not absolute begins at the directory of the config.
    pub path: PathBuf,
    /// Who its keys belong to.
    #[serde(default)]
    pub tenant: Option<String>,
    /// Globs of the models that its keys may use. Default: all.
    #[serde(default)]
    pub models: Option<Vec<String>>,
    /// Globs of the providers with `passthrough` that its keys may ask for what the gateway does not know. Default: none.
    #[serde(default)]
    pub passthrough: Vec<String>,
}

/// An identity provider. Exactly one of `jwks_uri` and `jwks_file` is given.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Jwt {
    /// Its name, exactly as tokens have it in `iss`.
    pub issuer: String,
    /// Who tokens must be meant for: `aud` must be, or have, one of these.
    pub audiences: Vec<String>,
    /// Where its public keys are (a JWK set). Fetched in the background, again every ten minutes or as its `cache-control` says, and
    /// when a token has a key that is not known, at most once in a minute for that. `https://`; `http://` only on this machine.
    #[serde(default)]
    pub jwks_uri: Option<String>,
    /// A file with its public keys. Read again when it changes. A path that is not absolute begins at the directory of the config.
    #[serde(default)]
    pub jwks_file: Option<PathBuf>,
    /// A PEM file with the certificate authorities to trust at `jwks_uri`, instead of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The algorithms that are accepted. Only signatures that a public key verifies.
    #[serde(default = "default_algorithms")]
    pub algorithms: Vec<Algorithm>,
    /// How far its clock may be from ours, at most 5m.
    #[serde(default = "default_leeway")]
    pub leeway: Duration,
    /// The claim with the caller's name, which takes the place of a key's name in logs, limits and usage records. A name that begins
    /// with `/` is a JSON pointer, here and for all claims: `/realm_access/team`.
    #[serde(default = "default_name_claim")]
    pub name_claim: String,
    /// What is put before the caller's name. Needed where there are several issuers: their callers must not share names.
    #[serde(default)]
    pub name_prefix: String,
    /// Who all its callers belong to. Not with `tenant_claim`.
    #[serde(default)]
    pub tenant: Option<String>,
    /// The claim that says who the caller belongs to. A token without it is refused.
    #[serde(default)]
    pub tenant_claim: Option<String>,
    /// Globs of the models that all its callers may use. Default: all. Not with `models_claim`.
    #[serde(default)]
    pub models: Option<Vec<String>>,
    /// The claim that lists the models that the caller may use: globs, in a list or with spaces between them. A token without it is
    /// refused.
    #[serde(default)]
    pub models_claim: Option<String>,
    /// Globs of the providers with `passthrough` that its callers may ask for what the gateway does not know. Default: none.
    #[serde(default)]
    pub passthrough: Vec<String>,
    /// Claims that are kept, for limits.
    #[serde(default)]
    pub claims: Vec<String>,
    /// Claims that a token must have, each with the values of which it must be, or have, one: `{scope: [llm]}`.
    #[serde(default)]
    pub required_claims: BTreeMap<String, Vec<String>>,
}

fn default_algorithms() -> Vec<Algorithm> {
    vec![Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA]
}

fn default_leeway() -> Duration {
    Duration::seconds(30)
}

fn default_name_claim() -> String {
    "sub".to_owned()
}

/// Client certificates as identity. Envoy verifies them; see `--client-ca` of `kanmon run` and `kanmon envoy`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientCertificates {
    /// Where Envoy tells of them. `attributes`: of the connection, which nobody can forge; the first URI and the first DNS name of a
    /// certificate are told. `xfcc`: in the header `x-forwarded-client-cert`, of which the last element counts; only behind an
    /// Envoy that sets it (`SANITIZE_SET`, `APPEND_FORWARD`) and that nobody can go around.
    #[serde(default)]
    pub from: CertificatesFrom,
    /// Whose certificates they are. The first that fits counts.
    pub callers: Vec<CertificateCaller>,
}

/// Where Envoy tells of client certificates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CertificatesFrom {
    /// As attributes of the connection.
    #[default]
    Attributes,
    /// In the header `x-forwarded-client-cert`.
    Xfcc,
}

/// Whose a certificate is. Exactly one of `uri`, `dns` and `subject` is given.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateCaller {
    /// A glob for a URI among its subject alternative names, such as a SPIFFE id: `spiffe://mesh.example/ns/red/*`.
    #[serde(default)]
    pub uri: Option<String>,
    /// A glob for a DNS name among its subject alternative names.
    #[serde(default)]
    pub dns: Option<String>,
    /// A glob for its subject, as Envoy writes it: `CN=ci,O=Acme`.
    #[serde(default)]
    pub subject: Option<String>,
    /// The caller's name, which takes the place of a key's name in logs, limits and usage records. Default: what fits.
    #[serde(default)]
    pub name: Option<String>,
    /// Who it belongs to.
    #[serde(default)]
    pub tenant: Option<String>,
    /// Globs of the models that it may use. Default: all.
    #[serde(default)]
    pub models: Option<Vec<String>>,
    /// Globs of the providers with `passthrough` that it may ask for what the gateway does not know. Default: none.
    #[serde(default)]
    pub passthrough: Vec<String>,
}
