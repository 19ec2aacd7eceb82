//! The dialects of providers: what a config calls a provider's API, and what that means for a request.
//!
//! A dialect is a format at a place: the same [`Format`] may be hosted by others than its owner. All matches over [`Dialect`] stand
//! here; what a host changes of a rendered request stands in `hosting.rs`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Api, Family, Format, Framing};

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
    /// Azure OpenAI.
    Azure,
    /// Google's models on Vertex AI.
    Vertex,
    /// Anthropic's models on Vertex AI.
    AnthropicVertex,
    /// Cohere's API, version 2.
    Cohere,
}

/// A field of a provider's config that says where it is, for dialects whose endpoint alone does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Which of Azure's APIs.
    ApiVersion,
    /// Google's project.
    Project,
    /// Google's location.
    Location,
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
            Self::Azure => "azure",
            Self::Vertex => "vertex",
            Self::AnthropicVertex => "anthropic-vertex",
            Self::Cohere => "cohere",
        }
    }

    /// In which format a provider of this dialect is asked what a client asks of `api`.
    pub fn format_for(self, _api: Api) -> Format {
        match self {
            Self::OpenAi | Self::Azure => Format::Chat,
            Self::Anthropic | Self::AnthropicVertex | Self::AnthropicBedrock => Format::Messages,
            Self::Gemini | Self::Vertex => Format::Gemini,
            Self::Bedrock => Format::Converse,
            Self::Cohere => Format::Cohere,
        }
    }

    /// How streamed answers are framed.
    pub fn framing(self) -> Framing {
        match self {
            Self::OpenAi | Self::Azure | Self::Anthropic | Self::AnthropicVertex => Framing::Sse,
            Self::Gemini | Self::Vertex | Self::Cohere => Framing::Sse,
            Self::Bedrock => Framing::AwsEvents,
            Self::AnthropicBedrock => Framing::AwsChunks,
        }
    }

    /// The status that says "the model failed to answer" (Bedrock's `ModelErrorException`): a failure of the server, though not by its
    /// number, and to others something else.
    pub fn model_failed(self) -> Option<u16> {
        match self {
            Self::Bedrock | Self::AnthropicBedrock => Some(424),
            Self::OpenAi | Self::Azure | Self::Anthropic | Self::AnthropicVertex => None,
            Self::Gemini | Self::Vertex | Self::Cohere => None,
        }
    }

    /// The path before the API's own, where an endpoint has none: `https://api.openai.com/v1`, `https://api.anthropic.com/v1`,
    /// `https://generativelanguage.googleapis.com/v1beta`, `https://api.cohere.com/v2`. What hosts put between them is not in it.
    pub fn path_prefix(self) -> &'static str {
        match self {
            Self::OpenAi | Self::Anthropic | Self::Vertex | Self::AnthropicVertex => "/v1",
            Self::Gemini => "/v1beta",
            Self::Azure | Self::Bedrock | Self::AnthropicBedrock => "",
            Self::Cohere => "/v2",
        }
    }

    /// Whose API a client speaks who asks a provider of this dialect for what the gateway does not know, if it may: a host that puts
    /// models, projects or versions of its own into its paths has no such API.
    pub fn opaque(self) -> Option<Family> {
        match self {
            Self::OpenAi => Some(Family::OpenAi),
            Self::Anthropic => Some(Family::Anthropic),
            Self::Gemini => Some(Family::Gemini),
            Self::Cohere => Some(Family::Cohere),
            Self::Azure | Self::Vertex | Self::AnthropicVertex | Self::Bedrock | Self::AnthropicBedrock => None,
        }
    }

    /// What a config must say of the place besides the endpoint. A region is needed for some credentials only.
    pub fn places(self) -> &'static [Place] {
        match self {
            Self::OpenAi | Self::Anthropic | Self::Gemini | Self::Cohere => &[],
            Self::Bedrock | Self::AnthropicBedrock => &[],
            Self::Azure => &[Place::ApiVersion],
            Self::Vertex | Self::AnthropicVertex => &[Place::Project, Place::Location],
        }
    }

    /// The endpoint of the dialect's owner. `None`: there is none, or it follows from the place.
    pub fn owner(self) -> Option<&'static str> {
        match self {
            Self::OpenAi => Some("https://api.openai.com"),
            Self::Anthropic => Some("https://api.anthropic.com"),
            Self::Cohere => Some("https://api.cohere.com"),
            Self::Gemini => Some("https://generativelanguage.googleapis.com"),
            Self::Azure | Self::Vertex | Self::AnthropicVertex | Self::Bedrock | Self::AnthropicBedrock => None,
        }
    }
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ApiVersion, Self::Project, Self::Location];

    /// The field's name.
    pub fn field(self) -> &'static str {
        match self {
            Self::ApiVersion => "api_version",
            Self::Project => "project",
            Self::Location => "location",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_one_in_the_config() {
        let all = [
            Dialect::OpenAi,
            Dialect::Anthropic,
            Dialect::Bedrock,
            Dialect::AnthropicBedrock,
            Dialect::Cohere,
            Dialect::Gemini,
            Dialect::Vertex,
            Dialect::Azure,
            Dialect::AnthropicVertex,
        ];
        for dialect in all {
            assert_eq!(serde_json::to_value(dialect).unwrap(), dialect.name());
        }
    }
}
