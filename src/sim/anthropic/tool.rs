//! Tools and tool choice of a messages request.

use std::collections::HashSet;

use super::super::check::{Fault, Node, Object};
use super::super::prompt::{Choice, Prompt};
use super::super::strict;
use super::block;

/// Beginnings of the types of tools that Anthropic defines or runs itself.
const PROVIDER_TOOLS: &[&str] = &[
    "bash_",
    "browser_toolset_",
    "code_execution_",
    "computer_",
    "memory_",
    "text_editor_",
    "tool_search_tool_",
    "web_fetch_",
    "web_search_",
];

const CUSTOM_FIELDS: &[&str] = &[
    "type",
    "name",
    "description",
    "input_schema",
    "cache_control",
    "strict",
    "allowed_callers",
    "defer_loading",
    "eager_input_streaming",
    "input_examples",
];

/// Reads tools and the choice among them. Returns the tools' cache marks.
pub(super) fn read(body: &Object<'_>, prompt: &mut Prompt) -> Result<usize, Fault> {
    let tools = body.optional("tools", |node| node.array())?.unwrap_or_default();
    let mut marks = 0;
    let mut names = HashSet::new();
    for tool in &tools {
        let name = define(tool, prompt)?;
        if !names.insert(name) {
            return Err(tool.rule("Tool names must be unique."));
        }
        marks += block::mark(tool)?;
    }
    let Some(choice) = body.get("tool_choice") else { return Ok(marks) };
    if tools.is_empty() {
        return Err(choice.rule("may only be specified while providing tools"));
    }
    read_choice(&choice, prompt, &names)?;
    Ok(marks)
}

fn define<'a>(node: &Node<'a>, prompt: &mut Prompt) -> Result<&'a str, Fault> {
    let any = node.any_object()?;
    let kind = any.optional("type", |node| node.string())?.unwrap_or("custom");
    if kind != "custom" {
        if PROVIDER_TOOLS.iter().any(|known| kind.starts_with(known)) {
            return any.optional("name", |node| node.string()).map(|name| name.unwrap_or(kind));
        }
        return Err(any.need("type")?.rule(format!("Input tag '{kind}' does not match any of the expected tags")));
    }
    let tool = node.object(CUSTOM_FIELDS)?;
    let name = tool.need("name")?.name(128)?;
    tool.optional("description", |node| node.string())?;
    let schema = tool.need("input_schema")?;
    schema.any_object()?.need("type")?.one_of(&["object"])?;
    if tool.optional("strict", |node| node.boolean())?.unwrap_or(false) {
        strict::check(schema.value(), strict::Rules::Anthropic).map_err(|broken| schema.rule(broken))?;
    }
    prompt.add_tool(name, Some(schema.value()));
    Ok(name)
}

fn read_choice(node: &Node<'_>, prompt: &mut Prompt, names: &HashSet<&str>) -> Result<(), Fault> {
    let kind = node.any_object()?.need("type")?.one_of(&["auto", "any", "tool", "none"])?;
    let fields: &[&str] = match kind {
        "none" => &["type"],
        "tool" => &["type", "name", "disable_parallel_tool_use"],
        _ => &["type", "disable_parallel_tool_use"],
    };
    let choice = node.object(fields)?;
    prompt.parallel = !choice.optional("disable_parallel_tool_use", |node| node.boolean())?.unwrap_or(false);
    prompt.choice = match kind {
        "auto" => Choice::Auto,
        "any" => Choice::Required,
        "none" => Choice::None,
        _ => {
            let name = choice.need("name")?;
            if !names.contains(name.string()?) {
                return Err(name.rule(format!("Tool '{}' not found in provided tools", name.string()?)));
            }
            Choice::Tool(name.string()?.to_owned())
        }
    };
    Ok(())
}
