//! The top-level fields of a request for a response.

use super::super::super::check::{Fault, Node, Object};
use super::super::super::prompt::{Format, Prompt, Thinking};
use super::super::request::{EFFORTS, metadata, model};
use super::super::tool::json_schema;
use super::input::Input;
use super::tool;

/// What is asked for, with what only this API has.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) prompt: Prompt,
    /// Whether reasoning is given encrypted.
    pub(super) encrypted: bool,
}

const FIELDS: &[&str] = &[
    "background",
    "context_management",
    "conversation",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

const COUNT_FIELDS: &[&str] = &[
    "conversation",
    "input",
    "instructions",
    "model",
    "parallel_tool_calls",
    "personality",
    "previous_response_id",
    "reasoning",
    "text",
    "tool_choice",
    "tools",
    "truncation",
];

const INCLUDES: &[&str] = &[
    "code_interpreter_call.outputs",
    "computer_call_output.output.image_url",
    "file_search_call.results",
    "message.input_image.image_url",
    "message.output_text.logprobs",
    "reasoning.encrypted_content",
    "web_search_call.action.sources",
    "web_search_call.results",
];

/// The smallest limit of an answer's tokens.
const LEAST_OUTPUT: i64 = 16;

pub(super) fn read(body: &Node<'_>) -> Result<Asked, Fault> {
    let body = body.object(FIELDS)?;
    let mut prompt = conversation(&body, model(&body)?)?;
    prompt.choices = 1;
    let limit = body.optional("max_output_tokens", |node| node.integer(LEAST_OUTPUT..=i64::MAX))?;
    prompt.max_tokens = limit.and_then(|limit| u64::try_from(limit).ok());
    body.optional("temperature", |node| node.number(0.0..=2.0))?;
    body.optional("top_p", |node| node.number(0.0..=1.0))?;
    body.optional("top_logprobs", |node| node.integer(0..=20))?;
    streaming(&body, &mut prompt)?;
    let mut encrypted = false;
    for include in body.optional("include", |node| node.array())?.into_iter().flatten() {
        match include.one_of(INCLUDES)? {
            "reasoning.encrypted_content" => encrypted = true,
            "message.output_text.logprobs" => prompt.logprobs = true,
            _ => {}
        }
    }
    the_rest(&body)?;
    Ok(Asked { prompt, encrypted })
}

pub(super) fn read_count(body: &Node<'_>) -> Result<Prompt, Fault> {
    let body = body.object(COUNT_FIELDS)?;
    let model = body.optional("model", |node| node.string())?.unwrap_or_default().to_owned();
    body.optional("personality", |node| node.string())?;
    conversation(&body, model)
}

/// What both requests share.
fn conversation(body: &Object<'_>, model: String) -> Result<Prompt, Fault> {
    stateless(body)?;
    let mut prompt = Prompt { model, parallel: true, ..Prompt::default() };
    if let Some(instructions) = body.optional("instructions", |node| node.string())? {
        prompt.add_system(instructions);
    }
    let input = body.get("input").ok_or_else(|| {
        body.rule("One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided.")
    })?;
    let mut reader = Input::new(&mut prompt);
    reader.read(&input)?;
    let mentions_json = reader.mentions_json();
    tool::read(body, &mut prompt)?;
    if let Some(text) = body.get("text") {
        let text = text.object(&["format", "verbosity"])?;
        text.optional("verbosity", |node| node.one_of(&["low", "medium", "high"]))?;
        text.optional("format", |node| format(&node, &input, &mut prompt, mentions_json))?;
    }
    body.optional("reasoning", |node| reasoning(&node, &mut prompt))?;
    body.optional("truncation", |node| node.one_of(&["auto", "disabled"]))?;
    Ok(prompt)
}

fn stateless(body: &Object<'_>) -> Result<(), Fault> {
    if let Some(previous) = body.get("previous_response_id") {
        return Err(previous.rule(format!("Previous response with id '{}' not found.", previous.string()?)));
    }
    for field in ["conversation", "prompt"] {
        if let Some(node) = body.get(field) {
            return Err(node.rule("not found: the simulator keeps nothing"));
        }
    }
    Ok(())
}

fn format(node: &Node<'_>, input: &Node<'_>, prompt: &mut Prompt, mentions_json: bool) -> Result<(), Fault> {
    let kind = node.any_object()?.need("type")?.one_of(&["text", "json_object", "json_schema"])?;
    prompt.format = match kind {
        "json_schema" => {
            let format = node.object(&["type", "name", "description", "schema", "strict"])?;
            format.need("schema")?;
            json_schema(&format)?
        }
        _ => {
            node.object(&["type"])?;
            if kind == "json_object" && !mentions_json {
                let word = "Response input messages must contain the word 'json' in some form to use 'text.format' of type \
                            'json_object'.";
                return Err(input.rule(word));
            }
            if kind == "text" { Format::Text } else { Format::JsonObject }
        }
    };
    Ok(())
}

fn reasoning(node: &Node<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    let reasoning = node.object(&["effort", "summary", "generate_summary", "context", "mode"])?;
    let effort = reasoning.optional("effort", |node| node.one_of(EFFORTS))?;
    let summaries: &[&str] = &["auto", "concise", "detailed"];
    let summary = reasoning.optional("summary", |node| node.one_of(summaries))?;
    let older = reasoning.optional("generate_summary", |node| node.one_of(summaries))?;
    reasoning.optional("context", |node| node.one_of(&["auto", "current_turn", "all_turns"]))?;
    reasoning.optional("mode", |node| node.string())?;
    prompt.thinking = match (effort, summary.or(older)) {
        (Some("none"), _) | (None, None) => Thinking::Off,
        (_, Some(_)) => Thinking::Shown,
        (Some(_), None) => Thinking::Hidden,
    };
    Ok(())
}

fn streaming(body: &Object<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    prompt.stream = body.optional("stream", |node| node.boolean())?.unwrap_or(false);
    let Some(node) = body.get("stream_options") else { return Ok(()) };
    if !prompt.stream {
        return Err(node.rule("the 'stream_options' parameter is only allowed when 'stream' is enabled"));
    }
    node.object(&["include_obfuscation"])?.optional("include_obfuscation", |node| node.boolean())?;
    Ok(())
}

fn the_rest(body: &Object<'_>) -> Result<(), Fault> {
    for text in ["user", "safety_identifier", "prompt_cache_key"] {
        body.optional(text, |node| node.string())?;
    }
    body.optional("store", |node| node.boolean())?;
    body.optional("max_tool_calls", |node| node.integer(1..=i64::MAX))?;
    body.optional("service_tier", |node| node.one_of(&["auto", "default", "flex", "scale", "priority", "fast"]))?;
    body.optional("prompt_cache_retention", |node| node.one_of(&["in_memory", "24h"]))?;
    body.optional("prompt_cache_options", |node| node.any_object())?;
    body.optional("moderation", |node| node.any_object())?;
    body.optional("context_management", |node| node.array())?;
    body.optional("metadata", |node| metadata(&node))?;
    if body.optional("background", |node| node.boolean())?.unwrap_or(false) {
        return Err(body.need("background")?.rule("the simulator answers at once or not at all"));
    }
    Ok(())
}
