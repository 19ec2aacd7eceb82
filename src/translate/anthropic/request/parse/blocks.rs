//! Content blocks: text, pictures, documents, thinking, tool calls and their results.

use super::{missing, refuse_unknown};
use crate::translate::anthropic::brief;
use crate::translate::anthropic::wire::{Block, CacheControl, Content as Wire, Source, SourceObject};
use crate::translate::conversation::{CacheHint, Content, Document, Image, Media, Part, Thinking, ToolCall, ToolResult};
use crate::translate::fault::{Fault, read_raw};
use crate::translate::hints::Hints;
use crate::translate::object::object;
use crate::translate::text::Str;
use crate::translate::wrong::Wrong;

/// Where blocks stand: it decides which types are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    System,
    User,
    Assistant,
    Result,
}

impl Place {
    fn allows(self, kind: &str) -> bool {
        match kind {
            "text" => true,
            "image" | "document" => matches!(self, Self::User | Self::Result),
            "tool_result" => self == Self::User,
            _ => self == Self::Assistant,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::System => "a system prompt",
            Self::User => "a message of the role `user`",
            Self::Assistant => "a message of the role `assistant`",
            Self::Result => "a tool result",
        }
    }
}

/// The types that the hub has a place for.
const KNOWN: [&str; 7] = ["text", "image", "document", "tool_use", "tool_result", "thinking", "redacted_thinking"];

object! {
    Citations {
        enabled: bool,
    }
}

/// Reads `content` or `system`.
pub(super) fn content<'a>(content: Wire<'a>, place: Place, ignored: &mut Hints) -> Result<Vec<Part<'a>>, Wrong> {
    match content {
        Wire::Text(text) if text.is_empty() => Ok(Vec::new()),
        Wire::Text(text) => Ok(vec![Content::Text(text).into()]),
        Wire::Blocks(blocks) => {
            let each = |(at, block)| part(block, place, ignored).map_err(|w| w.within(format_args!("[{at}]")));
            blocks.into_iter().enumerate().map(each).collect()
        }
        Wire::Other => Err(Fault::new("", "is neither a string nor an array of blocks").into()),
    }
}

fn part<'a>(mut block: Block<'a>, place: Place, ignored: &mut Hints) -> Result<Part<'a>, Wrong> {
    let kind = block.kind.take().ok_or_else(|| missing("type"))?;
    if !KNOWN.contains(&&*kind) {
        let message = format!("a block of the type `{}` can only be served by Anthropic: remove it", brief(&kind));
        return Err(Wrong::Foreign(Fault::new("", message)));
    }
    if !place.allows(&kind) {
        return Err(Fault::new("type", format!("`{kind}` cannot stand in {}", place.name())).into());
    }
    match place {
        Place::Assistant => ignored.all("messages[].content[].", &block.rest),
        _ => refuse_unknown(&block.rest)?,
    }
    let cache = optional_cache_hint(block.cache_control.as_ref())?;
    let content = match &*kind {
        "text" => text(block, ignored)?,
        "image" => Content::Image(Image { source: source(block.source, false)?, detail: None }),
        "document" => document(block)?,
        "thinking" => {
            Content::Thinking(Thinking { text: block.thinking.ok_or_else(|| missing("thinking"))?, signature: block.signature })
        }
        "redacted_thinking" => Content::RedactedThinking(block.data.ok_or_else(|| missing("data"))?),
        "tool_use" => {
            // That the model itself called the tool is what every other dialect takes for granted.
            if block.caller.as_ref().is_some_and(|caller| caller.kind.as_deref() != Some("direct")) {
                ignored.add("messages[].content[].caller");
            }
            tool_call(block)?
        }
        _ => tool_result(block, ignored)?,
    };
    Ok(Part { content, cache })
}

/// Citations are what an earlier answer pointed at: the text that the model reads again is whole without them.
fn text<'a>(block: Block<'a>, ignored: &mut Hints) -> Result<Content<'a>, Wrong> {
    if block.citations.is_some_and(|raw| raw.get() != "[]") {
        ignored.add("messages[].content[].citations");
    }
    Ok(Content::Text(block.text.ok_or_else(|| missing("text"))?))
}

fn document(block: Block<'_>) -> Result<Content<'_>, Wrong> {
    let citations = match block.citations {
        Some(raw) => {
            let citations: Citations<'_> = read_raw(raw).map_err(|fault| fault.within("citations"))?;
            refuse_unknown(&citations.rest).map_err(|w| w.within("citations"))?;
            citations.enabled.unwrap_or_default()
        }
        None => false,
    };
    let source = source(block.source, true)?;
    Ok(Content::Document(Document { source, title: block.title, context: block.context, citations }))
}

fn source(source: Option<Source<'_>>, document: bool) -> Result<Media<'_>, Wrong> {
    match source {
        Some(Source::Object(source)) => media(source, document).map_err(|w| w.within("source")),
        Some(Source::Other) => Err(Fault::new("source", "is not an object").into()),
        None => Err(missing("source").into()),
    }
}

fn media(source: SourceObject<'_>, document: bool) -> Result<Media<'_>, Wrong> {
    refuse_unknown(&source.rest)?;
    match source.kind.as_deref() {
        Some("base64") => Ok(Media::Base64 {
            media_type: source.media_type.ok_or_else(|| missing("media_type"))?,
            data: source.data.ok_or_else(|| missing("data"))?,
        }),
        Some("url") => Ok(Media::Url(source.url.ok_or_else(|| missing("url"))?)),
        Some("file") => Ok(Media::FileId(source.file_id.ok_or_else(|| missing("file_id"))?)),
        Some("text") if document => Ok(Media::Text(source.data.ok_or_else(|| missing("data"))?)),
        Some("content") if document => match source.content {
            Some(Wire::Text(text)) => Ok(Media::Text(text)),
            Some(_) => {
                let message = "a document made of blocks can only be served by Anthropic: send it as text";
                Err(Wrong::Foreign(Fault::new("content", message)))
            }
            None => Err(missing("content").into()),
        },
        Some(kind) => Err(Fault::new("type", format!("`{}` is not a type of source that can stand here", brief(kind))).into()),
        None => Err(missing("type").into()),
    }
}

fn tool_call(block: Block<'_>) -> Result<Content<'_>, Wrong> {
    let input = block.input.ok_or_else(|| missing("input"))?.get();
    if !input.starts_with('{') {
        return Err(Fault::new("input", "is not an object").into());
    }
    Ok(Content::ToolCall(ToolCall {
        id: block.id.ok_or_else(|| missing("id"))?,
        name: block.name.ok_or_else(|| missing("name"))?,
        arguments: Str::from(input),
        signature: None,
    }))
}

fn tool_result<'a>(block: Block<'a>, ignored: &mut Hints) -> Result<Content<'a>, Wrong> {
    let parts = match block.content {
        Some(content) => self::content(content, Place::Result, ignored).map_err(|w| w.within("content"))?,
        None => Vec::new(),
    };
    Ok(Content::ToolResult(ToolResult {
        call_id: block.tool_use_id.ok_or_else(|| missing("tool_use_id"))?,
        parts,
        is_error: block.is_error.unwrap_or_default(),
    }))
}

/// Reads `cache_control`.
pub(super) fn cache_hint(control: &CacheControl<'_>) -> Result<CacheHint, Wrong> {
    refuse_unknown(&control.rest)?;
    match (control.kind.as_deref(), control.ttl.as_deref()) {
        (Some("ephemeral"), None | Some("5m")) => Ok(CacheHint::Default),
        (Some("ephemeral"), Some("1h")) => Ok(CacheHint::OneHour),
        (Some("ephemeral"), Some(_)) => Err(Fault::new("ttl", "is not one of `5m` and `1h`").into()),
        (Some(_), _) => Err(Fault::new("type", "is not `ephemeral`").into()),
        (None, _) => Err(missing("type").into()),
    }
}

/// As [`cache_hint`], with the path of a field that may be absent.
pub(super) fn optional_cache_hint(control: Option<&CacheControl<'_>>) -> Result<Option<CacheHint>, Wrong> {
    control.map(cache_hint).transpose().map_err(|w| w.within("cache_control"))
}
