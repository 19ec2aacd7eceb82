//! Vendors who are compatible with OpenAI, by name: where they are, what they serve, and which rules they have of their own.
//!
//! A preset is a provider of the dialect `openai` whose config need not say what everybody would have to look up. What a config says
//! itself counts more. Each rule is a fact of the vendor's public reference, or of its own answers; what a vendor ignores without a
//! word (`max_completion_tokens` at DeepSeek) is worse than what it refuses.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::translate::{OutputLimit, Vendor};

/// A vendor who is compatible with OpenAI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Cerebras.
    Cerebras,
    /// DeepInfra.
    Deepinfra,
    /// DeepSeek.
    Deepseek,
    /// Fireworks.
    Fireworks,
    /// The Gemini API in OpenAI's format.
    GeminiOpenai,
    /// Groq.
    Groq,
    /// Mistral.
    Mistral,
    /// Ollama, on this machine.
    Ollama,
    /// OpenRouter.
    Openrouter,
    /// SambaNova.
    Sambanova,
    /// Together.
    Together,
    /// vLLM, on this machine.
    Vllm,
    /// xAI.
    Xai,
}

/// What is known of a vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Where it is.
    pub endpoint: &'static str,
    /// It serves `/responses`.
    pub responses: bool,
    /// It serves `/completions`.
    pub completions: bool,
    /// Its rules.
    pub vendor: Vendor,
}

/// A vendor without rules of its own.
const PLAIN: Vendor =
    Vendor { output_limit: OutputLimit::AsAsked, tells_usage_unasked: false, renamed: &[], refuses: &[], tokenizer: false };

/// Its reference has `max_tokens` only.
const OLDER_LIMIT: Vendor = Vendor { output_limit: OutputLimit::MaxTokens, ..PLAIN };

/// Labels and storage of OpenAI's that answer nothing.
const LABELS: [&str; 6] = ["user", "safety_identifier", "store", "metadata", "service_tier", "prompt_cache_key"];

impl Preset {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Cerebras,
        Self::Deepinfra,
        Self::Deepseek,
        Self::Fireworks,
        Self::GeminiOpenai,
        Self::Groq,
        Self::Mistral,
        Self::Ollama,
        Self::Openrouter,
        Self::Sambanova,
        Self::Together,
        Self::Vllm,
        Self::Xai,
    ];

    /// What is known of the vendor.
    pub const fn facts(self) -> Facts {
        let (endpoint, responses, completions, vendor) = match self {
            // inference-docs.cerebras.ai, "Chat Completions" (`max_completion_tokens`) and "OpenAI Compatibility" (400 for
            // `service_tier`).
            Self::Cerebras => {
                let refuses = &["service_tier", "prompt_cache_key"];
                let vendor = Vendor { output_limit: OutputLimit::MaxCompletionTokens, refuses, ..PLAIN };
                ("https://api.cerebras.ai/v1", false, true, vendor)
            }
            // docs.deepinfra.com, "OpenAI API": `max_tokens`.
            Self::Deepinfra => ("https://api.deepinfra.com/v1/openai", false, true, OLDER_LIMIT),
            // api-docs.deepseek.com, "Create Chat Completion": `max_tokens`; fields that it does not know are ignored.
            Self::Deepseek => ("https://api.deepseek.com/v1", false, false, OLDER_LIMIT),
            // docs.fireworks.ai, "Create Chat Completion": both names of the limit.
            Self::Fireworks => ("https://api.fireworks.ai/inference/v1", true, true, PLAIN),
            // ai.google.dev, "OpenAI compatibility"; 400 (`Unknown name`) for fields of OpenAI's that are not in it.
            Self::GeminiOpenai => {
                let vendor = Vendor { refuses: &LABELS, ..PLAIN };
                ("https://generativelanguage.googleapis.com/v1beta/openai", false, false, vendor)
            }
            // console.groq.com, "API Reference": `max_completion_tokens`, and `max_tokens` for older clients.
            Self::Groq => ("https://api.groq.com/openai/v1", true, false, PLAIN),
            // docs.mistral.ai, "Chat Completion": `max_tokens`, `random_seed`, no `stream_options`; 422 (`extra_forbidden`) for
            // every field that it does not have.
            Self::Mistral => {
                let vendor = Vendor {
                    output_limit: OutputLimit::MaxTokens,
                    tells_usage_unasked: true,
                    renamed: &[("seed", "random_seed")],
                    refuses: &LABELS,
                    tokenizer: false,
                };
                ("https://api.mistral.ai/v1", false, false, vendor)
            }
            // docs.ollama.com, "OpenAI compatibility": `max_tokens`; fields that it does not know are ignored.
            Self::Ollama => ("http://127.0.0.1:11434/v1", true, true, OLDER_LIMIT),
            // openrouter.ai, "API Reference": both names of the limit.
            Self::Openrouter => ("https://openrouter.ai/api/v1", true, true, PLAIN),
            // docs.sambanova.ai, "Chat completions": `max_tokens`.
            Self::Sambanova => ("https://api.sambanova.ai/v1", false, false, OLDER_LIMIT),
            // docs.together.ai, "Create Chat Completion": `max_tokens`.
            Self::Together => ("https://api.together.xyz/v1", false, true, OLDER_LIMIT),
            // docs.vllm.ai, "OpenAI-Compatible Server".
            Self::Vllm => ("http://127.0.0.1:8000/v1", true, true, Vendor { tokenizer: true, ..PLAIN }),
            // docs.x.ai, "REST API": `max_completion_tokens`, and `max_tokens` for older clients.
            Self::Xai => ("https://api.x.ai/v1", true, true, PLAIN),
        };
        Facts { endpoint, responses, completions, vendor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::Dialect;
    use crate::upstream::Endpoint;

    #[test]
    fn every_preset_has_an_endpoint_and_none_sends_a_credential_in_plain_text_to_a_public_host() {
        for preset in Preset::ALL {
            let endpoint = Endpoint::parse(preset.facts().endpoint, Dialect::OpenAi).unwrap();
            assert!(endpoint.tls || endpoint.is_private(), "{preset:?}");
        }
    }

    #[test]
    fn who_knows_max_tokens_only_gets_max_tokens() {
        let older = Preset::ALL.into_iter().filter(|preset| preset.facts().vendor.output_limit == OutputLimit::MaxTokens);
        use Preset::{Deepinfra, Deepseek, Mistral, Ollama, Sambanova, Together};
        assert_eq!(older.collect::<Vec<_>>(), [Deepinfra, Deepseek, Mistral, Ollama, Sambanova, Together]);
    }

    #[test]
    fn mistral_gets_no_field_that_it_answers_422_to() {
        let vendor = Preset::Mistral.facts().vendor;
        assert!(vendor.tells_usage_unasked && vendor.renamed == [("seed", "random_seed")]);
        for field in ["user", "store", "service_tier"] {
            assert!(vendor.refuses.contains(&field), "{field}");
        }
    }

    #[test]
    fn geminis_openai_endpoint_gets_no_field_that_it_answers_400_to() {
        for field in ["store", "metadata", "prompt_cache_key"] {
            assert!(Preset::GeminiOpenai.facts().vendor.refuses.contains(&field), "{field}");
        }
    }

    #[test]
    fn only_vllm_has_its_tokenizer() {
        let with = Preset::ALL.into_iter().filter(|preset| preset.facts().vendor.tokenizer);
        assert_eq!(with.collect::<Vec<_>>(), [Preset::Vllm]);
    }
}
