//! What callers may spend.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::either::TextOrList;
use super::{Duration, WhenAway};

/// What callers may spend. Exactly one amount is given: `requests`, one of the kinds of tokens, `cost`, `money` or `in_flight`; and,
/// but for `in_flight`, exactly one window: `every` or `calendar`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Its name, told to a caller who reaches it.
    pub name: String,
    /// What has a budget of its own: any of `key`, `tenant`, `model`, `provider`, `route`, `{header: NAME}`, `{claim: NAME}`, together.
    /// Empty: everybody shares one budget. Those without a tenant, the header or the claim share one.
    #[serde(default)]
    pub per: Vec<Per>,
    /// Which requests it is for: those that fit every field here. Default: all.
    #[serde(default, rename = "match")]
    pub filter: Match,
    /// Requests per window.
    #[serde(default)]
    pub requests: Option<u64>,
    /// Prompt tokens per window.
    #[serde(default)]
    pub input_tokens: Option<u64>,
    /// Tokens of answers per window.
    #[serde(default)]
    pub output_tokens: Option<u64>,
    /// Tokens of prompts and answers per window.
    #[serde(default)]
    pub total_tokens: Option<u64>,
    /// Prompt tokens read from the provider's cache, per window. Known only afterwards: nothing is reserved, what is used may go into
    /// debt.
    #[serde(default)]
    pub cached_input_tokens: Option<u64>,
    /// Prompt tokens written to the provider's cache, per window. Known only afterwards, like `cached_input_tokens`.
    #[serde(default)]
    pub cache_write_tokens: Option<u64>,
    /// Tokens of thinking per window. As many are reserved as for the whole answer.
    #[serde(default)]
    pub reasoning_tokens: Option<u64>,
    /// A cost of your own per window.
    #[serde(default)]
    pub cost: Option<Cost>,
    /// Money per window, by the price table, in its currency: `12.50`.
    #[serde(default)]
    pub money: Option<Decimal>,
    /// Requests under way at the same time, from the request until its answer has ended.
    #[serde(default)]
    pub in_flight: Option<u64>,
    /// The window, from a millisecond to 366 days, rolling: what is used comes back bit by bit.
    #[serde(default)]
    pub every: Option<Duration>,
    /// Instead of `every`: the budget begins anew at each `day` or `month`, in UTC.
    #[serde(default)]
    pub calendar: Option<Calendar>,
    /// The most that can be used at once, where it is not the whole amount. Only with `every`.
    #[serde(default)]
    pub burst: Option<Decimal>,
    /// The most output tokens that one request reserves, whatever it asks for. For what depends on output tokens.
    #[serde(default)]
    pub reserve_output_at_most: Option<u64>,
    /// Counts, but turns nobody away: usage records and metadata say under `would_exceed` which requests it would have.
    #[serde(default)]
    pub shadow: bool,
    /// What becomes of requests when the store of the budgets is away. Default: as `limit_store` says. Usage records and metadata
    /// say under `uncounted` which requests passed uncounted.
    #[serde(default)]
    pub when_away: Option<WhenAway>,
}

/// What has a budget of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// The API key.
    Key,
    /// The tenant.
    Tenant,
    /// The model asked for.
    Model,
    /// The provider.
    Provider,
    /// The route.
    Route,
    /// What a header of the request says.
    Header(String),
    /// What a claim of the caller's token says.
    Claim(String),
}

/// Which requests a limit is for. Each field is a name, exact or with `*` for any text, or a list of which one must fit. What a
/// request does not have fits nothing.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Match {
    /// The name of the API key.
    pub key: Patterns,
    /// The tenant.
    pub tenant: Patterns,
    /// The model asked for.
    pub model: Patterns,
    /// The provider.
    pub provider: Patterns,
    /// The name of the route.
    pub route: Patterns,
    /// Headers of the request, by name.
    pub headers: BTreeMap<String, Patterns>,
    /// Claims of the caller's token, by name.
    pub claims: BTreeMap<String, Patterns>,
}

/// Names, exact or with `*`; none: whatever it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patterns(pub Vec<String>);

impl<'de> Deserialize<'de> for Patterns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrList {
            expected: "a name, or a list of names",
            text: |name| Self(vec![name.to_owned()]),
            list: Self,
        })
    }
}

impl JsonSchema for Patterns {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Patterns".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A name, exact or with `*` for any text, or a list of which one must fit.",
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
        })
    }
}

/// A cost of your own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// What a request costs, in CEL: whole-number variables `input_tokens`, `output_tokens`, `total_tokens`, `cached_input_tokens`,
    /// `cache_write_tokens`, `reasoning_tokens`; text variables `model`, `provider`, `route`, `tenant`, `key`. The result is a whole
    /// number or is rounded up to one; less than 0 counts as 0. `input_tokens + 4 * output_tokens`.
    pub expression: String,
    /// How much per window.
    pub amount: u64,
}

/// When a budget begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Calendar {
    /// At midnight UTC.
    Day,
    /// At midnight UTC before the first of each month.
    Month,
}

/// A decimal number as it is written, so that no digit is lost on the way.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(transparent)]
pub struct Decimal(pub String);

impl JsonSchema for Decimal {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Decimal".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A decimal number, such as 12.50.",
            "type": ["number", "string"]
        })
    }
}
