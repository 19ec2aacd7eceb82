//! The top level of a request. Messages and tools have files of their own.
//!
//! Refused as something that only a provider of Anthropic's dialect can serve: blocks of tools that Anthropic runs, unknown blocks,
//! and fields within what the client asks for that nobody here knows. Unknown fields of what the model said before (`caller`,
//! `citations`) are told in [`Conversation::ignored`]; unknown top-level fields stand in [`Conversation::extras`].

mod blocks;
mod messages;
mod tools;

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::translate::RequestError;
use crate::translate::anthropic::brief;
use crate::translate::anthropic::wire::{CacheControl, Content};
use crate::translate::anthropic::words;
use crate::translate::conversation::{Conversation, Effort, Reasoning, ResponseFormat, Sampling, Thought};
use crate::translate::fault::{self, Fault};
use crate::translate::hints::Hints;
use crate::translate::object::{Rest, object};
use crate::translate::text::Str;
use crate::translate::wrong::Wrong;

object! {
    /// The body.
    Request {
        model: Str<'a>,
        max_tokens: u64,
        messages: Vec<messages::Message<'a>>,
        system: Content<'a>,
        tools: Vec<&'a RawValue>,
        tool_choice: tools::Choice<'a>,
        thinking: Thinking<'a>,
        output_config: OutputConfig<'a>,
        metadata: Metadata<'a>,
        temperature: f64,
        top_p: f64,
        top_k: u64,
        stop_sequences: Vec<Str<'a>>,
        stream: bool,
        service_tier: Str<'a>,
        cache_control: CacheControl<'a>,
    }
}

object! {
    Thinking {
        kind as "type": Str<'a>,
        budget_tokens: u64,
        display: Str<'a>,
    }
}

object! {
    OutputConfig {
        effort: Str<'a>,
        format: Format<'a>,
    }
}

object! {
    Format {
        kind as "type": Str<'a>,
        schema: &'a RawValue,
    }
}

object! {
    Metadata {
        user_id: Str<'a>,
    }
}

/// Reads a messages request.
///
/// # Errors
/// [`RequestError::Invalid`], naming the field; [`RequestError::Unsupported`] for what only Anthropic has.
pub fn parse<'a>(body: &'a [u8]) -> Result<Conversation<'a>, RequestError> {
    let request = fault::read(body)?;
    conversation(request).map_err(RequestError::from)
}

fn conversation(request: Request<'_>) -> Result<Conversation<'_>, Wrong> {
    let mut ignored = Hints::default();
    let max_tokens = request.max_tokens.ok_or_else(|| missing("max_tokens"))?;
    let (tool_choice, parallel_tool_calls) = tools::choice(request.tool_choice).map_err(|w| w.within("tool_choice"))?;
    let (effort, response_format) = output(request.output_config)?;
    let mut messages = messages::messages(request.system, request.messages, &mut ignored)?;
    if let Some(control) = &request.cache_control {
        let hint = blocks::cache_hint(control).map_err(|w| w.within("cache_control"))?;
        // At the top level it stands for the last block that can be cached.
        if let Some(last) = messages.last_mut().and_then(|message| message.parts.last_mut()) {
            last.cache = last.cache.or(Some(hint));
        }
    }
    Ok(Conversation {
        messages,
        tools: tools::tools(request.tools.unwrap_or_default(), &mut ignored)?,
        tool_choice,
        parallel_tool_calls,
        response_format,
        max_output_tokens: Some(max_tokens),
        sampling: Sampling {
            temperature: request.temperature,
            top_p: request.top_p,
            top_k: request.top_k,
            ..Sampling::default()
        },
        reasoning: reasoning(request.thinking, effort, &mut ignored)?,
        stop: request.stop_sequences.unwrap_or_default(),
        stream: request.stream.unwrap_or_default(),
        service_tier: request.service_tier,
        end_user: end_user(request.metadata, &mut ignored),
        extras: request.rest,
        ignored: ignored.into_names(),
        ..Conversation::default()
    })
}

fn reasoning(thinking: Option<Thinking<'_>>, effort: Option<Effort>, ignored: &mut Hints) -> Result<Option<Reasoning>, Wrong> {
    let mode = match &thinking {
        Some(thinking) => thought(thinking, ignored).map_err(|w| w.within("thinking"))?,
        None => Thought::Default,
    };
    Ok((thinking.is_some() || effort.is_some()).then_some(Reasoning { mode, effort }))
}

fn thought(thinking: &Thinking<'_>, ignored: &mut Hints) -> Result<Thought, Wrong> {
    refuse_unknown(&thinking.rest)?;
    if thinking.display.is_some() {
        ignored.add("thinking.display");
    }
    match thinking.kind.as_deref() {
        Some("enabled") => Ok(Thought::Budget(thinking.budget_tokens.ok_or_else(|| missing("budget_tokens"))?)),
        Some("adaptive") => Ok(Thought::Adaptive),
        Some("disabled") => Ok(Thought::Off),
        Some(_) => Err(Fault::new("type", "is not one of `enabled`, `adaptive` and `disabled`").into()),
        None => Err(missing("type").into()),
    }
}

type Output<'a> = (Option<Effort>, Option<ResponseFormat<'a>>);

fn output(config: Option<OutputConfig<'_>>) -> Result<Output<'_>, Wrong> {
    let within = |wrong: Wrong| wrong.within("output_config");
    let Some(config) = config else { return Ok((None, None)) };
    refuse_unknown(&config.rest).map_err(within)?;
    let effort = match config.effort.as_deref() {
        Some(word) => Some(words::effort(word).ok_or_else(|| {
            Fault::new("output_config.effort", format!("is not one of {}", words::EFFORTS.map(|(word, _)| word).join(", ")))
        })?),
        None => None,
    };
    let format = config.format.map(format).transpose().map_err(|wrong| within(wrong.within("format")))?;
    Ok((effort, format))
}

/// Anthropic always holds the model to the schema, so the hub is told `strict`.
fn format(format: Format<'_>) -> Result<ResponseFormat<'_>, Wrong> {
    refuse_unknown(&format.rest)?;
    match format.kind.as_deref() {
        Some("json_schema") => {
            let schema = format.schema.ok_or_else(|| missing("schema"))?;
            Ok(ResponseFormat::JsonSchema {
                name: None,
                description: None,
                schema: Some(Cow::Borrowed(schema)),
                strict: Some(true),
            })
        }
        Some(_) => Err(Fault::new("type", "is not `json_schema`").into()),
        None => Err(missing("type").into()),
    }
}

fn end_user<'a>(metadata: Option<Metadata<'a>>, ignored: &mut Hints) -> Option<Str<'a>> {
    let metadata = metadata?;
    ignored.all("metadata.", &metadata.rest);
    metadata.user_id
}

fn missing(field: &str) -> Fault {
    Fault::new(field, "is missing")
}

/// A field that nobody here knows might change the meaning.
fn refuse_unknown(rest: &Rest<'_>) -> Result<(), Wrong> {
    match rest.first() {
        Some((key, _)) => {
            let key = brief(key).into_owned();
            Err(Wrong::Foreign(Fault::new(key, "is not a field that can be translated: remove it")))
        }
        None => Ok(()),
    }
}
