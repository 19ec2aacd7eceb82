//! The top-level fields of a chat request, and its tools.

use super::super::check::{Fault, Node, Object};
use super::super::prompt::{Choice, Format, Prompt, Thinking};
use super::message::Messages;

const FIELDS: &[&str] = &[
    "citation_options",
    "documents",
    "frequency_penalty",
    "k",
    "logprobs",
    "max_tokens",
    "messages",
    "model",
    "p",
    "presence_penalty",
    "priority",
    "raw_prompting",
    "response_format",
    "safety_mode",
    "seed",
    "stop_sequences",
    "stream",
    "strict_tools",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
];

/// The most texts at which an answer stops.
const MOST_STOPS: usize = 5;

pub(super) fn read(body: &Node<'_>) -> Result<Prompt, Fault> {
    let body = body.object(FIELDS)?;
    let model = body.need("model")?;
    if model.string()?.is_empty() {
        return Err(model.rule("a model must be specified"));
    }
    let mut prompt = Prompt { model: model.string()?.to_owned(), parallel: true, choices: 1, ..Prompt::default() };
    Messages::new(&mut prompt).read(&body.need("messages")?)?;
    tools(&body, &mut prompt)?;
    documents(&body, &mut prompt)?;
    format(&body, &mut prompt)?;
    sampling(&body, &mut prompt)?;
    prompt.stream = body.optional("stream", |node| node.boolean())?.unwrap_or(false);
    prompt.logprobs = body.optional("logprobs", |node| node.boolean())?.unwrap_or(false);
    body.optional("thinking", |node| thinking(&node, &mut prompt))?;
    body.optional("safety_mode", |node| node.one_of(&["CONTEXTUAL", "STRICT", "OFF"]))?;
    body.optional("priority", |node| node.integer(0..=999))?;
    body.optional("raw_prompting", |node| node.boolean())?;
    if let Some(options) = body.get("citation_options") {
        let modes = &["ENABLED", "DISABLED", "FAST", "ACCURATE", "OFF", "enabled", "disabled", "fast", "accurate", "off"];
        options.object(&["mode"])?.optional("mode", |node| node.one_of(modes))?;
    }
    Ok(prompt)
}

fn tools(body: &Object<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    for tool in body.optional("tools", |node| node.array())?.into_iter().flatten() {
        let tool = tool.object(&["type", "function"])?;
        tool.need("type")?.one_of(&["function"])?;
        let function = tool.need("function")?.object(&["name", "description", "parameters"])?;
        let name = function.need("name")?;
        if name.string()?.is_empty() {
            return Err(name.rule("tool names must not be empty"));
        }
        function.optional("description", |node| node.string())?;
        let parameters = function.need("parameters")?;
        if parameters.any_object()?.optional("type", |node| node.string())? != Some("object") {
            return Err(parameters.rule("the parameters of a tool must be a JSON Schema of the type object"));
        }
        prompt.add_tool(name.string()?, Some(parameters.value()));
    }
    body.optional("strict_tools", |node| node.boolean())?;
    let Some(choice) = body.get("tool_choice") else { return Ok(()) };
    prompt.choice = if choice.one_of(&["REQUIRED", "NONE"])? == "NONE" { Choice::None } else { Choice::Required };
    if prompt.tools.is_empty() {
        return Err(choice.rule("tool_choice may only be specified while providing tools"));
    }
    Ok(())
}

/// Texts, or objects with a text.
fn documents(body: &Object<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    for document in body.optional("documents", |node| node.array())?.into_iter().flatten() {
        match document.string() {
            Ok(text) => prompt.count_text(text),
            Err(_) => {
                let object = document.object(&["id", "data"])?;
                object.optional("id", |node| node.string())?;
                object.need("data")?.any_object()?;
            }
        }
        prompt.add_document();
    }
    Ok(())
}

fn format(body: &Object<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    let Some(node) = body.get("response_format") else { return Ok(()) };
    let format = node.object(&["type", "json_schema", "schema"])?;
    let kind = format.need("type")?.one_of(&["text", "json_object"])?;
    let schema = format.get("json_schema").or_else(|| format.get("schema"));
    if let Some(schema) = &schema {
        schema.any_object()?;
        if kind == "text" {
            return Err(schema.rule("a schema needs the response format json_object"));
        }
    }
    // "The parameter is not supported when used in combinations with the documents or tools parameters."
    if kind == "json_object" && (!prompt.tools.is_empty() || body.get("documents").is_some()) {
        return Err(node.rule("json_object is not supported in combination with tools or documents"));
    }
    prompt.format = match schema {
        Some(schema) => Format::Schema(schema.value().clone()),
        None if kind == "json_object" => Format::JsonObject,
        None => Format::Text,
    };
    Ok(())
}

fn sampling(body: &Object<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    body.optional("temperature", |node| node.number(0.0..=1.0))?;
    body.optional("p", |node| node.number(0.01..=0.99))?;
    body.optional("k", |node| node.integer(0..=500))?;
    body.optional("seed", |node| node.integer(0..=i64::MAX))?;
    for penalty in ["frequency_penalty", "presence_penalty"] {
        body.optional(penalty, |node| node.number(0.0..=1.0))?;
    }
    let limit = body.optional("max_tokens", |node| node.integer(1..=i64::MAX))?;
    prompt.max_tokens = limit.and_then(|limit| u64::try_from(limit).ok());
    let stops = body.optional("stop_sequences", |node| node.array())?.unwrap_or_default();
    if stops.len() > MOST_STOPS {
        return Err(body.need("stop_sequences")?.rule(format!("at most {MOST_STOPS} stop sequences are allowed")));
    }
    prompt.stop = stops.iter().map(|stop| stop.string().map(str::to_owned)).collect::<Result<_, Fault>>()?;
    Ok(())
}

fn thinking(node: &Node<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    let thinking = node.object(&["type", "token_budget"])?;
    thinking.optional("token_budget", |node| node.integer(1..=i64::MAX))?;
    let kind = thinking.need("type")?.one_of(&["enabled", "disabled"])?;
    prompt.thinking = if kind == "enabled" { Thinking::Shown } else { Thinking::Off };
    Ok(())
}
