//! The one table that turns a stage's error into what the client sees: status, error type and code in its own API's words, and
//! the label under which operators find it.

use std::time::Duration;

use http::StatusCode;

use crate::translate::{AnswerError, RequestError};

/// An answer that the gateway gives by itself, because the request cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// What is wrong.
    pub kind: Kind,
    /// What is wrong and what to do, for the person who reads it.
    pub message: String,
    /// The field that is at fault.
    pub param: Option<String>,
    /// When to come back.
    pub retry_after: Option<Duration>,
    /// Headers to send besides (`x-ratelimit-*`, `www-authenticate`).
    pub headers: Vec<(http::HeaderName, http::HeaderValue)>,
}

impl Rejection {
    /// A rejection with a message and nothing else.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), param: None, retry_after: None, headers: Vec::new() }
    }

    /// Names the field that is at fault.
    #[must_use]
    pub fn param(mut self, field: impl Into<String>) -> Self {
        self.param = Some(field.into());
        self
    }
}

/// What can be wrong. One row of the table each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// No key was sent.
    KeyMissing,
    /// The key is not known.
    KeyUnknown,
    /// The key has expired.
    KeyExpired,
    /// The key is switched off.
    KeyDisabled,
    /// The token is no token of an issuer that the gateway knows.
    TokenInvalid,
    /// The token has expired.
    TokenExpired,
    /// The token is good, but not for this gateway.
    TokenNotAllowed,
    /// The keys of the token's issuer are not known yet.
    IssuerUnreachable,
    /// Too many requests from the same address failed to say who they are.
    TooManyFailures,
    /// The key may not use this model.
    ModelNotAllowed,
    /// The key may not ask this provider for what the gateway does not know.
    PassthroughNotAllowed,
    /// The path or method is not one that the gateway serves.
    UnknownEndpoint,
    /// A stored answer is asked for, and the gateway stores none.
    NotStored,
    /// The gateway serves the path, but not with this method.
    WrongMethod,
    /// No route has this model.
    UnknownModel,
    /// The body breaks the rules of the client's API.
    InvalidRequest,
    /// The request did not arrive in time.
    RequestTimeout,
    /// The body is too large.
    TooLarge,
    /// The provider's dialect cannot say this.
    Unsupported,
    /// A limit is reached.
    RateLimited,
    /// What the request costs is not known, and a limit counts money.
    Unpriced,
    /// Whether a limit is reached cannot be told: the store of the budgets is away.
    LimitsAway,
    /// The provider wants the caller's own key, and none came.
    OwnKeyMissing,
    /// No credential for the provider can be had.
    NoCredential,
    /// The provider refuses the gateway's credential.
    CredentialRefused,
    /// The provider answered with something that is not its API.
    BadAnswer,
    /// No provider could be reached.
    Unreachable,
    /// No provider answered in time.
    Timeout,
    /// The gateway is at fault.
    Internal,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// HTTP status.
    pub status: StatusCode,
    /// `error.type` in OpenAI's shape.
    pub openai_type: &'static str,
    /// `error.code` in OpenAI's shape, and the label of metrics and usage records.
    pub code: &'static str,
    /// `error.type` in Anthropic's shape.
    pub anthropic_type: &'static str,
}

impl Kind {
    /// This kind's row.
    pub fn row(self) -> Row {
        let (status, openai_type, code, anthropic_type) = match self {
            Self::KeyMissing => (401, "invalid_request_error", "missing_api_key", "authentication_error"),
            Self::KeyUnknown => (401, "invalid_request_error", "invalid_api_key", "authentication_error"),
            Self::KeyExpired => (401, "invalid_request_error", "expired_api_key", "authentication_error"),
            Self::KeyDisabled => (401, "invalid_request_error", "disabled_api_key", "authentication_error"),
            Self::TokenInvalid => (401, "invalid_request_error", "invalid_token", "authentication_error"),
            Self::TokenExpired => (401, "invalid_request_error", "expired_token", "authentication_error"),
            Self::TokenNotAllowed => (403, "invalid_request_error", "token_not_allowed", "permission_error"),
            Self::IssuerUnreachable => (503, "api_error", "identity_provider_unreachable", "overloaded_error"),
            Self::TooManyFailures => (429, "rate_limit_error", "too_many_failed_authentications", "rate_limit_error"),
            Self::ModelNotAllowed => (403, "invalid_request_error", "model_not_allowed", "permission_error"),
            Self::PassthroughNotAllowed => (403, "invalid_request_error", "passthrough_not_allowed", "permission_error"),
            Self::UnknownEndpoint => (404, "invalid_request_error", "unknown_endpoint", "not_found_error"),
            Self::NotStored => (404, "invalid_request_error", "response_not_stored", "not_found_error"),
            Self::WrongMethod => (405, "invalid_request_error", "method_not_allowed", "invalid_request_error"),
            Self::UnknownModel => (404, "invalid_request_error", "model_not_found", "not_found_error"),
            Self::InvalidRequest => (400, "invalid_request_error", "invalid_request", "invalid_request_error"),
            Self::RequestTimeout => (408, "invalid_request_error", "request_timeout", "timeout_error"),
            Self::TooLarge => (413, "invalid_request_error", "request_too_large", "request_too_large"),
            Self::Unsupported => (422, "invalid_request_error", "unsupported_field", "invalid_request_error"),
            Self::RateLimited => (429, "rate_limit_error", "gateway_rate_limit_exceeded", "rate_limit_error"),
            Self::LimitsAway => (503, "api_error", "limits_unavailable", "overloaded_error"),
            Self::Unpriced => (403, "invalid_request_error", "model_without_price", "permission_error"),
            Self::OwnKeyMissing => (401, "invalid_request_error", "missing_provider_key", "authentication_error"),
            Self::NoCredential => (502, "api_error", "provider_credential_missing", "api_error"),
            Self::CredentialRefused => (502, "api_error", "provider_credential_refused", "api_error"),
            Self::BadAnswer => (502, "api_error", "bad_provider_answer", "api_error"),
            Self::Unreachable => (503, "api_error", "provider_unreachable", "overloaded_error"),
            Self::Timeout => (504, "api_error", "provider_timeout", "timeout_error"),
            Self::Internal => (500, "api_error", "internal_error", "api_error"),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Row { status, openai_type, code, anthropic_type }
    }
}

impl From<RequestError> for Rejection {
    fn from(error: RequestError) -> Self {
        let message = error.to_string();
        let (kind, field) = match error {
            RequestError::Invalid { field, .. } => (Kind::InvalidRequest, field),
            RequestError::Unsupported { field, .. } => (Kind::Unsupported, field),
        };
        Self { param: Some(field).filter(|field| !field.is_empty()), ..Self::new(kind, message) }
    }
}

impl From<AnswerError> for Rejection {
    fn from(error: AnswerError) -> Self {
        Self::new(Kind::BadAnswer, error.to_string())
    }
}
