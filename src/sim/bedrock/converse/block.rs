//! Content blocks: unions of which one member is set.

use super::super::super::check::{Fault, Node};
use super::super::super::prompt::Prompt;

/// The most and the longest of a document's name.
const LONGEST_NAME: usize = 200;

const IMAGES: &[&str] = &["png", "jpeg", "gif", "webp"];
const DOCUMENTS: &[&str] = &["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"];
const VIDEOS: &[&str] = &["mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"];
const RECORDINGS: &[&str] =
    &["mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg", "mpga", "pcm", "webm"];

/// The one member of a union that is set.
pub(super) fn one_of(node: &Node<'_>, members: &'static [&'static str]) -> Result<&'static str, Fault> {
    let object = node.object(members)?;
    let mut set = members.iter().filter(|name| object.get(name).is_some());
    match (set.next(), set.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(node.rule(format!("exactly one of the members must be set: {}", members.join(", ")))),
        (Some(one), Some(other)) => Err(node.rule(format!("only one member of a union may be set, not both {one} and {other}"))),
    }
}

/// A text that is not blank.
pub(super) fn text<'a>(node: &Node<'a>) -> Result<&'a str, Fault> {
    let text = node.any_object()?.need("text")?.string()?;
    if text.trim().is_empty() {
        let path = node.rule("").path.replace('[', ".").replace(']', "");
        let blank =
            format!("The text field in the ContentBlock object at {path} is blank. Add text to the text field, and try again.");
        return Err(Fault { path: String::new(), ..node.rule(blank) });
    }
    Ok(text)
}

/// A place up to which a prompt may be cached.
pub(super) fn cache_point(node: &Node<'_>) -> Result<(), Fault> {
    let point = node.any_object()?.need("cachePoint")?.object(&["type", "ttl"])?;
    point.need("type")?.one_of(&["default"])?;
    point.optional("ttl", |node| node.one_of(&["5m", "1h"]))?;
    Ok(())
}

/// A part of the system prompt.
pub(super) fn system(node: &Node<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    match one_of(node, &["text", "cachePoint", "guardContent"])? {
        "text" => prompt.add_system(text(node)?),
        "cachePoint" => cache_point(node)?,
        _ => {}
    }
    Ok(())
}

/// What is not text.
pub(super) fn medium(node: &Node<'_>, kind: &str, prompt: &mut Prompt) -> Result<(), Fault> {
    let body = node.any_object()?.need(kind)?;
    match kind {
        "image" => {
            sourced(&body, IMAGES, &["format", "source"])?;
            prompt.add_image();
        }
        "document" => {
            document(&body)?;
            prompt.add_document();
        }
        "video" => {
            sourced(&body, VIDEOS, &["format", "source"])?;
            prompt.add_recording();
        }
        "audio" => {
            sourced(&body, RECORDINGS, &["format", "source"])?;
            prompt.add_recording();
        }
        "searchResult" => {
            let result = body.object(&["source", "title", "content", "citations"])?;
            result.need("source")?.string()?;
            result.need("title")?.string()?;
            for part in result.need("content")?.array()? {
                prompt.count_text(text(&part)?);
            }
        }
        _ => {}
    }
    Ok(())
}

fn sourced(body: &Node<'_>, formats: &'static [&'static str], fields: &[&str]) -> Result<(), Fault> {
    let body = body.object(fields)?;
    body.need("format")?.one_of(formats)?;
    source(&body.need("source")?, &["bytes", "s3Location"])
}

fn source(node: &Node<'_>, kinds: &'static [&'static str]) -> Result<(), Fault> {
    let kind = one_of(node, kinds)?;
    let value = node.any_object()?.need(kind)?;
    match kind {
        "bytes" => value.base64(value.string()?),
        "text" => value.string().map(drop),
        "content" => value.array()?.iter().try_for_each(|part| text(part).map(drop)),
        _ => {
            let place = value.object(&["uri", "bucketOwner"])?;
            let uri = place.need("uri")?;
            if uri.string()?.starts_with("s3://") { Ok(()) } else { Err(uri.rule("must satisfy the pattern s3://…")) }
        }
    }
}

fn document(node: &Node<'_>) -> Result<(), Fault> {
    let document = node.object(&["format", "name", "source", "context", "citations"])?;
    document.optional("format", |node| node.one_of(DOCUMENTS))?;
    document.optional("context", |node| node.string())?;
    if let Some(citations) = document.get("citations") {
        citations.object(&["enabled"])?.need("enabled")?.boolean()?;
    }
    let name = document.need("name")?;
    let text = name.string()?;
    let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" \t\n-()[]".contains(&byte));
    let doubled = text.as_bytes().windows(2).any(|pair| pair.iter().all(u8::is_ascii_whitespace));
    if !fits || doubled || !(1..=LONGEST_NAME).contains(&text.len()) {
        return Err(name.rule(
            "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square \
             brackets. The name can't contain more than one consecutive whitespace character.",
        ));
    }
    source(&document.need("source")?, &["bytes", "s3Location", "text", "content"])
}
