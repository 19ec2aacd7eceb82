//! Cohere, version 2: judges a body of each endpoint, and writes the answer to it.
//!
//! The rules are those of Cohere's API reference (v2: chat, embed, rerank), its guides to tool use, structured outputs and reasoning,
//! and the errors that the API gives in practice.

mod embed;
mod message;
mod request;
mod write;

use serde_json::{Value, json};

use super::ask::{Ask, Output};
use super::error::{Api, ApiError};
use super::openai::{Ranking, read_rerank};
use super::route::Route;
use super::vector;

pub(super) use embed::{embeddings, read as read_embed};

/// The endpoints.
pub(super) fn route(method: &str, path: &str) -> Option<Route> {
    let serve = match path {
        "/v2/chat" => chat,
        "/v2/embed" => embed::serve,
        "/v2/rerank" => rerank,
        _ => return None,
    };
    (method == "POST").then(|| Route::new(Api::Cohere, serve))
}

fn chat(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let prompt = ask.read(request::read)?;
    let reply = ask.reply(&prompt)?;
    Ok(if prompt.stream {
        Output::events(write::events(&reply, ask.script, ask.seed))
    } else {
        Output::json(write::whole(&reply, &prompt, ask.script, ask.seed))
    })
}

fn rerank(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let asked: Ranking =
        ask.read(|body| read_rerank(body, &["documents", "max_tokens_per_doc", "model", "priority", "query", "top_n"]))?;
    ask.serves(&asked.model)?;
    let ranked = vector::rank(&asked.query, &asked.documents, asked.most);
    let results: Vec<Value> =
        ranked.into_iter().map(|(index, score)| json!({"index": index, "relevance_score": score})).collect();
    let mut answer = json!({"id": ask.seed, "results": results});
    answer["meta"] = meta(ask, json!({"search_units": 1}), asked.tokens());
    Ok(Output::json(answer))
}

/// What is billed, and the tokens, where usage is told.
fn meta(ask: &Ask<'_>, billed: Value, tokens: u64) -> Value {
    let mut meta = json!({"api_version": {"version": "2"}});
    if !ask.script.no_usage {
        meta["billed_units"] = billed;
        meta["tokens"] = json!({"input_tokens": tokens, "output_tokens": 0});
    }
    meta
}

#[cfg(test)]
mod tests;
