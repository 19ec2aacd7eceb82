//! The dialects of providers: what a config calls a provider's API, and what that means for a request.
//!
//! A dialect is a format at a place: the same [`Format`] may be hosted by others than its owner. All matches over [`Dialect`] stand
//! here; what a host changes of a rendered request stands in `hosting.rs`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Api, Format, Framing, Hosting};

/// The dialect that a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// OpenAI's API, or one that is compatible with it.
    #[serde(rename = "openai")]
    OpenAi,
    /// Anthropic's API.
    Anthropic,
    /// Google's Gemini API.
    Gemini,
    /// Amazon Bedrock's Converse API, for the models of all vendors there.
    Bedrock,
    /// Anthropic's API on Amazon Bedrock: everything that Anthropic's models can, in their own words.
    AnthropicBedrock,
    /// Cohere's API, version 2.
    Cohere,
}

impl Dialect {
    /// The name in the config, usage records, metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Bedrock => "bedrock",
            Self::AnthropicBedrock => "anthropic-bedrock",
            Self::Cohere => "cohere",
        }
    }

    /// In which format a provider of this dialect is asked what a client asks of `api`.
    pub fn format_for(self, _api: Api) -> Format {
        match self {
            Self::OpenAi => Format::Chat,
            Self::Anthropic | Self::AnthropicBedrock => Format::Messages,
            Self::Gemini => Format::Gemini,
            Self::Bedrock => Format::Converse,
            Self::Cohere => Format::Cohere,
        }
    }

    /// Who hosts the format.
    pub fn hosting(self) -> Hosting {
        match self {
            Self::OpenAi | Self::Anthropic | Self::Gemini | Self::Bedrock | Self::Cohere => Hosting::Owner,
            Self::AnthropicBedrock => Hosting::Bedrock,
        }
    }

    /// How streamed answers are framed.
    pub fn framing(self) -> Framing {
        match self {
            Self::OpenAi | Self::Anthropic | Self::Gemini | Self::Cohere => Framing::Sse,
            Self::Bedrock => Framing::AwsEvents,
            Self::AnthropicBedrock => Framing::AwsChunks,
        }
    }

    /// The path before the API's own, where an endpoint has none: `https://api.openai.com/v1`, `https://api.anthropic.com/v1`,
    /// `https://generativelanguage.googleapis.com/v1beta`, `https://api.cohere.com/v2`.
    pub fn path_prefix(self) -> &'static str {
        match self {
            Self::OpenAi | Self::Anthropic => "/v1",
            Self::Gemini => "/v1beta",
            Self::Bedrock | Self::AnthropicBedrock => "",
            Self::Cohere => "/v2",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_one_in_the_config() {
        for dialect in
            [Dialect::OpenAi, Dialect::Anthropic, Dialect::Bedrock, Dialect::AnthropicBedrock, Dialect::Cohere, Dialect::Gemini]
        {
            assert_eq!(serde_json::to_value(dialect).unwrap(), dialect.name());
        }
    }
}
