//! Amazon's embedding models on Bedrock: one text for each request.

use serde::Serialize;

use super::request::Request;
use crate::translate::calls::way::unsupported;
use crate::translate::{RequestError, Target};

/// Which of Amazon's models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::translate::calls) enum Model {
    /// Titan Text Embeddings G1: of 1,536 dimensions.
    TextV1,
    /// Titan Text Embeddings V2: of 256, 512 or 1,024 dimensions.
    TextV2,
    /// Titan Multimodal Embeddings G1: of 256, 384 or 1,024 dimensions.
    Image,
}

impl Model {
    /// By its id, which may stand behind the prefix of an inference profile or in an ARN.
    pub(super) fn of(id: &str) -> Option<Self> {
        let known = [("titan-embed-text-v2", Self::TextV2), ("titan-embed-image", Self::Image), ("titan-embed", Self::TextV1)];
        known.into_iter().find(|(part, _)| id.contains(part)).map(|(_, model)| model)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    input_text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding_config: Option<Config>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    output_embedding_length: u32,
}

pub(super) fn body(model: Model, request: &mut Request<'_>, target: &Target<'_>) -> Result<Vec<u8>, RequestError> {
    let [text] = &*request.texts else {
        let message = "Titan embeds one text for each request: send one request for each text, or name another model";
        return Err(unsupported(target, "input", message));
    };
    request.refuse(&["title", "truncate", "auto_truncate"], target)?;
    if model == Model::TextV1 {
        request.refuse(&["dimensions"], target)?;
    }
    let of_text = request.dimensions.filter(|_| model == Model::TextV2);
    let of_image = request.dimensions.filter(|_| model == Model::Image);
    let embedding_config = of_image.map(|output_embedding_length| Config { output_embedding_length });
    let body = super::json(&Body { input_text: text, dimensions: of_text, embedding_config });
    if request.purpose.is_some() {
        request.dropped.push(Request::PURPOSE.to_owned());
    }
    Ok(body)
}
