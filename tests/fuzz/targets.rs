//! What is done with an input, and what must hold.

pub mod answers;
pub mod aws;
pub mod calls;
pub mod codec;
pub mod forms;
pub mod people;
pub mod requests;
pub mod streams;

use kanmon::translate::{Api, Dialect, Hosting, Target};

/// Every dialect that a provider can have.
pub const DIALECTS: &[Dialect] =
    &[Dialect::OpenAi, Dialect::Anthropic, Dialect::Cohere, Dialect::Bedrock, Dialect::AnthropicBedrock, Dialect::Gemini];

/// An API of clients, and what stands in a stream of it that looks whole, or that tells an error.
pub struct Client {
    pub api: Api,
    pub path: &'static str,
    /// Lines, or a part of one that no text in it can hold.
    pub ends: &'static [&'static str],
    pub error: &'static str,
}

pub const CLIENTS: &[Client] = &[
    Client { api: Api::OpenAiChat, path: "/v1/chat/completions", ends: &["data: [DONE]"], error: "\"error\"" },
    Client { api: Api::OpenAiCompletions, path: "/v1/completions", ends: &["data: [DONE]"], error: "\"error\"" },
    Client {
        api: Api::OpenAiResponses,
        path: "/v1/responses",
        ends: &["event: response.completed", "event: response.incomplete"],
        error: "event: error",
    },
    Client { api: Api::AnthropicMessages, path: "/v1/messages", ends: &["event: message_stop"], error: "\"error\"" },
    // Only the last chunk of a stream has a reason.
    Client {
        api: Api::GeminiGenerate,
        path: "/v1beta/models/asked:generateContent",
        ends: &["\"finishReason\":\""],
        error: "\"error\"",
    },
];

impl Client {
    /// Whether a stream looks whole.
    pub fn is_whole(&self, stream: &str) -> bool {
        let ends = |line: &str| self.ends.iter().any(|end| if end.starts_with('"') { line.contains(end) } else { line == *end });
        stream.lines().any(ends)
    }
}

/// A provider of a dialect, for a client of an API.
pub fn target(api: Api, dialect: Dialect) -> Target<'static> {
    Target {
        dialect,
        format: dialect.format_for(api),
        hosting: &Hosting::Owner,
        provider: "p",
        model: "served",
        stream: false,
        path_prefix: dialect.path_prefix(),
        default_max_tokens: 4096,
        overrides: &[],
    }
}

/// Cuts an input into pieces, the same ones each time for the same input: of one byte, and of some more.
pub fn pieces(input: &[u8]) -> Vec<&[u8]> {
    let mut rng = crate::rng::Rng::new(crate::rng::hash(input));
    let (mut rest, mut pieces) = (input, Vec::new());
    while !rest.is_empty() {
        let longest = if rng.one_in(4) { 200 } else { 3 };
        let (piece, after) = rest.split_at(rest.len().min(1 + rng.below(longest)));
        pieces.push(piece);
        rest = after;
    }
    pieces
}
