//! A conversation as a messages request, for Anthropic or a compatible vendor.
//!
//! Written for the client where it did not ask: `max_tokens` (required: the target's default), `input_schema` of a tool without
//! parameters, `max_tokens` raised above a budget of thinking that the client gave without a limit.
//! Dropped and listed, because they change how an answer comes about but not what was asked for: `seed`, names of speakers,
//! `metadata` other than the end user, storage and cache hints of OpenAI, thinking that has no signature (Anthropic takes none
//! back), `detail` of images, service tiers that Anthropic does not have, and the place of a system message where it must move
//! ([`messages`]). An error: several choices, log probabilities, biases, penalties, recordings, "some JSON object" as the answer's
//! shape, tools that another provider runs itself, stop sequences of white space, a temperature above 1, whatever Anthropic does
//! not allow beside thinking ([`thinking`]), and fields that nobody here knows.

mod blocks;
mod extras;
mod messages;
mod options;
mod thinking;
mod tools;

use http::{HeaderName, HeaderValue, header};
use serde::Serialize;

use self::blocks::Text;
use crate::translate::conversation::Conversation;
use crate::translate::extras::Extras;
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::{Rendered, RequestError, Target};

/// The version of the API that requests are written for.
const VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");
/// Sources of the type `file` are a beta feature of the API (Files API), which must be asked for.
const FILES_BETA: HeaderValue = HeaderValue::from_static("files-api-2025-04-14");

/// The path of messages at a provider.
pub fn path(target: &Target<'_>) -> String {
    format!("{}/messages", target.path_prefix)
}

/// Writes a messages request.
///
/// # Errors
/// [`RequestError::Unsupported`] for what Anthropic has no place for or does not allow.
pub fn render(conversation: &Conversation<'_>, target: &Target<'_>) -> Result<Rendered, RequestError> {
    let mut dropped = Hints::default();
    let (body, files) = body(conversation, target, &mut dropped)
        .and_then(|(body, files)| {
            let body = serde_json::to_vec(&body).map_err(|error| Fault::new("", error.to_string()))?;
            Ok((body, files))
        })
        .map_err(|fault| fault.unsupported(target))?;
    let mut headers = vec![
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (HeaderName::from_static("anthropic-version"), VERSION),
    ];
    if files {
        headers.push((HeaderName::from_static("anthropic-beta"), FILES_BETA));
    }
    Ok(Rendered { path: path(target), headers, body: Some(body.into()), dropped: dropped.into_names() })
}

/// The body, ready to be written. The order of the fields is that in which Anthropic caches: tools, system, messages.
#[derive(Serialize)]
struct Body<'c> {
    model: &'c str,
    max_tokens: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<tools::Tool<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<tools::Choice<'c>>,
    #[serde(skip_serializing_if = "Text::is_empty")]
    system: Text<'c>,
    messages: Vec<messages::Message<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<thinking::Thinking>,
    #[serde(skip_serializing_if = "options::Output::is_empty")]
    output_config: options::Output<'c>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stop_sequences: Vec<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<options::Metadata<'c>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
    #[serde(flatten)]
    extras: Extras<'c>,
}

/// The body, and whether it names uploaded files.
fn body<'c>(conversation: &'c Conversation<'c>, target: &Target<'c>, dropped: &mut Hints) -> Result<(Body<'c>, bool), Fault> {
    options::refuse(conversation)?;
    options::drop_hints(conversation, dropped);
    let thinking = thinking::thinking(conversation, target.default_max_tokens)?;
    let turns = messages::messages(&conversation.messages, target.model, dropped)?;
    let sampling = &conversation.sampling;
    let body = Body {
        model: target.model,
        max_tokens: thinking.max_tokens,
        tools: tools::tools(&conversation.tools)?,
        tool_choice: tools::choice(conversation)?,
        system: Text::new(turns.system),
        messages: turns.messages,
        thinking: thinking.config,
        output_config: options::Output::new(conversation.response_format.as_ref(), thinking.effort, dropped)?,
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        top_k: sampling.top_k,
        stop_sequences: options::stop_sequences(&conversation.stop)?,
        service_tier: conversation.service_tier.as_deref().and_then(|word| options::service_tier(word, dropped)),
        metadata: conversation.end_user.as_deref().map(|user_id| options::Metadata { user_id }),
        stream: conversation.stream,
        extras: extras::KNOWN.sort(&conversation.extras, dropped)?,
    };
    Ok((body, turns.files))
}
