//! Top-level fields that the hub has no place for: Converse's own go through, hints of other APIs are dropped and listed, and all else
//! is an error, because nobody can tell what its loss would mean.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::additional::Additional;
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::plain;
use crate::translate::text::Str;

/// Top-level fields of Converse's API reference. A client of another API that sends one means what Bedrock means.
const CONVERSE: [&str; 4] = ["guardrailConfig", "performanceConfig", "promptVariables", "requestMetadata"];

/// Fields of OpenAI and Anthropic whose loss is no change of meaning: what is stored, how prompts are cached, how long-winded the
/// answer is, how fast it shall come, when old tool results are forgotten.
const HINTS: [&str; 8] = [
    "cache_control",
    "context_management",
    "prompt_cache_key",
    "prompt_cache_retention",
    "speed",
    "store",
    "stream_options",
    "verbosity",
];

/// Fields of the first kind, ready to be written.
#[derive(Debug, Default)]
pub(super) struct Extras<'c> {
    fields: Vec<(&'c str, &'c RawValue)>,
    /// What the client gave as `additionalModelRequestFields`.
    pub(super) additional: Additional<'c>,
}

impl Serialize for Extras<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.fields.len()))?;
        for (key, raw) in &self.fields {
            map.serialize_entry(key, raw)?;
        }
        map.end()
    }
}

pub(super) fn extras<'c>(given: &'c [(Str<'c>, &'c RawValue)], dropped: &mut Hints) -> Result<Extras<'c>, Fault> {
    let mut extras = Extras::default();
    for (key, raw) in given {
        let key = &**key;
        if raw.get() == "null" || means_nothing(key, raw.get()) {
            continue;
        }
        if key == "additionalModelRequestFields" && extras.additional.is_empty() {
            extras.additional = Additional::given(raw).map_err(|fault| fault.within(key))?;
        } else if HINTS.contains(&key) {
            dropped.add(key);
        } else if CONVERSE.contains(&key) && !extras.fields.iter().any(|(known, _)| *known == key) {
            extras.fields.push((key, raw));
        } else {
            return Err(Fault::new(plain::brief(key, plain::QUOTATION), remedy(key)));
        }
    }
    Ok(extras)
}

/// What asks for the answer that there would be anyway.
fn means_nothing(key: &str, json: &str) -> bool {
    key == "modalities" && serde_json::from_str::<[Str<'_>; 1]>(json).is_ok_and(|[only]| only == "text")
}

fn remedy(key: &str) -> &'static str {
    match key {
        "modalities" | "audio" => "Converse answers in text only",
        "web_search_options" => "Bedrock has no such search: offer a tool of the application",
        "prediction" => "Bedrock takes no predicted output",
        "tool_choice" => "Bedrock takes no list of allowed tools: send only these tools",
        "mcp_servers" | "container" | "inference_geo" => {
            "this is a feature of Anthropic's API: remove it, or ask for a model that Anthropic serves"
        }
        _ => {
            "Bedrock has no such field, and what its loss would mean is not known: remove it, or say it in \
              `additionalModelRequestFields` where the model knows it"
        }
    }
}
