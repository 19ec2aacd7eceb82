//! Where a call is sent: the path at each provider.

use super::Call;
use crate::translate::{Hosting, Target, gemini};

/// Where a call goes that is passed through.
pub(super) fn passed(call: Call, target: &Target<'_>) -> String {
    let rest = match call {
        Call::Embeddings => "/embeddings",
        Call::ImageGenerations => "/images/generations",
        Call::ImageEdits => "/images/edits",
        Call::ImageVariations => "/images/variations",
        Call::Speech => "/audio/speech",
        Call::Transcriptions => "/audio/transcriptions",
        Call::Translations => "/audio/translations",
        Call::Moderations => "/moderations",
        Call::Rerank => "/rerank",
        Call::InputTokens => "/responses/input_tokens",
        Call::CountTokens => "/messages/count_tokens",
        Call::Tokenize => return vllm_tokenize(target),
        Call::GeminiCount | Call::GeminiEmbed | Call::GeminiEmbedBatch => {
            return google(target, call.method().unwrap_or_default());
        }
    };
    match target.hosting {
        Hosting::Azure(azure) => azure.path(target.path_prefix, target.model, rest),
        _ => format!("{}{rest}", target.path_prefix),
    }
}

/// vLLM serves its tokenizer beside OpenAI's API, not within it.
pub(super) fn vllm_tokenize(target: &Target<'_>) -> String {
    let root = target.path_prefix.strip_suffix("/v1").unwrap_or(target.path_prefix);
    format!("{root}/tokenize")
}

/// A method of one of Google's models, at the Gemini API or on Vertex AI.
pub(super) fn google(target: &Target<'_>, method: &str) -> String {
    let model = bare(target.model);
    match target.hosting {
        Hosting::Vertex(vertex) => vertex.method(target.path_prefix, "google", model, method),
        _ => gemini::request::method(target.path_prefix, model, method),
    }
}

/// A method of Anthropic's models on Vertex AI that names no model.
pub(super) fn anthropic_on_vertex(target: &Target<'_>, model: &str, method: &str) -> String {
    match target.hosting {
        Hosting::Vertex(vertex) => vertex.method(target.path_prefix, "anthropic", model, method),
        _ => format!("{}/publishers/anthropic/models/{model}:{method}", target.path_prefix),
    }
}

/// A model of Google's without the collection that all models are in.
pub(super) fn bare(model: &str) -> &str {
    model.strip_prefix("models/").unwrap_or(model)
}
