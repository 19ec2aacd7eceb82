//! Top-level fields that the hub has no place for: Google's own go through, hints of others are dropped and listed, and all else is
//! an error, because nobody can tell what its loss would mean.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::plain;
use crate::translate::text::Str;

/// Top-level fields of Google's API reference, in both spellings. A client of another API that sends one means what Google means.
const GOOGLE: [(&str, &str); 5] = [
    ("safetySettings", "safetySettings"),
    ("safety_settings", "safetySettings"),
    ("cachedContent", "cachedContent"),
    ("cached_content", "cachedContent"),
    ("labels", "labels"),
];

/// Fields of other APIs whose loss is no change of meaning: what is stored, how prompts are cached, how long-winded or fast the
/// answer is.
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
pub(super) struct Extras<'c>(Vec<(&'static str, &'c RawValue)>);

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
    let mut kept: Vec<(&'static str, &RawValue)> = Vec::new();
    for (key, raw) in extras {
        let key = &**key;
        if raw.get() == "null" || means_nothing(key, raw.get()) {
            continue;
        }
        let own = GOOGLE.iter().find(|(name, _)| *name == key).map(|(_, field)| *field);
        match own {
            Some(field) if !kept.iter().any(|(known, _)| *known == field) => kept.push((field, raw)),
            None if HINTS.contains(&key) => dropped.add(key),
            _ => return Err(Fault::new(plain::brief(key, plain::QUOTATION), remedy(key))),
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
        "modalities" | "audio" => "only answers in text can be translated",
        "web_search_options" => "OpenAI's web search is not Google's: offer a tool of the type `google_search`",
        "prediction" => "Google takes no predicted output",
        "tool_choice" => "this form of a choice cannot be said to Google: send only the tools that are allowed",
        _ => "Google has no such field, and what its loss would mean is not known: remove it",
    }
}
