//! Reads a whole answer.
//!
//! Cohere does not say which model answered. The plan of a turn that calls tools (`tool_plan`) is text that stands before the calls:
//! every client keeps it there and brings it back with them, as Cohere wants it. An answer whose generation failed (`ERROR`,
//! `TIMEOUT`) has the status 200 and is none.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::citation;
use super::malformed;
use super::usage::Usage;
use super::wire::{Block, Call};
use super::words::{self, Ended};
use crate::translate::AnswerError;
use crate::translate::answer::{Answer, Choice, Finish};
use crate::translate::conversation::{Content, Part, Thinking, ToolCall};
use crate::translate::text::Str;

#[derive(Debug, Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    message: Option<Message<'a>>,
    #[serde(borrow)]
    finish_reason: Option<Str<'a>>,
    usage: Option<Usage>,
}

#[derive(Debug, Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Option<Vec<Block<'a>>>,
    #[serde(borrow)]
    tool_plan: Option<Str<'a>>,
    #[serde(borrow)]
    tool_calls: Option<Vec<Call<'a>>>,
    #[serde(borrow)]
    citations: Option<&'a RawValue>,
}

/// Reads an answer.
///
/// # Errors
/// [`AnswerError::Malformed`] where it is not what Cohere's API promises, and where the generation failed.
pub fn parse(body: &[u8]) -> Result<Answer<'_>, AnswerError> {
    let body: Body<'_> = serde_json::from_slice(body).map_err(malformed)?;
    let mut message = body.message.ok_or_else(|| malformed("it has no `message`"))?;
    let word = body.finish_reason.ok_or_else(|| malformed("it has no `finish_reason`"))?;
    let Ended::Well(reason) = words::ended(&word) else {
        return Err(malformed(format_args!("the generation failed ({word})")));
    };
    let cited: Option<Vec<&RawValue>> = message.citations.take().and_then(|raw| serde_json::from_str(raw.get()).ok());
    let citations = cited.into_iter().flatten().flat_map(|raw| citation::read(raw.get())).collect();
    let finish = Finish { reason, stop_sequence: None };
    let choice = Choice { parts: parts(message)?, finish, logprobs: None, citations };
    Ok(Answer {
        id: body.id.filter(|id| !id.is_empty()),
        choices: vec![choice],
        usage: body.usage.and_then(|usage| usage.tokens()),
        ..Answer::default()
    })
}

fn parts(message: Message<'_>) -> Result<Vec<Part<'_>>, AnswerError> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for block in message.content.into_iter().flatten() {
        parts.extend(self::block(block)?.map(Part::from));
    }
    if let Some(plan) = message.tool_plan.filter(|plan| !plan.is_empty()) {
        parts.push(Content::Text(plan).into());
    }
    for call in message.tool_calls.into_iter().flatten() {
        parts.push(Content::ToolCall(self::call(call)?).into());
    }
    Ok(parts)
}

/// A block of a type that nobody here knows is passed over, as one that an SDK of Cohere does not know.
fn block(block: Block<'_>) -> Result<Option<Content<'_>>, AnswerError> {
    let without = |field: &str| malformed(format_args!("a content block has no `{field}`"));
    Ok(match block.kind.as_deref() {
        Some("text") => Some(Content::Text(block.text.ok_or_else(|| without("text"))?)),
        Some("thinking") => {
            let text = block.thinking.ok_or_else(|| without("thinking"))?;
            Some(Content::Thinking(Thinking { text, signature: None }))
        }
        Some(_) => None,
        None => return Err(without("type")),
    })
}

fn call(call: Call<'_>) -> Result<ToolCall<'_>, AnswerError> {
    let without = |field: &str| malformed(format_args!("a tool call has no `{field}`"));
    let function = call.function.unwrap_or_default();
    Ok(ToolCall {
        id: call.id.filter(|id| !id.is_empty()).ok_or_else(|| without("id"))?,
        name: function.name.filter(|name| !name.is_empty()).ok_or_else(|| without("function.name"))?,
        arguments: function.arguments.filter(|arguments| !arguments.is_empty()).unwrap_or_else(|| "{}".into()),
        signature: None,
    })
}

#[cfg(test)]
mod tests;
