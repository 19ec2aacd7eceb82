//! Reads a whole answer of Anthropic's.
//!
//! Blocks of tools that Anthropic runs are passed over: no client of another dialect can have asked for them. What explains a
//! refusal becomes the text of the refusal.

use serde_json::value::RawValue;

use crate::translate::AnswerError;
use crate::translate::answer::{Answer, Choice, Finish, FinishReason};
use crate::translate::anthropic::usage::{Counts, Usage};
use crate::translate::anthropic::wire::{Block, StopDetails};
use crate::translate::anthropic::{citation, malformed, words};
use crate::translate::citation::At;
use crate::translate::conversation::{Content, Part, Thinking, ToolCall};
use crate::translate::object::object;
use crate::translate::text::Str;

object! {
    Body {
        id: Str<'a>,
        model: Str<'a>,
        content: Vec<Block<'a>>,
        stop_reason: Str<'a>,
        stop_sequence: Str<'a>,
        stop_details: StopDetails<'a>,
        usage: Usage<'a>,
    }
}

/// Reads an answer.
///
/// # Errors
/// [`AnswerError::Malformed`] where it is not what Anthropic's API promises.
pub fn parse<'a>(body: &'a [u8]) -> Result<Answer<'a>, AnswerError> {
    let body: Body<'a> = serde_json::from_slice(body).map_err(malformed)?;
    let content = body.content.ok_or_else(|| malformed("it has no `content`"))?;
    let reason = body.stop_reason.ok_or_else(|| malformed("it has no `stop_reason`"))?;
    let reason = words::finish_reason(&reason);
    let mut parts = Vec::with_capacity(content.len() + 1);
    let mut citations = Vec::new();
    for block in content {
        citations.extend(citation::read_all(cited(&block), At::Parts(parts.len()..parts.len() + 1)));
        parts.extend(part(block)?.map(Part::from));
    }
    if reason == FinishReason::Refusal
        && let Some(explanation) = body.stop_details.and_then(|details| details.explanation)
    {
        parts.push(Content::Refusal(explanation).into());
    }
    let service_tier = body.usage.as_ref().and_then(|usage| usage.service_tier.as_deref());
    Ok(Answer {
        id: body.id,
        model: body.model,
        created: None,
        choices: vec![Choice { parts, finish: Finish { reason, stop_sequence: body.stop_sequence }, logprobs: None, citations }],
        service_tier: service_tier.map(|word| words::tier_from(word).to_owned().into()),
        usage: body.usage.map(|usage| {
            let mut counts = Counts::default();
            counts.learn(&usage);
            counts.tokens()
        }),
        system_fingerprint: None,
    })
}

/// The citations of a text block: in blocks of other types the field is another thing.
fn cited<'a>(block: &Block<'a>) -> Option<&'a RawValue> {
    block.citations.filter(|_| block.kind.as_deref() == Some("text"))
}

fn part(block: Block<'_>) -> Result<Option<Content<'_>>, AnswerError> {
    let without = |field: &str| malformed(format_args!("a content block has no `{field}`"));
    Ok(match block.kind.as_deref() {
        Some("text") => Some(Content::Text(block.text.ok_or_else(|| without("text"))?)),
        Some("thinking") => {
            let text = block.thinking.ok_or_else(|| without("thinking"))?;
            Some(Content::Thinking(Thinking { text, signature: block.signature.filter(|signature| !signature.is_empty()) }))
        }
        Some("redacted_thinking") => Some(Content::RedactedThinking(block.data.ok_or_else(|| without("data"))?)),
        Some("tool_use") => Some(Content::ToolCall(ToolCall {
            id: block.id.ok_or_else(|| without("id"))?,
            name: block.name.ok_or_else(|| without("name"))?,
            arguments: block.input.map_or("{}", |input| input.get()).into(),
            signature: None,
        })),
        Some(_) => None,
        None => return Err(without("type")),
    })
}
