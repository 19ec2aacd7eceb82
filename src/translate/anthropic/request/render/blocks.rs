//! Content blocks, ready to be written.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::translate::anthropic::brief;
use crate::translate::conversation::{CacheHint, Content, Document, Image, Media, Part, Thinking, ToolCall, ToolResult};
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::signature;

/// The media types of images that Anthropic's reference lists.
const IMAGES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];
/// How the ids of files uploaded to Anthropic begin (OpenAI's have a hyphen).
const FILE: &str = "file_";

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block<'c> {
    Text {
        text: &'c str,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<CacheControl>,
    },
    Image {
        source: Source<'c>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<CacheControl>,
    },
    Document {
        source: Source<'c>,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<&'c str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        context: Option<&'c str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        citations: Option<Citations>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<CacheControl>,
    },
    Thinking {
        thinking: &'c str,
        signature: &'c str,
    },
    RedactedThinking {
        data: &'c str,
    },
    ToolUse {
        id: Cow<'c, str>,
        name: &'c str,
        input: &'c RawValue,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<CacheControl>,
    },
    ToolResult {
        tool_use_id: Cow<'c, str>,
        #[serde(skip_serializing_if = "Text::is_empty")]
        content: Text<'c>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<CacheControl>,
    },
}

/// `content` and `system`: a string where one will do, because not every compatible vendor takes arrays everywhere.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Text<'c> {
    Plain(&'c str),
    Blocks(Vec<Block<'c>>),
}

impl<'c> Text<'c> {
    pub(super) fn new(blocks: Vec<Block<'c>>) -> Self {
        match blocks.as_slice() {
            [Block::Text { text, cache_control: None }] => Self::Plain(text),
            _ => Self::Blocks(blocks),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Blocks(blocks) if blocks.is_empty())
    }
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Source<'c> {
    Base64 { media_type: &'c str, data: &'c str },
    Url { url: &'c str },
    File { file_id: &'c str },
    Text { media_type: &'static str, data: Cow<'c, str> },
}

#[derive(Debug, Serialize)]
pub(super) struct Citations {
    enabled: bool,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct CacheControl {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<&'static str>,
}

impl From<CacheHint> for CacheControl {
    fn from(hint: CacheHint) -> Self {
        let ttl = match hint {
            CacheHint::Default => None,
            CacheHint::OneHour => Some("1h"),
        };
        Self { kind: "ephemeral", ttl }
    }
}

/// Makes blocks of parts. Empty texts are left out: Anthropic rejects text without anything but white space.
#[derive(Debug)]
pub(super) struct Blocks<'d> {
    pub(super) dropped: &'d mut Hints,
    /// Whether a block names an uploaded file.
    pub(super) files: bool,
}

impl Blocks<'_> {
    /// What a system or developer message says.
    pub(super) fn system<'c>(&mut self, part: &'c Part<'c>) -> Result<Option<Block<'c>>, Fault> {
        match &part.content {
            Content::Text(text) => Ok(self.text(text, part.cache)),
            other => Err(out_of_place(other, "a system message")),
        }
    }

    /// What the user says, but for tool results.
    pub(super) fn user<'c>(&mut self, part: &'c Part<'c>) -> Result<Option<Block<'c>>, Fault> {
        match &part.content {
            Content::Text(text) => Ok(self.text(text, part.cache)),
            Content::Image(image) => self.image(image, part.cache).map(Some),
            Content::Document(document) => self.document(document, part.cache).map(Some),
            other => Err(out_of_place(other, "a message of the user")),
        }
    }

    /// What the model said; `call` is the number of the tool call that comes next.
    pub(super) fn assistant<'c>(&mut self, part: &'c Part<'c>, call: usize) -> Result<Option<Block<'c>>, Fault> {
        match &part.content {
            Content::Text(text) | Content::Refusal(text) => Ok(self.text(text, part.cache)),
            Content::Thinking(thinking) => Ok(self.thinking(thinking)),
            Content::RedactedThinking(data) => Ok(Some(Block::RedactedThinking { data })),
            Content::ToolCall(call_part) => tool_use(call_part, part.cache)
                .map(Some)
                .map_err(|fault| fault.within(format_args!("tool_calls[{call}].function.arguments"))),
            other => Err(out_of_place(other, "a message of the assistant")),
        }
    }

    pub(super) fn tool_result<'c>(&mut self, result: &'c ToolResult<'c>, cache: Option<CacheHint>) -> Result<Block<'c>, Fault> {
        let mut blocks = Vec::with_capacity(result.parts.len());
        for part in &result.parts {
            blocks.extend(self.user(part)?);
        }
        Ok(Block::ToolResult {
            tool_use_id: tool_id(&result.call_id),
            content: Text::new(blocks),
            is_error: result.is_error,
            cache_control: cache.map(CacheControl::from),
        })
    }

    fn text<'c>(&mut self, text: &'c str, cache: Option<CacheHint>) -> Option<Block<'c>> {
        if text.trim().is_empty() {
            if cache.is_some() {
                self.dropped.add("cache_control");
            }
            return None;
        }
        Some(Block::Text { text, cache_control: cache.map(CacheControl::from) })
    }

    /// Anthropic verifies the signature of thinking that it gets back, and takes none without, nor another provider's.
    fn thinking<'c>(&mut self, thinking: &'c Thinking<'c>) -> Option<Block<'c>> {
        match thinking.signature.as_deref() {
            Some(signature) if !signature.is_empty() && signature::open(signature).is_none() => {
                Some(Block::Thinking { thinking: &thinking.text, signature })
            }
            _ => {
                self.dropped.add("thinking");
                None
            }
        }
    }

    fn image<'c>(&mut self, image: &'c Image<'c>, cache: Option<CacheHint>) -> Result<Block<'c>, Fault> {
        if image.detail.as_deref().is_some_and(|detail| detail != "auto") {
            self.dropped.add("detail");
        }
        let source = match &image.source {
            Media::Base64 { media_type, data } if IMAGES.contains(&&**media_type) => Source::Base64 { media_type, data },
            Media::Base64 { media_type, .. } => return Err(wrong_type(media_type, &IMAGES)),
            Media::Url(url) => Source::Url { url },
            Media::FileId(id) => self.file(id)?,
            Media::Text(_) => return Err(Fault::new("content[]", "an image cannot be text")),
        };
        Ok(Block::Image { source, cache_control: cache.map(CacheControl::from) })
    }

    fn document<'c>(&mut self, document: &'c Document<'c>, cache: Option<CacheHint>) -> Result<Block<'c>, Fault> {
        let source = match &document.source {
            Media::Base64 { media_type, data } if media_type == "application/pdf" => Source::Base64 { media_type, data },
            Media::Base64 { media_type, data } if media_type.starts_with("text/") => decoded(data)?,
            Media::Base64 { media_type, .. } => return Err(wrong_type(media_type, &["application/pdf", "text/plain"])),
            Media::Url(url) => Source::Url { url },
            Media::FileId(id) => self.file(id)?,
            Media::Text(text) => Source::Text { media_type: "text/plain", data: Cow::Borrowed(text) },
        };
        Ok(Block::Document {
            source,
            title: document.title.as_deref(),
            context: document.context.as_deref(),
            citations: document.citations.then_some(Citations { enabled: true }),
            cache_control: cache.map(CacheControl::from),
        })
    }

    fn file<'c>(&mut self, id: &'c str) -> Result<Source<'c>, Fault> {
        if !id.starts_with(FILE) {
            let message = "was not uploaded to Anthropic, whose ids begin with `file_`: send the file's content";
            return Err(Fault::new("content[].file.file_id", message));
        }
        self.files = true;
        Ok(Source::File { file_id: id })
    }
}

fn tool_use<'c>(call: &'c ToolCall<'c>, cache: Option<CacheHint>) -> Result<Block<'c>, Fault> {
    let arguments = if call.arguments.trim().is_empty() { "{}" } else { &*call.arguments };
    let input: &RawValue = serde_json::from_str(arguments)
        .map_err(|error| Fault::new("", format!("Anthropic takes a JSON object only, and this is not JSON: {error}")))?;
    if !input.get().starts_with('{') {
        return Err(Fault::new("", "Anthropic takes a JSON object only, and this is other JSON"));
    }
    let cache_control = cache.map(CacheControl::from);
    Ok(Block::ToolUse { id: tool_id(&call.id), name: &call.name, input, cache_control })
}

/// Anthropic takes ids of letters, digits, `_` and `-` only. Others (`functions.look:0`) are spelled out, the same way in the call
/// and in its result.
fn tool_id(id: &str) -> Cow<'_, str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if id.bytes().all(allowed) {
        return Cow::Borrowed(id);
    }
    let mut spelled = String::with_capacity(id.len() + 8);
    for byte in id.bytes() {
        if allowed(byte) {
            spelled.push(char::from(byte));
        } else {
            spelled.push_str(&format!("_{byte:02x}"));
        }
    }
    Cow::Owned(spelled)
}

/// A text file as base64 is what OpenAI's clients send; Anthropic takes text as text.
fn decoded(data: &str) -> Result<Source<'static>, Fault> {
    let wrong = |message: String| Fault::new("content[].file.file_data", message);
    let bytes = STANDARD.decode(data).map_err(|error| wrong(format!("is not base64: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|error| wrong(format!("is not UTF-8 text: {}", error.utf8_error())))?;
    Ok(Source::Text { media_type: "text/plain", data: Cow::Owned(text) })
}

fn wrong_type(media_type: &str, known: &[&str]) -> Fault {
    let message = format!("the media type `{}` is not one of {}", brief(media_type), known.join(", "));
    Fault::new("content[]", message)
}

fn out_of_place(content: &Content<'_>, place: &str) -> Fault {
    let what = match content {
        Content::Text(_) => "text",
        Content::Image(_) => "images",
        Content::Audio(_) => "recordings",
        Content::Document(_) => "documents",
        Content::Thinking(_) | Content::RedactedThinking(_) => "thinking",
        Content::ToolCall(_) | Content::CustomCall(_) => "tool calls",
        Content::ToolResult(_) => "tool results",
        Content::Refusal(_) => "refusals",
    };
    Fault::new("content[]", format!("Anthropic takes no {what} in {place}"))
}
