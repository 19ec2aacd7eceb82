//! OpenAI's images: generations (JSON) and edits (a form), whole or streamed. Every picture is the same: one grey pixel.

use serde_json::{Value, json};

use super::super::ask::{Ask, Output};
use super::super::check::{Fault, Node, Object};
use super::super::error::ApiError;
use super::super::form::Part;
use super::super::sse::Event;
use super::super::tokens;
use super::CREATED;

/// A PNG of one grey pixel, in base64.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";

/// Tokens of a picture.
const PICTURE: u64 = 272;

const FIELDS: &[&str] = &[
    "background",
    "model",
    "moderation",
    "n",
    "output_compression",
    "output_format",
    "partial_images",
    "prompt",
    "quality",
    "response_format",
    "safety_identifier",
    "size",
    "stream",
    "style",
    "user",
];

const EDIT_FIELDS: &[&str] = &[
    "background",
    "input_fidelity",
    "model",
    "n",
    "output_compression",
    "output_format",
    "partial_images",
    "prompt",
    "quality",
    "response_format",
    "safety_identifier",
    "size",
    "stream",
    "user",
];

/// The model where the request names none.
const DEFAULT: &str = "gpt-image-1";

/// The most pictures to edit.
const MOST_INPUTS: usize = 16;

struct Asked {
    model: String,
    prompt: String,
    count: usize,
    wants_url: bool,
    /// How many unfinished pictures a stream shows first; `None`: no stream.
    partial: Option<usize>,
    size: String,
    quality: String,
    format: String,
    background: String,
    /// Pictures that came with the request.
    inputs: usize,
}

/// `POST /v1/images/generations`.
pub(super) fn generate(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let asked = ask.read(|body| read(body, FIELDS))?;
    answer(ask, &asked, ["image_generation.partial_image", "image_generation.completed"])
}

/// `POST /v1/images/edits`.
pub(super) fn edit(ask: &Ask<'_>) -> Result<Output, ApiError> {
    let (parts, fields) = ask.form(&["n", "output_compression", "partial_images"], &["stream"])?;
    let mut asked = read(&Node::root(&fields), EDIT_FIELDS).map_err(|fault| ApiError::fault(ask.api, fault))?;
    asked.inputs = inputs(&parts)?;
    answer(ask, &asked, ["image_edit.partial_image", "image_edit.completed"])
}

/// How many pictures a form has.
fn inputs(parts: &[Part<'_>]) -> Result<usize, ApiError> {
    let mut count = 0;
    for part in parts.iter().filter(|part| part.filename.is_some()) {
        match part.name.as_str() {
            "image" | "image[]" => count += 1,
            "mask" => {}
            other => {
                return Err(ApiError {
                    param: Some(other.to_owned()),
                    ..ApiError::bad(format!("Unknown parameter: '{other}'."))
                });
            }
        }
        let kind = part.content_type.as_deref().unwrap_or_default();
        if !["image/png", "image/jpeg", "image/webp"].contains(&kind) || part.data.is_empty() {
            let message = format!(
                "Invalid file '{}': unsupported mimetype ('{kind}'). Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'.",
                part.name
            );
            return Err(ApiError::bad(message).code("unsupported_file_mimetype"));
        }
    }
    match count {
        0 => Err(ApiError { param: Some("image".into()), ..ApiError::bad("Missing required parameter: 'image'.") }),
        1..=MOST_INPUTS => Ok(count),
        _ => Err(ApiError::bad(format!("Invalid 'image': at most {MOST_INPUTS} images"))),
    }
}

fn read(body: &Node<'_>, fields: &[&str]) -> Result<Asked, Fault> {
    let body = body.object(fields)?;
    let prompt = body.need("prompt")?;
    if prompt.string()?.is_empty() {
        return Err(prompt.rule("the prompt must not be empty"));
    }
    let text = |name: &str, absent: &str| -> Result<String, Fault> {
        Ok(body.optional(name, |node| node.string())?.unwrap_or(absent).to_owned())
    };
    let model = text("model", DEFAULT)?;
    let is_old = model.starts_with("dall-e");
    let count = body.optional("n", |node| node.integer(1..=if model == "dall-e-3" { 1 } else { 10 }))?.unwrap_or(1);
    let url = body.optional("response_format", |node| node.one_of(&["url", "b64_json"]))?;
    only_of(&body, is_old, &["response_format", "style"])?;
    only_of(&body, !is_old, &["background", "moderation", "output_compression", "output_format", "partial_images", "stream"])?;
    the_rest(&body)?;
    Ok(Asked {
        prompt: prompt.string()?.to_owned(),
        count: usize::try_from(count).unwrap_or(1),
        wants_url: is_old && url != Some("b64_json"),
        partial: partial(&body)?,
        size: size(&body)?,
        quality: text("quality", "high")?,
        format: text("output_format", "png")?,
        background: text("background", "opaque")?,
        model,
        inputs: 0,
    })
}

/// These fields are known to one kind of models only.
fn only_of(body: &Object<'_>, is_of: bool, fields: &[&str]) -> Result<(), Fault> {
    match fields.iter().find_map(|field| body.get(field).filter(|_| !is_of)) {
        Some(node) => Err(Fault { path: node.rule("").path, what: super::super::check::What::Unknown }),
        None => Ok(()),
    }
}

fn the_rest(body: &Object<'_>) -> Result<(), Fault> {
    body.optional("background", |node| node.one_of(&["transparent", "opaque", "auto"]))?;
    body.optional("moderation", |node| node.one_of(&["low", "auto"]))?;
    body.optional("input_fidelity", |node| node.one_of(&["high", "low"]))?;
    body.optional("output_compression", |node| node.integer(0..=100))?;
    body.optional("output_format", |node| node.one_of(&["png", "webp", "jpeg"]))?;
    body.optional("quality", |node| node.one_of(&["low", "medium", "high", "auto", "standard", "hd"]))?;
    body.optional("style", |node| node.one_of(&["vivid", "natural"]))?;
    body.optional("safety_identifier", |node| node.string())?;
    body.optional("user", |node| node.string())?;
    Ok(())
}

fn partial(body: &Object<'_>) -> Result<Option<usize>, Fault> {
    let stream = body.optional("stream", |node| node.boolean())?.unwrap_or(false);
    let count = body.optional("partial_images", |node| node.integer(0..=3))?;
    if let (false, Some(node)) = (stream, body.get("partial_images")) {
        return Err(node.rule("'partial_images' is only allowed when 'stream' is enabled"));
    }
    Ok(stream.then(|| count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0)))
}

/// `auto`, or a width and a height.
fn size(body: &Object<'_>) -> Result<String, Fault> {
    let Some(node) = body.get("size") else { return Ok("1024x1024".to_owned()) };
    let size = node.string()?;
    let is_number = |text: &str| text.parse::<u16>().is_ok_and(|number| number > 0);
    match size.split_once('x') {
        _ if size == "auto" => Ok("1024x1024".to_owned()),
        Some((width, height)) if is_number(width) && is_number(height) => Ok(size.to_owned()),
        _ => Err(node.rule(format!("'{size}' is no size such as '1024x1024'"))),
    }
}

fn answer(ask: &Ask<'_>, asked: &Asked, [partial, completed]: [&'static str; 2]) -> Result<Output, ApiError> {
    ask.serves(&asked.model)?;
    let Some(count) = asked.partial else { return Ok(Output::json(whole(ask, asked))) };
    let event = |kind: &'static str, more: Value| {
        let mut event = json!({
            "type": kind, "b64_json": PIXEL, "created_at": CREATED, "size": asked.size, "quality": asked.quality,
            "background": asked.background, "output_format": asked.format,
        });
        if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
            event.extend(more);
        }
        Event::named(kind, &event)
    };
    let mut events: Vec<Event> = (0..count).map(|index| event(partial, json!({"partial_image_index": index}))).collect();
    let last = if ask.script.no_usage { json!({}) } else { json!({"usage": usage(asked)}) };
    events.extend((0..asked.count).map(|_| event(completed, last.clone())));
    Ok(Output::events(events))
}

fn whole(ask: &Ask<'_>, asked: &Asked) -> Value {
    let picture = if asked.wants_url {
        json!({"url": format!("https://example.com/{}.png", ask.seed), "revised_prompt": asked.prompt})
    } else {
        json!({"b64_json": PIXEL})
    };
    let mut answer = json!({"created": CREATED, "data": vec![picture; asked.count]});
    if !asked.model.starts_with("dall-e") {
        let fields = [
            ("background", &asked.background),
            ("output_format", &asked.format),
            ("quality", &asked.quality),
            ("size", &asked.size),
        ];
        for (name, value) in fields {
            answer[name] = json!(value);
        }
        if !ask.script.no_usage {
            answer["usage"] = usage(asked);
        }
    }
    answer
}

fn usage(asked: &Asked) -> Value {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let (text, images) = (tokens::of_text(&asked.prompt), tokens::MEDIUM.saturating_mul(number(asked.inputs)));
    let output = PICTURE.saturating_mul(number(asked.count));
    json!({
        "input_tokens": text + images, "output_tokens": output, "total_tokens": text + images + output,
        "input_tokens_details": {"text_tokens": text, "image_tokens": images},
    })
}
