//! Tools and the choice among them.

use std::collections::HashSet;

use super::super::check::{Fault, Node, Object};
use super::super::error::Api;
use super::super::prompt::{Choice, Prompt, Tool};
use super::schema;

/// Tools that Google runs itself; the simulator calls none of them.
const OTHERS: &[&str] = &[
    "codeExecution",
    "computerUse",
    "enterpriseWebSearch",
    "fileSearch",
    "googleMaps",
    "googleSearch",
    "googleSearchRetrieval",
    "retrieval",
    "urlContext",
];

/// What content may be harmful by.
pub(super) const CATEGORIES: &[&str] = &[
    "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "HARM_CATEGORY_DANGEROUS_CONTENT",
    "HARM_CATEGORY_HARASSMENT",
    "HARM_CATEGORY_CIVIC_INTEGRITY",
    "HARM_CATEGORY_JAILBREAK",
];

/// How harmful it may be.
pub(super) const THRESHOLDS: &[&str] = &[
    "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
    "BLOCK_LOW_AND_ABOVE",
    "BLOCK_MEDIUM_AND_ABOVE",
    "BLOCK_ONLY_HIGH",
    "BLOCK_NONE",
    "OFF",
];

/// The longest name of a function.
const LONGEST_NAME: usize = 64;

pub(super) fn read(body: &Object<'_>, api: Api, prompt: &mut Prompt) -> Result<(), Fault> {
    let mut names = HashSet::new();
    let mut declares = false;
    for tool in body.optional("tools", |node| node.array())?.into_iter().flatten() {
        let fields = [&["functionDeclarations"], OTHERS].concat();
        let object = tool.object(&fields)?;
        for other in OTHERS {
            object.optional(other, |node| node.any_object())?;
        }
        let Some(declarations) = object.get("functionDeclarations") else { continue };
        if std::mem::replace(&mut declares, true) {
            return Err(tool.rule("Multiple tools are supported only when they are all search tools."));
        }
        for declaration in declarations.array()? {
            let name = declare(&declaration, api, prompt)?;
            if !names.insert(name) {
                return Err(declaration.rule(format!("Duplicate function declaration found: {name}")));
            }
        }
    }
    body.optional("toolConfig", |node| config(&node, prompt))?;
    Ok(())
}

fn declare<'a>(node: &Node<'a>, api: Api, prompt: &mut Prompt) -> Result<&'a str, Fault> {
    let fields = ["name", "description", "parameters", "parametersJsonSchema", "response", "responseJsonSchema", "behavior"];
    let function = node.object(&fields)?;
    let name = name(&function.need("name")?)?;
    function.optional("description", |node| node.string())?;
    let (older, newer) = (function.get("parameters"), function.get("parametersJsonSchema"));
    if let (Some(_), Some(newer)) = (&older, &newer) {
        return Err(newer.rule("parameters_json_schema must not be set together with parameters"));
    }
    if let Some(parameters) = &older {
        schema::check(parameters, api)?;
        let kind = parameters.value().get("type").and_then(serde_json::Value::as_str).unwrap_or_default();
        if !kind.eq_ignore_ascii_case("object") {
            return Err(parameters.rule("should be of type OBJECT"));
        }
    }
    if let Some(parameters) = &newer {
        parameters.any_object()?;
    }
    let schema = older.or(newer).map(|node| schema::lowered(node.value()));
    prompt.add_tool(name, schema.as_ref());
    Ok(name)
}

/// The name of a function.
pub(super) fn name<'a>(node: &Node<'a>) -> Result<&'a str, Fault> {
    let name = node.string()?;
    if name.is_empty() {
        return Err(node.rule("Name cannot be empty."));
    }
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let fits = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte));
    if begins && fits && name.len() <= LONGEST_NAME {
        return Ok(name);
    }
    Err(node.rule(format!(
        "Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots \
         (.), colons (:) or dashes (-), with a maximum length of {LONGEST_NAME}."
    )))
}

fn config(node: &Node<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    let config = node.object(&["functionCallingConfig", "retrievalConfig"])?;
    config.optional("retrievalConfig", |node| node.any_object())?;
    let Some(calling) = config.get("functionCallingConfig") else { return Ok(()) };
    let calling = calling.object(&["mode", "allowedFunctionNames", "streamFunctionCallArguments"])?;
    calling.optional("streamFunctionCallArguments", |node| node.boolean())?;
    let modes: &[&str] = &["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"];
    let mode = calling.optional("mode", |node| node.one_of(modes))?.unwrap_or("AUTO");
    let allowed = calling.optional("allowedFunctionNames", |node| node.array())?.unwrap_or_default();
    if let Some(first) = allowed.first().filter(|_| !["ANY", "VALIDATED"].contains(&mode)) {
        return Err(first.rule("allowed_function_names should only be set when function_calling_config.mode is ANY or VALIDATED"));
    }
    for name in &allowed {
        let known = name.string()?;
        if !prompt.tools.iter().any(|tool| tool.name == known) {
            return Err(name.rule(format!("`{known}` in allowed_function_names is not a declared function")));
        }
    }
    if !allowed.is_empty() {
        let is_allowed = |tool: &Tool| allowed.iter().any(|name| name.string().is_ok_and(|name| name == tool.name));
        prompt.tools.retain(is_allowed);
    }
    prompt.choice = match mode {
        "NONE" => Choice::None,
        "ANY" if prompt.tools.is_empty() => {
            return Err(node.rule("Function calling config is set without function_declarations."));
        }
        "ANY" => Choice::Required,
        _ => Choice::Auto,
    };
    Ok(())
}
