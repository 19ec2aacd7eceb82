//! The top-level fields of a chat completion request.

use super::super::check::{Fault, Node, Object};
use super::super::prompt::{Prompt, Thinking};
use super::message::Messages;
use super::tool;

const FIELDS: &[&str] = &[
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

/// Beginnings of the names of models that think; they know the newer name of the limit only.
const REASONERS: &[&str] = &["gpt-5", "o1", "o3", "o4"];

pub(super) const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];

pub(super) fn read(body: &Node<'_>) -> Result<Prompt, Fault> {
    let body = body.object(FIELDS)?;
    let mut prompt = Prompt { model: model(&body)?, parallel: true, ..Prompt::default() };
    let mut messages = Messages::new(&mut prompt);
    messages.read(&body.need("messages")?)?;
    let mentions_json = messages.mentions_json();
    tool::read(&body, &mut prompt)?;
    tool::read_format(&body, &mut prompt, mentions_json)?;
    lengths(&body, &mut prompt)?;
    sampling(&body, &mut prompt)?;
    streaming(&body, &mut prompt)?;
    the_rest(&body, &mut prompt)?;
    Ok(prompt)
}

pub(super) fn model(body: &Object<'_>) -> Result<String, Fault> {
    let node = body.need("model")?;
    match node.string()? {
        "" => Err(node.rule("you must provide a model parameter")),
        name => Ok(name.to_owned()),
    }
}

fn lengths(body: &Object<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    let old = body.optional("max_tokens", |node| node.integer(1..=i64::MAX))?;
    let new = body.optional("max_completion_tokens", |node| node.integer(1..=i64::MAX))?;
    if old.is_some() && new.is_some() {
        let both = "setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported";
        return Err(body.need("max_tokens")?.rule(both));
    }
    if let Some(node) = body.get("max_tokens").filter(|_| REASONERS.iter().any(|name| prompt.model.starts_with(name))) {
        return Err(node.rule("'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."));
    }
    prompt.max_tokens = old.or(new).and_then(|limit| u64::try_from(limit).ok());
    prompt.stop = body.optional("stop", |node| stop(&node))?.unwrap_or_default();
    Ok(())
}

pub(super) fn stop(node: &Node<'_>) -> Result<Vec<String>, Fault> {
    if let Ok(one) = node.string() {
        return Ok(vec![one.to_owned()]);
    }
    let list = node.array().map_err(|_| node.type_fault("a string or array of strings"))?;
    if !(1..=4).contains(&list.len()) {
        return Err(node.rule("expected an array with 1 to 4 elements"));
    }
    list.iter().map(|stop| stop.string().map(str::to_owned)).collect()
}

fn sampling(body: &Object<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    body.optional("temperature", |node| node.number(0.0..=2.0))?;
    body.optional("top_p", |node| node.number(0.0..=1.0))?;
    body.optional("presence_penalty", |node| node.number(-2.0..=2.0))?;
    body.optional("frequency_penalty", |node| node.number(-2.0..=2.0))?;
    body.optional("seed", |node| node.integer(i64::MIN..=i64::MAX))?;
    let choices = body.optional("n", |node| node.integer(1..=128))?;
    prompt.choices = choices.and_then(|count| usize::try_from(count).ok()).unwrap_or(1);
    prompt.logprobs = body.optional("logprobs", |node| node.boolean())?.unwrap_or(false);
    if let Some(top) = body.get("top_logprobs") {
        top.integer(0..=20)?;
        if !prompt.logprobs {
            return Err(top.rule("'top_logprobs' is only allowed when 'logprobs' is enabled"));
        }
    }
    for (_, bias) in body.optional("logit_bias", |node| node.any_object())?.iter().flat_map(Object::fields) {
        bias.number(-100.0..=100.0)?;
    }
    Ok(())
}

pub(super) fn streaming(body: &Object<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    prompt.stream = body.optional("stream", |node| node.boolean())?.unwrap_or(false);
    let Some(node) = body.get("stream_options") else { return Ok(()) };
    if !prompt.stream {
        return Err(node.rule("the 'stream_options' parameter is only allowed when 'stream' is enabled"));
    }
    let options = node.object(&["include_usage", "include_obfuscation"])?;
    options.optional("include_obfuscation", |node| node.boolean())?;
    prompt.stream_usage = options.optional("include_usage", |node| node.boolean())?.unwrap_or(false);
    Ok(())
}

fn the_rest(body: &Object<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    let effort = body.optional("reasoning_effort", |node| node.one_of(EFFORTS))?;
    if effort.is_some_and(|effort| effort != "none") {
        prompt.thinking = Thinking::Hidden;
    }
    for text in ["user", "safety_identifier", "prompt_cache_key"] {
        body.optional(text, |node| node.string())?;
    }
    for object in ["audio", "moderation", "prediction", "prompt_cache_options", "web_search_options"] {
        body.optional(object, |node| node.any_object())?;
    }
    body.optional("store", |node| node.boolean())?;
    body.optional("verbosity", |node| node.one_of(&["low", "medium", "high"]))?;
    body.optional("service_tier", |node| node.one_of(&["auto", "default", "flex", "scale", "priority", "fast"]))?;
    body.optional("prompt_cache_retention", |node| node.one_of(&["in_memory", "24h"]))?;
    for modality in body.optional("modalities", |node| node.array())?.into_iter().flatten() {
        modality.one_of(&["text", "audio"])?;
    }
    body.optional("metadata", |node| metadata(&node))?;
    for old in ["functions", "function_call"] {
        if let Some(node) = body.get(old) {
            return Err(node.rule("the simulator does not speak the deprecated function calling: use 'tools'"));
        }
    }
    Ok(())
}

/// At most 16 pairs, keys of 64 and values of 512 characters.
pub(super) fn metadata(node: &Node<'_>) -> Result<(), Fault> {
    let pairs: Vec<_> = node.any_object()?.fields().collect();
    if pairs.len() > 16 {
        return Err(node.rule("too many properties: at most 16"));
    }
    for (key, value) in pairs {
        if key.chars().count() > 64 || value.string()?.chars().count() > 512 {
            return Err(value.rule("keys may have 64 characters, values 512"));
        }
    }
    Ok(())
}
