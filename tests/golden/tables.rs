//! Who speaks with whom: the APIs of clients and the providers, by the names that stand in the fixtures' folders.

use std::borrow::Cow;

use kanmon::translate::calls::Call;
use kanmon::translate::{Api, Azure, AzureVersion, Dialect, Hosting, OutputLimit, Vendor, Vertex};

/// An API of clients: CLIENT in the folder's name, and what stands in a stream of it that looks whole, or that tells an error.
pub struct Client {
    pub name: &'static str,
    pub api: Api,
    pub path: &'static str,
    pub content_type: &'static str,
    pub ends: &'static [&'static str],
    pub error: &'static str,
}

const JSON: &str = "application/json";
const FORM: &str = "multipart/form-data; boundary=kanmon";

/// A conversation.
const fn turn(name: &'static str, api: Api, path: &'static str, ends: &'static [&'static str], error: &'static str) -> Client {
    Client { name, api, path, content_type: JSON, ends, error }
}

/// Anything else.
const fn call(name: &'static str, call: Call, path: &'static str) -> Client {
    Client { name, api: Api::Call(call), path, content_type: JSON, ends: &[], error: "\"error\"" }
}

/// The same as a form.
const fn form(client: Client) -> Client {
    Client { content_type: FORM, ..client }
}

/// A call whose answer may be a stream.
const fn ending(client: Client, ends: &'static [&'static str]) -> Client {
    Client { ends, ..client }
}

pub static CLIENTS: [Client; 20] = [
    turn("openai", Api::OpenAiChat, "/v1/chat/completions", &["data: [DONE]"], "\"error\""),
    turn("completions", Api::OpenAiCompletions, "/v1/completions", &["data: [DONE]"], "\"error\""),
    turn("responses", Api::OpenAiResponses, "/v1/responses", RESPONSE_ENDS, "event: error"),
    turn("anthropic", Api::AnthropicMessages, "/v1/messages", &["message_stop"], "\"error\""),
    // Whether to stream stands in the path, so all requests of this API are told as whole ones.
    turn("gemini", Api::GeminiGenerate, "/v1beta/models/asked-model:generateContent", &["finishReason"], "\"error\""),
    call("embeddings", Call::Embeddings, "/v1/embeddings"),
    ending(call("images", Call::ImageGenerations, "/v1/images/generations"), &["image_generation.completed"]),
    form(ending(call("image-edits", Call::ImageEdits, "/v1/images/edits"), &["image_edit.completed"])),
    form(call("image-variations", Call::ImageVariations, "/v1/images/variations")),
    ending(call("speech", Call::Speech, "/v1/audio/speech"), &["speech.audio.done"]),
    form(ending(call("transcriptions", Call::Transcriptions, "/v1/audio/transcriptions"), &["transcript.text.done"])),
    form(call("translations", Call::Translations, "/v1/audio/translations")),
    call("moderations", Call::Moderations, "/v1/moderations"),
    call("rerank", Call::Rerank, "/v2/rerank"),
    call("tokenize", Call::Tokenize, "/tokenize"),
    call("input-tokens", Call::InputTokens, "/v1/responses/input_tokens"),
    call("count-tokens", Call::CountTokens, "/v1/messages/count_tokens"),
    call("gemini-count", Call::GeminiCount, "/v1beta/models/asked-model:countTokens"),
    call("gemini-embed", Call::GeminiEmbed, "/v1beta/models/asked-model:embedContent"),
    call("gemini-embed-batch", Call::GeminiEmbedBatch, "/v1beta/models/asked-model:batchEmbedContents"),
];

const RESPONSE_ENDS: &[&str] = &["event: response.completed", "event: response.incomplete"];

/// A dialect of providers: PROVIDER in the folder's name, and what its config says beside the dialect.
pub struct Provider {
    pub name: &'static str,
    pub dialect: Dialect,
    pub hosting: Hosting,
    /// Whether it serves all of OpenAI's APIs itself.
    pub native: bool,
    pub model: &'static str,
}

/// A provider who is asked as its API's owner is.
const fn provider(name: &'static str, dialect: Dialect) -> Provider {
    hosted(name, dialect, Hosting::Owner)
}

const fn hosted(name: &'static str, dialect: Dialect, hosting: Hosting) -> Provider {
    Provider { name, dialect, hosting, native: false, model: "served-model" }
}

/// Bedrock's models of one vendor are told from those of another by their ids.
const fn on_bedrock(name: &'static str, dialect: Dialect, hosting: Hosting) -> Provider {
    Provider { name, dialect, hosting, native: false, model: "eu.anthropic.claude-served-v1:0" }
}

const AZURE: Azure = Azure { version: AzureVersion::Dated(Cow::Borrowed("2024-10-21")), output_limit: OutputLimit::AsAsked };
const VERTEX: Vertex = Vertex { project: Cow::Borrowed("a-project"), location: Cow::Borrowed("us-east5") };
const VLLM: Vendor =
    Vendor { output_limit: OutputLimit::AsAsked, tells_usage_unasked: false, renamed: &[], refuses: &[], tokenizer: true };

pub static PROVIDERS: [Provider; 11] = [
    provider("openai", Dialect::OpenAi),
    Provider { name: "native", dialect: Dialect::OpenAi, hosting: Hosting::Owner, native: true, model: "served-model" },
    hosted("vllm", Dialect::OpenAi, Hosting::Vendor(VLLM)),
    provider("anthropic", Dialect::Anthropic),
    provider("cohere", Dialect::Cohere),
    provider("gemini", Dialect::Gemini),
    on_bedrock("bedrock", Dialect::Bedrock, Hosting::Owner),
    on_bedrock("anthropic-bedrock", Dialect::AnthropicBedrock, Hosting::Bedrock),
    hosted("azure", Dialect::Azure, Hosting::Azure(AZURE)),
    hosted("anthropic-vertex", Dialect::AnthropicVertex, Hosting::Vertex(VERTEX)),
    hosted("vertex", Dialect::Vertex, Hosting::Vertex(VERTEX)),
];

/// Beta features that every request to Vertex AI asks for: one that is known there, and one that is not.
pub const BETAS: &str = "claude-code-20250219,prompt-caching-scope-2026-01-05";

pub fn client(name: &str) -> &'static Client {
    CLIENTS.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("no row for the client {name}"))
}

pub fn provider_of(name: &str) -> &'static Provider {
    PROVIDERS.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("no row for the provider {name}"))
}
