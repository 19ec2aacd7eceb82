//! Top-level fields that the hub has no place for: Anthropic's own go through, hints of OpenAI are dropped and listed, and all
//! else is an error, because nobody can tell what its loss would mean.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::translate::anthropic::brief;
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::text::Str;

/// Top-level fields of Anthropic's API reference. A client of another API that sends one means what Anthropic means.
const ANTHROPIC: [&str; 6] = ["cache_control", "container", "context_management", "inference_geo", "mcp_servers", "speed"];

/// OpenAI's fields whose loss is no change of meaning: what is stored, how prompts are cached, how long-winded the answer is.
const HINTS: [&str; 5] = ["store", "prompt_cache_key", "prompt_cache_retention", "verbosity", "stream_options"];

/// Fields of the first kind, ready to be written.
pub(super) struct Extras<'c>(Vec<(&'c str, &'c RawValue)>);

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
    let mut kept: Vec<(&str, &RawValue)> = Vec::new();
    for (key, raw) in extras {
        let key = &**key;
        if raw.get() == "null" || means_nothing(key, raw.get()) {
            continue;
        }
        if HINTS.contains(&key) {
            dropped.add(key);
        } else if ANTHROPIC.contains(&key) && !kept.iter().any(|(known, _)| *known == key) {
            kept.push((key, raw));
        } else {
            return Err(Fault::new(brief(key).into_owned(), remedy(key)));
        }
    }
    Ok(Extras(kept))
}

/// What asks for the answer that there would be anyway.
fn means_nothing(key: &str, json: &str) -> bool {
    key == "modalities" && serde_json::from_str::<[Str<'_>; 1]>(json).is_ok_and(|[only]| only == "text")
}

fn remedy(key: &str) -> &'static str {
    match key {
        "modalities" | "audio" => "Anthropic's models answer in text only",
        "web_search_options" => "OpenAI's web search is not Anthropic's: offer a tool of the application",
        "prediction" => "Anthropic takes no predicted output",
        "tool_choice" => "Anthropic takes no list of allowed tools: send only these tools",
        _ => "Anthropic has no such field, and what its loss would mean is not known: remove it",
    }
}
