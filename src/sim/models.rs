//! The models that the simulator serves, in each API's shape.

use http::StatusCode;
use serde_json::{Value, json};

use super::ask::{Ask, Output};
use super::error::{Api, ApiError};

/// What a simulator that serves any model says that it serves.
const DEFAULT: [&str; 2] = ["sim-large", "sim-small"];

/// When every model was made: 2026-01-01.
const CREATED: u64 = 1_767_225_600;

/// Whether a model is served. No names at all: any is.
pub(super) fn check(known: &[String], model: &str, api: Api) -> Result<(), ApiError> {
    if known.is_empty() || known.iter().any(|name| name == model) {
        return Ok(());
    }
    let message = match api {
        Api::OpenAi | Api::Responses => format!("The model `{model}` does not exist or you do not have access to it."),
        Api::Azure | Api::AzureResponses => {
            let wait = "If you created the deployment within the last 5 minutes, please wait a moment and try again.";
            let message = format!("The API deployment for this resource does not exist. {wait}");
            return Err(ApiError::new(StatusCode::NOT_FOUND, message).code("DeploymentNotFound"));
        }
        Api::Anthropic => format!("model: {model}"),
        Api::Gemini => format!("models/{model} is not found for API version v1beta, or is not supported for generateContent."),
        Api::Vertex | Api::AnthropicVertex => {
            format!("Publisher Model `{model}` was not found or your project does not have access to it.")
        }
        Api::Bedrock => return Err(ApiError::bad("The provided model identifier is invalid.").code("ValidationException")),
        Api::Cohere => {
            format!("model '{model}' not found, make sure the correct model ID was used and that you have access to it.")
        }
    };
    Err(ApiError::new(StatusCode::NOT_FOUND, message).code("model_not_found"))
}

/// `GET …/models`.
pub(super) fn serve_list(ask: &Ask<'_>) -> Result<Output, ApiError> {
    Ok(Output::json(list(&ask.options.models, ask.api)))
}

/// `GET …/models/{id}`.
pub(super) fn serve_one(ask: &Ask<'_>) -> Result<Output, ApiError> {
    ask.serves(ask.target)?;
    Ok(Output::json(one(ask.target, ask.api)))
}

/// The list of models.
fn list(known: &[String], api: Api) -> Value {
    let names: Vec<&str> = if known.is_empty() { DEFAULT.to_vec() } else { known.iter().map(String::as_str).collect() };
    let models: Vec<Value> = names.iter().map(|name| one(name, api)).collect();
    match api {
        Api::Anthropic | Api::AnthropicVertex => {
            json!({"data": models, "has_more": false, "first_id": names.first(), "last_id": names.last()})
        }
        Api::Gemini | Api::Vertex | Api::Cohere => json!({"models": models}),
        Api::OpenAi | Api::Responses | Api::Azure | Api::AzureResponses | Api::Bedrock => {
            json!({"object": "list", "data": models})
        }
    }
}

/// One model.
fn one(id: &str, api: Api) -> Value {
    match api {
        Api::Anthropic | Api::AnthropicVertex => json!({
            "type": "model", "id": id, "display_name": id, "created_at": "2026-01-01T00:00:00Z", "lifecycle": "active",
        }),
        Api::Gemini | Api::Vertex => json!({
            "name": format!("models/{id}"), "version": "001", "displayName": id, "inputTokenLimit": 1_048_576,
            "outputTokenLimit": 65_536, "supportedGenerationMethods": ["generateContent", "countTokens"],
        }),
        Api::Cohere => json!({"name": id, "endpoints": ["chat", "embed", "rerank"], "context_length": 128_000}),
        Api::OpenAi | Api::Responses | Api::Azure | Api::AzureResponses | Api::Bedrock => {
            json!({"id": id, "object": "model", "created": CREATED, "owned_by": "kanmon-sim"})
        }
    }
}
