//! Top-level fields that are Converse's own, hints of others, and what to do about the rest.

use serde::Serialize;
use serde_json::value::RawValue;

use super::additional::Additional;
use crate::translate::extras::{self, HINTS, Known, listed};
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::text::Str;

/// Top-level fields of Converse's API reference. A client of another API that sends one means what Bedrock means.
const CONVERSE: [&str; 4] = ["guardrailConfig", "performanceConfig", "promptVariables", "requestMetadata"];
/// The one of them that is written together with what is made here.
const ADDITIONAL: &str = "additionalModelRequestFields";

const KNOWN: Known = Known { own: |key| listed(&CONVERSE, key), hints: HINTS, remedy };

/// Fields of Converse's own.
#[derive(Debug, Default, Serialize)]
pub(super) struct Extras<'c> {
    #[serde(flatten)]
    fields: extras::Extras<'c>,
    /// What the client gave as `additionalModelRequestFields`.
    #[serde(skip)]
    pub(super) additional: Additional<'c>,
}

pub(super) fn extras<'c>(given: &'c [(Str<'c>, &'c RawValue)], dropped: &mut Hints) -> Result<Extras<'c>, Fault> {
    let mut extras = Extras::default();
    for (key, raw) in given {
        if *key == *ADDITIONAL && raw.get() != "null" && extras.additional.is_empty() {
            extras.additional = Additional::given(raw).map_err(|fault| fault.within(ADDITIONAL))?;
        } else {
            extras.fields.add(key, raw, &KNOWN, dropped)?;
        }
    }
    Ok(extras)
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
