//! `tools` and `tool_choice`.
//!
//! A function's schema is kept as the client wrote it, never parsed. A tool that is not a function keeps its whole JSON: only the
//! provider that it is meant for can say what it is. A function without a name is refused here, before a provider does it in less
//! clear words (field note 40).

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::parse::{missing, optional_cache_hint, refuse_unknown};
use super::wire;
use crate::translate::conversation::{Function, Tool, ToolChoice};
use crate::translate::fault::{Fault, read_raw};
use crate::translate::object::Rest;
use crate::translate::text::Str;

/// Each tool is read from its own raw JSON, because a tool that is not a function is kept as it is.
pub(super) fn tools(tools: Vec<&RawValue>) -> Result<Vec<Tool<'_>>, Fault> {
    let each = |(at, raw)| tool(raw).map_err(|f: Fault| f.within(format_args!("tools[{at}]")));
    tools.into_iter().enumerate().map(each).collect()
}

fn tool(raw: &RawValue) -> Result<Tool<'_>, Fault> {
    let tool: wire::Tool<'_> = match read_raw(raw) {
        Ok(tool) => tool,
        Err(fault) => return provider_tool(raw).ok_or(fault),
    };
    match (tool.kind, tool.function) {
        (None, None) => Err(missing("type")),
        (Some(kind), None) if kind == "function" => Err(missing("function")),
        (Some(kind), _) if kind == "custom" => custom(raw, kind),
        (Some(kind), _) if kind != "function" => Ok(Tool::Provider { kind, raw }),
        (_, Some(function)) => {
            refuse_unknown(&tool.rest)?;
            let outer = optional_cache_hint(tool.cache_control.as_ref())?;
            let mut function = self::function(function).map_err(|f| f.within("function"))?;
            function.cache = outer.or(function.cache);
            Ok(Tool::Function(function))
        }
        (_, None) => Err(missing("function")),
    }
}

/// A custom tool that takes any text is a function to others. One that takes what a grammar allows is a promise that nobody else can
/// keep.
fn custom<'a>(raw: &'a RawValue, kind: Str<'a>) -> Result<Tool<'a>, Fault> {
    let tool: wire::CustomTool<'a> = read_raw(raw)?;
    refuse_unknown(&tool.rest)?;
    let custom = tool.custom.ok_or_else(|| missing("custom"))?;
    if custom.format.as_ref().is_some_and(|format| format.kind.as_deref() != Some("text")) {
        return Ok(Tool::Provider { kind, raw });
    }
    refuse_unknown(&custom.rest).map_err(|fault| fault.within("custom"))?;
    let name = custom.name.filter(|name| !name.is_empty()).ok_or_else(|| missing("custom.name"))?;
    Ok(Tool::Function(crate::translate::custom::function(name, custom.description)))
}

/// A vendor's tool may use our fields for something else (`function: "name"`): it is still that vendor's tool.
fn provider_tool(raw: &RawValue) -> Option<Tool<'_>> {
    #[derive(serde::Deserialize)]
    struct Kind<'a> {
        #[serde(borrow, rename = "type")]
        kind: Str<'a>,
    }
    let Kind { kind } = serde_json::from_str(raw.get()).ok()?;
    (kind != "function").then_some(Tool::Provider { kind, raw })
}

fn function(function: wire::Function<'_>) -> Result<Function<'_>, Fault> {
    refuse_unknown(&function.rest)?;
    let cache = optional_cache_hint(function.cache_control.as_ref())?;
    let name = function.name.ok_or_else(|| missing("name"))?;
    if name.is_empty() {
        return Err(Fault::new("name", "must not be empty"));
    }
    Ok(Function {
        name,
        description: function.description,
        parameters: function.parameters.map(Cow::Borrowed),
        strict: function.strict,
        cache,
    })
}

/// `allowed_tools` has no place in the hub: it stays in `extras`, under its field's name.
pub(super) fn choice<'a>(raw: Option<&'a RawValue>, extras: &mut Rest<'a>) -> Result<Option<ToolChoice<'a>>, Fault> {
    let Some(raw) = raw else { return Ok(None) };
    let within = |fault: Fault| fault.within("tool_choice");
    if raw.get().starts_with('"') {
        return word(&read_raw::<Str<'a>>(raw).map_err(within)?).map(Some).map_err(within);
    }
    let choice: wire::ToolChoice<'a> = read_raw(raw).map_err(within)?;
    match (choice.kind.as_deref(), choice.function) {
        (None | Some("function"), Some(function)) => {
            refuse_unknown(&choice.rest).map_err(within)?;
            let name = function.name.ok_or_else(|| missing("tool_choice.function.name"))?;
            Ok(Some(ToolChoice::Function(name)))
        }
        (Some("custom"), _) => {
            refuse_unknown(&choice.rest).map_err(within)?;
            let named = choice.custom.and_then(|custom| custom.name);
            Ok(Some(ToolChoice::Function(named.ok_or_else(|| missing("tool_choice.custom.name"))?)))
        }
        (Some("allowed_tools"), _) => {
            extras.push(("tool_choice".into(), raw));
            Ok(None)
        }
        (None, None) => Err(missing("tool_choice.type")),
        (Some("function"), None) => Err(missing("tool_choice.function")),
        (Some(other), _) => {
            Err(Fault::new("tool_choice.type", format!("`{other}` is not one of `function`, `allowed_tools` and `custom`")))
        }
    }
}

fn word(word: &str) -> Result<ToolChoice<'static>, Fault> {
    match word {
        "auto" => Ok(ToolChoice::Auto),
        "none" => Ok(ToolChoice::None),
        // `any` is what Mistral and others call it.
        "required" | "any" => Ok(ToolChoice::Required),
        other => {
            Err(Fault::new("", format!("`{other}` is not one of `auto`, `none` and `required`, nor an object that names a tool")))
        }
    }
}
