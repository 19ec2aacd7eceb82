//! CountTokens: of a conversation, or of a body for InvokeModel.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::anthropic;
use super::super::ask::{Ask, Output};
use super::super::check::{Fault, Node};
use super::super::error::ApiError;
use super::{converse, invoke};

/// `POST /model/{id}/count-tokens`.
pub(super) fn serve(ask: &Ask<'_>) -> Result<Output, ApiError> {
    ask.serves(ask.target)?;
    let body = ask.json()?;
    let input = Node::root(&body)
        .object(&["input"])
        .and_then(|body| body.need("input"))
        .map_err(|fault| ApiError::fault(ask.api, fault))?;
    let tokens = match (input.value().get("converse"), input.value().get("invokeModel")) {
        (Some(conversation), None) => {
            let prompt = converse::count(&Node::root(conversation), ask.target);
            prompt.map_err(|fault| ApiError::fault(ask.api, fault))?.tokens
        }
        (None, Some(invoke)) => of_body(ask, &decoded(invoke).map_err(|fault| ApiError::fault(ask.api, fault))?)?,
        _ => return Err(ApiError::bad("the input must be one of `converse` and `invokeModel`").code("ValidationException")),
    };
    Ok(Output::json(json!({"inputTokens": tokens})))
}

fn decoded(invoke: &Value) -> Result<Value, Fault> {
    let body = Node::root(invoke).object(&["body"])?.need("body")?;
    let bytes = STANDARD.decode(body.string()?).map_err(|_| body.rule("invalid base64 data"))?;
    serde_json::from_slice(&bytes).map_err(|error| body.rule(format!("the body is not JSON: {error}")))
}

fn of_body(ask: &Ask<'_>, body: &Value) -> Result<u64, ApiError> {
    let mut body = invoke::checked(body.clone())?;
    if let Some(fields) = body.as_object_mut() {
        // A whole body, of which counting does not know all.
        for name in ["max_tokens", "stop_sequences", "temperature", "top_k", "top_p"] {
            fields.shift_remove(name);
        }
        fields.insert("model".to_owned(), ask.target.into());
    }
    Ok(anthropic::hosted_count(body, invoke::VERSION)?.tokens)
}
