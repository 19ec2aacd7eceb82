//! Embeddings of the Gemini API: `embedContent` for one text, `batchEmbedContents` for more.

use serde::Serialize;

use super::request::{Purpose, Request};
use crate::translate::calls::place::bare;
use crate::translate::{RequestError, Target};

/// `EmbedContentRequest`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Embed<'a> {
    /// In a batch each request names its model, which must be the one of the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    content: Content<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_dimensionality: Option<u32>,
    /// Vertex AI only.
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_truncate: Option<bool>,
}

#[derive(Serialize)]
struct Content<'a> {
    parts: [Part<'a>; 1],
}

#[derive(Serialize)]
struct Part<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Batch<'a> {
    requests: Vec<Embed<'a>>,
}

impl<'a> Embed<'a> {
    pub(super) fn new(text: &'a str, request: &'a Request<'_>, model: Option<&'a str>, auto_truncate: Option<bool>) -> Self {
        Self {
            model,
            content: Content { parts: [Part { text }] },
            task_type: request.purpose.as_ref().map(task_type),
            title: request.title.as_deref(),
            output_dimensionality: request.dimensions,
            auto_truncate,
        }
    }
}

pub(super) fn body(request: &mut Request<'_>, target: &Target<'_>) -> Result<Vec<u8>, RequestError> {
    request.refuse(&["truncate", "auto_truncate"], target)?;
    if let [text] = &*request.texts {
        return Ok(super::json(&Embed::new(text, request, None, None)));
    }
    let model = format!("models/{}", bare(target.model));
    let requests = request.texts.iter().map(|text| Embed::new(text, request, Some(&model), None)).collect();
    Ok(super::json(&Batch { requests }))
}

/// Google's word for a purpose. One that is not known here may be known there.
pub(super) fn task_type<'a>(purpose: &'a Purpose<'_>) -> &'a str {
    match purpose {
        Purpose::Document => "RETRIEVAL_DOCUMENT",
        Purpose::Query => "RETRIEVAL_QUERY",
        Purpose::Classification => "CLASSIFICATION",
        Purpose::Clustering => "CLUSTERING",
        Purpose::Other(word) => word,
    }
}
