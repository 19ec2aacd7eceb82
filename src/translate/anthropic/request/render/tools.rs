//! `tools` and `tool_choice`.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use super::blocks::CacheControl;
use crate::translate::anthropic::brief;
use crate::translate::conversation::{self, Conversation, Function, ToolChoice};
use crate::translate::fault::Fault;
use crate::translate::schema::object_schema;

/// A tool, ready to be written.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Tool<'c> {
    Custom(Custom<'c>),
    /// One that Anthropic defines, as it came.
    Defined(&'c RawValue),
}

#[derive(Serialize)]
pub(super) struct Custom<'c> {
    name: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'c str>,
    input_schema: Cow<'c, RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

pub(super) fn tools<'c>(tools: &'c [conversation::Tool<'c>]) -> Result<Vec<Tool<'c>>, Fault> {
    let each = |(at, tool)| self::tool(tool).map_err(|fault| fault.within(format_args!("tools[{at}]")));
    tools.iter().enumerate().map(each).collect()
}

fn tool<'c>(tool: &'c conversation::Tool<'c>) -> Result<Tool<'c>, Fault> {
    match tool {
        conversation::Tool::Function(function) => custom(function).map(Tool::Custom),
        conversation::Tool::Provider { kind, raw } if is_anthropics(kind) => Ok(Tool::Defined(raw)),
        conversation::Tool::Provider { kind, .. } => {
            let message = format!("a tool of the type `{}` is not one that Anthropic has: offer a function", brief(kind));
            Err(Fault::new("type", message))
        }
    }
}

/// The types of Anthropic's own tools end in the day of their version (`web_search_20250305`), but for MCP servers.
fn is_anthropics(kind: &str) -> bool {
    kind == "mcp_toolset"
        || kind.rsplit_once('_').is_some_and(|(_, day)| day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit()))
}

fn custom<'c>(function: &'c Function<'c>) -> Result<Custom<'c>, Fault> {
    Ok(Custom {
        name: &function.name,
        description: function.description.as_deref().filter(|text| !text.is_empty()),
        input_schema: object_schema(function.parameters.as_deref()).map_err(|fault| fault.within("function.parameters"))?,
        strict: function.strict.filter(|strict| *strict),
        cache_control: function.cache.map(CacheControl::from),
    })
}

/// `tool_choice`, ready to be written.
#[derive(Serialize)]
pub(super) struct Choice<'c> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'c str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    disable_parallel_tool_use: bool,
}

/// Anthropic rejects a choice where there are no tools; there `auto` and `none` say nothing.
pub(super) fn choice<'c>(conversation: &'c Conversation<'c>) -> Result<Option<Choice<'c>>, Fault> {
    let alone = conversation.parallel_tool_calls == Some(false);
    let (kind, name) = match &conversation.tool_choice {
        Some(ToolChoice::Required | ToolChoice::Function(_)) if conversation.tools.is_empty() => {
            return Err(Fault::new("tool_choice", "forces a tool where no tools are offered"));
        }
        _ if conversation.tools.is_empty() => return Ok(None),
        None if alone => ("auto", None),
        None => return Ok(None),
        Some(ToolChoice::Auto) => ("auto", None),
        Some(ToolChoice::None) => return Ok(Some(Choice { kind: "none", name: None, disable_parallel_tool_use: false })),
        Some(ToolChoice::Required) => ("any", None),
        Some(ToolChoice::Function(name)) => ("tool", Some(&**name)),
    };
    Ok(Some(Choice { kind, name, disable_parallel_tool_use: alone }))
}
