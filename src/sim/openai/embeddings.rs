//! OpenAI's embeddings.

use serde_json::{Value, json};

use super::super::ask::{Ask, Output};
use super::super::check::{Fault, Node};
use super::super::error::ApiError;
use super::super::{tokens, vector};
use super::completions::of_tokens;
use super::request::model;

/// The numbers of a vector where the request says nothing.
const DEFAULT_DIMENSIONS: i64 = 16;

/// The most texts of a request.
const MOST: usize = 2048;

struct Asked {
    model: String,
    texts: Vec<String>,
    dimensions: usize,
    base64: bool,
}

/// `POST /v1/embeddings`.
pub(super) fn serve(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let asked = ask.read(read)?;
    ask.serves(&asked.model)?;
    let data: Vec<Value> = asked.texts.iter().enumerate().map(|(index, text)| embedding(index, text, &asked)).collect();
    let mut answer = json!({"object": "list", "data": data, "model": asked.model});
    if !ask.script.no_usage {
        let tokens: u64 = asked.texts.iter().map(|text| tokens::of_text(text)).sum();
        answer["usage"] = json!({"prompt_tokens": tokens, "total_tokens": tokens});
    }
    Ok(Output::json(answer))
}

fn embedding(index: usize, text: &str, asked: &Asked) -> Value {
    let vector = vector::of(text, asked.dimensions);
    let embedding = if asked.base64 { json!(vector::base64(&vector)) } else { vector::floats(&vector) };
    json!({"object": "embedding", "index": index, "embedding": embedding})
}

fn read(body: &Node<'_>) -> Result<Asked, Fault> {
    let body = body.object(&["input", "model", "dimensions", "encoding_format", "user"])?;
    let format = body.optional("encoding_format", |node| node.one_of(&["float", "base64"]))?;
    let dimensions = body.optional("dimensions", |node| node.integer(1..=vector::MOST))?.unwrap_or(DEFAULT_DIMENSIONS);
    body.optional("user", |node| node.string())?;
    Ok(Asked {
        model: model(&body)?,
        texts: texts(&body.need("input")?)?,
        dimensions: usize::try_from(dimensions).unwrap_or(1),
        base64: format == Some("base64"),
    })
}

/// A text, several, a list of tokens, or several of those; none of them empty.
fn texts(node: &Node<'_>) -> Result<Vec<String>, Fault> {
    let invalid = || node.rule("'$.input' is invalid. Please check the API reference");
    let texts = if let Ok(one) = node.string() {
        vec![one.to_owned()]
    } else {
        let list = node.array().map_err(|_| invalid())?;
        if list.first().is_some_and(|first| first.value().is_number()) {
            vec![of_tokens(&list)?]
        } else {
            let each = list.iter().map(|node| match node.string() {
                Ok(text) => Ok(text.to_owned()),
                Err(_) => of_tokens(&node.array().map_err(|_| invalid())?),
            });
            each.collect::<Result<_, Fault>>()?
        }
    };
    if texts.is_empty() || texts.iter().any(String::is_empty) {
        return Err(node.rule("input cannot be an empty string."));
    }
    if texts.len() > MOST {
        return Err(node.rule(format!("array too long. Expected an array with maximum length {MOST}")));
    }
    Ok(texts)
}
