//! What is done with an input, and what must hold.

pub mod answers;
pub mod aws;
pub mod callers;
pub mod calls;
pub mod codec;
pub mod forms;
pub mod headers;
pub mod paths;
pub mod people;
pub mod requests;
pub mod streams;

use std::borrow::Cow;

use kanmon::translate::{Api, Azure, AzureVersion, Dialect, Hosting, OutputLimit, Target, Vendor, Vertex};

/// A provider: a dialect, where it is hosted, and a model, which at Bedrock says what embeddings look like.
pub struct Provider {
    pub dialect: Dialect,
    pub hosting: Hosting,
    pub model: &'static str,
}

const fn provider(dialect: Dialect, hosting: Hosting, model: &'static str) -> Provider {
    Provider { dialect, hosting, model }
}

const AZURE: Azure = Azure { version: AzureVersion::Dated(Cow::Borrowed("2024-10-21")), output_limit: OutputLimit::MaxTokens };
const VERTEX: Vertex = Vertex { project: Cow::Borrowed("p"), location: Cow::Borrowed("l") };
const VLLM: Vendor = Vendor {
    output_limit: OutputLimit::MaxTokens,
    tells_usage_unasked: true,
    renamed: &[("seed", "random_seed")],
    refuses: &["user"],
    tokenizer: true,
};

/// Every dialect that a provider can have, at its owner's and elsewhere.
pub static PROVIDERS: [Provider; 12] = [
    provider(Dialect::OpenAi, Hosting::Owner, "served"),
    provider(Dialect::OpenAi, Hosting::Vendor(VLLM), "served"),
    provider(Dialect::Azure, Hosting::Azure(AZURE), "served"),
    provider(Dialect::Anthropic, Hosting::Owner, "served"),
    provider(Dialect::AnthropicBedrock, Hosting::Bedrock, "us.anthropic.served"),
    provider(Dialect::AnthropicVertex, Hosting::Vertex(VERTEX), "served"),
    provider(Dialect::Cohere, Hosting::Owner, "served"),
    provider(Dialect::Bedrock, Hosting::Owner, "us.anthropic.claude-served"),
    provider(Dialect::Bedrock, Hosting::Owner, "amazon.titan-embed-text-v2:0"),
    provider(Dialect::Bedrock, Hosting::Owner, "cohere.embed-served"),
    provider(Dialect::Gemini, Hosting::Owner, "served"),
    provider(Dialect::Vertex, Hosting::Vertex(VERTEX), "served"),
];

/// The first provider of a dialect.
pub fn of(dialect: Dialect) -> &'static Provider {
    PROVIDERS.iter().find(|provider| provider.dialect == dialect).expect("a provider of each dialect")
}

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

/// What a provider is asked for a client of an API.
pub fn target(api: Api, provider: &'static Provider) -> Target<'static> {
    let Provider { dialect, ref hosting, model } = *provider;
    Target {
        dialect,
        format: dialect.format_for(api),
        hosting,
        provider: "p",
        model,
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
