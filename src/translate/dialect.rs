//! The dialects of providers: what a config calls a provider's API, and what that means for a request.
//!
//! A dialect is a format at a place: the same [`Format`] may be hosted by others than its owner. All matches over [`Dialect`] stand
//! here; what a host changes of a rendered request stands in `hosting.rs`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Api, Format, Framing};

/// The dialect that a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// OpenAI's API, or one that is compatible with it.
    #[serde(rename = "openai")]
    OpenAi,
    /// Anthropic's API.
    Anthropic,
    /// Cohere's API, version 2.
    Cohere,
}

impl Dialect {
    /// The name in the config, usage records, metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Cohere => "cohere",
        }
    }

    /// In which format a provider of this dialect is asked what a client asks of `api`.
    pub fn format_for(self, _api: Api) -> Format {
        match self {
            Self::OpenAi => Format::Chat,
            Self::Anthropic => Format::Messages,
            Self::Cohere => Format::Cohere,
        }
    }

    /// How streamed answers are framed.
    pub fn framing(self) -> Framing {
        match self {
            Self::OpenAi | Self::Anthropic | Self::Cohere => Framing::Sse,
        }
    }

    /// The path before the API's own, where an endpoint has none: `https://api.openai.com/v1`, `https://api.anthropic.com/v1`,
    /// `https://api.cohere.com/v2`.
    pub fn path_prefix(self) -> &'static str {
        match self {
            Self::OpenAi | Self::Anthropic => "/v1",
            Self::Cohere => "/v2",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_one_in_the_config() {
        for dialect in [Dialect::OpenAi, Dialect::Anthropic, Dialect::Cohere] {
            assert_eq!(serde_json::to_value(dialect).unwrap(), dialect.name());
        }
    }
}
