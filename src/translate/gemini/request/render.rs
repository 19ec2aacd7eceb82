//! A conversation as a `GenerateContentRequest`, for Google's models.
//!
//! Dropped and listed, because they change how an answer comes about but not what was asked for: the end user and metadata, prompt
//! caching hints (Google caches by itself), service tiers, `detail` of images, names of speakers, thinking that Google did not sign,
//! seeds that do not fit into 32 bits, the place of a system message where it must move ([`contents`]), and an amount of thinking
//! that the model does not have ([`thinking`]). An error: biases, "one tool at a time", citations, documents and pictures at
//! addresses that Google does not fetch, files uploaded elsewhere, tools that another provider runs itself, more than five stop
//! sequences, and fields that nobody here knows.

mod contents;
mod extras;
mod options;
mod parts;
mod schema;
mod thinking;
mod tools;

use http::{HeaderValue, header};
use serde::Serialize;

use crate::translate::conversation::Conversation;
use crate::translate::extras::Extras;
use crate::translate::fault::Fault;
use crate::translate::gemini::model::Model;
use crate::translate::gemini::part;
use crate::translate::hints::Hints;
use crate::translate::segment::encode_each;
use crate::translate::{Rendered, RequestError, Target};

/// The path at a provider.
pub fn path(target: &Target<'_>) -> String {
    method(target.path_prefix, target.model, if target.stream { "streamGenerateContent?alt=sse" } else { "generateContent" })
}

/// The path of a method of a model, which stands in it by itself, or with its collection (`tunedModels/mine`).
pub fn method(prefix: &str, model: &str, method: &str) -> String {
    let collection = if model.contains('/') { "" } else { "models/" };
    format!("{prefix}/{collection}{}:{method}", encode_each(model, b"@"))
}

/// Writes a request.
///
/// # Errors
/// [`RequestError::Unsupported`] for what Google has no place for.
pub fn render(conversation: &Conversation<'_>, target: &Target<'_>) -> Result<Rendered, RequestError> {
    let mut dropped = Hints::default();
    let body = body(conversation, target, &mut dropped)
        .and_then(|body| serde_json::to_vec(&body).map_err(|error| Fault::new("", error.to_string())))
        .map_err(|fault| fault.unsupported(target))?;
    Ok(Rendered {
        path: path(target),
        headers: vec![(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        body: Some(body.into()),
        dropped: dropped.into_names(),
    })
}

/// The body, ready to be written. What stays the same from turn to turn comes first.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Instruction<'c>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<tools::Tool<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_config: Option<tools::Config<'c>>,
    contents: Vec<part::Content<'c>>,
    #[serde(skip_serializing_if = "options::Generation::is_empty")]
    generation_config: options::Generation<'c>,
    #[serde(flatten)]
    extras: Extras<'c>,
}

#[derive(Serialize)]
struct Instruction<'c> {
    parts: Vec<part::Part<'c>>,
}

fn body<'c>(conversation: &'c Conversation<'c>, target: &Target<'c>, dropped: &mut Hints) -> Result<Body<'c>, Fault> {
    let model = Model::named(target.model);
    options::refuse(conversation)?;
    options::drop_hints(conversation, dropped);
    let said = contents::contents(&conversation.messages, model, dropped)?;
    let thinking = thinking::thinking(conversation.reasoning.as_ref(), model, dropped);
    Ok(Body {
        system_instruction: (!said.system.is_empty()).then_some(Instruction { parts: said.system }),
        tools: tools::tools(&conversation.tools, dropped)?,
        tool_config: tools::config(conversation)?,
        contents: said.contents,
        generation_config: options::Generation::new(conversation, thinking, dropped)?,
        extras: extras::KNOWN.sort(&conversation.extras, dropped)?,
    })
}
