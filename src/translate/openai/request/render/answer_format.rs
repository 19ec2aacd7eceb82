//! `response_format`, for OpenAI.
//!
//! The schema is written as it came. OpenAI demands a name for it, which Anthropic's clients have no place for: it gets one.
//! Whether it must match exactly (`strict`) is written only where the client's API says so.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::translate::conversation;

/// The name of a schema that has none: OpenAI demands one.
const UNNAMED: &str = "answer";

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum ResponseFormat<'c> {
    Word {
        #[serde(rename = "type")]
        kind: &'static str,
    },
    Schema {
        #[serde(rename = "type")]
        kind: &'static str,
        json_schema: JsonSchema<'c>,
    },
}

#[derive(Serialize)]
pub(super) struct JsonSchema<'c> {
    name: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'c RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
}

impl<'c> From<&'c conversation::ResponseFormat<'c>> for ResponseFormat<'c> {
    fn from(format: &'c conversation::ResponseFormat<'c>) -> Self {
        match format {
            conversation::ResponseFormat::Text => Self::Word { kind: "text" },
            conversation::ResponseFormat::JsonObject => Self::Word { kind: "json_object" },
            conversation::ResponseFormat::JsonSchema { name, description, schema, strict } => Self::Schema {
                kind: "json_schema",
                json_schema: JsonSchema {
                    name: name.as_deref().unwrap_or(UNNAMED),
                    description: description.as_deref(),
                    schema: schema.as_deref(),
                    strict: *strict,
                },
            },
        }
    }
}
