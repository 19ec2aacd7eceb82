//! Content blocks: what each may hold.

use super::super::check::{Fault, Node};
use super::super::prompt::Prompt;

/// Whether a block may be cached up to; counts as one mark.
pub(super) fn cache_control(node: &Node<'_>) -> Result<(), Fault> {
    let control = node.object(&["type", "ttl"])?;
    control.need("type")?.one_of(&["ephemeral"])?;
    control.optional("ttl", |node| node.one_of(&["5m", "1h"]))?;
    Ok(())
}

/// The cache mark of a block, if it has one.
pub(super) fn mark(block: &Node<'_>) -> Result<usize, Fault> {
    Ok(block.any_object()?.optional("cache_control", |node| cache_control(&node))?.map_or(0, |()| 1))
}

/// The system prompt. Returns its cache marks.
pub(super) fn system(node: &Node<'_>, prompt: &mut Prompt) -> Result<usize, Fault> {
    if let Ok(whole) = node.string() {
        prompt.add_system(whole);
        return Ok(0);
    }
    let mut marks = 0;
    for block in node.array().map_err(|_| node.type_fault("a valid string or list"))? {
        block.any_object()?.need("type")?.one_of(&["text"])?;
        prompt.add_system(text(&block)?);
        marks += mark(&block)?;
    }
    Ok(marks)
}

/// A text block.
pub(super) fn text<'a>(node: &Node<'a>) -> Result<&'a str, Fault> {
    let block = node.object(&["type", "text", "cache_control", "citations"])?;
    block.optional("citations", |node| node.array())?;
    match block.need("text")?.string()? {
        "" => Err(node.rule("text content blocks must be non-empty")),
        text => Ok(text),
    }
}

/// An image block.
pub(super) fn image(node: &Node<'_>) -> Result<(), Fault> {
    let block = node.object(&["type", "source", "cache_control", "transformations"])?;
    let source = block.need("source")?;
    match source.any_object()?.need("type")?.one_of(&["base64", "url", "file"])? {
        "base64" => base64(&source, &["image/jpeg", "image/png", "image/gif", "image/webp"]),
        "url" => url(&source),
        _ => file(&source),
    }
}

/// A document block.
pub(super) fn document(node: &Node<'_>) -> Result<(), Fault> {
    let block = node.object(&["type", "source", "cache_control", "citations", "context", "title"])?;
    block.optional("context", |node| node.string())?;
    block.optional("title", |node| node.string())?;
    if let Some(citations) = block.get("citations") {
        citations.object(&["enabled"])?.optional("enabled", |node| node.boolean())?;
    }
    let source = block.need("source")?;
    match source.any_object()?.need("type")?.one_of(&["base64", "text", "content", "url", "file"])? {
        "base64" => base64(&source, &["application/pdf"]),
        "text" => {
            let source = source.object(&["type", "media_type", "data"])?;
            source.need("media_type")?.one_of(&["text/plain"])?;
            source.need("data")?.string().map(drop)
        }
        "content" => content(&source),
        "url" => url(&source),
        _ => file(&source),
    }
}

fn base64(source: &Node<'_>, media_types: &'static [&'static str]) -> Result<(), Fault> {
    let source = source.object(&["type", "media_type", "data"])?;
    source.need("media_type")?.one_of(media_types)?;
    let data = source.need("data")?;
    data.base64(data.string()?)
}

fn url(source: &Node<'_>) -> Result<(), Fault> {
    let url = source.object(&["type", "url"])?.need("url")?;
    if url.string()?.starts_with("https://") || url.string()?.starts_with("http://") {
        return Ok(());
    }
    Err(url.rule("Only HTTP(S) URLs are supported."))
}

fn file(source: &Node<'_>) -> Result<(), Fault> {
    source.object(&["type", "file_id"])?.need("file_id")?.string().map(drop)
}

fn content(source: &Node<'_>) -> Result<(), Fault> {
    let content = source.object(&["type", "content"])?.need("content")?;
    if content.string().is_ok() {
        return Ok(());
    }
    for block in content.array()? {
        match block.any_object()?.need("type")?.one_of(&["text", "image"])? {
            "text" => text(&block).map(drop)?,
            _ => image(&block)?,
        }
    }
    Ok(())
}

/// A search result block. Returns its text.
pub(super) fn search_result(node: &Node<'_>) -> Result<String, Fault> {
    let block = node.object(&["type", "source", "title", "content", "cache_control", "citations"])?;
    block.need("source")?.string()?;
    block.need("title")?.string()?;
    let texts: Result<Vec<&str>, Fault> = block.need("content")?.array()?.iter().map(text).collect();
    Ok(texts?.join(" "))
}
