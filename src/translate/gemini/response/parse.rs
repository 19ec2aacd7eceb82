//! Reads a whole answer of Google's.
//!
//! A prompt that Google blocked has no candidates: it is an answer that a filter held back, and says why. A candidate that the model
//! wrote wrongly (`MALFORMED_FUNCTION_CALL`) is no answer, and told as an error: an empty one would look like a good one.

use crate::translate::AnswerError;
use crate::translate::answer::{Answer, Choice, Finish, FinishReason};
use crate::translate::conversation::{Content, Part, Thinking, sign};
use crate::translate::gemini::said::{self, Ended, Said};
use crate::translate::gemini::wire::{Candidate, Content as Wire, Response};
use crate::translate::gemini::{error, grounding, logprobs, malformed, usage};
use crate::translate::text::Str;

/// Reads an answer.
///
/// # Errors
/// [`AnswerError::Malformed`] where it is not what Google's API promises, or where the model failed.
pub fn parse<'a>(body: &'a [u8]) -> Result<Answer<'a>, AnswerError> {
    let mut response: Response<'a> = serde_json::from_slice(body).map_err(malformed)?;
    let mut candidates = response.candidates.take().unwrap_or_default();
    candidates.sort_by_key(|candidate| candidate.index.unwrap_or_default());
    let choices = if candidates.is_empty() {
        vec![held_back(none(&response)?)]
    } else {
        candidates.into_iter().map(choice).collect::<Result<_, _>>()?
    };
    Ok(Answer {
        id: response.response_id.filter(|id| !id.is_empty()),
        model: response.model_version.filter(|model| !model.is_empty()),
        choices,
        usage: response.usage_metadata.as_ref().map(usage::tokens),
        ..Answer::default()
    })
}

/// Why there are no candidates.
fn none<'a>(response: &Response<'a>) -> Result<Str<'a>, AnswerError> {
    said::blocked(response).ok_or_else(|| match response.error {
        Some(raw) => malformed(format_args!("it is an error: {}", error::of_value(raw).message)),
        None => malformed("it has no candidates"),
    })
}

fn held_back(why: Str<'_>) -> Choice<'_> {
    let finish = Finish { reason: FinishReason::ContentFilter, stop_sequence: None };
    Choice { parts: vec![Content::Refusal(why).into()], finish, logprobs: None, citations: Vec::new() }
}

fn choice(mut candidate: Candidate<'_>) -> Result<Choice<'_>, AnswerError> {
    let mut parts = parts(candidate.content.take())?;
    let has_calls = parts.iter().any(|part| matches!(part.content, Content::ToolCall(_)));
    let reason = match said::ended(&candidate, has_calls) {
        Some(Ended::Finished(reason)) => reason,
        Some(Ended::Blocked(why)) => {
            parts.push(Content::Refusal(why).into());
            FinishReason::ContentFilter
        }
        Some(Ended::Failed(why)) => return Err(malformed(why)),
        None if has_calls => FinishReason::ToolCalls,
        None => FinishReason::Stop,
    };
    let citations = grounding::read(&candidate);
    let logprobs = candidate.logprobs_result.and_then(logprobs::to_openai).map(std::borrow::Cow::Owned);
    Ok(Choice { parts, finish: Finish { reason, stop_sequence: None }, logprobs, citations })
}

fn parts(content: Option<Wire<'_>>) -> Result<Vec<Part<'_>>, AnswerError> {
    let list = content.and_then(|content| content.parts).unwrap_or_default();
    let mut parts: Vec<Part<'_>> = Vec::with_capacity(list.len());
    for part in list {
        said::said(part, &mut |said| push(&mut parts, said))?;
    }
    Ok(parts)
}

fn push<'a>(parts: &mut Vec<Part<'a>>, said: Said<'a>) {
    let content = match said {
        Said::Thinking(text) => Content::Thinking(Thinking { text, signature: None }),
        Said::Signature(signature) => return sign(parts, signature),
        Said::Text(text) => Content::Text(text),
        Said::Media { media_type, data } => Content::medium(media_type, data),
        Said::Call(call) => Content::ToolCall(call),
    };
    parts.push(content.into());
}
