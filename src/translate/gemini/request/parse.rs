//! The top level of a request. Contents, parts, tools, schemas and the generation config have files of their own.
//!
//! Refused as something that only Google can serve: cached content, filters of safety that are stricter than none, media that only
//! Google can fetch, answers in pictures or sound, and fields within what the client asks for that nobody here knows. Unknown fields
//! of what the model said before are told in [`Conversation::ignored`]; unknown top-level fields stand in [`Conversation::extras`].
//!
//! The model and whether to stream stand in the path at Google, so both are set by who has seen it.

mod contents;
mod options;
mod parts;
mod schema;
mod tools;

use serde_json::value::RawValue;

use crate::translate::RequestError;
use crate::translate::conversation::{Conversation, Message, Role};
use crate::translate::fault::{self, Fault};
use crate::translate::gemini::wire::Content;
use crate::translate::hints::Hints;
use crate::translate::object::{Rest, object};
use crate::translate::plain;
use crate::translate::text::Str;
use crate::translate::wrong::Wrong;

object! {
    /// The body.
    Request {
        model: Str<'a>,
        contents: Vec<Content<'a>>,
        system_instruction as "systemInstruction" | "system_instruction": Content<'a>,
        tools: Vec<tools::Tool<'a>>,
        tool_config as "toolConfig" | "tool_config": tools::Config<'a>,
        generation_config as "generationConfig" | "generation_config": options::Generation<'a>,
        safety_settings as "safetySettings" | "safety_settings": Vec<Safety<'a>>,
        cached_content as "cachedContent" | "cached_content": Str<'a>,
        labels: &'a RawValue,
    }
}

object! {
    Safety {
        threshold: Str<'a>,
    }
}

/// Reads a `GenerateContentRequest`.
///
/// # Errors
/// [`RequestError::Invalid`], naming the field; [`RequestError::Unsupported`] for what only Google has.
pub fn parse<'a>(body: &'a [u8]) -> Result<Conversation<'a>, RequestError> {
    let request = fault::read(body)?;
    conversation(request).map_err(RequestError::from)
}

fn conversation(request: Request<'_>) -> Result<Conversation<'_>, Wrong> {
    let mut ignored = Hints::default();
    refuse(&request, &mut ignored)?;
    let mut messages = Vec::new();
    if let Some(instruction) = request.system_instruction {
        let parts = parts::instruction(instruction).map_err(|wrong| wrong.within("systemInstruction"))?;
        if !parts.is_empty() {
            messages.push(Message { role: Role::System, name: None, parts });
        }
    }
    let contents = request.contents.unwrap_or_default();
    if contents.is_empty() {
        return Err(Fault::new("contents", "must have at least one content").into());
    }
    contents::contents(contents, &mut messages, &mut ignored)?;
    let (tools, tool_choice) = tools::tools(request.tools.unwrap_or_default(), request.tool_config, &mut ignored)?;
    let mut conversation =
        Conversation { messages, tools, tool_choice, metadata: request.labels, extras: request.rest, ..Conversation::default() };
    if let Some(config) = request.generation_config {
        options::apply(config, &mut conversation, &mut ignored).map_err(|wrong| wrong.within("generationConfig"))?;
    }
    conversation.ignored = ignored.into_names();
    Ok(conversation)
}

/// "Filter nothing" is what every other provider's API says by having no filters to set.
fn refuse(request: &Request<'_>, ignored: &mut Hints) -> Result<(), Wrong> {
    if request.cached_content.is_some() {
        return Err(foreign("cachedContent", "what is cached at Google can only be read by Google: send the content"));
    }
    for (at, safety) in request.safety_settings.iter().flatten().enumerate() {
        match safety.threshold.as_deref() {
            None | Some("BLOCK_NONE" | "OFF" | "HARM_BLOCK_THRESHOLD_UNSPECIFIED") => ignored.add("safetySettings"),
            Some(_) => {
                let message = "only Google filters answers by category: remove it, or set `BLOCK_NONE`";
                return Err(foreign(&format!("safetySettings[{at}].threshold"), message));
            }
        }
    }
    Ok(())
}

/// The request may be good, but only Google can serve it.
fn foreign(field: &str, message: &str) -> Wrong {
    Wrong::Foreign(Fault::new(plain::brief(field, plain::QUOTATION), message))
}

fn missing(field: &str) -> Fault {
    Fault::new(field, "is missing")
}

/// A field that nobody here knows might change the meaning.
fn refuse_unknown(rest: &Rest<'_>) -> Result<(), Wrong> {
    match rest.first() {
        Some((key, _)) => Err(foreign(key, "is not a field that can be translated: remove it")),
        None => Ok(()),
    }
}
