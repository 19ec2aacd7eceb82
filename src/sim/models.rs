//! The models that the simulator serves, in both APIs' shapes.

use http::StatusCode;
use serde_json::{Value, json};

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
        Api::OpenAi => format!("The model `{model}` does not exist or you do not have access to it."),
        Api::Anthropic => format!("model: {model}"),
    };
    Err(ApiError::new(StatusCode::NOT_FOUND, message).code("model_not_found"))
}

/// The list of models.
pub(super) fn list(known: &[String], api: Api) -> Value {
    let names: Vec<&str> = if known.is_empty() { DEFAULT.to_vec() } else { known.iter().map(String::as_str).collect() };
    let models: Vec<Value> = names.iter().map(|name| one(name, api)).collect();
    match api {
        Api::OpenAi => json!({"object": "list", "data": models}),
        Api::Anthropic => {
            json!({"data": models, "has_more": false, "first_id": names.first(), "last_id": names.last()})
        }
    }
}

/// One model.
pub(super) fn one(id: &str, api: Api) -> Value {
    match api {
        Api::OpenAi => json!({"id": id, "object": "model", "created": CREATED, "owned_by": "kanmon-sim"}),
        Api::Anthropic => json!({
            "type": "model", "id": id, "display_name": id, "created_at": "2026-01-01T00:00:00Z", "lifecycle": "active",
        }),
    }
}
