//! Embeddings, from OpenAI's API to the others that have them.
//!
//! Sources: the public API references of Amazon Bedrock (Titan and Cohere models by InvokeModel), of the Gemini API (`embedContent`,
//! `batchEmbedContents`), of Vertex AI (`predict`, `embedContent`) and of Cohere (`/v2/embed`).
//!
//! Truncation: OpenAI refuses a text that is too long, so where another provider would silently embed only a part of it, it is told
//! not to, unless the caller asks for it. Dropped and listed: `user`, and the purpose of the embeddings where a model knows none.

mod answer;
mod cohere;
mod gemini;
mod request;
#[cfg(test)]
mod tests;
mod titan;
mod vertex;

use bytes::Bytes;
use http::{HeaderValue, header};

pub(super) use answer::parse;
use request::Request;

use super::place;
use super::way::unsupported;
use crate::translate::converse::request::model_path;
use crate::translate::{Dialect, Rendered, RequestError, Target};

/// Whose embeddings: what the body looks like, and where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    /// Amazon's models on Bedrock.
    Titan(titan::Model),
    /// Cohere's models on Bedrock.
    CohereOnBedrock,
    /// Cohere.
    Cohere,
    /// The Gemini API.
    Gemini,
    /// Vertex AI's `predict`.
    Predict,
    /// Vertex AI's `embedContent`, which its newer models have instead.
    EmbedContent,
}

impl Wire {
    /// The one that this target's model speaks.
    fn of(target: &Target<'_>) -> Result<Self, RequestError> {
        match target.dialect {
            Dialect::Cohere => Ok(Self::Cohere),
            Dialect::Gemini => Ok(Self::Gemini),
            Dialect::Vertex if vertex::has_embed_content(target.model) => Ok(Self::EmbedContent),
            Dialect::Vertex => Ok(Self::Predict),
            _ if target.model.contains("cohere.embed") => Ok(Self::CohereOnBedrock),
            _ => titan::Model::of(target.model).map(Self::Titan).ok_or_else(|| {
                let message =
                    "only Titan's and Cohere's embedding models of Bedrock are known, by their model ids: name one of them";
                unsupported(target, "model", message)
            }),
        }
    }

    fn path(self, target: &Target<'_>, texts: usize) -> String {
        match self {
            Self::Titan(_) | Self::CohereOnBedrock => model_path(target.path_prefix, target.model, "invoke"),
            Self::Cohere => format!("{}/embed", target.path_prefix),
            Self::Gemini if texts == 1 => place::google(target, "embedContent"),
            Self::Gemini => place::google(target, "batchEmbedContents"),
            Self::Predict => place::google(target, "predict"),
            Self::EmbedContent => place::google(target, "embedContent"),
        }
    }

    fn body(self, request: &mut Request<'_>, target: &Target<'_>) -> Result<Vec<u8>, RequestError> {
        match self {
            Self::Titan(model) => titan::body(model, request, target),
            Self::CohereOnBedrock => cohere::body(request, None, target),
            Self::Cohere => cohere::body(request, Some(target.model), target),
            Self::Gemini => gemini::body(request, target),
            Self::Predict => vertex::predict(request, target),
            Self::EmbedContent => vertex::embed_content(request, target),
        }
    }
}

/// The request in the target's words.
///
/// # Errors
/// [`RequestError`], naming the field.
pub(super) fn request(body: &[u8], target: &Target<'_>) -> Result<Rendered, RequestError> {
    let wire = Wire::of(target)?;
    let mut request = Request::parse(body, target)?;
    let path = wire.path(target, request.texts.len());
    let body = wire.body(&mut request, target)?;
    let headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok(Rendered { path, headers, body: Some(Bytes::from(body)), dropped: request.dropped })
}

/// JSON of something that is made of plain structs with string keys, which cannot fail.
fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
