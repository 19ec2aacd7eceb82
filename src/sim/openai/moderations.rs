//! OpenAI's moderations. What says `violence` is flagged as such; everything else is harmless.

use serde_json::{Map, Value, json};

use super::super::ask::{Ask, Output};
use super::super::check::{Fault, Node};
use super::super::error::ApiError;
use super::message::data_url;

const CATEGORIES: [&str; 13] = [
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
];

/// The model where the request names none.
const DEFAULT: &str = "omni-moderation-latest";

/// `POST /v1/moderations`.
pub(super) fn serve(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let (model, texts) = ask.read(read)?;
    ask.serves(&model)?;
    let results: Vec<Value> = texts.iter().map(|text| result(text)).collect();
    Ok(Output::json(json!({"id": format!("modr-{}", ask.seed), "model": model, "results": results})))
}

fn result(text: &str) -> Value {
    let is_violent = text.to_ascii_lowercase().contains("violence");
    let each = |of: &dyn Fn(bool) -> Value| -> Value {
        CATEGORIES.iter().map(|name| ((*name).to_owned(), of(is_violent && *name == "violence"))).collect::<Map<_, _>>().into()
    };
    json!({
        "flagged": is_violent,
        "categories": each(&Value::Bool),
        "category_scores": each(&|flagged| json!(if flagged { 0.97 } else { 0.0001 })),
        "category_applied_input_types": each(&|_| json!(["text"])),
    })
}

/// The model, and the texts to judge: one for each input, or one for all parts of one.
fn read(body: &Node<'_>) -> Result<(String, Vec<String>), Fault> {
    let body = body.object(&["input", "model"])?;
    let model = body.optional("model", |node| node.string())?.unwrap_or(DEFAULT).to_owned();
    let input = body.need("input")?;
    if let Ok(one) = input.string() {
        return Ok((model, vec![one.to_owned()]));
    }
    let list = input.array().map_err(|_| input.type_fault("a string or an array"))?;
    if list.is_empty() {
        return Err(input.rule("empty array. Expected an array with minimum length 1, but got an empty array instead."));
    }
    if list.iter().all(|node| node.value().is_string()) {
        return Ok((model, list.iter().filter_map(|node| node.string().ok().map(str::to_owned)).collect()));
    }
    let mut all = Vec::new();
    for part in &list {
        match part.any_object()?.need("type")?.one_of(&["text", "image_url"])? {
            "text" => all.push(part.object(&["type", "text"])?.need("text")?.string()?),
            _ => {
                let url = part.object(&["type", "image_url"])?.need("image_url")?.object(&["url"])?.need("url")?;
                if !url.string()?.starts_with("http") {
                    data_url(&url, url.string()?, &["image/png", "image/jpeg", "image/gif", "image/webp"])?;
                }
            }
        }
    }
    Ok((model, vec![all.join(" ")]))
}
