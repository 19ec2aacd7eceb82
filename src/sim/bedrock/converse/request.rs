//! The top-level fields of a conversation.

use serde_json::Value;

use super::super::super::check::{Fault, Node, Object};
use super::super::super::prompt::{Choice, Format, Prompt, Thinking};
use super::message::Messages;
use super::{block, tool};

/// What is asked for, with what only this API has.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) prompt: Prompt,
    /// Whether the stop sequence is told in the fields of the model.
    pub(super) wants_stop_sequence: bool,
}

const FIELDS: &[&str] = &[
    "additionalModelRequestFields",
    "additionalModelResponseFieldPaths",
    "guardrailConfig",
    "inferenceConfig",
    "messages",
    "outputConfig",
    "performanceConfig",
    "promptVariables",
    "requestMetadata",
    "serviceTier",
    "system",
    "toolConfig",
];

const COUNT_FIELDS: &[&str] = &["additionalModelRequestFields", "messages", "system", "toolConfig"];

/// The smallest budget of Anthropic's thinking.
const LEAST_BUDGET: i64 = 1024;

pub(super) fn read(body: &Node<'_>, model: &str) -> Result<Asked, Fault> {
    let body = body.object(FIELDS)?;
    let mut prompt = conversation(&body, model)?;
    inference(&body, &mut prompt)?;
    let budget = body.optional("additionalModelRequestFields", |node| additional(&node, &mut prompt))?.flatten();
    if let Some(budget) = budget {
        thinking_rules(&body, &prompt, budget)?;
    }
    body.optional("outputConfig", |node| output(&node, &mut prompt))?;
    the_rest(&body)?;
    let paths = body.optional("additionalModelResponseFieldPaths", |node| node.array())?.unwrap_or_default();
    let mut wants_stop_sequence = false;
    for path in &paths {
        if !path.string()?.starts_with('/') {
            return Err(path.rule("a path must be a JSON Pointer"));
        }
        wants_stop_sequence |= path.string()? == "/stop_sequence";
    }
    Ok(Asked { prompt, wants_stop_sequence })
}

pub(in super::super) fn read_count(body: &Node<'_>, model: &str) -> Result<Prompt, Fault> {
    let body = body.object(COUNT_FIELDS)?;
    body.optional("additionalModelRequestFields", |node| node.any_object())?;
    conversation(&body, model)
}

/// What both requests share.
fn conversation(body: &Object<'_>, model: &str) -> Result<Prompt, Fault> {
    let mut prompt = Prompt { model: model.to_owned(), parallel: true, choices: 1, ..Prompt::default() };
    for part in body.optional("system", |node| node.array())?.into_iter().flatten() {
        block::system(&part, &mut prompt)?;
    }
    let thinks = body.get("additionalModelRequestFields").is_some_and(|node| {
        node.value().get("thinking").and_then(|thinking| thinking.get("type")).is_some_and(|kind| kind == "enabled")
    });
    // The error for no messages at all is the one for their beginning.
    let messages = body.need("messages")?;
    let has_tools = body.get("toolConfig").is_some();
    Messages::new(&mut prompt, has_tools, thinks).read(&messages)?;
    body.optional("toolConfig", |node| tool::read(&node, &mut prompt))?;
    Ok(prompt)
}

fn inference(body: &Object<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    let Some(config) = body.get("inferenceConfig") else { return Ok(()) };
    let config = config.object(&["maxTokens", "stopSequences", "temperature", "topP"])?;
    let limit = config.optional("maxTokens", |node| node.integer(1..=i64::from(i32::MAX)))?;
    prompt.max_tokens = limit.and_then(|limit| u64::try_from(limit).ok());
    config.optional("temperature", |node| node.number(0.0..=1.0))?;
    config.optional("topP", |node| node.number(0.0..=1.0))?;
    for stop in config.optional("stopSequences", |node| node.array())?.into_iter().flatten() {
        match stop.string()? {
            "" => return Err(stop.rule("Member must have length greater than or equal to 1")),
            text => prompt.stop.push(text.to_owned()),
        }
    }
    Ok(())
}

/// What is the model's own. Of it the simulator knows how thinking is asked for; the budget, where one was given.
fn additional(node: &Node<'_>, prompt: &mut Prompt) -> Result<Option<i64>, Fault> {
    let fields = node.any_object()?;
    for key in ["reasoning_config", "reasoningConfig"] {
        let Some(config) = fields.get(key) else { continue };
        let kind = config.any_object()?.need("type")?.one_of(&["enabled", "disabled"])?;
        prompt.thinking = if kind == "enabled" { Thinking::Shown } else { Thinking::Off };
    }
    let Some(node) = fields.get("thinking") else { return Ok(None) };
    let thinking = node.object(&["type", "budget_tokens", "display"])?;
    let kind = thinking.need("type")?.one_of(&["enabled", "disabled", "adaptive"])?;
    let display = thinking.optional("display", |node| node.one_of(&["summarized", "omitted"]))?;
    prompt.thinking = match (kind, display) {
        ("disabled", _) => Thinking::Off,
        (_, Some("omitted")) => Thinking::Omitted,
        _ => Thinking::Shown,
    };
    if kind == "enabled" {
        return thinking.need("budget_tokens")?.integer(LEAST_BUDGET..=i64::MAX).map(Some);
    }
    Ok(None)
}

/// Anthropic's rules of thinking, told by the model.
fn thinking_rules(body: &Object<'_>, prompt: &Prompt, budget: i64) -> Result<(), Fault> {
    let broken = |what: &str| Err(body.rule(format!("The model returned the following errors: {what}")));
    if prompt.max_tokens.is_some_and(|limit| i64::try_from(limit).unwrap_or(i64::MAX) <= budget) {
        return broken("`max_tokens` must be greater than `thinking.budget_tokens`");
    }
    let temperature = body.get("inferenceConfig").and_then(|config| config.value().get("temperature").and_then(Value::as_f64));
    if temperature.is_some_and(|temperature| temperature < 1.0) {
        return broken("`temperature` may only be set to 1 when thinking is enabled.");
    }
    if matches!(prompt.choice, Choice::Required | Choice::Tool(_)) {
        return broken("Thinking may not be enabled when tool_choice forces tool use.");
    }
    Ok(())
}

/// A schema stands here as a text.
fn output(node: &Node<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    let Some(format) = node.object(&["textFormat"])?.get("textFormat") else { return Ok(()) };
    let format = format.object(&["type", "structure"])?;
    format.need("type")?.one_of(&["json_schema"])?;
    let schema = format.need("structure")?.object(&["jsonSchema"])?.need("jsonSchema")?;
    let schema = schema.object(&["schema", "name", "description"])?;
    schema.optional("name", |node| node.string())?;
    schema.optional("description", |node| node.string())?;
    let text = schema.need("schema")?;
    match serde_json::from_str::<Value>(text.string()?) {
        Ok(schema @ Value::Object(_)) => {
            prompt.format = Format::Schema(schema);
            Ok(())
        }
        _ => Err(text.rule("the schema must be a JSON object, written as a string")),
    }
}

fn the_rest(body: &Object<'_>) -> Result<(), Fault> {
    for (_, value) in body.optional("requestMetadata", |node| node.any_object())?.iter().flat_map(Object::fields) {
        value.string()?;
    }
    body.optional("promptVariables", |node| node.any_object())?;
    if let Some(performance) = body.get("performanceConfig") {
        performance.object(&["latency"])?.optional("latency", |node| node.one_of(&["standard", "optimized"]))?;
    }
    if let Some(tier) = body.get("serviceTier") {
        tier.object(&["type"])?.need("type")?.one_of(&["priority", "default", "flex", "reserved"])?;
    }
    if let Some(guardrail) = body.get("guardrailConfig") {
        let guardrail = guardrail.object(&["guardrailIdentifier", "guardrailVersion", "trace", "streamProcessingMode"])?;
        guardrail.optional("guardrailIdentifier", |node| node.string())?;
        guardrail.optional("guardrailVersion", |node| node.string())?;
        guardrail.optional("trace", |node| node.one_of(&["enabled", "disabled", "enabled_full"]))?;
        guardrail.optional("streamProcessingMode", |node| node.one_of(&["sync", "async"]))?;
    }
    Ok(())
}
