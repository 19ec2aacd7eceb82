//! Top-level fields that are Google's own, hints of others, and what to do about the rest.

use crate::translate::extras::{HINTS, Known};

/// Top-level fields of Google's API reference, in both spellings. A client of another API that sends one means what Google means.
const GOOGLE: [(&str, &str); 5] = [
    ("safetySettings", "safetySettings"),
    ("safety_settings", "safetySettings"),
    ("cachedContent", "cachedContent"),
    ("cached_content", "cachedContent"),
    ("labels", "labels"),
];

pub(super) const KNOWN: Known =
    Known { own: |key| GOOGLE.iter().find(|(name, _)| *name == key).map(|(_, field)| *field), hints: HINTS, remedy };

fn remedy(key: &str) -> &'static str {
    match key {
        "modalities" | "audio" => "only answers in text can be translated",
        "web_search_options" => "OpenAI's web search is not Google's: offer a tool of the type `google_search`",
        "prediction" => "Google takes no predicted output",
        "tool_choice" => "this form of a choice cannot be said to Google: send only the tools that are allowed",
        _ => "Google has no such field, and what its loss would mean is not known: remove it",
    }
}
