//! OpenAI: judges a body of each endpoint, and writes the answer to it. The chat completions are here and in `message`, `request`,
//! `tool` and `write`; every other endpoint has a module of its own.
//!
//! The rules are those of OpenAI's API reference, its guides to function calling and structured outputs, and the errors that the API
//! gives in practice.

mod audio;
mod completions;
mod embeddings;
mod images;
mod message;
mod moderations;
mod opaque;
mod request;
mod responses;
mod tool;
mod vllm;
mod write;

use super::ask::{Ask, Output, Serve};
use super::error::{Api, ApiError};
use super::models;
use super::route::Route;

pub(super) use vllm::{Ranking, read_rerank};
use write::{events, whole};

/// When every answer was made, so that the same request gets the same bytes: 2026-01-01.
const CREATED: u64 = 1_767_225_600;

/// The endpoints.
pub(super) fn route(method: &str, path: &str) -> Option<Route> {
    match (method, path) {
        // DeepSeek has them without a version.
        ("POST", "/chat/completions") => Some(Route::new(Api::OpenAi, serve)),
        ("POST", "/tokenize") => Some(Route::new(Api::OpenAi, vllm::tokenize)),
        ("POST", "/v1/rerank" | "/rerank") => Some(Route::new(Api::OpenAi, vllm::rerank)),
        ("GET", "/v1/models") => Some(Route::new(Api::OpenAi, models::serve_list)),
        (_, path) if opaque::is_one(path) => Some(Route::new(Api::OpenAi, opaque::serve)),
        ("GET", path) => Some(Route::at(Api::OpenAi, models::serve_one, path.strip_prefix("/v1/models/")?)),
        ("POST", path) => {
            let (api, serve) = endpoint(path.strip_prefix("/v1/")?)?;
            Some(Route::new(api, serve))
        }
        _ => None,
    }
}

/// The endpoints that Azure has too, by what stands after the version.
pub(super) fn endpoint(path: &str) -> Option<(Api, Serve)> {
    Some(match path {
        "chat/completions" => (Api::OpenAi, serve),
        "completions" => (Api::OpenAi, completions::serve),
        "responses" => (Api::Responses, responses::serve),
        "responses/input_tokens" => (Api::OpenAi, responses::count),
        "embeddings" => (Api::OpenAi, embeddings::serve),
        "images/generations" => (Api::OpenAi, images::generate),
        "images/edits" => (Api::OpenAi, images::edit),
        "audio/speech" => (Api::OpenAi, audio::speech),
        "audio/transcriptions" => (Api::OpenAi, audio::transcribe),
        "audio/translations" => (Api::OpenAi, audio::translate),
        "moderations" => (Api::OpenAi, moderations::serve),
        _ => return None,
    })
}

/// Chat completions.
pub(super) fn serve(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let prompt = ask.read(request::read)?;
    let reply = ask.reply(&prompt)?;
    Ok(if prompt.stream {
        Output::events(events(&reply, &prompt, ask.script, ask.seed))
    } else {
        Output::json(whole(&reply, &prompt, ask.script, ask.seed))
    })
}

#[cfg(test)]
mod tests;
