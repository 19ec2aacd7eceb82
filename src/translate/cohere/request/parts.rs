//! Content parts, ready to be written.
//!
//! Cohere takes text and images from the user, and nothing else: a document of plain text becomes text where it stands, with its
//! title before it (`documents`, Cohere's own field, has no place in a conversation, and changes how it is answered). A document in
//! another format is an error, and so is one that shall be cited from: no answer can bring the citations back.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};

use crate::translate::conversation::{Content, Document, Image, Media};
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::plain;

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Part<'c> {
    Text { text: Cow<'c, str> },
    Thinking { thinking: &'c str },
    ImageUrl { image_url: ImageUrl<'c> },
}

#[derive(Debug, Serialize)]
pub(super) struct ImageUrl<'c> {
    url: Url<'c>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'c str>,
}

/// Written piece by piece, so that a large picture is not copied before it is written.
#[derive(Debug)]
enum Url<'c> {
    Web(&'c str),
    Data { media_type: &'c str, data: &'c str },
}

impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(url) => f.write_str(url),
            Self::Data { media_type, data } => {
                f.write_str("data:")?;
                f.write_str(media_type)?;
                f.write_str(";base64,")?;
                f.write_str(data)
            }
        }
    }
}

impl Serialize for Url<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `content`: a string where one will do.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Body<'c> {
    Text(Cow<'c, str>),
    Parts(Vec<Part<'c>>),
}

impl<'c> Body<'c> {
    pub(super) fn new(mut parts: Vec<Part<'c>>) -> Self {
        match parts.as_mut_slice() {
            [Part::Text { text }] => Self::Text(std::mem::take(text)),
            _ => Self::Parts(parts),
        }
    }
}

/// Adds text. Cohere rejects what is empty.
pub(super) fn said<'c>(text: &'c str, out: &mut Vec<Part<'c>>) {
    if !text.is_empty() {
        out.push(Part::Text { text: text.into() });
    }
}

pub(super) fn note(text: String) -> Part<'static> {
    Part::Text { text: text.into() }
}

/// Adds what stands for this content in a message of the user; `role` says whose content it was.
pub(super) fn push<'c>(content: &'c Content<'c>, role: &str, out: &mut Vec<Part<'c>>, dropped: &mut Hints) -> Result<(), Fault> {
    match content {
        Content::Text(text) => said(text, out),
        Content::Image(image) => out.push(self::image(image, dropped).map_err(|fault| fault.within("content[].image"))?),
        Content::Document(document) => {
            let text = self::document(document).map_err(|fault| fault.within("content[].document"))?;
            if let Some(note) = about(document) {
                out.push(self::note(note));
            }
            out.push(Part::Text { text });
        }
        other => return Err(out_of_place(other, role)),
    }
    Ok(())
}

fn image<'c>(image: &'c Image<'c>, dropped: &mut Hints) -> Result<Part<'c>, Fault> {
    let url = match &image.source {
        Media::Base64 { media_type, data } => Url::Data { media_type, data },
        Media::Url(url) => Url::Web(url),
        Media::FileId(_) => return Err(uploaded()),
        Media::Text(_) => return Err(Fault::new("source", "an image cannot be text")),
    };
    let detail = image.detail.as_deref().filter(|detail| ["auto", "low", "high"].contains(detail));
    dropped.add_if(detail != image.detail.as_deref(), "detail");
    Ok(Part::ImageUrl { image_url: ImageUrl { url, detail } })
}

fn document<'c>(document: &'c Document<'c>) -> Result<Cow<'c, str>, Fault> {
    if document.citations {
        return Err(Fault::new("citations", "Cohere's citations cannot be brought back: ask without citations"));
    }
    match &document.source {
        Media::Text(text) => Ok(Cow::Borrowed(text)),
        Media::Base64 { media_type, data } if media_type.starts_with("text/") => decoded(data),
        Media::Base64 { media_type, .. } => {
            let media_type = plain::brief(media_type, plain::QUOTATION);
            Err(Fault::new("source", format!("Cohere takes no documents of the type `{media_type}`: send their text")))
        }
        Media::Url(_) => Err(Fault::new("source.url", "Cohere fetches no documents: send their text")),
        Media::FileId(_) => Err(uploaded()),
    }
}

fn decoded(data: &str) -> Result<Cow<'static, str>, Fault> {
    let wrong = |message: String| Fault::new("file_data", message);
    let bytes = STANDARD.decode(data).map_err(|error| wrong(format!("is not base64: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|error| wrong(format!("is not UTF-8 text: {}", error.utf8_error())))?;
    Ok(Cow::Owned(text))
}

fn about(document: &Document<'_>) -> Option<String> {
    match (document.title.as_deref(), document.context.as_deref()) {
        (None, None) => None,
        (Some(title), None) => Some(format!("Document: {title}")),
        (None, Some(context)) => Some(format!("About the next document: {context}")),
        (Some(title), Some(context)) => Some(format!("Document: {title}\n{context}")),
    }
}

fn uploaded() -> Fault {
    Fault::new("source.file_id", "a file uploaded to one provider is not known to another: send its content")
}

pub(super) fn out_of_place(content: &Content<'_>, role: &str) -> Fault {
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
    Fault::new("content[]", format!("Cohere takes no {what} in a message of the role `{role}`"))
}
