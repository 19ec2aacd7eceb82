//! Writes a whole answer for a client of Anthropic's API.
//!
//! The first choice is the answer: a client of this API cannot ask for more. The text of a refusal is text, and the `stop_reason`
//! says what it is. A tool call whose arguments are not a JSON object is written as `{"INVALID_JSON": "…"}`, the form in which
//! Anthropic's reference (fine-grained tool streaming) hands on what a model wrote wrongly: the tool can then refuse it.

use serde_json::value::RawValue;

use crate::translate::answer::{Answer, Choice, Finish};
use crate::translate::anthropic::citation::{Cut, Written, cut};
use crate::translate::anthropic::message::{Block, Caller, Input, Message};
use crate::translate::anthropic::usage;
use crate::translate::anthropic::words::{self, Held};
use crate::translate::conversation::Content;
use crate::translate::signature;
use crate::translate::text::Str;

/// Writes an answer. `asked_model` stands where the provider did not name its model.
pub fn render(answer: &Answer<'_>, asked_model: &str) -> Vec<u8> {
    let nothing = Choice { parts: Vec::new(), finish: Finish::default(), logprobs: None, citations: Vec::new() };
    let choice = answer.choices.first().unwrap_or(&nothing);
    let mut held = Held::default();
    let mut said = 0;
    let signatures: Vec<_> = choice.parts.iter().map(|part| sealed(&part.content)).collect();
    let mut content = Vec::with_capacity(choice.parts.len());
    for (part, signature) in choice.parts.iter().zip(&signatures) {
        if let Some(signature) = signature {
            sign(&mut content, signature);
        }
        match &part.content {
            Content::Text(text) => {
                content.extend(cut(text, said, &choice.citations).into_iter().map(cited));
                said = said.saturating_add(u64::try_from(text.len()).unwrap_or(u64::MAX));
            }
            other => content.extend(block(other, &mut held)),
        }
    }
    let tier = answer.service_tier.as_deref().and_then(words::tier_to);
    let mut message = Message::begin(answer.id.as_deref(), answer.model.as_deref(), asked_model);
    message.content = content;
    message.stop_reason = Some(words::stop_reason(choice.finish.reason, held));
    message.stop_sequence = choice.finish.stop_sequence.as_deref();
    message.usage = usage::Written::new(answer.usage.unwrap_or_default(), tier);
    // Text, numbers and JSON that has been read: nothing here that JSON cannot say.
    serde_json::to_vec(&message).unwrap_or_default()
}

/// Anthropic's tool calls have no signature: Google's rides on a block of thinking before the call, and comes back there.
fn sealed(content: &Content<'_>) -> Option<Str<'static>> {
    match content {
        Content::ToolCall(call) => call.signature.as_deref().map(signature::seal),
        _ => None,
    }
}

fn sign<'a>(content: &mut Vec<Block<'a>>, signature: &'a str) {
    match content.last_mut() {
        Some(Block::Thinking { signature: open, .. }) if open.is_empty() => *open = signature,
        _ => content.push(Block::Thinking { thinking: "", signature }),
    }
}

fn cited<'a>((text, citations): Cut<'a, '_>) -> Block<'a> {
    Block::Text { text, citations: citations.into_iter().filter_map(Written::of).collect() }
}

/// What is not plain text. Anthropic's answers have no empty text, and no media.
fn block<'a>(content: &'a Content<'a>, held: &mut Held) -> Option<Block<'a>> {
    match content {
        Content::Refusal(text) => {
            held.refusal = true;
            (!text.is_empty()).then_some(Block::Text { text, citations: Vec::new() })
        }
        Content::Thinking(thinking) => {
            Some(Block::Thinking { thinking: &thinking.text, signature: thinking.signature.as_deref().unwrap_or_default() })
        }
        Content::RedactedThinking(data) => Some(Block::RedactedThinking { data }),
        Content::ToolCall(call) => {
            held.tool_calls = true;
            Some(Block::ToolUse { id: &call.id, name: &call.name, input: input(&call.arguments), caller: Caller::Direct })
        }
        Content::Text(_) | Content::Image(_) | Content::Audio(_) | Content::Document(_) => None,
        Content::CustomCall(_) | Content::ToolResult(_) => None,
    }
}

fn input(arguments: &str) -> Input<'_> {
    if arguments.trim().is_empty() {
        return Input::Nothing {};
    }
    match serde_json::from_str::<&RawValue>(arguments) {
        Ok(raw) if raw.get().starts_with('{') => Input::Object(raw),
        _ => Input::Invalid { text: arguments },
    }
}
