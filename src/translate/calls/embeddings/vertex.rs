//! Embeddings on Vertex AI: `predict`, and `embedContent` for models from Gemini Embedding 2 on, which takes one text.

use serde::Serialize;

use super::gemini::{Embed, task_type};
use super::request::Request;
use crate::translate::calls::way::unsupported;
use crate::translate::{RequestError, Target};

/// Gemini Embedding 001 was the last of Google's models with `predict`.
pub(super) fn has_embed_content(model: &str) -> bool {
    model.starts_with("gemini-embedding-") && !model.starts_with("gemini-embedding-001")
}

#[derive(Serialize)]
struct Predict<'a> {
    instances: Vec<Instance<'a>>,
    parameters: Parameters,
}

#[derive(Serialize)]
struct Instance<'a> {
    content: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    /// Vertex AI's own default cuts a text that is too long.
    auto_truncate: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_dimensionality: Option<u32>,
}

pub(super) fn predict(request: &mut Request<'_>, target: &Target<'_>) -> Result<Vec<u8>, RequestError> {
    request.refuse(&["truncate"], target)?;
    let task_type = request.purpose.as_ref().map(task_type);
    let title = request.title.as_deref();
    let instances = request.texts.iter().map(|content| Instance { content, task_type, title }).collect();
    let auto_truncate = request.auto_truncate.unwrap_or(false);
    let parameters = Parameters { auto_truncate, output_dimensionality: request.dimensions };
    Ok(super::json(&Predict { instances, parameters }))
}

pub(super) fn embed_content(request: &mut Request<'_>, target: &Target<'_>) -> Result<Vec<u8>, RequestError> {
    request.refuse(&["truncate"], target)?;
    let [text] = &*request.texts else {
        let message = "this model embeds one text for each request on Vertex AI: send one request for each text";
        return Err(unsupported(target, "input", message));
    };
    let auto_truncate = request.auto_truncate.unwrap_or(false);
    Ok(super::json(&Embed::new(text, request, None, Some(auto_truncate))))
}
