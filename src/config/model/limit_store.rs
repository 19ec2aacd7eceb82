//! Where budgets are kept, as the config writes it.

use std::path::PathBuf;

use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::Duration;

/// Where budgets are kept.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitStore {
    /// In this process's memory: each gateway has budgets of its own.
    #[default]
    Memory,
    /// In a Redis or Valkey that gateways share.
    Redis(Box<RedisStore>),
}

impl LimitStore {
    /// Whether budgets are kept in the same place, and by the same terms.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Memory, Self::Memory) => true,
            (Self::Redis(one), Self::Redis(other)) => one.facts() == other.facts(),
            (Self::Memory | Self::Redis(_), _) => false,
        }
    }
}

/// A Redis or Valkey that keeps the budgets of several gateways: one node, or whatever looks like one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedisStore {
    /// Where it is: `redis://USER:PASSWORD@HOST:PORT/DATABASE`, `rediss://…` over TLS, or `redis+unix:///PATH`.
    #[schemars(with = "String")]
    pub url: SecretString,
    /// A file with the password, instead of one in `url`. Read for each connection. A path that is not absolute begins at the
    /// directory of the config.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// A PEM file with the certificate authorities to trust, instead of the system's. For `rediss://`. A path that is not absolute
    /// begins at the directory of the config.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// What the names of all its keys begin with. Gateways with the same prefix share their budgets.
    #[serde(default = "default_prefix")]
    pub prefix: String,
    /// How long a request waits for it: from `1ms` to `10s`.
    #[serde(default = "default_timeout")]
    pub timeout: Duration,
    /// What becomes of requests when it is away or too slow.
    #[serde(default)]
    pub when_away: WhenAway,
    /// How many gateways share it. With `when_away: local` each of them gives out so large a part of every budget. Default 1: each
    /// gives out the whole.
    #[serde(default = "default_gateways")]
    #[schemars(range(min = 1))]
    pub gateways: u32,
}

impl RedisStore {
    fn facts(&self) -> impl PartialEq {
        let Self { url, password_file, ca_file, prefix, timeout, when_away, gateways } = self.clone();
        (url.expose_secret().to_owned(), password_file, ca_file, prefix, timeout, when_away, gateways)
    }
}

fn default_prefix() -> String {
    "kanmon".to_owned()
}

fn default_timeout() -> Duration {
    Duration(std::time::Duration::from_millis(50))
}

fn default_gateways() -> u32 {
    1
}

/// What becomes of a request when the store of its budgets is away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenAway {
    /// It passes and is not counted.
    Allow,
    /// It is turned away, with status 503.
    Deny,
    /// It is counted in this gateway's memory, against its part of the budget.
    #[default]
    Local,
}
