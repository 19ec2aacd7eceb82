//! Top-level fields that the hub has no place for: Cohere's own go through, hints of others are dropped and listed, and all else is
//! an error, because nobody can tell what its loss would mean.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::plain;
use crate::translate::text::Str;

/// Top-level fields of Cohere's API reference that no other API has a word for. A client that sends one means what Cohere means.
const COHERE: [&str; 6] = ["documents", "citation_options", "safety_mode", "strict_tools", "priority", "raw_prompting"];

/// Fields of OpenAI and Anthropic whose loss is no change of meaning: what is stored, how prompts are cached, how long-winded and
/// how fast the answer is.
const HINTS: [&str; 8] = [
    "store",
    "prompt_cache_key",
    "prompt_cache_retention",
    "verbosity",
    "stream_options",
    "cache_control",
    "context_management",
    "speed",
];

/// Fields of the first kind, ready to be written.
pub(super) struct Extras<'c>(Vec<(&'c str, &'c RawValue)>);

impl Extras<'_> {
    pub(super) fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(known, _)| *known == key)
    }
}

impl Serialize for Extras<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, raw) in &self.0 {
            map.serialize_entry(key, raw)?;
        }
        map.end()
    }
}

pub(super) fn extras<'c>(extras: &'c [(Str<'c>, &'c RawValue)], dropped: &mut Hints) -> Result<Extras<'c>, Fault> {
    let mut kept = Extras(Vec::new());
    for (key, raw) in extras {
        let key = &**key;
        if raw.get() == "null" || means_nothing(key, raw.get()) {
            continue;
        }
        if HINTS.contains(&key) {
            dropped.add(key);
        } else if COHERE.contains(&key) && !kept.has(key) {
            kept.0.push((key, raw));
        } else {
            return Err(Fault::new(plain::brief(key, plain::QUOTATION).into_owned(), remedy(key)));
        }
    }
    Ok(kept)
}

/// What asks for the answer that there would be anyway.
fn means_nothing(key: &str, json: &str) -> bool {
    key == "modalities" && serde_json::from_str::<[Str<'_>; 1]>(json).is_ok_and(|[only]| only == "text")
}

fn remedy(key: &str) -> &'static str {
    match key {
        "modalities" | "audio" => "Cohere's models answer in text only",
        "web_search_options" | "mcp_servers" | "container" => "Cohere runs no tools itself: offer a tool of the application",
        "prediction" => "Cohere takes no predicted output",
        "tool_choice" => "Cohere takes no list of allowed tools: send only these tools",
        _ => "Cohere has no such field, and what its loss would mean is not known: remove it",
    }
}
