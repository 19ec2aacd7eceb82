//! `tools`, `strict_tools` and `tool_choice`.
//!
//! Cohere has no choice of one tool: it is the only one that is offered then, and must be called. The model cannot call another
//! one either way; the others are listed as dropped. There is no switch for "one call at a time", and an application that has asked
//! for it cannot bear several: an error. Strictness is one switch for all tools (structured outputs, tools), and demands a
//! required parameter of each.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::translate::conversation::{self, Conversation, Function, ToolChoice};
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;

/// A tool, ready to be written.
#[derive(Serialize)]
pub(super) struct Tool<'c> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: Written<'c>,
}

#[derive(Serialize)]
struct Written<'c> {
    name: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'c str>,
    parameters: Parameters<'c>,
}

/// Cohere demands a schema: a function without one takes an empty object.
#[derive(Serialize)]
#[serde(untagged)]
enum Parameters<'c> {
    Given(&'c RawValue),
    None {
        #[serde(rename = "type")]
        kind: &'static str,
        properties: Empty,
    },
}

#[derive(Serialize)]
struct Empty {}

/// The functions that are offered, with their place in the client's list.
pub(super) fn offered<'c>(
    conversation: &'c Conversation<'c>,
    dropped: &mut Hints,
) -> Result<Vec<(usize, &'c Function<'c>)>, Fault> {
    let mut functions = Vec::with_capacity(conversation.tools.len());
    for (at, tool) in conversation.tools.iter().enumerate() {
        match tool {
            conversation::Tool::Function(function) => functions.push((at, function)),
            conversation::Tool::Provider { kind, .. } => {
                let kind = crate::translate::plain::brief(kind, crate::translate::plain::QUOTATION);
                let message = format!("`{kind}` is a tool that its own provider defines or runs: offer a function");
                return Err(Fault::new(format!("tools[{at}]"), message));
            }
        }
    }
    dropped.add_if(functions.iter().any(|(_, function)| function.cache.is_some()), "cache_control");
    if let Some(ToolChoice::Function(name)) = &conversation.tool_choice {
        let before = functions.len();
        functions.retain(|(_, function)| *function.name == **name);
        if functions.is_empty() {
            return Err(Fault::new("tool_choice", "names a tool that is not offered"));
        }
        dropped.add_if(functions.len() < before, "tools (all but the one that `tool_choice` names)");
    }
    Ok(functions)
}

pub(super) fn tool<'c>(function: &'c Function<'c>) -> Tool<'c> {
    let parameters = match function.parameters.as_deref() {
        Some(raw) if raw.get() != "null" => Parameters::Given(raw),
        _ => Parameters::None { kind: "object", properties: Empty {} },
    };
    let description = function.description.as_deref().filter(|text| !text.is_empty());
    Tool { kind: "function", function: Written { name: &function.name, description, parameters } }
}

/// Whether the calls must match the schemas. One tool that asks for it makes all strict: more is kept than was asked for.
pub(super) fn strict(functions: &[(usize, &Function<'_>)]) -> Result<bool, Fault> {
    if !functions.iter().any(|(_, function)| function.strict == Some(true)) {
        return Ok(false);
    }
    match functions.iter().find(|(_, function)| !has_required_parameter(function.parameters.as_deref())) {
        Some((at, _)) => {
            let message = "Cohere's strict tools have a required parameter each: add one to this tool, or ask without `strict`";
            Err(Fault::new(format!("tools[{at}].function.strict"), message))
        }
        None => Ok(true),
    }
}

fn has_required_parameter(parameters: Option<&RawValue>) -> bool {
    #[derive(Deserialize)]
    struct Schema {
        required: Option<Vec<IgnoredAny>>,
    }
    let schema = parameters.and_then(|raw| serde_json::from_str::<Schema>(raw.get()).ok());
    schema.and_then(|schema| schema.required).is_some_and(|required| !required.is_empty())
}

/// `auto` is what there is without a choice.
pub(super) fn choice(conversation: &Conversation<'_>) -> Result<Option<&'static str>, Fault> {
    let none_offered = conversation.tools.is_empty();
    if !none_offered
        && conversation.parallel_tool_calls == Some(false)
        && !matches!(conversation.tool_choice, Some(ToolChoice::None))
    {
        let message = "Cohere cannot be kept to one call at a time: leave it out, or name a model of OpenAI's or Anthropic's";
        return Err(Fault::new("parallel_tool_calls", message));
    }
    match &conversation.tool_choice {
        Some(ToolChoice::Required | ToolChoice::Function(_)) if none_offered => {
            Err(Fault::new("tool_choice", "forces a tool where no tools are offered"))
        }
        Some(ToolChoice::Required | ToolChoice::Function(_)) => Ok(Some("REQUIRED")),
        Some(ToolChoice::None) if !none_offered => Ok(Some("NONE")),
        Some(ToolChoice::None | ToolChoice::Auto) | None => Ok(None),
    }
}
