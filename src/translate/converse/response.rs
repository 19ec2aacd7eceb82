//! Reads a whole answer.
//!
//! Its id stands in a header (`x-amzn-requestid`), and which model answered is told only by a prompt router. What the model wrote
//! and Bedrock could not read (`malformed_tool_use`) is no answer, and neither is one with a picture in it.

#[cfg(test)]
mod tests;

use super::usage::Usage;
use super::wire::{Additional, Block, Message, Tier, ToolUse, Trace};
use super::{citation, malformed, words};
use crate::translate::AnswerError;
use crate::translate::answer::{Answer, Choice, Finish};
use crate::translate::citation::{At, Citation};
use crate::translate::conversation::{Content, Part, Thinking, ToolCall};
use crate::translate::object::object;
use crate::translate::text::Str;

object! {
    Body {
        output: Output<'a>,
        stop_reason as "stopReason": Str<'a>,
        usage: Usage<'a>,
        additional as "additionalModelResponseFields": Additional<'a>,
        trace: Trace<'a>,
        tier as "serviceTier": Tier<'a>,
    }
}

object! {
    Output {
        message: Message<'a>,
    }
}

/// Reads an answer.
///
/// # Errors
/// [`AnswerError::Malformed`] where it is not what Bedrock's API promises, or what the model wrote is no answer.
pub fn parse<'a>(body: &'a [u8]) -> Result<Answer<'a>, AnswerError> {
    let body: Body<'a> = serde_json::from_slice(body).map_err(malformed)?;
    let message = body.output.and_then(|output| output.message).ok_or_else(|| malformed("it has no `output.message`"))?;
    let content = message.content.ok_or_else(|| malformed("it has no `output.message.content`"))?;
    let word = body.stop_reason.ok_or_else(|| malformed("it has no `stopReason`"))?;
    let reason = words::finish_reason(&word).ok_or_else(|| malformed(format_args!("the model failed: {word}")))?;
    let (mut parts, mut citations) = (Vec::with_capacity(content.len()), Vec::new());
    for block in content {
        push(block, &mut parts, &mut citations)?;
    }
    let stop_sequence = body.additional.and_then(|additional| additional.stop_sequence);
    Ok(Answer {
        model: body.trace.and_then(|trace| trace.router).and_then(|router| router.model),
        choices: vec![Choice { parts, finish: Finish { reason, stop_sequence }, logprobs: None, citations }],
        usage: body.usage.map(|usage| usage.tokens()),
        service_tier: body.tier.and_then(|tier| tier.kind),
        ..Answer::default()
    })
}

fn push<'a>(block: Block<'a>, parts: &mut Vec<Part<'a>>, citations: &mut Vec<Citation<'a>>) -> Result<(), AnswerError> {
    let Block { text, call, result, thinking, cited, rest } = block;
    if let Some(text) = text {
        push_text(text, parts);
    } else if let Some(call) = call {
        if !call.is_of_server() {
            parts.push(Content::ToolCall(tool_call(call)?).into());
        }
    } else if let Some(thinking) = thinking {
        if let Some(text) = thinking.text {
            let signature = text.signature.filter(|signature| !signature.is_empty());
            parts.push(Content::Thinking(Thinking { text: text.text.unwrap_or_default(), signature }).into());
        }
        parts.extend(thinking.redacted.map(|data| Content::RedactedThinking(data).into()));
    } else if let Some(cited) = cited {
        let first = parts.len();
        for text in cited.content.unwrap_or_default() {
            push_text(text.text.unwrap_or_default(), parts);
        }
        let list = cited.citations.unwrap_or_default();
        citations.extend(list.iter().filter_map(|raw| citation::read(raw.get(), At::Parts(first..parts.len()))));
    } else if result.is_none()
        && let Some((kind, _)) = rest.first()
    {
        return Err(malformed(format_args!("a content block holds `{kind}`, which cannot be translated")));
    }
    Ok(())
}

fn push_text<'a>(text: Str<'a>, parts: &mut Vec<Part<'a>>) {
    if !text.is_empty() {
        parts.push(Content::Text(text).into());
    }
}

fn tool_call(call: ToolUse<'_>) -> Result<ToolCall<'_>, AnswerError> {
    let without = |field: &str| malformed(format_args!("a tool call has no `{field}`"));
    Ok(ToolCall {
        id: call.id.ok_or_else(|| without("toolUseId"))?,
        name: call.name.filter(|name| !name.is_empty()).ok_or_else(|| without("name"))?,
        arguments: call.input.map_or("{}", |input| input.get()).into(),
        signature: None,
    })
}
