//! Ranks by InvokeModel: Cohere's (with its version, at least 2) and Amazon's (without).

use serde_json::{Value, json};

use super::super::ask::{Ask, Output};
use super::super::check::{Fault, Node};
use super::super::error::ApiError;
use super::super::openai::{Ranking, read_rerank};
use super::super::vector;

/// The ranks of documents. No usage is told: what is billed is searches.
pub(super) fn serve(ask: &Ask<'_>) -> Result<Output, ApiError> {
    ask.serves(ask.target)?;
    let asked = ask.read(|body| read(body, ask.target))?;
    let ranked = vector::rank(&asked.query, &asked.documents, asked.most);
    let results: Vec<Value> =
        ranked.into_iter().map(|(index, score)| json!({"index": index, "relevance_score": score})).collect();
    Ok(Output::json(json!({"results": results})))
}

fn read(body: &Node<'_>, model: &str) -> Result<Ranking, Fault> {
    if model.contains("amazon.") {
        return read_rerank(body, &["documents", "query", "top_n"]);
    }
    let version = body.any_object()?.need("api_version")?;
    if version.integer(0..=i64::MAX)? < 2 {
        return Err(
            version.rule("Malformed input request: api_version must be at least 2, please reformat your input and try again.")
        );
    }
    read_rerank(body, &["api_version", "documents", "max_tokens_per_doc", "query", "top_n"])
}
