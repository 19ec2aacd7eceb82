//! Who may ask: each API takes its key in its own place.
//!
//! Without `--require-key` any key will do, or none; a signature of AWS is checked always, and Bedrock always wants one or a key.

use http::{StatusCode, header};

use super::ask::Ask;
use super::error::{Api, ApiError};
use super::{azure, bedrock};

/// Whether the request has the key that this simulator wants.
pub(super) fn check(ask: &Ask<'_>) -> Result<(), ApiError> {
    if ask.api == Api::Bedrock {
        return bedrock::authorize(ask);
    }
    azure::check_version(ask)?;
    let Some(required) = ask.options.require_key.as_deref() else { return Ok(()) };
    let bearer = bearer(ask);
    let sent = match ask.api {
        Api::OpenAi | Api::Responses | Api::Vertex | Api::AnthropicVertex | Api::Cohere | Api::Bedrock => {
            bearer.map(str::to_owned)
        }
        Api::Azure | Api::AzureResponses => ask.header("api-key").or(bearer).map(str::to_owned),
        // As a bearer token where OAuth gave it.
        Api::Anthropic => ask.header("x-api-key").or(bearer).map(str::to_owned),
        Api::Gemini => ask.header("x-goog-api-key").map(str::to_owned).or_else(|| ask.query("key").map(Into::into)),
    };
    if sent.as_deref() == Some(required) { Ok(()) } else { Err(refusal(ask.api, sent.is_some())) }
}

/// The bearer token.
pub(super) fn bearer<'a>(ask: &'a Ask<'_>) -> Option<&'a str> {
    ask.header(header::AUTHORIZATION.as_str())?.strip_prefix("Bearer ")
}

fn refusal(api: Api, sent: bool) -> ApiError {
    let unauthorized = |message: &str| ApiError::new(StatusCode::UNAUTHORIZED, message).code("invalid_api_key");
    match api {
        Api::OpenAi | Api::Responses => {
            unauthorized("Incorrect API key provided. You can find your API key in the provider's settings.")
        }
        Api::Azure | Api::AzureResponses => unauthorized(
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active \
             subscription and use a correct regional API endpoint for your resource.",
        ),
        Api::Anthropic => unauthorized("invalid x-api-key"),
        Api::Gemini if sent => ApiError::bad("API key not valid. Please pass a valid API key.").code("API_KEY_INVALID"),
        Api::Gemini => ApiError::new(
            StatusCode::FORBIDDEN,
            "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of \
             API consumer identity to call this API.",
        ),
        Api::Vertex | Api::AnthropicVertex => unauthorized(
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid \
             authentication credential.",
        ),
        Api::Cohere => unauthorized("invalid api token"),
        Api::Bedrock => ApiError::new(StatusCode::FORBIDDEN, "The security token included in the request is invalid."),
    }
}
