//! The endpoints, and what is said of them without their bodies.

use crate::translate::Family;

/// An endpoint that is not a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// OpenAI's `/v1/embeddings`.
    Embeddings,
    /// OpenAI's `/v1/images/generations`.
    ImageGenerations,
    /// OpenAI's `/v1/images/edits`: a form, or JSON.
    ImageEdits,
    /// OpenAI's `/v1/images/variations`: a form.
    ImageVariations,
    /// OpenAI's `/v1/audio/speech`: JSON in, sound out.
    Speech,
    /// OpenAI's `/v1/audio/transcriptions`: a form in.
    Transcriptions,
    /// OpenAI's `/v1/audio/translations`: a form in.
    Translations,
    /// OpenAI's `/v1/moderations`.
    Moderations,
    /// Cohere's `/v2/rerank`, and `/v1/rerank` as others have it.
    Rerank,
    /// vLLM's `/tokenize`.
    Tokenize,
    /// OpenAI's `/v1/responses/input_tokens`.
    InputTokens,
    /// Anthropic's `/v1/messages/count_tokens`.
    CountTokens,
    /// Google's `:countTokens` of a model.
    GeminiCount,
    /// Google's `:embedContent` of a model.
    GeminiEmbed,
    /// Google's `:batchEmbedContents` of a model.
    GeminiEmbedBatch,
}

impl Call {
    /// The one that is called under a path, by POST.
    pub fn at(path: &str) -> Option<Self> {
        Some(match path {
            "/v1/embeddings" => Self::Embeddings,
            "/v1/images/generations" => Self::ImageGenerations,
            "/v1/images/edits" => Self::ImageEdits,
            "/v1/images/variations" => Self::ImageVariations,
            "/v1/audio/speech" => Self::Speech,
            "/v1/audio/transcriptions" => Self::Transcriptions,
            "/v1/audio/translations" => Self::Translations,
            "/v1/moderations" => Self::Moderations,
            "/v1/rerank" | "/v2/rerank" | "/cohere/v2/rerank" => Self::Rerank,
            "/tokenize" => Self::Tokenize,
            "/v1/responses/input_tokens" => Self::InputTokens,
            "/v1/messages/count_tokens" => Self::CountTokens,
            _ => return None,
        })
    }

    /// The one that a method of a model is at Google, where the model stands in the path.
    pub fn of_method(method: &str) -> Option<Self> {
        [Self::GeminiCount, Self::GeminiEmbed, Self::GeminiEmbedBatch].into_iter().find(|call| call.method() == Some(method))
    }

    /// The method of a model, at Google.
    pub(super) fn method(self) -> Option<&'static str> {
        match self {
            Self::GeminiCount => Some("countTokens"),
            Self::GeminiEmbed => Some("embedContent"),
            Self::GeminiEmbedBatch => Some("batchEmbedContents"),
            _ => None,
        }
    }

    /// Whether it asks for a number of tokens, which nobody has spent then.
    pub(super) fn counts(self) -> bool {
        matches!(self, Self::Tokenize | Self::InputTokens | Self::CountTokens | Self::GeminiCount)
    }

    /// The name in usage records, metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embeddings => "openai.embeddings",
            Self::ImageGenerations => "openai.image_generations",
            Self::ImageEdits => "openai.image_edits",
            Self::ImageVariations => "openai.image_variations",
            Self::Speech => "openai.speech",
            Self::Transcriptions => "openai.transcriptions",
            Self::Translations => "openai.translations",
            Self::Moderations => "openai.moderations",
            Self::Rerank => "cohere.rerank",
            Self::Tokenize => "vllm.tokenize",
            Self::InputTokens => "openai.input_tokens",
            Self::CountTokens => "anthropic.count_tokens",
            Self::GeminiCount => "gemini.count_tokens",
            Self::GeminiEmbed => "gemini.embed_content",
            Self::GeminiEmbedBatch => "gemini.batch_embed_contents",
        }
    }

    /// Whose API it is.
    pub fn family(self) -> Family {
        match self {
            Self::CountTokens => Family::Anthropic,
            Self::Rerank => Family::Cohere,
            Self::GeminiCount | Self::GeminiEmbed | Self::GeminiEmbedBatch => Family::Gemini,
            _ => Family::OpenAi,
        }
    }

    /// Whether the body is a form in any case.
    pub fn is_always_a_form(self) -> bool {
        matches!(self, Self::Transcriptions | Self::Translations | Self::ImageVariations)
    }

    /// Whether the body may be a form.
    pub fn may_be_a_form(self) -> bool {
        self.is_always_a_form() || self == Self::ImageEdits
    }

    /// Whether an answer may be something else than JSON: sound, subtitles, plain text. It is never translated then.
    pub fn may_answer_in_bytes(self) -> bool {
        matches!(self, Self::Speech | Self::Transcriptions | Self::Translations)
    }

    /// Whether an answer may be a stream of events.
    pub fn may_answer_in_events(self) -> bool {
        matches!(self, Self::Speech | Self::Transcriptions | Self::ImageGenerations | Self::ImageEdits)
    }
}
