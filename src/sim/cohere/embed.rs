//! Cohere's embeddings, in every type that there is. Bedrock has them too.

use serde_json::{Map, Value, json};

use super::super::ask::{Ask, Output};
use super::super::check::{Fault, Node, Object};
use super::super::error::ApiError;
use super::super::{tokens, vector};

const KINDS: &[&str] = &["float", "int8", "uint8", "binary", "ubinary", "base64"];

const PURPOSES: &[&str] = &["search_document", "search_query", "classification", "clustering", "image"];

/// The most texts of a request.
const MOST: usize = 96;

/// The numbers of a vector where the request says nothing: a multiple of eight, for bits.
const DEFAULT_DIMENSIONS: usize = 16;

/// What is to be embedded.
pub(in super::super) struct Embed {
    pub(in super::super) texts: Vec<String>,
    pub(in super::super) kinds: Vec<String>,
    images: usize,
    dimensions: usize,
}

impl Embed {
    /// Tokens of all of it.
    pub(in super::super) fn tokens(&self) -> u64 {
        let images = u64::try_from(self.images).unwrap_or(u64::MAX).saturating_mul(tokens::MEDIUM);
        self.texts.iter().map(|text| tokens::of_text(text)).sum::<u64>().saturating_add(images)
    }
}

/// `POST /v2/embed`.
pub(super) fn serve(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let fields = &[
        "model",
        "input_type",
        "texts",
        "images",
        "inputs",
        "embedding_types",
        "output_dimension",
        "truncate",
        "max_tokens",
        "priority",
    ];
    let (model, asked) = ask.read(|body| {
        let body = body.object(fields)?;
        let model = body.need("model")?.string()?.to_owned();
        body.need("embedding_types")?;
        Ok((model, read(&body)?))
    })?;
    ask.serves(&model)?;
    let mut answer = json!({
        "id": ask.seed, "response_type": "embeddings_by_type", "embeddings": embeddings(&asked), "texts": asked.texts,
    });
    answer["meta"] = super::meta(ask, json!({"input_tokens": asked.tokens()}), asked.tokens());
    Ok(Output::json(answer))
}

/// Reads what Cohere and Bedrock both know.
pub(in super::super) fn read(body: &Object<'_>) -> Result<Embed, Fault> {
    body.need("input_type")?.one_of(PURPOSES)?;
    body.optional("truncate", |node| node.one_of(&["NONE", "START", "END", "LEFT", "RIGHT"]))?;
    body.optional("max_tokens", |node| node.integer(1..=i64::MAX))?;
    body.optional("priority", |node| node.integer(0..=999))?;
    let dimensions = body.optional("output_dimension", |node| node.integer(1..=1536))?;
    if let Some(node) = body.get("output_dimension").filter(|_| ![256, 512, 1024, 1536].contains(&dimensions.unwrap_or(0))) {
        return Err(node.rule("output_dimension must be one of 256, 512, 1024 and 1536"));
    }
    let mut kinds = Vec::new();
    for kind in body.optional("embedding_types", |node| node.array())?.into_iter().flatten() {
        kinds.push(kind.one_of(KINDS)?.to_owned());
    }
    let dimensions = dimensions.and_then(|number| usize::try_from(number).ok()).unwrap_or(DEFAULT_DIMENSIONS);
    let (texts, images) = inputs(body)?;
    Ok(Embed { texts, kinds, images, dimensions })
}

/// Texts, or pictures, or a mixture; one of the three fields.
fn inputs(body: &Object<'_>) -> Result<(Vec<String>, usize), Fault> {
    let given: Vec<Node<'_>> = ["texts", "images", "inputs"].into_iter().filter_map(|field| body.get(field)).collect();
    let [one] = given.as_slice() else {
        return Err(body.rule("exactly one of texts, images and inputs must be specified"));
    };
    let list = one.array()?;
    if !(1..=MOST).contains(&list.len()) {
        return Err(one.rule(format!("total number of texts must be at most {MOST} - received {}", list.len())));
    }
    if body.get("images").is_some() {
        list.iter().try_for_each(|image| image.string().map(drop))?;
        return Ok((Vec::new(), list.len()));
    }
    if body.get("texts").is_some() {
        let texts: Result<Vec<String>, Fault> = list.iter().map(|text| text.string().map(str::to_owned)).collect();
        return Ok((texts?, 0));
    }
    let mut texts = Vec::new();
    for input in &list {
        let mut words = Vec::new();
        for part in input.object(&["content"])?.need("content")?.array()? {
            match part.any_object()?.need("type")?.one_of(&["text", "image_url"])? {
                "text" => words.push(part.object(&["type", "text"])?.need("text")?.string()?),
                _ => drop(part.object(&["type", "image_url"])?.need("image_url")?.object(&["url"])?.need("url")?.string()?),
            }
        }
        texts.push(words.join(" "));
    }
    Ok((texts, 0))
}

/// The vectors by type: floats where none was asked for.
pub(in super::super) fn embeddings(asked: &Embed) -> Value {
    let pictures = (0..asked.images).map(|number| format!("image {number}"));
    let vectors: Vec<Vec<f32>> =
        asked.texts.iter().cloned().chain(pictures).map(|text| vector::of(&text, asked.dimensions)).collect();
    let kinds: Vec<&str> = match asked.kinds.is_empty() {
        true => vec!["float"],
        false => asked.kinds.iter().map(String::as_str).collect(),
    };
    let of = |kind: &str| -> Value {
        let one = |vector: &Vec<f32>| match kind {
            "int8" => vector::bytes(vector, 0.0),
            "uint8" => vector::bytes(vector, 128.0),
            "binary" => vector::bits(vector, 128),
            "ubinary" => vector::bits(vector, 0),
            "base64" => Value::from(vector::base64(vector)),
            _ => vector::floats(vector),
        };
        vectors.iter().map(one).collect()
    };
    Value::Object(kinds.into_iter().map(|kind| (kind.to_owned(), of(kind))).collect::<Map<_, _>>())
}
