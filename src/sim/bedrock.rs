//! AWS Bedrock: conversations by Converse, Anthropic's own messages, embeddings and ranks by InvokeModel, streams as
//! AWS event streams.
//!
//! The rules are those of the API reference of Bedrock's runtime (Converse, ConverseStream, InvokeModel,
//! InvokeModelWithResponseStream, CountTokens), its user guide's "Inference request parameters", and the errors that the API gives in
//! practice. Every request must be signed (`sigv4`) or have a key.

mod converse;
mod count;
mod embed;
mod invoke;
mod rank;
mod sigv4;

use http::StatusCode;

use super::ask::Ask;
use super::authorize::bearer;
use super::error::{Api, ApiError};
use super::route::Route;

/// The endpoints. A model's id is one segment of the path: the `/` of an ARN must be encoded.
pub(super) fn route(method: &str, path: &str) -> Option<Route> {
    let (model, action) = path.strip_prefix("/model/")?.split_once('/')?;
    let serve = match action {
        "converse" => converse::whole,
        "converse-stream" => converse::stream,
        "invoke" => invoke::whole,
        "invoke-with-response-stream" => invoke::stream,
        "count-tokens" => count::serve,
        _ => return None,
    };
    (method == "POST" && !model.is_empty()).then(|| Route::at(Api::Bedrock, serve, model))
}

/// A signature, or one of Bedrock's API keys.
pub(super) fn authorize(ask: &Ask<'_>) -> Result<(), ApiError> {
    let refused = |message: &str, code| Err(ApiError::new(StatusCode::FORBIDDEN, message).code(code));
    match (bearer(ask), ask.options.require_key.as_deref()) {
        (Some(sent), Some(required)) if sent != required => {
            refused("Authentication failed: Please make sure your API Key is valid.", "AccessDeniedException")
        }
        (Some(_), _) => Ok(()),
        (None, _) if ask.header("authorization").is_some() => sigv4::check(ask, sigv4::now()),
        (None, _) => refused("Missing Authentication Token", "MissingAuthenticationTokenException"),
    }
}
