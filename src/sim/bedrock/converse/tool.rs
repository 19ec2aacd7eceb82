//! Tools and the choice among them.

use std::collections::HashSet;

use super::super::super::check::{Fault, Node};
use super::super::super::prompt::{Choice, Prompt};
use super::block;

/// Reads the configuration of tools.
pub(super) fn read(node: &Node<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    let config = node.object(&["tools", "toolChoice"])?;
    let tools = config.need("tools")?;
    let list = tools.array()?;
    if list.is_empty() {
        return Err(tools.rule("Member must have length greater than or equal to 1"));
    }
    let mut names = HashSet::new();
    for tool in &list {
        match block::one_of(tool, &["toolSpec", "systemTool", "cachePoint"])? {
            "toolSpec" => {
                let name = define(&tool.any_object()?.need("toolSpec")?, prompt)?;
                if !names.insert(name) {
                    return Err(tool.rule(format!("The tool {name} is already defined")));
                }
            }
            "systemTool" => drop(tool.any_object()?.need("systemTool")?.object(&["name"])?.need("name")?.string()?),
            _ => block::cache_point(tool)?,
        }
    }
    prompt.choice = config.optional("toolChoice", |node| choice(&node, prompt))?.unwrap_or_default();
    Ok(())
}

fn define<'a>(node: &Node<'a>, prompt: &mut Prompt) -> Result<&'a str, Fault> {
    let spec = node.object(&["name", "description", "inputSchema", "strict"])?;
    let name = spec.need("name")?.name(64)?;
    if let Some(description) = spec.get("description").filter(|node| node.value() == "") {
        return Err(description.rule("Member must have length greater than or equal to 1"));
    }
    spec.optional("description", |node| node.string())?;
    spec.optional("strict", |node| node.boolean())?;
    let schema = spec.need("inputSchema")?.object(&["json"])?.need("json")?;
    let kind = schema.any_object()?.optional("type", |node| node.string())?;
    if kind != Some("object") {
        let must = "The value at toolSpec.inputSchema.json.type must be one of the following: object.";
        return Err(schema.rule(must));
    }
    prompt.add_tool(name, Some(schema.value()));
    Ok(name)
}

fn choice(node: &Node<'_>, prompt: &Prompt) -> Result<Choice, Fault> {
    let kind = block::one_of(node, &["auto", "any", "tool"])?;
    let body = node.any_object()?.need(kind)?;
    if kind != "auto" && prompt.model.contains("meta.llama") {
        let field = format!("toolConfig.toolChoice.{kind}");
        return Err(node.rule(format!("This model doesn't support the {field} field. Remove {field} and try again.")));
    }
    match kind {
        "auto" => body.object(&[]).map(|_| Choice::Auto),
        "any" => body.object(&[]).map(|_| Choice::Required),
        _ => {
            let name = body.object(&["name"])?.need("name")?.name(64)?;
            if prompt.tools.iter().any(|tool| tool.name == name) {
                return Ok(Choice::Tool(name.to_owned()));
            }
            Err(node.rule(format!("The tool {name} of toolConfig.toolChoice is not defined")))
        }
    }
}
