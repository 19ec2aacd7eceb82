//! A conversation as a chat request of Cohere's API v2.
//!
//! Dropped and listed, because they change how an answer comes about but not what was asked for: a seed below 0, names of speakers,
//! the end user, metadata, service tiers, cache hints, how eagerly to think ([`options`]), thinking of other providers, `is_error`
//! of a tool result, and the place of a system message where it must move ([`messages`]). An error: several choices, log
//! probabilities (Cohere tells those of pieces of text, and no alternatives), biases, recordings, documents other than text, tools
//! that another provider runs itself, "one tool at a time" ([`tools`]), whatever is out of Cohere's bounds ([`options`]), and fields
//! that nobody here knows ([`extras`]).

mod extras;
mod messages;
mod options;
mod parts;
#[cfg(test)]
mod tests;
mod tools;

use http::{HeaderValue, header};
use serde::Serialize;

use crate::translate::conversation::Conversation;
use crate::translate::extras::Extras;
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::{Rendered, RequestError, Target};

/// The path of chat at a provider.
pub fn path(target: &Target<'_>) -> String {
    format!("{}/chat", target.path_prefix)
}

/// Writes a chat request.
///
/// # Errors
/// [`RequestError::Unsupported`] for what Cohere has no place for or does not allow.
pub fn render(conversation: &Conversation<'_>, target: &Target<'_>) -> Result<Rendered, RequestError> {
    let mut dropped = Hints::default();
    let body = body(conversation, target.model, &mut dropped)
        .and_then(|body| serde_json::to_vec(&body).map_err(|error| Fault::new("", error.to_string())))
        .map_err(|fault| fault.unsupported(target))?;
    Ok(Rendered {
        path: path(target),
        headers: vec![(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        body: Some(body.into()),
        dropped: dropped.into_names(),
    })
}

/// The body, ready to be written.
#[derive(Serialize)]
struct Body<'c> {
    model: &'c str,
    /// The reference has it required.
    stream: bool,
    messages: Vec<messages::Message<'c>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<tools::Tool<'c>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    strict_tools: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<options::Format<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<options::Thinking>,
    #[serde(flatten)]
    sampling: options::Sampling,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop_sequences: &'c [crate::translate::text::Str<'c>],
    #[serde(flatten)]
    extras: Extras<'c>,
}

fn body<'c>(conversation: &'c Conversation<'c>, model: &'c str, dropped: &mut Hints) -> Result<Body<'c>, Fault> {
    options::refuse(conversation)?;
    options::drop_hints(conversation, dropped);
    let choice = tools::choice(conversation)?;
    let offered = tools::offered(conversation, dropped)?;
    let extras = extras::KNOWN.sort(&conversation.extras, dropped)?;
    Ok(Body {
        model,
        stream: conversation.stream,
        messages: messages::messages(&conversation.messages, dropped)?,
        strict_tools: tools::strict(&offered)? && !extras.has("strict_tools"),
        tools: offered.into_iter().map(|(_, function)| tools::tool(function)).collect(),
        tool_choice: choice,
        response_format: options::format(conversation, &extras, dropped)?,
        max_tokens: conversation.max_output_tokens,
        thinking: conversation.reasoning.as_ref().and_then(|reasoning| options::thinking(reasoning, dropped)),
        sampling: options::sampling(&conversation.sampling, dropped)?,
        stop_sequences: options::stop_sequences(&conversation.stop)?,
        extras,
    })
}
