//! Token counts: four APIs ask for them and four tell them, through the hub's conversation.
//!
//! What is counted is what the provider would be sent for the same conversation, so the body is made as for an answer, and then cut
//! down to what the provider's endpoint for counts takes. Sources: the public API references of Anthropic (`count_tokens`; on
//! Vertex AI `count-tokens:rawPredict`), Amazon Bedrock (`CountTokens`), Gemini and Vertex AI (`countTokens`) and vLLM (`/tokenize`).

mod answer;
mod asked;
mod request;
#[cfg(test)]
mod tests;

pub(super) use answer::{parse, render};
pub(super) use asked::asked;
pub(super) use request::{conversation_body, passed_body};

use super::place;
use super::standin::{Dialect, Target};

/// Whose count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::translate::calls) enum Wire {
    /// Anthropic's own.
    Anthropic,
    /// Bedrock's, of a body for Anthropic's models.
    AnthropicOnBedrock,
    /// Vertex AI's, of a body for Anthropic's models.
    AnthropicOnVertex,
    /// Bedrock's, of a conversation.
    Converse,
    /// The Gemini API's.
    Gemini,
    /// Vertex AI's.
    Vertex,
    /// vLLM's.
    Vllm,
}

impl Wire {
    /// The one that this target has.
    pub(super) fn of(target: &Target<'_>) -> Option<Self> {
        match target.dialect {
            Dialect::Anthropic => Some(Self::Anthropic),
            Dialect::AnthropicBedrock => Some(Self::AnthropicOnBedrock),
            Dialect::AnthropicVertex => Some(Self::AnthropicOnVertex),
            Dialect::Bedrock => Some(Self::Converse),
            Dialect::Gemini => Some(Self::Gemini),
            Dialect::Vertex => Some(Self::Vertex),
            Dialect::OpenAi if target.tokenize => Some(Self::Vllm),
            Dialect::OpenAi | Dialect::Azure | Dialect::Cohere => None,
        }
    }

    /// Where the count is asked for.
    pub(super) fn path(self, target: &Target<'_>) -> String {
        match self {
            Self::Anthropic => format!("{}/messages/count_tokens", target.path_prefix),
            Self::AnthropicOnVertex => place::vertex(target, "anthropic", "count-tokens", "rawPredict"),
            Self::AnthropicOnBedrock | Self::Converse => place::bedrock(of_one_region(target.model), "count-tokens"),
            Self::Gemini | Self::Vertex => place::google(target, "countTokens"),
            Self::Vllm => place::vllm_tokenize(target),
        }
    }
}

/// Bedrock counts for a model, not for an inference profile that spreads it over regions.
fn of_one_region(model: &str) -> &str {
    const PROFILES: [&str; 10] = ["us-gov.", "us.", "eu.", "apac.", "uk.", "au.", "jp.", "ca.", "sa.", "global."];
    PROFILES.iter().find_map(|profile| model.strip_prefix(profile)).unwrap_or(model)
}
