//! What the parts of an answer say: the same for whole answers and for chunks.
//!
//! A signature on text or thinking ends that block of thinking; one on a call stays with the call. A part of which nothing is known
//! says nothing here: new kinds of parts belong to tools that Google runs.

use super::wire::{Candidate, FunctionCall, Part, PromptFeedback, Response};
use super::words::{self, Ending};
use super::{made_call_id, malformed};
use crate::translate::AnswerError;
use crate::translate::answer::FinishReason;
use crate::translate::conversation::ToolCall;
use crate::translate::signature;
use crate::translate::text::Str;

/// One thing that a part says.
#[derive(Debug)]
pub(super) enum Said<'a> {
    Thinking(Str<'a>),
    /// Sealed.
    Signature(Str<'a>),
    Text(Str<'a>),
    Media {
        media_type: Str<'a>,
        data: Str<'a>,
    },
    Call(ToolCall<'a>),
}

/// Tells what a part says, nothing of it empty.
pub(super) fn said<'a>(part: Part<'a>, each: &mut dyn FnMut(Said<'a>)) -> Result<(), AnswerError> {
    let own = part.thought_signature.filter(|signature| !signature.is_empty());
    if let Some(call) = part.function_call {
        each(Said::Call(self::call(call, own)?));
        return Ok(());
    }
    if let Some(text) = part.text.filter(|text| !text.is_empty()) {
        each(if part.thought == Some(true) { Said::Thinking(text) } else { Said::Text(text) });
    }
    // Drafts of a picture are thoughts, and no part of the answer.
    if let Some(blob) = part.inline_data.filter(|_| part.thought != Some(true))
        && let Some(data) = blob.data.filter(|data| !data.is_empty())
    {
        each(Said::Media { media_type: blob.mime_type.unwrap_or_default(), data });
    }
    if let Some(own) = own {
        each(Said::Signature(signature::seal(&own)));
    }
    Ok(())
}

fn call<'a>(call: FunctionCall<'a>, signature: Option<Str<'a>>) -> Result<ToolCall<'a>, AnswerError> {
    let name = call.name.filter(|name| !name.is_empty()).ok_or_else(|| malformed("a function call has no name"))?;
    let id = call.id.filter(|id| !id.is_empty()).unwrap_or_else(|| made_call_id().into());
    Ok(ToolCall { id, name, arguments: call.args.map_or("{}", |args| args.get()).into(), signature })
}

/// How a candidate ended.
#[derive(Debug)]
pub(super) enum Ended<'a> {
    Finished(FinishReason),
    /// Held back; the text says why.
    Blocked(Str<'a>),
    /// No answer at all; the text says why.
    Failed(Str<'a>),
}

/// How a candidate ended, if it has. Google says `STOP` for a turn that calls functions.
pub(super) fn ended<'a>(candidate: &Candidate<'a>, has_calls: bool) -> Option<Ended<'a>> {
    let word = candidate.finish_reason.as_deref()?;
    let why = |what: &str| match candidate.finish_message.as_deref().filter(|message| !message.is_empty()) {
        Some(message) => format!("{what} ({word}): {message}").into(),
        None => format!("{what} ({word})").into(),
    };
    Some(match words::ending(word)? {
        Ending::Reason(FinishReason::Stop) if has_calls => Ended::Finished(FinishReason::ToolCalls),
        Ending::Reason(reason) => Ended::Finished(reason),
        Ending::Blocked => Ended::Blocked(why("Google held the answer back")),
        Ending::Failed => Ended::Failed(why("the model wrote what is no answer")),
    })
}

/// Why there are no candidates, if Google blocked the prompt.
pub(super) fn blocked<'a>(response: &Response<'a>) -> Option<Str<'a>> {
    let PromptFeedback { block_reason, block_reason_message, .. } = response.prompt_feedback.as_ref()?;
    let word = block_reason.as_deref().filter(|word| *word != "BLOCK_REASON_UNSPECIFIED")?;
    Some(match block_reason_message.as_deref().filter(|message| !message.is_empty()) {
        Some(message) => format!("Google blocked the prompt ({word}): {message}").into(),
        None => format!("Google blocked the prompt ({word})").into(),
    })
}
