//! Content parts of user messages, for OpenAI.
//!
//! A note is written where OpenAI's parts have no place for what the client says about a thing: the title and context of a document
//! in plain text, and which tool call a picture belongs to. What would have to be left out is an error.

use serde::Serialize;

use super::messages::out_of_place;
use crate::translate::conversation::{Content, Document, Image, Media};
use crate::translate::fault::Fault;
use crate::translate::media::{Url, picture, uploaded};

/// A part, ready to be written.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Part<'c> {
    Text { text: Text<'c> },
    ImageUrl { image_url: ImageUrl<'c> },
    InputAudio { input_audio: InputAudio<'c> },
    File { file: File<'c> },
}

impl<'c> Part<'c> {
    pub(super) fn said(text: &'c str) -> Self {
        Self::Text { text: Text::Said(text) }
    }

    pub(super) fn note(text: String) -> Self {
        Self::Text { text: Text::Note(text) }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Text { text: Text::Said("") })
    }
}

/// The client's text, or ours where the client's thing has no other form.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Text<'c> {
    Said(&'c str),
    Note(String),
}

#[derive(Debug, Serialize)]
pub(super) struct ImageUrl<'c> {
    url: Url<'c>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'c str>,
}

#[derive(Debug, Serialize)]
pub(super) struct InputAudio<'c> {
    data: &'c str,
    format: &'c str,
}

#[derive(Debug, Serialize)]
pub(super) struct File<'c> {
    filename: &'c str,
    file_data: Url<'c>,
}

/// Adds what stands for this content in a user message; `role` says whose content it was.
pub(super) fn push<'c>(content: &'c Content<'c>, role: &str, out: &mut Vec<Part<'c>>) -> Result<(), Fault> {
    match content {
        Content::Text(text) => out.push(Part::said(text)),
        Content::Image(image) => out.push(self::image(image).map_err(|f| f.within("content[].image"))?),
        Content::Audio(audio) => {
            out.push(Part::InputAudio { input_audio: InputAudio { data: &audio.data, format: &audio.format } });
        }
        Content::Document(document) => self::document(document, out).map_err(|f| f.within("content[].document"))?,
        other => return Err(out_of_place(other, role)),
    }
    Ok(())
}

fn image<'c>(image: &'c Image<'c>) -> Result<Part<'c>, Fault> {
    let url = picture(&image.source)?;
    Ok(Part::ImageUrl { image_url: ImageUrl { url, detail: image.detail.as_deref() } })
}

/// OpenAI's file parts carry base64 or an uploaded file, never a URL; plain text and what is said about a document become text.
fn document<'c>(document: &'c Document<'c>, out: &mut Vec<Part<'c>>) -> Result<(), Fault> {
    if document.citations {
        return Err(Fault::new("citations", "OpenAI does not cite from documents: ask without citations"));
    }
    let named_by_file = matches!(document.source, Media::Base64 { .. });
    if let Some(note) = about(document, named_by_file) {
        out.push(Part::note(note));
    }
    match &document.source {
        Media::Base64 { media_type, data } => {
            let filename = document.title.as_deref().unwrap_or_else(|| unnamed(media_type));
            out.push(Part::File { file: File { filename, file_data: Url::Data { media_type, data } } });
        }
        Media::Text(text) => out.push(Part::said(text)),
        Media::Url(_) => return Err(Fault::new("source.url", "OpenAI fetches no documents: send the content as base64")),
        Media::FileId(_) => return Err(uploaded()),
    }
    Ok(())
}

fn about(document: &Document<'_>, named_by_file: bool) -> Option<String> {
    let title = document.title.as_deref().filter(|_| !named_by_file);
    match (title, document.context.as_deref()) {
        (None, None) => None,
        (Some(title), None) => Some(format!("Document: {title}")),
        (None, Some(context)) => Some(format!("About the next document: {context}")),
        (Some(title), Some(context)) => Some(format!("Document: {title}\n{context}")),
    }
}

/// OpenAI demands a file name beside `file_data`, and takes the type from it.
fn unnamed(media_type: &str) -> &'static str {
    match media_type {
        "application/pdf" => "document.pdf",
        "text/plain" => "document.txt",
        _ => "document",
    }
}
