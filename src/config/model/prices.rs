//! What tokens cost: where the price table is, and the table itself as it is written.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Decimal;
use crate::translate::Dialect;

/// What tokens cost, for limits on `money` and for the `cost` in usage records.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Prices {
    /// A file in the form of `config/prices.yaml`, in its place. Read again when it changes. A path that is not absolute begins at
    /// the directory of the config. Default: the table that is built in, which is `config/prices.yaml`. It is not authoritative.
    pub file: Option<PathBuf>,
    /// What becomes of a request that a limit on `money` is for, when the table has no price for the model: `allow` (it counts as
    /// nothing, and the usage record says so) or `deny` (403).
    pub unpriced: Unpriced,
}

/// What becomes of a request without a price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unpriced {
    /// It counts as nothing.
    #[default]
    Allow,
    /// It is refused.
    Deny,
}

/// A price table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceTable {
    /// The currency of all prices.
    pub currency: String,
    /// The prices, from each source.
    pub lists: Vec<PriceList>,
}

/// Prices that come from one source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    /// Where they come from and when they were looked up, for people.
    pub source: String,
    /// The provider's name, exact or a glob.
    #[serde(default)]
    pub provider: Option<String>,
    /// The dialects that the provider may speak.
    #[serde(default)]
    pub dialects: Vec<Dialect>,
    /// The prices.
    pub prices: Vec<ModelPrice>,
}

/// What some models cost, for a million tokens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelPrice {
    /// The provider's names of the models, exact or globs.
    pub models: Vec<String>,
    /// Tokens of the prompt.
    pub input: Decimal,
    /// Those read from the cache.
    #[serde(default)]
    pub cached_input: Option<Decimal>,
    /// Those written to the cache.
    #[serde(default)]
    pub cache_write: Option<Decimal>,
    /// Tokens of the answer.
    #[serde(default)]
    pub output: Option<Decimal>,
    /// The prices for requests with long prompts.
    #[serde(default)]
    pub long: Option<LongPrice>,
}

/// What models cost when the prompt is long.
///
/// The prices of [`ModelPrice`] stand here again: as a struct of their own, flattened into both, they would be read before it is known
/// that they are decimals. Then a number loses its digits, and an error the name of its field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LongPrice {
    /// Prompts with more tokens than this are long.
    pub above: u64,
    /// Tokens of the prompt.
    pub input: Decimal,
    /// Those read from the cache.
    #[serde(default)]
    pub cached_input: Option<Decimal>,
    /// Those written to the cache.
    #[serde(default)]
    pub cache_write: Option<Decimal>,
    /// Tokens of the answer.
    #[serde(default)]
    pub output: Option<Decimal>,
}
