//! Converse and ConverseStream: judges a body, and writes the answer to it.

mod block;
mod message;
mod request;
mod tool;
mod write;

use super::super::ask::{Ask, Output};
use super::super::error::ApiError;

pub(super) use request::read_count as count;

/// `POST /model/{id}/converse`.
pub(super) fn whole(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let asked = ask.read(|body| request::read(body, ask.target))?;
    let reply = ask.reply(&asked.prompt)?;
    Ok(Output::json(write::whole(&reply, &asked, ask.script)))
}

/// `POST /model/{id}/converse-stream`.
pub(super) fn stream(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let asked = ask.read(|body| request::read(body, ask.target))?;
    let reply = ask.reply(&asked.prompt)?;
    Ok(Output::frames(write::events(&reply, &asked, ask.script)))
}

#[cfg(test)]
mod tests;
