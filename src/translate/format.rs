//! The wire formats of conversations, and how their streams are framed.
//!
//! A [`Format`] is what a provider is sent and answers; a [`ClientFormat`] is one that clients speak, too, so that no function has to
//! read a request in a format that no client has. Names only: the functions of each format are listed in `dialects.rs`.

/// The wire format of a conversation, at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// OpenAI's chat completions, vendors' extensions included.
    Chat,
    /// OpenAI's legacy completions.
    Completions,
    /// OpenAI's responses.
    Responses,
    /// Anthropic's messages.
    Messages,
    /// Google's Gemini API.
    Gemini,
    /// Amazon Bedrock's Converse.
    Converse,
    /// Cohere's chat, API v2.
    Cohere,
}

/// The wire format of a conversation, at a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientFormat {
    /// OpenAI's chat completions.
    Chat,
    /// OpenAI's legacy completions.
    Completions,
    /// OpenAI's responses.
    Responses,
    /// Anthropic's messages.
    Messages,
    /// Google's Gemini API.
    Gemini,
}

impl Format {
    /// Whether a refusal is what the model wrote. Google says no in a word, and the text is ours: it costs nothing.
    pub(super) fn refuses_in_words(self) -> bool {
        self != Self::Gemini
    }

    /// The name in errors.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "openai",
            Self::Completions => "completions",
            Self::Responses => "responses",
            Self::Messages => "anthropic",
            Self::Gemini => "gemini",
            Self::Converse => "converse",
            Self::Cohere => "cohere",
        }
    }
}

impl ClientFormat {
    /// Whether an answer has a place for pictures that the model made.
    pub(super) fn tells_pictures(self) -> bool {
        match self {
            Self::Chat | Self::Responses => true,
            Self::Completions | Self::Messages | Self::Gemini => false,
        }
    }

    /// Whether answers without usage break its SDKs: their types demand numbers.
    pub(super) fn demands_usage(self) -> bool {
        match self {
            Self::Messages => true,
            Self::Chat | Self::Completions | Self::Responses | Self::Gemini => false,
        }
    }

    /// The same format at a provider.
    pub fn format(self) -> Format {
        match self {
            Self::Chat => Format::Chat,
            Self::Completions => Format::Completions,
            Self::Responses => Format::Responses,
            Self::Messages => Format::Messages,
            Self::Gemini => Format::Gemini,
        }
    }
}

/// How a streamed answer is framed. Clients always get server-sent events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Server-sent events.
    Sse,
    /// Frames of an AWS event stream, each an event.
    AwsEvents,
    /// Frames of an AWS event stream, each with an event of the model's own API in it.
    AwsChunks,
}

impl Framing {
    /// One for each media type.
    pub const ALL: [Self; 2] = [Self::Sse, Self::AwsEvents];

    /// The media type of a stream, without parameters.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Sse => "text/event-stream",
            Self::AwsEvents | Self::AwsChunks => "application/vnd.amazon.eventstream",
        }
    }

    /// Whether the events, as [`Frames`](super::Frames) gives them, are server-sent events, whatever framed them.
    pub(super) fn carries_sse(self) -> bool {
        match self {
            Self::Sse | Self::AwsChunks => true,
            Self::AwsEvents => false,
        }
    }

    /// Whether a `content-type` says that an answer is such a stream.
    pub fn is_told_by(self, content_type: &str) -> bool {
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        media_type.eq_ignore_ascii_case(self.content_type())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_told_by_its_media_type_whatever_the_case_and_the_parameters() {
        for stream in ["text/event-stream", "Text/Event-Stream;charset=utf-8", "text/event-stream ; x=y"] {
            assert!(Framing::Sse.is_told_by(stream), "{stream}");
        }
        assert!(Framing::AwsChunks.is_told_by("application/vnd.amazon.eventstream"));
        for other in ["", "application/json", "text/event-streams", "text/event", "x; text/event-stream"] {
            assert!(!Framing::Sse.is_told_by(other), "{other}");
        }
    }
}
