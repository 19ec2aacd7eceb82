//! The config file as it is written: plain data, checked for shape only. `config::validate` turns it into a `Snapshot`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

use crate::translate::Dialect;

/// A gateway config.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Who may call.
    #[serde(default)]
    pub auth: Auth,
    /// The providers, by name.
    pub providers: BTreeMap<String, Provider>,
    /// Which models there are and who serves them, first match wins.
    pub routes: Vec<Route>,
    /// What callers may spend.
    #[serde(default)]
    pub limits: Vec<Limit>,
    /// Where usage records go.
    #[serde(default)]
    pub usage: Usage,
    /// Bounds on what clients and providers may send.
    #[serde(default)]
    pub bounds: Bounds,
}

/// Who may call.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The API keys.
    #[serde(default)]
    pub keys: Vec<Key>,
    /// A YAML file beside the config with more keys: a list like `keys`.
    #[serde(default)]
    pub keys_file: Option<PathBuf>,
    /// Paths that need no key, answered by the gateway itself.
    #[serde(default = "default_open_paths")]
    pub open_paths: Vec<String>,
    /// Headers that tell the provider side who calls. Whatever a client sends under these names is removed.
    #[serde(default)]
    pub forward: Forward,
}

fn default_open_paths() -> Vec<String> {
    vec!["/health".to_owned()]
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
    /// SHA-256 of the key, 64 hex digits (`kanmon key` makes one).
    pub sha256: String,
    /// Globs of the models that it may use. Default: all.
    #[serde(default)]
    pub models: Option<Vec<String>>,
    /// When it ends: an RFC 3339 time or a date.
    #[serde(default)]
    pub expires: Option<String>,
    /// Whether it is switched off.
    #[serde(default)]
    pub disabled: bool,
}

/// A provider.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The API that it speaks.
    pub dialect: Dialect,
    /// Scheme, host, port and, where it is not the dialect's default (`/v1`), the path before the API's own.
    pub endpoint: String,
    /// How the gateway proves itself to it. `none` for a provider that wants nothing.
    #[serde(default)]
    pub credential: Credential,
    /// Headers to set or remove on every request to it.
    #[serde(default)]
    pub headers: HeaderRules,
    /// A PEM file with the certificate authorities to trust, instead of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Speak HTTP/2 to it (over TLS by ALPN when unset).
    #[serde(default)]
    pub http2: Option<bool>,
    /// Output limit sent where the client gave none and the dialect demands one.
    #[serde(default)]
    pub default_max_tokens: Option<u64>,
    /// Wait for the first event of a stream before committing to it, so that an error there still falls back.
    #[serde(default)]
    pub peek: bool,
    /// When failures make it rest.
    #[serde(default)]
    pub rest: Rest,
}

/// When a provider rests, that is, is not tried first.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rest {
    /// Failures in a row that make it rest.
    pub after_failures: u32,
    /// For how long, such as `30s`. A Retry-After of the provider counts instead where it is given.
    #[serde(rename = "for")]
    pub duration: Duration,
    /// The most that a Retry-After may ask for.
    pub at_most: Duration,
}

impl Default for Rest {
    fn default() -> Self {
        Self { after_failures: 5, duration: Duration::seconds(30), at_most: Duration::seconds(600) }
    }
}

/// How the gateway proves itself to a provider. Values may be `${ENVIRONMENT_VARIABLE}`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// Nothing is sent.
    #[default]
    None,
    /// `authorization: Bearer …`
    Bearer(#[schemars(with = "String")] SecretString),
    /// `x-api-key: …`
    XApiKey(#[schemars(with = "String")] SecretString),
}

/// Headers to set and to remove.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderRules {
    /// Headers to set.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    /// Headers to remove.
    #[serde(default)]
    pub remove: Vec<String>,
}

/// Top-level body fields to set and to remove, in the provider's dialect.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BodyRules {
    /// Fields to set, to any JSON.
    #[serde(default)]
    pub set: BTreeMap<String, serde_json::Value>,
    /// Fields to remove.
    #[serde(default)]
    pub remove: Vec<String>,
}

/// Which providers serve a model.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The model's name, exact or a glob (`gpt-*`).
    pub model: String,
    /// The route's name in usage records. Default: the model.
    #[serde(default)]
    pub name: Option<String>,
    /// The providers, in order of preference.
    pub providers: Vec<Choice>,
    /// When and how the next provider is tried.
    #[serde(default)]
    pub fallback: Fallback,
}

/// A provider in a route: its name, or its name with what is particular here.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Choice {
    /// The provider's name; it knows the model by the same name.
    Name(String),
    /// More.
    Detailed(DetailedChoice),
}

/// A provider in a route, with what is particular here.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DetailedChoice {
    /// The provider.
    pub name: String,
    /// Its name of the model. Default: the name that the client asked for.
    #[serde(default)]
    pub model: Option<String>,
    /// Neighbours that all have a weight are equals: the first to try is drawn by weight.
    #[serde(default)]
    pub weight: Option<u32>,
    /// Headers to set or remove.
    #[serde(default)]
    pub headers: HeaderRules,
    /// Top-level body fields to set or remove.
    #[serde(default)]
    pub body: BodyRules,
}

/// When and how the next provider is tried.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Fallback {
    /// What counts as failure: a status (`429`), a class (`5xx`), `connect`, `reset`, `timeout` (no first byte in time).
    pub on: Vec<String>,
    /// How long a provider may take until its answer begins.
    pub first_byte_timeout: Option<Duration>,
    /// How often the last provider is tried again after all have failed once.
    pub repeats: u32,
}

impl Default for Fallback {
    fn default() -> Self {
        let on = ["429", "5xx", "connect", "reset", "timeout"].map(str::to_owned).to_vec();
        Self { on, first_byte_timeout: None, repeats: 0 }
    }
}

/// What callers may spend. Exactly one of the amounts is given.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Its name, told to a caller who reaches it.
    pub name: String,
    /// What shares one budget: any of `key`, `tenant`, `model`. Empty: everybody together.
    #[serde(default)]
    pub per: Vec<Per>,
    /// Requests.
    #[serde(default)]
    pub requests: Option<u64>,
    /// Prompt tokens.
    #[serde(default)]
    pub input_tokens: Option<u64>,
    /// Tokens of answers.
    #[serde(default)]
    pub output_tokens: Option<u64>,
    /// Both.
    #[serde(default)]
    pub total_tokens: Option<u64>,
    /// The window, such as `1m`.
    pub every: Duration,
    /// The most output tokens that one request reserves, whatever it asks for.
    #[serde(default)]
    pub reserve_output_at_most: Option<u64>,
}

/// What shares one budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// The API key.
    Key,
    /// The tenant.
    Tenant,
    /// The model asked for.
    Model,
}

/// Where usage records go.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// A file that JSON lines are appended to. Default: standard output.
    #[serde(default)]
    pub file: Option<PathBuf>,
}

/// Bounds on what clients and providers may send.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Bounds {
    /// The largest request body, in bytes.
    pub request_bytes: usize,
    /// The largest answer that is held as a whole (an answer that is not streamed and is translated), decompressed, in bytes.
    pub answer_bytes: usize,
    /// The largest single event of a stream, in bytes.
    pub event_bytes: usize,
    /// The deepest nesting of JSON in a request.
    pub json_depth: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { request_bytes: 32 << 20, answer_bytes: 32 << 20, event_bytes: 8 << 20, json_depth: 64 }
    }
}

/// A span of time, written as a number with a unit: `250ms`, `30s`, `5m`, `1h`, `1d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub std::time::Duration);

impl Duration {
    /// So many seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(std::time::Duration::from_secs(seconds))
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_duration(&text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{text}` is not a span of time: write a number with a unit, such as `250ms`, `30s`, `5m`, `1h` or `1d`"
            ))
        })
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[0-9]+(ms|s|m|h|d)$",
            "description": "A span of time: a number with a unit, such as `250ms`, `30s`, `5m`, `1h`, `1d`."
        })
    }
}

fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    Some(Duration(std::time::Duration::from_millis(number.checked_mul(milliseconds)?)))
}
