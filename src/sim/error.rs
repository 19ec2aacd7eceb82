//! An error as the real APIs tell it: OpenAI's shape or Anthropic's, with the types and codes that each uses for a status.

use http::StatusCode;
use serde_json::{Value, json};

use super::check::{Fault, What};

/// The API that a path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    OpenAi,
    Anthropic,
}

/// An error, in neither shape yet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) message: String,
    /// The field at fault, where OpenAI tells it.
    pub(super) param: Option<String>,
    /// OpenAI's code, where it has one.
    pub(super) code: Option<&'static str>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), param: None, code: None }
    }

    pub(super) fn code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    /// An error that the script asked for.
    pub(super) fn scripted(status: StatusCode) -> Self {
        let code = match status.as_u16() {
            401 => Some("invalid_api_key"),
            404 => Some("model_not_found"),
            429 => Some("rate_limit_exceeded"),
            _ => None,
        };
        Self { code, ..Self::new(status, format!("simulated {status}")) }
    }

    /// A body that breaks the API's rules, told in the API's words.
    pub(super) fn fault(api: Api, fault: Fault) -> Self {
        let (message, code) = match api {
            Api::OpenAi => openai_words(&fault),
            Api::Anthropic => (anthropic_words(&fault), None),
        };
        let param = (!fault.path.is_empty()).then_some(fault.path);
        Self { param, code, ..Self::new(StatusCode::BAD_REQUEST, message) }
    }

    /// The body of the answer, or the data of an error event.
    pub(super) fn body(&self, api: Api, request_id: &str) -> Value {
        match api {
            Api::OpenAi => json!({"error": {
                "message": self.message, "type": openai_type(self.status), "param": self.param, "code": self.code,
            }}),
            Api::Anthropic => json!({
                "type": "error",
                "error": {"type": anthropic_type(self.status), "message": self.message},
                "request_id": request_id,
            }),
        }
    }
}

fn openai_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        429 => "requests",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

/// As in Anthropic's list of HTTP errors.
fn anthropic_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        504 => "timeout_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

fn openai_words(fault: &Fault) -> (String, Option<&'static str>) {
    let path = &fault.path;
    match &fault.what {
        What::Missing => (format!("Missing required parameter: '{path}'."), Some("missing_required_parameter")),
        What::Unknown => (format!("Unknown parameter: '{path}'."), Some("unknown_parameter")),
        What::Type { expected, found } => {
            (format!("Invalid type for '{path}': expected {expected}, but got {found} instead."), Some("invalid_type"))
        }
        What::Choice { allowed, found } => {
            let allowed = allowed.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ");
            (format!("Invalid value: '{found}'. Supported values are: {allowed}."), Some("invalid_value"))
        }
        What::Rule(message) => (format!("Invalid '{path}': {message}"), Some("invalid_value")),
    }
}

fn anthropic_words(fault: &Fault) -> String {
    let path = fault.path.replace('[', ".").replace(']', "");
    match &fault.what {
        What::Missing => format!("{path}: Field required"),
        What::Unknown => format!("{path}: Extra inputs are not permitted"),
        What::Type { expected, .. } => format!("{path}: Input should be {expected}"),
        What::Choice { allowed, .. } => {
            let allowed = allowed.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" or ");
            format!("{path}: Input should be {allowed}")
        }
        What::Rule(message) => format!("{path}: {message}"),
    }
}
