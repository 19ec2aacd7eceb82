//! Top-level fields that are Anthropic's own, hints of others, and what to do about the rest.

use crate::translate::extras::{Known, listed};

/// Top-level fields of Anthropic's API reference. A client of another API that sends one means what Anthropic means.
const ANTHROPIC: [&str; 6] = ["cache_control", "container", "context_management", "inference_geo", "mcp_servers", "speed"];

pub(super) const KNOWN: Known = Known {
    own: |key| listed(&ANTHROPIC, key),
    hints: &["store", "prompt_cache_key", "prompt_cache_retention", "verbosity", "stream_options"],
    remedy,
};

fn remedy(key: &str) -> &'static str {
    match key {
        "modalities" | "audio" => "Anthropic's models answer in text only",
        "web_search_options" => "OpenAI's web search is not Anthropic's: offer a tool of the application",
        "prediction" => "Anthropic takes no predicted output",
        "tool_choice" => "Anthropic takes no list of allowed tools: send only these tools",
        _ => "Anthropic has no such field, and what its loss would mean is not known: remove it",
    }
}
