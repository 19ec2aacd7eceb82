//! `tools`, for OpenAI: functions, and what only OpenAI itself knows (`custom`).
//!
//! A tool that another provider defines or runs is an error: leaving it out would let the model answer without it, and nobody would
//! know. Schemas are written as they came, but for what OpenAI is known to refuse.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::translate::conversation;
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Tool<'c> {
    Function {
        #[serde(rename = "type")]
        kind: &'static str,
        function: Function<'c>,
    },
    AsItIs(&'c RawValue),
}

#[derive(Serialize)]
pub(super) struct Function<'c> {
    name: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Cow<'c, RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
}

pub(super) fn tools<'c>(tools: &'c [conversation::Tool<'c>], dropped: &mut Hints) -> Result<Vec<Tool<'c>>, Fault> {
    tools.iter().enumerate().map(|(at, tool)| self::tool(at, tool, dropped)).collect()
}

fn tool<'c>(at: usize, tool: &'c conversation::Tool<'c>, dropped: &mut Hints) -> Result<Tool<'c>, Fault> {
    match tool {
        conversation::Tool::Function(function) => {
            if function.cache.is_some() {
                dropped.add("cache_control");
            }
            let function = Function {
                name: &function.name,
                description: function.description.as_deref(),
                parameters: function.parameters.as_deref().map(parameters),
                strict: function.strict,
            };
            Ok(Tool::Function { kind: "function", function })
        }
        // OpenAI's own kind of tool besides functions.
        conversation::Tool::Provider { kind, raw } if kind == "custom" => Ok(Tool::AsItIs(raw)),
        conversation::Tool::Provider { kind, .. } => {
            let advice = format!("`{kind}` is a tool that its own provider defines or runs: define a function, or remove it");
            Err(Fault::new(format!("tools[{at}]"), advice))
        }
    }
}

/// OpenAI refuses a schema of an object without `properties` (`object schema missing properties`), which is good JSON Schema and
/// how other APIs' clients write a tool without arguments.
fn parameters(schema: &RawValue) -> Cow<'_, RawValue> {
    #[derive(Deserialize)]
    struct Top<'a> {
        #[serde(rename = "type", borrow)]
        kind: Option<&'a RawValue>,
        properties: Option<IgnoredAny>,
    }
    let lacks = serde_json::from_str::<Top<'_>>(schema.get())
        .is_ok_and(|top| top.properties.is_none() && top.kind.is_some_and(|kind| kind.get() == "\"object\""));
    let amended = lacks.then(|| schema.get().strip_prefix('{')).flatten().map(|rest| format!("{{\"properties\":{{}},{rest}"));
    match amended.map(RawValue::from_string) {
        Some(Ok(schema)) => Cow::Owned(schema),
        _ => Cow::Borrowed(schema),
    }
}
