//! The APIs that clients call: what each is for, in whose words its errors are told, and what a client of it looks for.
//!
//! All that is said of an [`Api`] or a [`Family`] without its bodies stands here; what is done to bodies stands in `dialects.rs`.
//! Which path leads to which API is `exchange::endpoint`'s.

use http::HeaderName;

use super::calls::Call;
use super::{ClientFormat, Format};

/// An endpoint that a client calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Api {
    /// OpenAI chat completions.
    OpenAiChat,
    /// OpenAI's legacy completions.
    OpenAiCompletions,
    /// OpenAI responses, without stored ones.
    OpenAiResponses,
    /// Anthropic messages.
    AnthropicMessages,
    /// An endpoint that is not a conversation.
    Call(Call),
    /// Gemini generateContent and streamGenerateContent.
    GeminiGenerate,
    /// Anything else of a provider's own API, which passes unread.
    Opaque(Family),
}

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// A turn of a conversation, in this format.
    Conversation(ClientFormat),
    /// Something else: embeddings, pictures, sound, a count.
    Call(Call),
    /// Something that only its provider knows.
    Opaque,
}

/// Whose API it is: whose shape errors have, and where its SDKs put keys and look for ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// OpenAI's.
    OpenAi,
    /// Anthropic's.
    Anthropic,
    /// Cohere's.
    Cohere,
    /// Google's Gemini API.
    Gemini,
}

impl Api {
    /// Whose API it is.
    pub fn family(self) -> Family {
        match self {
            Self::OpenAiChat | Self::OpenAiCompletions | Self::OpenAiResponses => Family::OpenAi,
            Self::AnthropicMessages => Family::Anthropic,
            Self::Call(call) => call.family(),
            Self::GeminiGenerate => Family::Gemini,
            Self::Opaque(family) => family,
        }
    }

    /// What it is for.
    pub fn task(self) -> Task {
        match self {
            Self::OpenAiChat => Task::Conversation(ClientFormat::Chat),
            Self::OpenAiCompletions => Task::Conversation(ClientFormat::Completions),
            Self::OpenAiResponses => Task::Conversation(ClientFormat::Responses),
            Self::AnthropicMessages => Task::Conversation(ClientFormat::Messages),
            Self::Call(call) => Task::Call(call),
            Self::GeminiGenerate => Task::Conversation(ClientFormat::Gemini),
            Self::Opaque(_) => Task::Opaque,
        }
    }

    /// The name in usage records, metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai.chat",
            Self::OpenAiCompletions => "openai.completions",
            Self::OpenAiResponses => "openai.responses",
            Self::AnthropicMessages => "anthropic.messages",
            Self::Call(call) => call.name(),
            Self::GeminiGenerate => "gemini.generate_content",
            Self::Opaque(_) => "opaque",
        }
    }

    /// The wire format, where it is a conversation: a provider of the same format gets the body as it is.
    pub fn format(self) -> Option<Format> {
        match self.task() {
            Task::Conversation(format) => Some(format.format()),
            Task::Call(_) | Task::Opaque => None,
        }
    }

    /// The format in which a stream is told that it failed: the API's own, or its family's.
    pub(super) fn format_of_failures(self) -> ClientFormat {
        match (self.task(), self.family()) {
            (Task::Conversation(format), _) => format,
            // Nothing of Cohere's is streamed here.
            (Task::Call(_) | Task::Opaque, Family::OpenAi | Family::Cohere) => ClientFormat::Chat,
            (Task::Call(_) | Task::Opaque, Family::Anthropic) => ClientFormat::Messages,
            (Task::Call(_) | Task::Opaque, Family::Gemini) => ClientFormat::Gemini,
        }
    }
}

impl Family {
    /// The API that stands for the family where a request is for none of the family's own.
    pub fn main_api(self) -> Api {
        match self {
            Self::OpenAi => Api::OpenAiChat,
            Self::Anthropic => Api::AnthropicMessages,
            Self::Cohere => Api::Call(Call::Rerank),
            Self::Gemini => Api::GeminiGenerate,
        }
    }

    /// The header in which its SDKs look for the id of a request.
    pub fn request_id_header(self) -> HeaderName {
        HeaderName::from_static(match self {
            // Google's SDKs look for none.
            Self::OpenAi | Self::Cohere | Self::Gemini => "x-request-id",
            Self::Anthropic => "request-id",
        })
    }

    /// How its SDKs send a key, in words.
    pub fn key_place(self) -> &'static str {
        match self {
            Self::OpenAi | Self::Cohere => "authorization: Bearer KEY",
            Self::Anthropic => "x-api-key: KEY",
            Self::Gemini => "x-goog-api-key: KEY",
        }
    }
}
