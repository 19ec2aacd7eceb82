//! A conversation as a Converse request.
//!
//! Written for the client where it did not ask: a schema's `type` (Bedrock demands `object`), the name of a document (demanded, and
//! no two may have the same), a text beside a document where there is none (demanded: the document's name), `(empty)` for a tool
//! result without content, `maxTokens` above a budget of thinking that the client gave without a limit.
//! Dropped and listed, because they change how an answer comes about but not what was asked for: `seed`, the end user, `metadata`,
//! names of speakers, `detail` of images, storage and cache hints of OpenAI, thinking that has no signature, service tiers that
//! Bedrock does not have, the place of a later system message, and what only some families of models take where the model is of
//! another ([`family`](crate::translate::converse::family)): cache points, the status of a tool result, `top_k`, the effort of
//! thinking. An error: several choices, log probabilities, biases, penalties, a temperature above 1, media by URL (but `s3://`) and
//! uploaded files, "some JSON object" as the answer's shape, tools that a provider runs itself, calls one at a time or none at all
//! where the model cannot be told so, a conversation that the model begins, and fields that nobody here knows.

mod additional;
mod blocks;
mod document;
mod extras;
mod messages;
mod options;
mod thinking;
mod tools;

use http::{HeaderValue, header};
use serde::Serialize;

use self::additional::Additional;
use super::path::path;
use crate::translate::conversation::Conversation;
use crate::translate::converse::family::Family;
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::{Rendered, RequestError, Target};

/// Writes a Converse request.
///
/// # Errors
/// [`RequestError::Unsupported`] for what Bedrock has no place for or does not allow.
pub fn render(conversation: &Conversation<'_>, target: &Target<'_>) -> Result<Rendered, RequestError> {
    let mut dropped = Hints::default();
    let body = body(conversation, target, &mut dropped)
        .and_then(|body| serde_json::to_vec(&body).map_err(|error| Fault::new("", error.to_string())))
        .map_err(|fault| fault.unsupported(target))?;
    Ok(Rendered {
        path: path(target),
        headers: vec![
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            // A client asks for JSON or server-sent events, and gets neither from Bedrock.
            (header::ACCEPT, HeaderValue::from_static("*/*")),
        ],
        body: Some(body.into()),
        dropped: dropped.into_names(),
    })
}

/// The body, ready to be written. The model stands in the path.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'c> {
    messages: Vec<messages::Message<'c>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<blocks::Block<'c>>,
    #[serde(skip_serializing_if = "options::Inference::is_empty")]
    inference_config: options::Inference<'c>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_config: Option<tools::Config<'c>>,
    #[serde(skip_serializing_if = "Additional::is_empty")]
    additional_model_request_fields: Additional<'c>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_model_response_field_paths: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<options::Output<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<options::Tier>,
    #[serde(flatten)]
    extras: extras::Extras<'c>,
}

fn body<'c>(conversation: &'c Conversation<'c>, target: &Target<'c>, dropped: &mut Hints) -> Result<Body<'c>, Fault> {
    let family = Family::of(target.model);
    options::refuse(conversation)?;
    options::drop_hints(conversation, dropped);
    let mut extras = extras::extras(&conversation.extras, dropped)?;
    let mut additional = std::mem::take(&mut extras.additional);
    let max_tokens = thinking::thinking(conversation, family, target.default_max_tokens, &mut additional, dropped)?;
    additional::top_k(conversation.sampling.top_k, family, &mut additional, dropped)?;
    let tool_config = tools::config(conversation, family, &mut additional, dropped)?;
    let turns = messages::messages(&conversation.messages, family, dropped)?;
    // Bedrock itself does not tell which stop sequence was met, but Claude does, and Bedrock passes on what it is asked for.
    let tells_stop = family == Family::Claude && !conversation.stop.is_empty();
    Ok(Body {
        messages: turns.messages,
        system: turns.system,
        inference_config: options::Inference::new(conversation, max_tokens, family)?,
        tool_config,
        additional_model_request_fields: additional,
        additional_model_response_field_paths: tells_stop.then_some(["/stop_sequence"]),
        output_config: options::Output::new(conversation.response_format.as_ref())?,
        service_tier: conversation.service_tier.as_deref().and_then(|word| options::Tier::new(word, dropped)),
        extras,
    })
}
