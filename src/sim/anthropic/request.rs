//! The top-level fields of a messages request.

use super::super::check::{Fault, Node, Object};
use super::super::prompt::{Choice, Format, Prompt, Thinking};
use super::super::strict;
use super::message::Messages;
use super::{Version, block, tool};

const FIELDS: &[&str] = &[
    "cache_control",
    "container",
    "context_management",
    "diagnostics",
    "inference_geo",
    "max_tokens",
    "mcp_servers",
    "messages",
    "metadata",
    "model",
    "output_config",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
];

const COUNT_FIELDS: &[&str] = &[
    "cache_control",
    "context_management",
    "mcp_servers",
    "messages",
    "model",
    "output_config",
    "speed",
    "system",
    "thinking",
    "tool_choice",
    "tools",
];

/// The smallest budget of thinking.
const LEAST_BUDGET: i64 = 1024;

/// The most places at which a request may mark its prompt as cacheable.
const MOST_CACHE_MARKS: usize = 4;

pub(super) fn read(body: &Node<'_>, version: Version) -> Result<Prompt, Fault> {
    let body = body.object(FIELDS)?;
    let limit = body.need("max_tokens")?.integer(0..=i64::MAX)?;
    let mut prompt = conversation(&body, version)?;
    prompt.max_tokens = u64::try_from(limit).ok();
    let budget = thinking(&body, &mut prompt)?;
    if budget.is_some_and(|budget| budget >= limit) {
        return Err(body.need("max_tokens")?.rule("`max_tokens` must be greater than `thinking.budget_tokens`"));
    }
    sampling(&body, version, budget.is_some())?;
    if budget.is_some() && matches!(prompt.choice, Choice::Required | Choice::Tool(_)) {
        return Err(body.need("tool_choice")?.rule("Thinking may not be enabled when tool_choice forces tool use."));
    }
    prompt.stop = stop_sequences(&body)?;
    prompt.stream = body.optional("stream", |node| node.boolean())?.unwrap_or(false);
    the_rest(&body)?;
    Ok(prompt)
}

pub(super) fn read_count(body: &Node<'_>, version: Version) -> Result<Prompt, Fault> {
    let body = body.object(COUNT_FIELDS)?;
    let mut prompt = conversation(&body, version)?;
    thinking(&body, &mut prompt)?;
    Ok(prompt)
}

/// What both requests share.
fn conversation(body: &Object<'_>, version: Version) -> Result<Prompt, Fault> {
    let model = body.need("model")?;
    let name = model.string()?;
    if name.is_empty() {
        return Err(model.rule("String should have at least 1 character"));
    }
    let mut prompt = Prompt { model: name.to_owned(), ..Prompt::default() };
    let mut marks = body.optional("cache_control", |node| block::cache_control(&node))?.map_or(0, |()| 1);
    if let Some(system) = body.get("system") {
        marks += block::system(&system, &mut prompt)?;
    }
    let manual = body.get("thinking").and_then(|node| node.value().get("type").map(|kind| kind == "enabled")).unwrap_or(false);
    marks += Messages::new(&mut prompt, version, manual).read(&body.need("messages")?)?;
    marks += tool::read(body, &mut prompt)?;
    if marks > MOST_CACHE_MARKS {
        let most = format!("A maximum of {MOST_CACHE_MARKS} blocks with cache_control may be provided. Found {marks}.");
        return Err(body.need("messages")?.rule(most));
    }
    body.optional("output_config", |node| output_config(&node, &mut prompt))?;
    body.optional("speed", |node| node.one_of(&["standard", "fast"]))?;
    Ok(prompt)
}

fn output_config(node: &Node<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    let config = node.object(&["effort", "format"])?;
    config.optional("effort", |node| node.one_of(&["low", "medium", "high", "xhigh", "max"]))?;
    let Some(format) = config.get("format") else { return Ok(()) };
    let format = format.object(&["type", "schema"])?;
    format.need("type")?.one_of(&["json_schema"])?;
    let schema = format.need("schema")?;
    schema.any_object()?;
    strict::check(schema.value(), strict::Rules::Anthropic).map_err(|broken| schema.rule(broken))?;
    prompt.format = Format::Schema(schema.value().clone());
    Ok(())
}

/// How the model shall think; the budget, where one was given.
fn thinking(body: &Object<'_>, prompt: &mut Prompt) -> Result<Option<i64>, Fault> {
    let Some(node) = body.get("thinking") else { return Ok(None) };
    let thinking = node.object(&["type", "budget_tokens", "display"])?;
    let kind = thinking.need("type")?.one_of(&["enabled", "disabled", "between_tools", "adaptive"])?;
    let display = thinking.optional("display", |node| node.one_of(&["summarized", "omitted"]))?;
    let budget = thinking.get("budget_tokens");
    prompt.thinking = match (kind, display) {
        ("disabled", _) => Thinking::Off,
        ("between_tools", _) if prompt.last.results.is_empty() => Thinking::Off,
        (_, Some("omitted")) => Thinking::Omitted,
        _ => Thinking::Shown,
    };
    match (kind, budget) {
        ("enabled", _) => Ok(Some(thinking.need("budget_tokens")?.integer(LEAST_BUDGET..=i64::MAX)?)),
        (_, Some(budget)) => Err(budget.rule("Extra inputs are not permitted")),
        _ => Ok(None),
    }
}

fn sampling(body: &Object<'_>, version: Version, thinks: bool) -> Result<(), Fault> {
    for name in ["temperature", "top_p", "top_k"] {
        if let (Version::V2026, Some(node)) = (version, body.get(name)) {
            return Err(node.rule("not supported in API version 2026-10-21"));
        }
    }
    let temperature = body.optional("temperature", |node| node.number(0.0..=1.0))?;
    body.optional("top_p", |node| node.number(0.0..=1.0))?;
    body.optional("top_k", |node| node.integer(0..=i64::MAX))?;
    if !thinks {
        return Ok(());
    }
    if temperature.is_some_and(|temperature| temperature < 1.0) {
        return Err(body.need("temperature")?.rule("`temperature` may only be set to 1 when thinking is enabled."));
    }
    match body.get("top_k") {
        Some(node) => Err(node.rule("`top_k` must be unset when thinking is enabled.")),
        None => Ok(()),
    }
}

fn stop_sequences(body: &Object<'_>) -> Result<Vec<String>, Fault> {
    let list = body.optional("stop_sequences", |node| node.array())?.unwrap_or_default();
    let checked = list.iter().map(|node| match node.string()? {
        text if text.trim().is_empty() => Err(node.rule("each stop sequence must contain non-whitespace")),
        text => Ok(text.to_owned()),
    });
    checked.collect()
}

fn the_rest(body: &Object<'_>) -> Result<(), Fault> {
    body.optional("service_tier", |node| node.one_of(&["auto", "standard_only"]))?;
    body.optional("inference_geo", |node| node.string())?;
    body.optional("diagnostics", |node| node.any_object())?;
    body.optional("context_management", |node| node.any_object())?;
    body.optional("mcp_servers", |node| node.array())?;
    if let Some(metadata) = body.get("metadata") {
        metadata.object(&["user_id"])?.optional("user_id", |node| node.string())?;
    }
    Ok(())
}
