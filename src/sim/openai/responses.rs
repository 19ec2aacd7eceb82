//! OpenAI's responses: judges a body, and writes the response or its events. Without memory: an id of an earlier response or item
//! is never found, so whoever comes back brings everything, reasoning encrypted by the simulator among it.
//!
//! The rules are those of the API reference (responses), the guides to reasoning and function calling, and the errors that the API
//! gives in practice.

mod input;
mod request;
mod stream;
mod tool;
mod write;

use serde_json::{Value, json};

use super::super::ask::{Ask, Output};
use super::super::check::Node;
use super::super::error::ApiError;
use write::Writer;

/// `POST /v1/responses`.
pub(super) fn serve(ask: &Ask<'_>) -> Result<Output, ApiError> {
    respond(ask, ask.json()?)
}

fn respond(ask: &Ask<'_>, body: Value) -> Result<Output, ApiError> {
    let asked = request::read(&Node::root(&body)).map_err(|fault| ApiError::fault(ask.api, fault))?;
    let reply = ask.reply(&asked.prompt)?;
    let writer = Writer::new(&asked, &body, &reply, ask.script, ask.seed);
    Ok(if asked.prompt.stream { Output::events(stream::events(&writer)) } else { Output::json(writer.whole()) })
}

/// `POST /v1/responses/input_tokens`.
pub(super) fn count(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let prompt = ask.read(request::read_count)?;
    Ok(Output::json(json!({"object": "response.input_tokens", "input_tokens": prompt.tokens})))
}

#[cfg(test)]
mod tests;
