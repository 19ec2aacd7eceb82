//! `tools` and `tool_choice`.
//!
//! A function's schema is kept as the client wrote it. A tool that OpenAI runs or defines keeps its whole JSON, and a provider that
//! does not know it refuses it. A list of allowed tools is not told to the provider: the others are not offered at all.

use serde_json::value::RawValue;

use super::wire;
use crate::translate::conversation::{Function, Tool, ToolChoice};
use crate::translate::fault::{Fault, read_raw};
use crate::translate::hints::Hints;
use crate::translate::openai::request::{missing, refuse_unknown};
use crate::translate::text::Str;
use crate::translate::wrong::Wrong;

/// Each tool is read from its own raw JSON, because a tool that is not a function is kept as it is.
pub(super) fn tools<'a>(tools: Vec<&'a RawValue>, ignored: &mut Hints) -> Result<Vec<Tool<'a>>, Wrong> {
    let each = |(at, raw)| tool(raw, ignored).map_err(|wrong| wrong.within(format_args!("tools[{at}]")));
    tools.into_iter().enumerate().map(each).collect()
}

#[derive(serde::Deserialize)]
struct Kind<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
}

fn tool<'a>(raw: &'a RawValue, ignored: &mut Hints) -> Result<Tool<'a>, Wrong> {
    let Kind { kind } = read_raw(raw)?;
    let kind = kind.ok_or_else(|| missing("type"))?;
    match &*kind {
        "function" => Ok(Tool::Function(function(read_raw(raw)?, ignored)?)),
        "custom" => Ok(Tool::Function(custom(read_raw(raw)?)?)),
        _ => Ok(Tool::Provider { kind, raw }),
    }
}

/// A custom tool that takes any text is a function to others. One that takes what a grammar allows is a promise that nobody else can
/// keep.
fn custom(tool: wire::Tool<'_>) -> Result<Function<'_>, Wrong> {
    refuse_unknown(&tool.rest)?;
    if tool.format.as_ref().is_some_and(|format| format.kind.as_deref() != Some("text")) {
        let message = "only OpenAI holds a model to a grammar: define a function, or take any text";
        return Err(Wrong::Foreign(Fault::new("format", message)));
    }
    refuse_callers(&tool)?;
    let name = tool.name.filter(|name| !name.is_empty()).ok_or_else(|| Fault::new("name", "is missing or empty"))?;
    Ok(crate::translate::custom::function(name, tool.description))
}

fn function<'a>(tool: wire::Tool<'a>, ignored: &mut Hints) -> Result<Function<'a>, Wrong> {
    refuse_unknown(&tool.rest)?;
    if tool.output_schema.is_some() {
        ignored.add("tools[].output_schema");
    }
    refuse_callers(&tool)?;
    let name = tool.name.filter(|name| !name.is_empty()).ok_or_else(|| Fault::new("name", "is missing or empty"))?;
    let description = tool.description;
    Ok(Function {
        name,
        description,
        parameters: tool.parameters.map(std::borrow::Cow::Borrowed),
        strict: tool.strict,
        cache: None,
    })
}

fn refuse_callers(tool: &wire::Tool<'_>) -> Result<(), Wrong> {
    let callers = tool.allowed_callers.as_deref().unwrap_or_default();
    for (field, given) in [
        ("defer_loading", tool.defer_loading == Some(true)),
        ("async", tool.is_async == Some(true)),
        ("allowed_callers", !callers.is_empty() && !callers.iter().any(|caller| caller == "direct")),
    ] {
        if given {
            return Err(Wrong::Foreign(Fault::new(field, "only OpenAI calls tools that way: remove it")));
        }
    }
    Ok(())
}

/// Which tools the model may or must call.
#[derive(Debug)]
pub(super) enum Chosen<'a> {
    Hub(ToolChoice<'a>),
    /// These functions only; whether one of them must be called.
    Allowed {
        names: Vec<Str<'a>>,
        required: bool,
    },
}

/// Reads `tool_choice`.
pub(super) fn choice(raw: Option<&RawValue>) -> Result<Option<Chosen<'_>>, Wrong> {
    let Some(raw) = raw else { return Ok(None) };
    if raw.get().starts_with('"') {
        return Ok(Some(Chosen::Hub(word(&read_raw::<Str<'_>>(raw)?)?)));
    }
    let choice: wire::ToolChoice<'_> = read_raw(raw)?;
    match choice.kind.as_deref() {
        Some("function" | "custom") => {
            refuse_unknown(&choice.rest)?;
            let name = choice.name.ok_or_else(|| missing("name"))?;
            Ok(Some(Chosen::Hub(ToolChoice::Function(name))))
        }
        Some("allowed_tools") => {
            refuse_unknown(&choice.rest)?;
            allowed(choice).map(Some)
        }
        Some(other) => {
            let message = format!("`{}` is a tool that only OpenAI has: choose a function", brief(other));
            Err(Wrong::Foreign(Fault::new("type", message)))
        }
        None => Err(missing("type").into()),
    }
}

fn word(word: &str) -> Result<ToolChoice<'static>, Fault> {
    match word {
        "auto" => Ok(ToolChoice::Auto),
        "none" => Ok(ToolChoice::None),
        "required" => Ok(ToolChoice::Required),
        other => {
            let message =
                format!("`{}` is not one of `auto`, `none` and `required`, nor an object that names a tool", brief(other));
            Err(Fault::new("", message))
        }
    }
}

fn allowed(choice: wire::ToolChoice<'_>) -> Result<Chosen<'_>, Wrong> {
    let required = match choice.mode.as_deref() {
        Some("auto") => false,
        Some("required") => true,
        _ => return Err(Fault::new("mode", "is not one of `auto` and `required`").into()),
    };
    let tools = choice.tools.ok_or_else(|| missing("tools"))?;
    let mut names = Vec::with_capacity(tools.len());
    for (at, tool) in tools.into_iter().enumerate() {
        names.push(chosen(tool).map_err(|wrong| wrong.within(format_args!("tools[{at}]")))?);
    }
    Ok(Chosen::Allowed { names, required })
}

fn chosen(tool: wire::ChosenTool<'_>) -> Result<Str<'_>, Wrong> {
    match tool.kind.as_deref() {
        Some("function" | "custom") => Ok(tool.name.ok_or_else(|| missing("name"))?),
        Some(other) => {
            let message = format!("`{}` is a tool that only OpenAI has: allow functions only", brief(other));
            Err(Wrong::Foreign(Fault::new("type", message)))
        }
        None => Err(missing("type").into()),
    }
}

/// The choice in the hub's terms; tools that are not allowed are not offered.
pub(super) fn apply<'a>(
    chosen: Option<Chosen<'a>>,
    tools: &mut Vec<Tool<'a>>,
    ignored: &mut Hints,
) -> Result<Option<ToolChoice<'a>>, Fault> {
    let (names, required) = match chosen {
        None => return Ok(None),
        Some(Chosen::Hub(choice)) => return Ok(Some(choice)),
        Some(Chosen::Allowed { names, required }) => (names, required),
    };
    let is = |tool: &Tool<'_>, name: &str| matches!(tool, Tool::Function(function) if function.name == *name);
    if let Some((at, name)) = names.iter().enumerate().find(|(_, name)| !tools.iter().any(|tool| is(tool, name))) {
        let message = format!("there is no function `{}` in `tools`", brief(name));
        return Err(Fault::new(format!("tool_choice.tools[{at}].name"), message));
    }
    let before = tools.len();
    tools.retain(|tool| names.iter().any(|name| is(tool, name)));
    if tools.len() < before {
        ignored.add("tools[] (not allowed by tool_choice, so not offered)");
    }
    Ok(Some(if required { ToolChoice::Required } else { ToolChoice::Auto }))
}

/// A client's word in a message of ours.
pub(super) fn brief(text: &str) -> std::borrow::Cow<'_, str> {
    crate::translate::plain::brief(text, crate::translate::plain::QUOTATION)
}
