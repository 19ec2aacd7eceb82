//! What goes where: for each call and each dialect of a provider, how it is sent, or why not.

use super::{Call, rerank};
use crate::translate::fault::bounded;
use crate::translate::{Dialect, RequestError, Target};

/// How a call is sent, and how its answer comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// As it is, but for the model: the provider has the same endpoint.
    Pass,
    /// As embeddings of another API.
    Embed,
    /// As a token count of another API.
    Count,
    /// As a request for ranks; the answer passes.
    Rank(rerank::Wire),
}

/// How this call reaches a provider of this dialect; `None` where it has nothing of the kind. `tokenize`: it has vLLM's tokenizer.
pub(super) fn way(call: Call, dialect: Dialect, tokenize: bool) -> Option<Way> {
    use Dialect as D;
    match (call, dialect) {
        (Call::Embeddings, D::OpenAi | D::Azure) => Some(Way::Pass),
        (Call::Embeddings, D::Bedrock | D::Gemini | D::Vertex | D::Cohere) => Some(Way::Embed),
        (
            Call::ImageGenerations | Call::ImageEdits | Call::Speech | Call::Transcriptions | Call::Translations,
            D::OpenAi | D::Azure,
        ) => Some(Way::Pass),
        (Call::ImageVariations | Call::Moderations, D::OpenAi) => Some(Way::Pass),
        (Call::Rerank, D::OpenAi) => Some(Way::Rank(rerank::Wire::Compatible)),
        (Call::Rerank, D::Cohere) => Some(Way::Rank(rerank::Wire::Cohere)),
        (Call::Rerank, D::Bedrock) => Some(Way::Rank(rerank::Wire::Bedrock)),
        (Call::Tokenize, D::OpenAi) => tokenize.then_some(Way::Pass),
        (Call::InputTokens, D::OpenAi) => Some(if tokenize { Way::Count } else { Way::Pass }),
        (Call::InputTokens, D::Azure) => Some(Way::Pass),
        (Call::CountTokens, D::Anthropic) => Some(Way::Pass),
        (Call::CountTokens, D::OpenAi) => tokenize.then_some(Way::Count),
        (Call::GeminiCount, D::Gemini | D::Vertex) => Some(Way::Pass),
        (Call::GeminiCount, D::OpenAi) => tokenize.then_some(Way::Count),
        (Call::GeminiEmbed | Call::GeminiEmbedBatch, D::Gemini) => Some(Way::Pass),
        (
            Call::Tokenize | Call::InputTokens | Call::CountTokens | Call::GeminiCount,
            D::Anthropic | D::AnthropicBedrock | D::AnthropicVertex | D::Bedrock | D::Gemini | D::Vertex,
        ) => Some(Way::Count),
        _ => None,
    }
}

/// As [`way`].
///
/// # Errors
/// [`RequestError::Unsupported`] where the provider has nothing of the kind.
pub(super) fn to(call: Call, target: &Target<'_>) -> Result<Way, RequestError> {
    way(call, target.dialect, target.hosting.has_tokenizer()).ok_or_else(|| {
        let message = format!("it has no {}: name a model that a provider with them serves", what(call));
        unsupported(target, "model", message)
    })
}

fn what(call: Call) -> &'static str {
    match call {
        Call::Embeddings => "embeddings",
        Call::ImageGenerations => "images from a prompt in OpenAI's API",
        Call::ImageEdits => "edits of images in OpenAI's API",
        Call::ImageVariations => "variations of images",
        Call::Speech => "speech from text in OpenAI's API",
        Call::Transcriptions | Call::Translations => "text from speech in OpenAI's API",
        Call::Moderations => "moderations",
        Call::Rerank => "models that rank",
        Call::Tokenize => {
            "tokenizer in vLLM's API (for OpenAI's own models ask /v1/responses/input_tokens), nor other token counts"
        }
        Call::GeminiEmbed | Call::GeminiEmbedBatch => "embeddings in Google's API",
        Call::InputTokens | Call::CountTokens | Call::GeminiCount => "token counts for such a request",
    }
}

/// The target cannot say this.
pub(super) fn unsupported(target: &Target<'_>, field: impl Into<String>, message: impl Into<String>) -> RequestError {
    RequestError::Unsupported {
        field: bounded(field.into()),
        provider: target.provider.to_owned(),
        dialect: target.dialect.name(),
        message: bounded(message.into()),
    }
}
