//! Top-level fields that are Cohere's own, hints of others, and what to do about the rest.

use crate::translate::extras::{HINTS, Known, listed};

/// Top-level fields of Cohere's API reference that no other API has a word for. A client that sends one means what Cohere means.
const COHERE: [&str; 6] = ["documents", "citation_options", "safety_mode", "strict_tools", "priority", "raw_prompting"];

pub(super) const KNOWN: Known = Known { own: |key| listed(&COHERE, key), hints: HINTS, remedy };

fn remedy(key: &str) -> &'static str {
    match key {
        "modalities" | "audio" => "Cohere's models answer in text only",
        "web_search_options" | "mcp_servers" | "container" => "Cohere runs no tools itself: offer a tool of the application",
        "prediction" => "Cohere takes no predicted output",
        "tool_choice" => "Cohere takes no list of allowed tools: send only these tools",
        _ => "Cohere has no such field, and what its loss would mean is not known: remove it",
    }
}
