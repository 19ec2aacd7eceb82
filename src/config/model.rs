//! The config file as it is written: plain data, checked for shape only. `config::validate` turns it into a `Snapshot`.
//!
//! The comments here are the reference: the JSON schema and `config/README.md` are made from them. What may hold a secret is not
//! `Debug`.

mod auth;
pub mod credential;
mod either;
mod limit_store;
mod limits;
mod prices;
mod rate_limit_service;

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::translate::{Dialect, OutputLimit};
use crate::upstream::Preset;

use self::either::TextOrMap;

pub use self::credential::Credential;
pub use super::duration::Duration;
pub use auth::{
    Auth, CertificateCaller, CertificatesFrom, ClientCertificates, Digests, ExpiringKey, Forward, Jwt, Key, KeysDir, OneDigest,
    Throttle,
};
pub use limit_store::{LimitStore, RedisStore, WhenAway};
pub use limits::{Calendar, Cost, Decimal, Limit, Match, Patterns, Per};
pub use prices::{LongPrice, ModelPrice, PriceList, PriceTable, Prices, Unpriced};
pub use rate_limit_service::{RateLimitService, ServiceAway, ServiceCounts, ServiceLimit, ServicePer};

/// A gateway config.
#[derive(Deserialize, JsonSchema)]
#[schemars(title = "Kanmon gateway config")]
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
    /// Where budgets are kept: `memory`, or a Redis that several gateways share. A change takes effect at the next start.
    #[serde(default)]
    #[schemars(extend("default" = "memory"))]
    pub limit_store: LimitStore,
    /// What tokens cost.
    #[serde(default)]
    pub prices: Prices,
    /// Envoy's rate limit service, where there is one already. Besides `limits`, or instead of them.
    #[serde(default)]
    pub rate_limit_service: Option<RateLimitService>,
    /// Where usage records go.
    #[serde(default)]
    pub usage: Usage,
    /// Bounds on what clients and providers may send.
    #[serde(default)]
    pub bounds: Bounds,
}

/// A provider.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The API that it speaks. Required without `preset`.
    #[serde(default)]
    pub dialect: Option<Dialect>,
    /// A vendor who is compatible with OpenAI: gives the dialect (`openai`), the endpoint, and the vendor's own rules. What is said
    /// beside it counts more.
    #[serde(default)]
    pub preset: Option<Preset>,
    /// Its URL: scheme, host, port and, where it is not the dialect's default (`/v1`), the path before the API's own. Default: the
    /// preset's, the dialect's owner's, or what follows from `location` or `region`. Azure: `https://NAME.openai.azure.com`.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Azure's API: `v1`, or the version of a dated API (`2024-10-21`), whose deployments are the models. For `azure`, required.
    #[serde(default)]
    pub api_version: Option<String>,
    /// Google's project. For dialects on Vertex AI, required.
    #[serde(default)]
    pub project: Option<String>,
    /// Google's location: a region, `us`, `eu`, or `global`. For dialects on Vertex AI, required.
    #[serde(default)]
    pub location: Option<String>,
    /// Amazon's region, such as `us-east-1`. For dialects on Bedrock, required.
    #[serde(default)]
    pub region: Option<String>,
    /// What it calls the output limit of a chat completion, where it knows only one of the names: `max_tokens`,
    /// `max_completion_tokens`. Default: the preset's, or as the client calls it. For `openai` and `azure`.
    #[serde(default)]
    pub output_limit: Option<OutputLimit>,
    /// Which of OpenAI's APIs besides chat completions it serves itself. What is asked of these passes through, with all that only
    /// they have; what is asked of the others is translated.
    #[serde(default)]
    pub serves: Serves,
    /// Allows a credential to be sent over plain `http://` to a host that is not on a private network.
    #[serde(default)]
    pub allow_plaintext: bool,
    /// How the gateway proves itself to it: see [credentials](#credentials). `none` for a provider that wants nothing. Any secret may
    /// stand in a file instead: `{bearer: {file: /run/secrets/key}}`.
    #[serde(default)]
    #[schemars(extend("default" = "none"))]
    pub credential: Credential,
    /// Headers to set or remove on every request to it, before its credential is set.
    #[serde(default)]
    pub headers: HeaderRules,
    /// A PEM file with the certificate authorities to trust, instead of the system's. Envoy reads it. A path that is not absolute
    /// begins at the directory of the config.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Whether HTTP/2 is spoken to it. Default: what it offers over TLS (ALPN), HTTP/1.1 in plain text.
    #[serde(default)]
    pub http2: Option<bool>,
    /// Output limit sent where the client gave none and the dialect demands one (Anthropic's `max_tokens`).
    #[serde(default = "default_max_tokens")]
    #[schemars(range(min = 1))]
    pub default_max_tokens: u64,
    /// Wait for the first event of a stream before committing to it, so that an error there still falls back.
    #[serde(default)]
    pub peek: bool,
    /// Whether clients may ask it for what the gateway does not know, such as files and batches: `/NAME/v1/files` goes to its `/files`
    /// with the gateway's credential, in any method, unread. For `openai` (presets too), `anthropic`, `gemini` and `cohere`. A key
    /// needs leave for it, too: see `auth.keys[].passthrough`.
    #[serde(default)]
    pub passthrough: bool,
    /// When failures make it rest.
    #[serde(default)]
    pub rest: Rest,
}

/// Which of OpenAI's APIs besides chat completions a provider serves itself. For the dialects `openai` and `azure`.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Serves {
    /// `/v1/responses`. Default: as the preset says; true for OpenAI itself (`api.openai.com`) and for Azure's v1 API, false for others.
    pub responses: Option<bool>,
    /// `/v1/completions`. Default: as the preset says; true for OpenAI itself (`api.openai.com`), false for others.
    pub completions: Option<bool>,
    /// `/tokenize`, as vLLM has it beside OpenAI's API: then tokens can be counted there, whatever the client's API.
    pub tokenize: bool,
}

/// Every model of Anthropic's API allows as much.
pub(super) fn default_max_tokens() -> u64 {
    4096
}

/// When a provider rests, that is, is not tried first.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rest {
    /// Failures in a row that make it rest.
    #[schemars(range(min = 1))]
    pub after_failures: u32,
    /// For how long. A Retry-After of the provider counts instead, at once, where it is given. `0s`: failures never make it rest.
    #[serde(rename = "for")]
    pub duration: Duration,
    /// The most that a Retry-After may ask for. `0s`: it is not listened to.
    pub at_most: Duration,
}

impl Default for Rest {
    fn default() -> Self {
        Self { after_failures: 5, duration: Duration::seconds(30), at_most: Duration::seconds(600) }
    }
}

/// Headers to set and to remove.
#[derive(Clone, Default, Deserialize, JsonSchema)]
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
#[derive(Clone, Default, Deserialize, JsonSchema)]
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
#[derive(Deserialize, JsonSchema)]
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
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Choice {
    /// The provider's name; it knows the model by the same name.
    Name(String),
    /// More.
    Detailed(DetailedChoice),
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrMap {
            expected: "a provider's name, or a map with its `name`",
            text: |name| Self::Name(name.to_owned()),
            map: Self::Detailed,
        })
    }
}

/// A provider in a route, with what is particular here.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DetailedChoice {
    /// The provider.
    pub name: String,
    /// Its name of the model. Default: the name that the client asked for.
    #[serde(default)]
    pub model: Option<String>,
    /// Neighbours that all have a weight are equals: the first to try is drawn by weight. At least 1.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub weight: Option<u32>,
    /// Headers to set or remove, after the provider's own rules.
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
    /// What counts as failure: a status from 400 to 599 (`429`), all statuses from 500 on and Bedrock's
    /// 424 (`5xx`), `connect`, `reset` (before the answer began), `timeout` (no answer within `first_byte_timeout`; with that,
    /// `reset` and `timeout` go together). Empty: the first provider's answer stands.
    #[schemars(extend("items" = serde_json::json!({"type": ["string", "integer"]})))]
    pub on: Vec<String>,
    /// How long a provider may take until its answer begins. Default: not bounded.
    pub first_byte_timeout: Option<Duration>,
    /// How often the last provider is tried again after all have failed once. At most 10.
    #[schemars(range(max = 10))]
    pub repeats: u32,
}

impl Default for Fallback {
    fn default() -> Self {
        let on = ["429", "5xx", "connect", "reset", "timeout"].map(str::to_owned).to_vec();
        Self { on, first_byte_timeout: None, repeats: 0 }
    }
}

/// Where usage records go.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// A file that JSON lines are appended to. A path that is not absolute begins at the directory of the config. Default:
    /// standard output.
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
    #[schemars(range(min = 8, max = 512))]
    pub json_depth: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { request_bytes: 32 << 20, answer_bytes: 32 << 20, event_bytes: 8 << 20, json_depth: 64 }
    }
}
