//! A provider, as far as a call must know it: who it is, and where in it the call goes.

use serde_json::value::RawValue;

use crate::translate::{Dialect, Hosting, Target};

/// Whose endpoints a provider has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Host {
    /// OpenAI, or one who is compatible.
    OpenAi,
    /// Azure OpenAI.
    Azure,
    /// Anthropic.
    Anthropic,
    /// Amazon Bedrock.
    Bedrock,
    /// Anthropic's models on Bedrock.
    AnthropicBedrock,
    /// The Gemini API.
    Gemini,
    /// Vertex AI.
    Vertex,
    /// Anthropic's models on Vertex AI.
    AnthropicVertex,
    /// Cohere.
    Cohere,
}

impl Host {
    /// Whose endpoints a provider of this dialect has.
    pub(super) fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::OpenAi => Self::OpenAi,
            Dialect::Anthropic => Self::Anthropic,
            Dialect::Gemini => Self::Gemini,
            Dialect::Bedrock => Self::Bedrock,
            Dialect::AnthropicBedrock => Self::AnthropicBedrock,
            Dialect::Cohere => Self::Cohere,
            Dialect::Azure => Self::Azure,
            Dialect::Vertex => Self::Vertex,
            Dialect::AnthropicVertex => Self::AnthropicVertex,
        }
    }

    /// The name in messages: that of the dialect.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Azure => "azure",
            Self::Anthropic => "anthropic",
            Self::Bedrock => "bedrock",
            Self::AnthropicBedrock => "anthropic-bedrock",
            Self::Gemini => "gemini",
            Self::Vertex => "vertex",
            Self::AnthropicVertex => "anthropic-vertex",
            Self::Cohere => "cohere",
        }
    }
}

/// A provider, as far as a call must know it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) dialect: Host,
    pub(super) provider: &'a str,
    pub(super) model: &'a str,
    pub(super) path_prefix: &'a str,
    pub(super) overrides: &'a [(String, Option<Box<RawValue>>)],
    /// Azure's `api-version`, or `v1`.
    pub(super) azure_version: &'a str,
    /// Vertex AI's.
    pub(super) project: &'a str,
    /// Vertex AI's.
    pub(super) location: &'a str,
    /// Whether it has vLLM's tokenizer.
    pub(super) tokenize: bool,
}

impl<'a> Site<'a> {
    /// Where a request goes.
    pub(super) fn of(target: &Target<'a>) -> Self {
        let azure_version = match target.hosting {
            Hosting::Azure(azure) => azure.version.as_str(),
            _ => "",
        };
        let (project, location) = match target.hosting {
            Hosting::Vertex(vertex) => (&*vertex.project, &*vertex.location),
            _ => ("", ""),
        };
        Self {
            dialect: Host::of(target.dialect),
            provider: target.provider,
            model: target.model,
            path_prefix: target.path_prefix,
            overrides: target.overrides,
            azure_version,
            project,
            location,
            tokenize: target.hosting.has_tokenizer(),
        }
    }
}
