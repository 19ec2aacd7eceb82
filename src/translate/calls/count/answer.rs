//! A count, read from any provider and told in the client's shape.

use serde::Deserialize;

use crate::translate::calls::Call;
use crate::translate::{AnswerError, plain};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    input_tokens: Option<u64>,
    #[serde(rename = "inputTokens")]
    of_bedrock: Option<u64>,
    #[serde(rename = "totalTokens")]
    of_gemini: Option<u64>,
    #[serde(rename = "count")]
    of_vllm: Option<u64>,
}

/// Reads a provider's count.
///
/// # Errors
/// [`AnswerError::Malformed`] where there is none.
pub(in crate::translate::calls) fn parse(dialect: &'static str, body: &[u8]) -> Result<u64, AnswerError> {
    let malformed =
        |message: &str| AnswerError::Malformed { dialect, message: plain::brief(message, plain::QUOTATION).into_owned() };
    let wire: Wire = serde_json::from_slice(body).map_err(|error| malformed(&error.to_string()))?;
    let told = wire.input_tokens.or(wire.of_bedrock).or(wire.of_gemini).or(wire.of_vllm);
    told.ok_or_else(|| malformed("it tells no number of tokens"))
}

/// In the client's shape. The tokens themselves are told by vLLM only: to its client they are null, not an empty list.
pub(in crate::translate::calls) fn render(call: Call, tokens: u64) -> Vec<u8> {
    match call {
        Call::Tokenize => format!(r#"{{"count":{tokens},"max_model_len":null,"tokens":null,"token_strs":null}}"#),
        Call::InputTokens => format!(r#"{{"object":"response.input_tokens","input_tokens":{tokens}}}"#),
        Call::GeminiCount => format!(r#"{{"totalTokens":{tokens}}}"#),
        _ => format!(r#"{{"input_tokens":{tokens}}}"#),
    }
    .into_bytes()
}
