//! Parts of what the user says, and of what tools answer, for Google.
//!
//! What Google fetches by itself: `https` addresses that anybody can read, `gs` addresses, and files uploaded to it (file input
//! methods). A type of the file is written where its address tells it. A note is written where Google's parts have no place for what
//! the client says about a document.

use std::borrow::Cow;

use crate::translate::conversation::{Audio, Content, Document, Image, Media as Source};
use crate::translate::fault::Fault;
use crate::translate::gemini::part::Part;
use crate::translate::hints::Hints;

/// Adds what stands for this content in what the user says.
pub(super) fn push<'c>(content: &'c Content<'c>, dropped: &mut Hints, parts: &mut Vec<Part<'c>>) -> Result<(), Fault> {
    match content {
        Content::Text(text) if text.is_empty() => {}
        Content::Text(text) => parts.push(Part::text(&**text)),
        Content::Image(image) => parts.push(self::image(image, dropped).map_err(|fault| fault.within("content[].image"))?),
        Content::Audio(audio) => parts.push(self::audio(audio)),
        Content::Document(document) => {
            if let Some(note) = about(document) {
                parts.push(Part::text(note));
            }
            parts.push(self::document(document).map_err(|fault| fault.within("content[].document"))?);
        }
        other => return Err(out_of_place(other, "a message of the user")),
    }
    Ok(())
}

/// What a tool answered: text, and media inside of the response or after it.
#[derive(Debug, Default)]
pub(super) struct Media<'c> {
    texts: Vec<&'c str>,
    pub(super) inside: Vec<Part<'c>>,
    pub(super) after: Vec<Part<'c>>,
}

impl<'c> Media<'c> {
    /// Since Gemini 3 a response may hold bytes of media; addresses, and anything with older models, follow after all responses.
    pub(super) fn add(&mut self, content: &'c Content<'c>, inside: bool, dropped: &mut Hints) -> Result<(), Fault> {
        if let Content::Text(text) = content {
            self.texts.push(text);
            return Ok(());
        }
        let mut parts = Vec::new();
        push(content, dropped, &mut parts)?;
        let bytes = parts.iter().all(|part| part.inline_data.is_some());
        if inside && bytes { &mut self.inside } else { &mut self.after }.append(&mut parts);
        Ok(())
    }

    /// All text. It is never read as JSON: Google's numbers are floating, and an id of nineteen digits would come out as another.
    pub(super) fn text(&self) -> Cow<'c, str> {
        match self.texts.as_slice() {
            [text] => Cow::Borrowed(text),
            texts => Cow::Owned(texts.join("\n")),
        }
    }
}

fn image<'c>(image: &'c Image<'c>, dropped: &mut Hints) -> Result<Part<'c>, Fault> {
    if image.detail.as_deref().is_some_and(|detail| detail != "auto") {
        dropped.add("detail");
    }
    match &image.source {
        Source::Base64 { media_type, data } => Ok(Part::inline(&**media_type, data)),
        Source::Url(url) => fetched(url, media_type_of(url)),
        Source::FileId(id) => uploaded(id),
        Source::Text(_) => Err(Fault::new("source", "an image cannot be text")),
    }
}

/// Google's names are media types, OpenAI's are not.
fn audio<'c>(audio: &'c Audio<'c>) -> Part<'c> {
    Part::inline(format!("audio/{}", audio.format), &audio.data)
}

fn document<'c>(document: &'c Document<'c>) -> Result<Part<'c>, Fault> {
    if document.citations {
        return Err(Fault::new("citations", "Google does not cite from documents: ask without citations"));
    }
    match &document.source {
        Source::Base64 { media_type, data } => Ok(Part::inline(&**media_type, data)),
        // What other APIs call a document by its address is a PDF.
        Source::Url(url) => fetched(url, media_type_of(url).or(Some("application/pdf"))),
        Source::FileId(id) => uploaded(id),
        Source::Text(text) => Ok(Part::text(&**text)),
    }
}

fn about(document: &Document<'_>) -> Option<String> {
    match (document.title.as_deref(), document.context.as_deref()) {
        (None, None) => None,
        (Some(title), None) => Some(format!("Document: {title}")),
        (None, Some(context)) => Some(format!("About the next document: {context}")),
        (Some(title), Some(context)) => Some(format!("Document: {title}\n{context}")),
    }
}

fn fetched<'c>(url: &'c str, media_type: Option<&'static str>) -> Result<Part<'c>, Fault> {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    if ["https", "gs"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Ok(Part::file(media_type, url));
    }
    Err(Fault::new("url", "Google fetches `https` and `gs` addresses only: send the content as base64"))
}

/// Google's files are known by their address.
fn uploaded(id: &str) -> Result<Part<'_>, Fault> {
    if id.starts_with("https://") || id.starts_with("gs://") {
        return Ok(Part::file(media_type_of(id), id));
    }
    Err(Fault::new("file_id", "was not uploaded to Google, whose files are known by their address: send the file's content"))
}

/// By the end of the address's path. Google reads the type from the answer where none is given.
fn media_type_of(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let extension = path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase())?;
    Some(match &*extension {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "heic" => "image/heic",
        "heif" => "image/heif",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "html" | "htm" => "text/html",
        "md" => "text/markdown",
        "csv" => "text/csv",
        _ => return None,
    })
}

pub(super) fn out_of_place(content: &Content<'_>, place: &str) -> Fault {
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
    Fault::new("content[]", format!("Google takes no {what} in {place}"))
}
