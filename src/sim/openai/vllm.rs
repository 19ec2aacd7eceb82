//! What vLLM serves beside OpenAI's API: `/tokenize` (of a text or of a conversation) and `/v1/rerank`.

use serde_json::{Value, json};

use super::super::ask::{Ask, Output};
use super::super::check::{Fault, Node};
use super::super::error::ApiError;
use super::super::prompt::Prompt;
use super::super::{tokens, vector};
use super::message::Messages;
use super::request::model;
use super::tool;

const CHAT_FIELDS: &[&str] = &[
    "add_generation_prompt",
    "add_special_tokens",
    "chat_template",
    "chat_template_kwargs",
    "continue_final_message",
    "messages",
    "model",
    "return_token_strs",
    "tools",
];

const TEXT_FIELDS: &[&str] = &["add_special_tokens", "model", "prompt", "return_token_strs"];

const RERANK_FIELDS: &[&str] =
    &["documents", "max_tokens_per_doc", "model", "priority", "query", "top_n", "truncate_prompt_tokens", "user"];

/// The most documents of a request.
pub(in super::super) const MOST_DOCUMENTS: usize = 10_000;

/// `POST /tokenize`.
pub(super) fn tokenize(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let (model, count, words) = ask.read(read_tokenize)?;
    ask.serves(&model)?;
    // A token's number is its place: the same for every prompt.
    let numbers: Vec<u64> = (1..=count).collect();
    Ok(Output::json(json!({"count": count, "max_model_len": 128_000, "tokens": numbers, "token_strs": words})))
}

/// Model, number of tokens, and the tokens where they were asked for and are known.
fn read_tokenize(body: &Node<'_>) -> Result<(String, u64, Value), Fault> {
    let is_chat = body.any_object()?.get("messages").is_some();
    let body = body.object(if is_chat { CHAT_FIELDS } else { TEXT_FIELDS })?;
    for flag in ["add_generation_prompt", "add_special_tokens", "continue_final_message"] {
        body.optional(flag, |node| node.boolean())?;
    }
    let wants_words = body.optional("return_token_strs", |node| node.boolean())?.unwrap_or(false);
    let model = body.optional("model", |node| node.string())?.unwrap_or_default().to_owned();
    if is_chat {
        let mut prompt = Prompt::default();
        Messages::new(&mut prompt).read(&body.need("messages")?)?;
        tool::read(&body, &mut prompt)?;
        return Ok((model, prompt.tokens, Value::Null));
    }
    let text = body.need("prompt")?.string()?;
    let words: Vec<&str> = text.split_whitespace().collect();
    Ok((model, tokens::of_text(text), if wants_words { json!(words) } else { Value::Null }))
}

/// `POST /v1/rerank`.
pub(super) fn rerank(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let asked = ask.read(|body| read_rerank(body, RERANK_FIELDS))?;
    ask.serves(&asked.model)?;
    let results: Vec<Value> = vector::rank(&asked.query, &asked.documents, asked.most)
        .into_iter()
        .map(|(index, score)| {
            json!({"index": index, "document": {"text": asked.documents.get(index), "multi_modal": null}, "relevance_score": score})
        })
        .collect();
    let total = asked.tokens();
    let mut answer = json!({"id": format!("rerank-{}", ask.seed), "model": asked.model, "results": results});
    if !ask.script.no_usage {
        answer["usage"] = json!({"prompt_tokens": total, "total_tokens": total});
    }
    Ok(Output::json(answer))
}

/// What is to be ranked. Cohere has the same.
pub(in super::super) struct Ranking {
    pub(in super::super) model: String,
    pub(in super::super) query: String,
    pub(in super::super) documents: Vec<String>,
    pub(in super::super) most: usize,
}

impl Ranking {
    pub(in super::super) fn tokens(&self) -> u64 {
        tokens::of_text(&self.query) + self.documents.iter().map(|text| tokens::of_text(text)).sum::<u64>()
    }
}

/// Reads a rerank request with these fields. Without `model` among them, another place names the model.
pub(in super::super) fn read_rerank(body: &Node<'_>, fields: &[&str]) -> Result<Ranking, Fault> {
    let body = body.object(fields)?;
    let query = body.need("query")?;
    if query.string()?.is_empty() {
        return Err(query.rule("query must not be empty"));
    }
    let node = body.need("documents")?;
    let documents: Result<Vec<String>, Fault> = node.array()?.iter().map(|node| node.string().map(str::to_owned)).collect();
    let documents = documents?;
    if !(1..=MOST_DOCUMENTS).contains(&documents.len()) {
        return Err(node.rule(format!("there must be 1 to {MOST_DOCUMENTS} documents")));
    }
    body.optional("max_tokens_per_doc", |node| node.integer(1..=i64::MAX))?;
    body.optional("priority", |node| node.integer(0..=999))?;
    body.optional("truncate_prompt_tokens", |node| node.integer(1..=i64::MAX))?;
    body.optional("user", |node| node.string())?;
    let most = body.optional("top_n", |node| node.integer(1..=i64::MAX))?;
    let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let model = if fields.contains(&"model") { model(&body)? } else { String::new() };
    Ok(Ranking { model, query: query.string()?.to_owned(), documents, most })
}
