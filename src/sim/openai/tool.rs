//! Tools, tool choice and response format of a chat completion request.

use super::super::check::{Fault, Node, Object};
use super::super::prompt::{Choice, Format, Prompt};
use super::super::strict;

/// The most tools of a request.
const MOST: usize = 128;

pub(super) fn read(body: &Object<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    let tools = body.get("tools");
    if let Some(tools) = &tools {
        let list = tools.array()?;
        if list.is_empty() || list.len() > MOST {
            return Err(tools.rule(format!("expected an array with 1 to {MOST} elements, but got {}", list.len())));
        }
        for tool in list {
            define(&tool, prompt)?;
        }
    }
    for needs_tools in ["tool_choice", "parallel_tool_calls"] {
        if let (None, Some(node)) = (&tools, body.get(needs_tools)) {
            return Err(node.rule(format!("'{needs_tools}' is only allowed when 'tools' are specified")));
        }
    }
    prompt.parallel = body.optional("parallel_tool_calls", |node| node.boolean())?.unwrap_or(true);
    prompt.choice = body.optional("tool_choice", |node| choice(&node, prompt))?.unwrap_or_default();
    Ok(())
}

fn define(node: &Node<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    let tool = node.object(&["type", "function", "custom"])?;
    if tool.need("type")?.one_of(&["function", "custom"])? == "custom" {
        // Known, counted by no one and never called: the simulator writes JSON arguments only.
        let custom = tool.need("custom")?.object(&["name", "description", "format"])?;
        custom.need("name")?.name(128)?;
        return Ok(());
    }
    function(&tool.need("function")?.object(&["name", "description", "parameters", "strict"])?, prompt)
}

/// What a function is like, wherever its fields stand.
pub(super) fn function(function: &Object<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    let name = function.need("name")?.name(64)?;
    function.optional("description", |node| node.string())?;
    let is_strict = function.optional("strict", |node| node.boolean())?.unwrap_or(false);
    let parameters = function.get("parameters");
    if let Some(parameters) = &parameters {
        parameters.any_object()?;
        let kind = parameters.value().get("type").and_then(serde_json::Value::as_str);
        if kind.is_some_and(|kind| kind != "object") {
            let message = format!("Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"'.");
            return Err(parameters.rule(message));
        }
        if is_strict {
            strict::check(parameters.value(), strict::Rules::OpenAi)
                .map_err(|broken| parameters.rule(format!("Invalid schema for function '{name}': {broken}")))?;
        }
    }
    prompt.add_tool(name, parameters.map(|node| node.value()));
    Ok(())
}

fn choice(node: &Node<'_>, prompt: &Prompt) -> Result<Choice, Fault> {
    if node.string().is_ok() {
        return Ok(match node.one_of(&["none", "auto", "required"])? {
            "none" => Choice::None,
            "auto" => Choice::Auto,
            _ => Choice::Required,
        });
    }
    let object = node.object(&["type", "function", "custom", "allowed_tools"])?;
    match object.need("type")?.one_of(&["function", "custom", "allowed_tools"])? {
        "function" => {
            let name = object.need("function")?.object(&["name"])?.need("name")?.string()?;
            if prompt.tools.iter().any(|tool| tool.name == name) {
                return Ok(Choice::Tool(name.to_owned()));
            }
            Err(node.rule(format!("Tool choice '{name}' not found in 'tools' parameter.")))
        }
        "custom" => {
            object.need("custom")?.object(&["name"])?.need("name")?.string()?;
            Ok(Choice::Auto)
        }
        _ => {
            let allowed = object.need("allowed_tools")?.object(&["mode", "tools"])?;
            allowed.need("tools")?.array()?;
            let mode = allowed.need("mode")?.one_of(&["auto", "required"])?;
            Ok(if mode == "required" { Choice::Required } else { Choice::Auto })
        }
    }
}

pub(super) fn read_format(body: &Object<'_>, prompt: &mut Prompt, mentions_json: bool) -> Result<(), Fault> {
    let Some(node) = body.get("response_format") else { return Ok(()) };
    let format = node.object(&["type", "json_schema"])?;
    prompt.format = match format.need("type")?.one_of(&["text", "json_object", "json_schema"])? {
        "text" => Format::Text,
        "json_object" if !mentions_json => {
            let word = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
            return Err(body.need("messages")?.rule(word));
        }
        "json_object" => Format::JsonObject,
        _ => json_schema(&format.need("json_schema")?.object(&["name", "description", "schema", "strict"])?)?,
    };
    Ok(())
}

/// The shape of an answer, wherever its fields stand.
pub(super) fn json_schema(format: &Object<'_>) -> Result<Format, Fault> {
    let name = format.need("name")?.name(64)?;
    format.optional("description", |node| node.string())?;
    let is_strict = format.optional("strict", |node| node.boolean())?.unwrap_or(false);
    let Some(schema) = format.get("schema") else { return Ok(Format::JsonObject) };
    schema.any_object()?;
    if is_strict {
        strict::check(schema.value(), strict::Rules::OpenAi)
            .map_err(|broken| schema.rule(format!("Invalid schema for response_format '{name}': {broken}")))?;
    }
    Ok(Format::Schema(schema.value().clone()))
}
