//! The body of an error in each API's shape, and the types that each uses for a status.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Api, ApiError};

pub(super) fn body(error: &ApiError, api: Api, request_id: &str) -> Value {
    match api {
        Api::OpenAi | Api::Responses => openai(error),
        Api::Azure | Api::AzureResponses => azure(error),
        Api::Anthropic => anthropic(error, request_id),
        Api::AnthropicVertex if matches!(error.status.as_u16(), 400 | 413) => anthropic(error, request_id),
        Api::AnthropicVertex | Api::Gemini | Api::Vertex => google(error),
        Api::Bedrock => json!({"message": error.message}),
        Api::Cohere => json!({"id": request_id, "message": error.message}),
    }
}

fn openai(error: &ApiError) -> Value {
    let kind = match error.status.as_u16() {
        429 => "requests",
        500.. => "server_error",
        _ => "invalid_request_error",
    };
    json!({"error": {"message": error.message, "type": kind, "param": error.param, "code": error.code}})
}

/// What Azure's own front says has a code and a message only; what the model's service says has OpenAI's shape.
fn azure(error: &ApiError) -> Value {
    if error.code == Some("content_filter") {
        let filtered = json!({"filtered": true, "severity": "high"});
        return json!({"error": {
            "message": error.message, "type": null, "param": "prompt", "code": "content_filter", "status": error.status.as_u16(),
            "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"violence": filtered}},
        }});
    }
    if error.status == StatusCode::BAD_REQUEST {
        return openai(error);
    }
    let status = error.status.as_u16().to_string();
    let code = error.code.filter(|code| code.starts_with(char::is_uppercase)).unwrap_or(&status);
    json!({"error": {"code": code, "message": error.message}})
}

pub(super) fn anthropic(error: &ApiError, request_id: &str) -> Value {
    // As in Anthropic's list of HTTP errors.
    let kind = match error.status.as_u16() {
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
    };
    json!({"type": "error", "error": {"type": kind, "message": error.message}, "request_id": request_id})
}

/// Google's shape (AIP-193), with the canonical code of the status.
fn google(error: &ApiError) -> Value {
    let code = error.status.as_u16();
    let status = match code {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        501 => "UNIMPLEMENTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    };
    let mut told = json!({"code": code, "message": error.message, "status": status});
    if let Some(reason) = error.code.filter(|reason| reason.starts_with("API_KEY")) {
        let info = "type.googleapis.com/google.rpc.ErrorInfo";
        told["details"] = json!([{"@type": info, "reason": reason, "domain": "googleapis.com"}]);
    }
    json!({"error": told})
}

/// As in the API reference of Bedrock's runtime, "Common Errors" and the errors of each action.
pub(super) fn aws_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 | 403 => "AccessDeniedException",
        404 => "ResourceNotFoundException",
        408 => "ModelTimeoutException",
        424 => "ModelErrorException",
        429 => "ThrottlingException",
        503 => "ServiceUnavailableException",
        500.. => "InternalServerException",
        _ => "ValidationException",
    }
}

/// As in the members of `ConverseStreamOutput` and `ResponseStream`.
pub(super) fn aws_stream_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        408 => "modelTimeoutException",
        424 => "modelStreamErrorException",
        429 => "throttlingException",
        503 => "serviceUnavailableException",
        500.. => "internalServerException",
        _ => "validationException",
    }
}
