//! Reads a chat completion.
//!
//! Lenient where vendors differ, strict where an answer would be wrong: one without choices, or with a tool call without a name,
//! is malformed. An error inside of an answer with status 200 is one, too: the client must not take it for an answer.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::translate::AnswerError;
use crate::translate::answer::{Answer, Choice, Finish};
use crate::translate::conversation::{Content, Part, Thinking, ToolCall, sign};
use crate::translate::openai::message::{self, Message, Said};
use crate::translate::openai::{annotation, error, malformed, usage, words};
use crate::translate::text::Str;

#[derive(Debug, Deserialize)]
struct Completion<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    model: Option<Str<'a>>,
    #[serde(borrow)]
    created: Option<&'a RawValue>,
    #[serde(borrow)]
    choices: Option<Vec<WireChoice<'a>>>,
    usage: Option<usage::Reported>,
    #[serde(borrow)]
    service_tier: Option<Str<'a>>,
    #[serde(borrow)]
    system_fingerprint: Option<Str<'a>>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct WireChoice<'a> {
    index: Option<u32>,
    #[serde(borrow)]
    message: Option<Message<'a>>,
    #[serde(borrow)]
    finish_reason: Option<Str<'a>>,
    #[serde(borrow)]
    logprobs: Option<&'a RawValue>,
}

/// Reads a chat completion.
///
/// # Errors
/// [`AnswerError::Malformed`], also for an error that stands in an answer with status 200, as some vendors send it.
pub fn parse<'a>(body: &'a [u8]) -> Result<Answer<'a>, AnswerError> {
    let mut completion: Completion<'a> = serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
    let mut choices = completion.choices.take().unwrap_or_default();
    if choices.is_empty() {
        return Err(malformed(match completion.error {
            Some(raw) => format!("it is an error: {}", error::of_value(raw).message),
            None => "it has no choices".to_owned(),
        }));
    }
    choices.sort_by_key(|choice| choice.index.unwrap_or_default());
    Ok(Answer {
        id: completion.id.filter(|id| !id.is_empty()),
        model: completion.model.filter(|model| !model.is_empty()),
        created: completion.created.and_then(|raw| raw.get().parse().ok()),
        choices: choices.into_iter().map(choice).collect::<Result<_, _>>()?,
        usage: completion.usage.as_ref().and_then(usage::Reported::tokens),
        service_tier: completion.service_tier,
        system_fingerprint: completion.system_fingerprint,
    })
}

fn choice(choice: WireChoice<'_>) -> Result<Choice<'_>, AnswerError> {
    let mut message = choice.message.unwrap_or_default();
    let mut parts = parts(message.take_said());
    parts.extend(message.refusal.filter(|text| !text.is_empty()).map(|text| Part::from(Content::Refusal(text))));
    let citations = annotation::read(message.annotations);
    let calls = message.tool_calls.unwrap_or_default();
    let reason = words::finish_reason_after(choice.finish_reason.as_deref().unwrap_or_default(), !calls.is_empty());
    for call in calls {
        parts.push(Content::ToolCall(tool_call(call)?).into());
    }
    Ok(Choice { parts, finish: Finish { reason, stop_sequence: None }, logprobs: choice.logprobs.map(Cow::Borrowed), citations })
}

fn parts(said: Vec<Said<'_>>) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::with_capacity(said.len());
    for said in said {
        let content = match said {
            Said::Thinking(text) => Content::Thinking(Thinking { text, signature: None }),
            // Anthropic may keep the text of thinking to itself and give its signature only.
            Said::Signature(signature) => {
                sign(&mut parts, signature);
                continue;
            }
            Said::Redacted(data) => Content::RedactedThinking(data),
            Said::Text(text) => Content::Text(text),
            Said::Picture { media_type, data } => Content::medium(media_type, data),
        };
        parts.push(content.into());
    }
    parts
}

fn tool_call(call: message::ToolCall<'_>) -> Result<ToolCall<'_>, AnswerError> {
    let signature = call.signature();
    let function = call.function.unwrap_or_default();
    let arguments = function.arguments().filter(|arguments| !arguments.is_empty()).unwrap_or_else(|| "{}".into());
    let name = function.name.filter(|name| !name.is_empty()).ok_or_else(|| malformed("a tool call has no name"))?;
    let id = call.id.filter(|id| !id.is_empty()).unwrap_or_else(message::made_call_id);
    Ok(ToolCall { id, name, arguments, signature })
}
