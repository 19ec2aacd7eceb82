//! Cohere's embeddings, at Cohere (`/v2/embed`) and on Bedrock, where the model stands in the path.

use serde::Serialize;

use super::request::{Purpose, Request};
use crate::translate::calls::way::unsupported;
use crate::translate::text::Str;
use crate::translate::{RequestError, Target};

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    texts: &'a [Str<'a>],
    /// Models from v3 on demand it. Whoever does not say embeds what is to be found later.
    input_type: &'a str,
    embedding_types: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    output_dimension: Option<u32>,
    /// Cohere's own default cuts the end off.
    truncate: &'a str,
}

/// `model`: where it is told in the body.
pub(super) fn body(request: &mut Request<'_>, model: Option<&str>, target: &Target<'_>) -> Result<Vec<u8>, RequestError> {
    request.refuse(&["title", "auto_truncate"], target)?;
    let input_type = match &request.purpose {
        None | Some(Purpose::Document) => "search_document",
        Some(Purpose::Query) => "search_query",
        Some(Purpose::Classification) => "classification",
        Some(Purpose::Clustering) => "clustering",
        Some(Purpose::Other(_)) => {
            let message = "is not one of search_document, search_query, classification and clustering";
            return Err(unsupported(target, Request::PURPOSE, message));
        }
    };
    let truncate = request.truncate.as_deref().unwrap_or("NONE");
    let output_dimension = request.dimensions;
    Ok(super::json(&Body { model, texts: &request.texts, input_type, embedding_types: ["float"], output_dimension, truncate }))
}
