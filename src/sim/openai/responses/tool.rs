//! Tools and tool choice of a request for a response: as for chat completions, but flat.

use super::super::super::check::{Fault, Node, Object};
use super::super::super::prompt::{Choice, Prompt};
use super::super::tool::function;

/// Tools that the provider runs itself, or that take no JSON; the simulator calls none of them.
const OTHERS: &[&str] = &[
    "apply_patch",
    "code_interpreter",
    "computer",
    "computer_use_preview",
    "custom",
    "file_search",
    "image_generation",
    "local_shell",
    "mcp",
    "namespace",
    "shell",
    "tool_search",
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
];

pub(super) fn read(body: &Object<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    for tool in body.optional("tools", |node| node.array())?.into_iter().flatten() {
        let kind = tool.any_object()?.need("type")?;
        if OTHERS.contains(&kind.string()?) {
            continue;
        }
        kind.one_of(&["function"])?;
        let fields = ["type", "name", "description", "parameters", "strict", "allowed_callers", "defer_loading", "output_schema"];
        function(&tool.object(&fields)?, prompt)?;
    }
    prompt.parallel = body.optional("parallel_tool_calls", |node| node.boolean())?.unwrap_or(true);
    prompt.choice = body.optional("tool_choice", |node| choice(&node, prompt))?.unwrap_or_default();
    Ok(())
}

fn choice(node: &Node<'_>, prompt: &Prompt) -> Result<Choice, Fault> {
    let required = || match prompt.tools.is_empty() {
        true => Err(node.rule("Tool choice 'required' must be specified with 'tools' parameter.")),
        false => Ok(Choice::Required),
    };
    if node.string().is_ok() {
        return match node.one_of(&["none", "auto", "required"])? {
            "none" => Ok(Choice::None),
            "auto" => Ok(Choice::Auto),
            _ => required(),
        };
    }
    let object = node.any_object()?;
    let kind = object.need("type")?;
    match kind.string()? {
        "function" => {
            let name = node.object(&["type", "name"])?.need("name")?.string()?;
            if prompt.tools.iter().any(|tool| tool.name == name) {
                return Ok(Choice::Tool(name.to_owned()));
            }
            Err(node.rule(format!("Tool choice 'function' not found in 'tools' parameter: '{name}'.")))
        }
        "allowed_tools" => {
            let allowed = node.object(&["type", "mode", "tools"])?;
            allowed.need("tools")?.array()?;
            match allowed.need("mode")?.one_of(&["auto", "required"])? {
                "auto" => Ok(Choice::Auto),
                _ => required(),
            }
        }
        other if OTHERS.contains(&other) => Ok(Choice::Auto),
        _ => kind.one_of(&["function", "allowed_tools"]).map(|_| Choice::Auto),
    }
}
