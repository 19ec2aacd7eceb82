//! Embeddings by InvokeModel: Amazon's Titan (one text) and Cohere's (several). Cohere's usage stands in a header only.

use serde_json::{Value, json};

use super::super::ask::{Ask, Output};
use super::super::check::{Fault, Node, Object};
use super::super::cohere;
use super::super::error::ApiError;
use super::super::{tokens, vector};

/// Titan's vectors.
const DEFAULT_DIMENSIONS: i64 = 1024;

/// The header with the tokens of the request.
const INPUT_TOKENS: &str = "x-amzn-bedrock-input-token-count";

struct Titan {
    text: String,
    dimensions: usize,
    kinds: Vec<&'static str>,
}

/// Amazon Titan Text Embeddings.
pub(super) fn titan(ask: &Ask<'_>) -> Result<Output, ApiError> {
    ask.serves(ask.target)?;
    let asked = ask.read(|body| read_titan(body, ask.target))?;
    let vector = vector::of(&asked.text, asked.dimensions);
    let count = tokens::of_text(&asked.text);
    let mut answer = json!({"inputTextTokenCount": count});
    let mut by_type = json!({});
    for kind in &asked.kinds {
        by_type[*kind] = if *kind == "binary" { vector::bits(&vector, 0) } else { vector::floats(&vector) };
    }
    if asked.kinds.contains(&"float") {
        answer["embedding"] = vector::floats(&vector);
    }
    answer["embeddingsByType"] = by_type;
    Ok(Output::json(answer).header(INPUT_TOKENS, count))
}

fn read_titan(body: &Node<'_>, model: &str) -> Result<Titan, Fault> {
    let is_first = model.contains("titan-embed-text-v1") || model.contains("titan-embed-g1");
    let fields: &[&str] = if is_first { &["inputText"] } else { &["inputText", "dimensions", "normalize", "embeddingTypes"] };
    let body = body.object(fields)?;
    let text = body.need("inputText")?;
    if text.string()?.is_empty() {
        return Err(
            text.rule("Malformed input request: expected minLength: 1, actual: 0, please reformat your input and try again.")
        );
    }
    let dimensions = body.optional("dimensions", |node| node.integer(1..=DEFAULT_DIMENSIONS))?.unwrap_or(DEFAULT_DIMENSIONS);
    if let Some(node) = body.get("dimensions").filter(|_| ![256, 512, 1024].contains(&dimensions)) {
        return Err(node.rule(format!("Malformed input request: {dimensions} is not one of 256, 512 and 1024")));
    }
    body.optional("normalize", |node| node.boolean())?;
    Ok(Titan { text: text.string()?.to_owned(), dimensions: usize::try_from(dimensions).unwrap_or(1), kinds: kinds(&body)? })
}

fn kinds(body: &Object<'_>) -> Result<Vec<&'static str>, Fault> {
    let mut kinds = Vec::new();
    for kind in body.optional("embeddingTypes", |node| node.array())?.into_iter().flatten() {
        kinds.push(if kind.one_of(&["float", "binary"])? == "binary" { "binary" } else { "float" });
    }
    Ok(if kinds.is_empty() { vec!["float"] } else { kinds })
}

/// Cohere Embed: as at Cohere, but without a model, and with the types not demanded.
pub(super) fn cohere(ask: &Ask<'_>) -> Result<Output, ApiError> {
    ask.serves(ask.target)?;
    let fields = &["texts", "images", "inputs", "input_type", "truncate", "embedding_types", "output_dimension", "max_tokens"];
    let asked = ask.read(|body| cohere::read_embed(&body.object(fields)?))?;
    let by_type: Value = cohere::embeddings(&asked);
    let mut answer = json!({"id": ask.seed, "texts": asked.texts});
    if asked.kinds.is_empty() {
        answer["response_type"] = json!("embeddings_floats");
        answer["embeddings"] = by_type.get("float").cloned().unwrap_or_default();
    } else {
        answer["response_type"] = json!("embeddings_by_type");
        answer["embeddings"] = by_type;
    }
    Ok(Output::json(answer).header(INPUT_TOKENS, asked.tokens()))
}
