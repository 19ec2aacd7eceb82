//! The APIs that clients call: what each is for, in whose words its errors are told, and what a client of it looks for.
//!
//! All that is said of an [`Api`] or a [`Family`] without its bodies stands here; what is done to bodies stands in `dialects.rs`.
//! Which path leads to which API is `exchange::endpoint`'s.

use http::HeaderName;

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
}

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// A turn of a conversation, in this format.
    Conversation(ClientFormat),
}

/// Whose API it is: whose shape errors have, and where its SDKs put keys and look for ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// OpenAI's.
    OpenAi,
    /// Anthropic's.
    Anthropic,
}

impl Api {
    /// Whose API it is.
    pub fn family(self) -> Family {
        match self {
            Self::OpenAiChat | Self::OpenAiCompletions | Self::OpenAiResponses => Family::OpenAi,
            Self::AnthropicMessages => Family::Anthropic,
        }
    }

    /// What it is for.
    pub fn task(self) -> Task {
        match self {
            Self::OpenAiChat => Task::Conversation(ClientFormat::Chat),
            Self::OpenAiCompletions => Task::Conversation(ClientFormat::Completions),
            Self::OpenAiResponses => Task::Conversation(ClientFormat::Responses),
            Self::AnthropicMessages => Task::Conversation(ClientFormat::Messages),
        }
    }

    /// The name in usage records, metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai.chat",
            Self::OpenAiCompletions => "openai.completions",
            Self::OpenAiResponses => "openai.responses",
            Self::AnthropicMessages => "anthropic.messages",
        }
    }

    /// The wire format, where it is a conversation: a provider of the same format gets the body as it is.
    pub fn format(self) -> Option<Format> {
        match self.task() {
            Task::Conversation(format) => Some(format.format()),
        }
    }
}

impl Family {
    /// The API that stands for the family where a request is for none of the family's own.
    pub fn main_api(self) -> Api {
        match self {
            Self::OpenAi => Api::OpenAiChat,
            Self::Anthropic => Api::AnthropicMessages,
        }
    }

    /// The header in which its SDKs look for the id of a request.
    pub fn request_id_header(self) -> HeaderName {
        HeaderName::from_static(match self {
            Self::OpenAi => "x-request-id",
            Self::Anthropic => "request-id",
        })
    }

    /// How its SDKs send a key, in words.
    pub fn key_place(self) -> &'static str {
        match self {
            Self::OpenAi => "authorization: Bearer KEY",
            Self::Anthropic => "x-api-key: KEY",
        }
    }
}
