//! Content parts: text, pictures, recordings, files, refusals and thinking.
//!
//! A part of a type that is not known, or that cannot stand where it stands, is an error that names it, never left out.

use super::parse::{missing, optional_cache_hint, refuse_unknown};
use super::wire;
use crate::translate::conversation::{Audio, Content, Document, Image, Media, Part, Thinking};
use crate::translate::fault::Fault;
use crate::translate::media::{PDF, data_uri, is_data_uri, web};
use crate::translate::text_or::TextOr;

/// Whose parts these are: it decides which types are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    System,
    User,
    Assistant,
    Tool,
}

impl Speaker {
    /// OpenAI's own tool messages take text only; pictures and files in them are an extension that other APIs can express.
    fn types(self) -> &'static [&'static str] {
        match self {
            Self::System => &["text"],
            Self::User => &["text", "image_url", "input_audio", "file"],
            Self::Assistant => &["text", "refusal", "thinking", "redacted_thinking"],
            Self::Tool => &["text", "image_url", "file"],
        }
    }
}

/// Reads `content`.
pub(super) fn content<'a>(content: TextOr<'a, wire::Part<'a>>, speaker: Speaker) -> Result<Vec<Part<'a>>, Fault> {
    match content {
        TextOr::Text(text) => Ok(vec![Content::Text(text).into()]),
        TextOr::List(list) if list.is_empty() && speaker != Speaker::Assistant => {
            Err(Fault::new("content", "must have at least one part"))
        }
        TextOr::List(list) => all(list, |wire| part(wire, speaker.types())).map_err(|f| f.within("content")),
    }
}

/// Reads `thinking_blocks`.
pub(super) fn thinking(blocks: Vec<wire::Part<'_>>) -> Result<Vec<Part<'_>>, Fault> {
    all(blocks, |wire| part(wire, &["thinking", "redacted_thinking"]))
}

/// Reads `images`: pictures that the model made.
pub(super) fn pictures(images: Vec<wire::Part<'_>>) -> Result<Vec<Part<'_>>, Fault> {
    all(images, |wire| part(wire, &["image_url"]))
}

fn all<'a>(
    list: Vec<wire::Part<'a>>,
    mut each: impl FnMut(wire::Part<'a>) -> Result<Part<'a>, Fault>,
) -> Result<Vec<Part<'a>>, Fault> {
    list.into_iter().enumerate().map(|(at, wire)| each(wire).map_err(|f| f.within(format_args!("[{at}]")))).collect()
}

fn part<'a>(part: wire::Part<'a>, allowed: &[&str]) -> Result<Part<'a>, Fault> {
    let kind = part.kind.ok_or_else(|| missing("type"))?;
    if !allowed.contains(&&*kind) {
        return Err(Fault::new("type", format!("`{kind}` is not a type of part that can stand here ({})", allowed.join(", "))));
    }
    refuse_unknown(&part.rest)?;
    let cache = optional_cache_hint(part.cache_control.as_ref())?;
    let content = match &*kind {
        "text" => Content::Text(part.text.ok_or_else(|| missing("text"))?),
        "refusal" => Content::Refusal(part.refusal.ok_or_else(|| missing("refusal"))?),
        "image_url" => image(part.image_url.ok_or_else(|| missing("image_url"))?).map_err(|f| f.within("image_url"))?,
        "input_audio" => audio(part.input_audio.ok_or_else(|| missing("input_audio"))?).map_err(|f| f.within("input_audio"))?,
        "file" => file(part.file.ok_or_else(|| missing("file"))?).map_err(|f| f.within("file"))?,
        "thinking" => {
            Content::Thinking(Thinking { text: part.thinking.ok_or_else(|| missing("thinking"))?, signature: part.signature })
        }
        _ => Content::RedactedThinking(part.data.ok_or_else(|| missing("data"))?),
    };
    Ok(Part { content, cache })
}

/// A PDF as data URI is a document, under whichever name it comes: clients of several gateways send it so.
fn image(image: wire::ImageUrl<'_>) -> Result<Content<'_>, Fault> {
    refuse_unknown(&image.rest)?;
    let url = image.url.ok_or_else(|| missing("url"))?;
    let source = if is_data_uri(&url) { data_uri(url) } else { web(url) }.map_err(|f| f.within("url"))?;
    match source {
        Media::Base64 { ref media_type, .. } if media_type == PDF => {
            Ok(Content::Document(Document { source, title: None, context: None, citations: false }))
        }
        source => Ok(Content::Image(Image { source, detail: image.detail })),
    }
}

fn audio(audio: wire::InputAudio<'_>) -> Result<Content<'_>, Fault> {
    refuse_unknown(&audio.rest)?;
    let format = audio.format.ok_or_else(|| missing("format"))?;
    Ok(Content::Audio(Audio { format, data: audio.data.ok_or_else(|| missing("data"))? }))
}

fn file(file: wire::File<'_>) -> Result<Content<'_>, Fault> {
    refuse_unknown(&file.rest)?;
    let source = match (file.file_id, file.file_data) {
        (Some(id), None) => Media::FileId(id),
        (None, Some(data)) if is_data_uri(&data) => data_uri(data).map_err(|f| f.within("file_data"))?,
        // The API reference says "base64", its examples show data URIs; only a name tells the type of the former.
        (None, Some(data)) if file.filename.as_deref().is_some_and(|name| name.to_ascii_lowercase().ends_with(".pdf")) => {
            Media::Base64 { media_type: PDF.into(), data }
        }
        (None, Some(_)) => return Err(Fault::new("file_data", "is not a data URI (`data:application/pdf;base64,…`)")),
        (Some(_), Some(_)) => return Err(Fault::new("file_id", "and `file_data` exclude each other")),
        (None, None) => return Err(Fault::new("file_data", "or `file_id` is missing")),
    };
    Ok(Content::Document(Document { source, title: file.filename, context: None, citations: false }))
}
