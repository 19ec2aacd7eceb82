//! The top level of a request. Items, parts and tools have files of their own.
//!
//! Told in `ignored`: `store: true` (OpenAI's default when absent, so a hint), `truncation: auto`, `max_tool_calls` (it counts tools
//! that OpenAI runs), `reasoning.summary` and `context`, and what steers OpenAI's own caches. `include` asks for details of tools
//! that OpenAI runs, but for log probabilities, which are asked for, and encrypted reasoning, which is always told.
//! `text.verbosity` goes on as the `verbosity` that chat completions have.

use super::tools::brief;
use super::{items, tools, wire};
use crate::translate::RequestError;
use crate::translate::conversation::{Conversation, Message, Reasoning, ResponseFormat, Role, Sampling, Thought};
use crate::translate::fault::{self, Fault};
use crate::translate::hints::Hints;
use crate::translate::object::Rest;
use crate::translate::openai::request::{TOP_LOGPROBS, missing, refuse_unknown};
use crate::translate::openai::words;
use crate::translate::text::Str;
use crate::translate::wrong::Wrong;

/// Top-level fields whose loss is no change of meaning, and that no other API has.
const HINTS: [&str; 4] = ["context_management", "access_programs", "image", "prompt_cache_retention"];

/// What `include` may name. The details of tools that OpenAI runs can be in no translated answer.
const LOGPROBS: &str = "message.output_text.logprobs";

/// Reads a request.
///
/// # Errors
/// [`RequestError::Invalid`], naming the field; [`RequestError::Unsupported`] for what needs state or only this API has.
pub fn parse<'a>(body: &'a [u8]) -> Result<Conversation<'a>, RequestError> {
    Ok(conversation(fault::read(body)?)?)
}

fn conversation(mut request: wire::Request<'_>) -> Result<Conversation<'_>, Wrong> {
    refuse_state(&request)?;
    let mut ignored = Hints::default();
    hints(&request, &mut ignored)?;
    let mut extras = Vec::with_capacity(request.rest.len());
    for (key, raw) in std::mem::take(&mut request.rest) {
        if HINTS.contains(&&*key) {
            ignored.add(&key);
        } else {
            extras.push((key, raw));
        }
    }
    let logprobs = logprobs(&request, &mut ignored)?;
    let response_format = format(request.text, &mut extras)?;
    let choice = tools::choice(request.tool_choice).map_err(|wrong| wrong.within("tool_choice"))?;
    let mut tools = tools::tools(request.tools.unwrap_or_default(), &mut ignored)?;
    let tool_choice = tools::apply(choice, &mut tools, &mut ignored)?;
    let mut messages = Vec::new();
    if let Some(text) = request.instructions.filter(|text| !text.is_empty()) {
        let parts = vec![crate::translate::conversation::Content::Text(text).into()];
        messages.push(Message { role: Role::System, name: None, parts });
    }
    items::input(request.input.ok_or_else(|| missing("input"))?, &mut messages, &mut ignored)?;
    Ok(Conversation {
        messages,
        tools,
        tool_choice,
        parallel_tool_calls: request.parallel_tool_calls,
        response_format,
        max_output_tokens: request.max_output_tokens,
        sampling: Sampling { temperature: request.temperature, top_p: request.top_p, ..Sampling::default() },
        reasoning: request.reasoning.map(|reasoning| thought(reasoning, &mut ignored)).transpose()?.flatten(),
        logprobs,
        stream: request.stream.unwrap_or_default(),
        service_tier: request.service_tier,
        end_user: end_user(request.safety_identifier, request.user, &mut ignored),
        metadata: request.metadata,
        extras,
        ignored: ignored.into_names(),
        ..Conversation::default()
    })
}

/// What refers to something that only the provider that has it can know.
fn refuse_state(request: &wire::Request<'_>) -> Result<(), Wrong> {
    let items = "nothing is stored here: send the items of the earlier turns in `input`";
    for (field, given, message) in [
        ("previous_response_id", request.previous_response_id.is_some(), items),
        ("conversation", request.conversation.is_some(), items),
        (
            "prompt",
            request.prompt.is_some(),
            "prompt templates are stored at OpenAI: send their text in `instructions` and `input`",
        ),
        ("background", request.background == Some(true), "nothing is stored here: ask for the answer itself, or for a stream"),
        (
            "moderation",
            request.moderation.is_some(),
            "only OpenAI moderates on the way: remove it, or ask for a model of OpenAI's",
        ),
    ] {
        if given {
            return Err(Wrong::Foreign(Fault::new(field, message)));
        }
    }
    if request.prompt_cache_options.as_ref().is_some_and(|options| options.prewarm == Some(true)) {
        let message = "an answer cannot be held back: ask without it";
        return Err(Wrong::Foreign(Fault::new("prompt_cache_options.prewarm", message)));
    }
    Ok(())
}

fn hints(request: &wire::Request<'_>, ignored: &mut Hints) -> Result<(), Fault> {
    if request.store == Some(true) {
        ignored.add("store");
    }
    if request.max_tool_calls.is_some() {
        ignored.add("max_tool_calls");
    }
    if request.prompt_cache_options.is_some() {
        ignored.add("prompt_cache_options");
    }
    match request.truncation.as_deref() {
        None | Some("disabled") => Ok(()),
        Some("auto") => {
            ignored.add("truncation");
            Ok(())
        }
        Some(other) => Err(Fault::new("truncation", format!("`{}` is not one of `auto` and `disabled`", brief(other)))),
    }
}

fn logprobs(request: &wire::Request<'_>, ignored: &mut Hints) -> Result<Option<u8>, Fault> {
    let mut asked = false;
    for name in request.include.iter().flatten() {
        match &**name {
            LOGPROBS => asked = true,
            "reasoning.encrypted_content" => {}
            _ => ignored.add(&format!("include ({name})")),
        }
    }
    match request.top_logprobs {
        Some(top) if top > TOP_LOGPROBS => Err(Fault::new("top_logprobs", format!("must be at most {TOP_LOGPROBS}"))),
        Some(top) if asked || top > 0 => Ok(Some(top)),
        _ => Ok(asked.then_some(0)),
    }
}

fn format<'a>(text: Option<wire::Text<'a>>, extras: &mut Rest<'a>) -> Result<Option<ResponseFormat<'a>>, Fault> {
    let Some(text) = text else { return Ok(None) };
    refuse_unknown(&text.rest).map_err(|f| f.within("text"))?;
    extras.extend(text.verbosity.map(|raw| ("verbosity".into(), raw)));
    text.format.map(|format| response_format(format).map_err(|f| f.within("text.format"))).transpose()
}

fn response_format(format: wire::Format<'_>) -> Result<ResponseFormat<'_>, Fault> {
    refuse_unknown(&format.rest)?;
    match format.kind.as_deref() {
        Some("text") => Ok(ResponseFormat::Text),
        Some("json_object") => Ok(ResponseFormat::JsonObject),
        Some("json_schema") => {
            let schema = Some(format.schema.ok_or_else(|| missing("schema"))?);
            let name = Some(format.name.ok_or_else(|| missing("name"))?);
            let schema = schema.map(std::borrow::Cow::Borrowed);
            Ok(ResponseFormat::JsonSchema { name, description: format.description, schema, strict: format.strict })
        }
        Some(other) => {
            Err(Fault::new("type", format!("`{}` is not one of `text`, `json_object` and `json_schema`", brief(other))))
        }
        None => Err(missing("type")),
    }
}

fn thought(reasoning: wire::Reasoning<'_>, ignored: &mut Hints) -> Result<Option<Reasoning>, Wrong> {
    let within = |fault: Fault| fault.within("reasoning");
    refuse_unknown(&reasoning.rest).map_err(within)?;
    if let Some(mode) = reasoning.mode.filter(|mode| mode != "standard") {
        let message = format!("`{}` is a way of thinking that only OpenAI's own models have: remove it", brief(&mode));
        return Err(Wrong::Foreign(Fault::new("reasoning.mode", message)));
    }
    for (field, given) in [
        ("reasoning.summary", reasoning.summary.is_some()),
        ("reasoning.generate_summary", reasoning.generate_summary.is_some()),
        ("reasoning.context", reasoning.context.is_some_and(|context| context != "auto")),
    ] {
        if given {
            ignored.add(field);
        }
    }
    let Some(word) = reasoning.effort else { return Ok(None) };
    let effort = words::effort(&word).ok_or_else(|| {
        let known = words::EFFORTS.map(|(word, _)| word).join(", ");
        Fault::new("reasoning.effort", format!("`{}` is not one of {known}", brief(&word)))
    })?;
    Ok(Some(Reasoning { mode: Thought::Default, effort: Some(effort) }))
}

/// `safety_identifier` replaced `user` at OpenAI; where both are given, the newer one counts.
fn end_user<'a>(newer: Option<Str<'a>>, older: Option<Str<'a>>, ignored: &mut Hints) -> Option<Str<'a>> {
    if let (Some(newer), Some(older)) = (&newer, &older)
        && newer != older
    {
        ignored.add("user");
    }
    newer.or(older)
}
