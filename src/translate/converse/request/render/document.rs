//! Images, recordings and documents, ready to be written: a format, and bytes in base64 or a place in S3.
//!
//! Bedrock fetches nothing but from S3, and a format is one of a list. A document has a name of few characters that no other document
//! of the request may have, whatever the case of its letters ("Messages can't contain duplicate document names").

use std::borrow::Cow;
use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::translate::conversation::{self, Audio, Image, Media};
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::plain;

/// Media types of images, their endings, and Bedrock's words for them.
const IMAGES: [(&str, &str, &str); 5] = [
    ("image/png", "png", "png"),
    ("image/jpeg", "jpeg", "jpeg"),
    ("image/jpg", "jpg", "jpeg"),
    ("image/gif", "gif", "gif"),
    ("image/webp", "webp", "webp"),
];
/// The same of documents.
const DOCUMENTS: [(&str, &str, &str); 9] = [
    ("application/pdf", "pdf", "pdf"),
    ("text/csv", "csv", "csv"),
    ("application/msword", "doc", "doc"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx", "docx"),
    ("application/vnd.ms-excel", "xls", "xls"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", "xlsx"),
    ("text/html", "html", "html"),
    ("text/markdown", "md", "md"),
    ("text/plain", "txt", "txt"),
];
/// Formats of recordings that OpenAI's clients may name and Bedrock knows.
const AUDIO: [&str; 8] = ["wav", "mp3", "flac", "opus", "aac", "ogg", "m4a", "webm"];
/// The longest name of a document.
const NAME: usize = 200;

/// An image or a recording.
#[derive(Debug, Serialize)]
pub(super) struct Medium<'c> {
    format: &'c str,
    source: Source<'c>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum Source<'c> {
    Bytes(Cow<'c, str>),
    S3Location { uri: &'c str },
}

#[derive(Debug, Serialize)]
pub(super) struct Document<'c> {
    format: &'static str,
    name: String,
    source: Source<'c>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    citations: Option<Citations>,
}

#[derive(Debug, Serialize)]
struct Citations {
    enabled: bool,
}

impl Document<'_> {
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

pub(super) fn image<'c>(image: &'c Image<'c>, dropped: &mut Hints) -> Result<Medium<'c>, Fault> {
    if image.detail.as_deref().is_some_and(|detail| detail != "auto") {
        dropped.add("detail");
    }
    let (format, source) = source(&image.source, &IMAGES, None)?;
    Ok(Medium { format, source })
}

pub(super) fn audio<'c>(audio: &'c Audio<'c>) -> Result<Medium<'c>, Fault> {
    let Some(format) = AUDIO.iter().find(|known| **known == &*audio.format) else {
        let message = format!("is not one of {}", AUDIO.join(", "));
        return Err(Fault::new("content[].input_audio.format", message));
    };
    Ok(Medium { format, source: bytes(&audio.data)? })
}

pub(super) fn document<'c>(document: &'c conversation::Document<'c>, names: &mut Names) -> Result<Document<'c>, Fault> {
    let title = document.title.as_deref();
    let (format, source) = match &document.source {
        Media::Text(text) if text.is_empty() => return Err(empty()),
        Media::Text(text) => ("txt", Source::Bytes(STANDARD.encode(text.as_bytes()).into())),
        Media::Base64 { media_type, data } if is_other_text(media_type) => ("txt", bytes(data)?),
        other => source(other, &DOCUMENTS, title)?,
    };
    Ok(Document {
        format,
        name: names.name(title),
        source,
        context: document.context.as_deref().filter(|context| !context.trim().is_empty()),
        citations: document.citations.then_some(Citations { enabled: true }),
    })
}

/// Text that has no format of its own.
fn is_other_text(media_type: &str) -> bool {
    media_type.starts_with("text/") && !DOCUMENTS.iter().any(|(known, ..)| *known == media_type)
}

type Formats = [(&'static str, &'static str, &'static str)];

fn source<'c>(media: &'c Media<'c>, formats: &Formats, title: Option<&str>) -> Result<(&'static str, Source<'c>), Fault> {
    let wrong = |message: String| Fault::new("content[]", message);
    match media {
        Media::Base64 { media_type, data } => {
            let known = formats.iter().find(|(known, ..)| media_type.eq_ignore_ascii_case(known));
            let Some((.., format)) = known else {
                let known: Vec<_> = formats.iter().map(|(known, ..)| *known).collect();
                let given = plain::brief(media_type, plain::QUOTATION);
                return Err(wrong(format!("the media type `{given}` is not one of {}", known.join(", "))));
            };
            Ok((format, bytes(data)?))
        }
        Media::Url(uri) if uri.starts_with("s3://") => {
            let format = ending(uri, formats).or_else(|| ending(title?, formats));
            let remedy = "its name must end in its format (`.png`), because Bedrock wants to know it";
            Ok((format.ok_or_else(|| wrong(remedy.to_owned()))?, Source::S3Location { uri }))
        }
        Media::Url(_) => Err(wrong("Bedrock fetches nothing from a URL but `s3://`: send the content as base64".to_owned())),
        Media::FileId(_) => Err(wrong("Bedrock has no uploaded files: send the content as base64".to_owned())),
        Media::Text(_) => Err(wrong("an image cannot be text".to_owned())),
    }
}

fn bytes(data: &str) -> Result<Source<'_>, Fault> {
    if data.is_empty() { Err(empty()) } else { Ok(Source::Bytes(data.into())) }
}

fn empty() -> Fault {
    Fault::new("content[]", "has no content")
}

fn ending(name: &str, formats: &Formats) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    let known = formats.iter().find(|(_, known, _)| ending.eq_ignore_ascii_case(known))?;
    Some(known.2)
}

/// The names of a request's documents, in lower case, each with the number of the last one that was made of it.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, usize>);

impl Names {
    /// A name that Bedrock takes and that no document before has. The same documents in the same order have the same names, so that
    /// what was cached is found again.
    fn name(&mut self, title: Option<&str>) -> String {
        let name = allowed(title.unwrap_or_default());
        let key = name.to_ascii_lowercase();
        let mut number = *self.0.entry(key.clone()).and_modify(|number| *number += 1).or_insert(1);
        let mut unique = numbered(&name, number);
        while number > 1 && self.0.contains_key(&unique.to_ascii_lowercase()) {
            number += 1;
            unique = numbered(&name, number);
        }
        self.0.insert(key, number);
        self.0.entry(unique.to_ascii_lowercase()).or_insert(1);
        unique
    }
}

fn numbered(name: &str, number: usize) -> String {
    if number == 1 {
        return name.to_owned();
    }
    let suffix = format!(" ({number})");
    let kept = name.len().min(NAME.saturating_sub(suffix.len()));
    // All characters are ASCII, so any cut is between them.
    format!("{}{suffix}", name[..kept].trim_end())
}

/// Letters, digits, hyphens, brackets, and single spaces for all else (API reference, `DocumentBlock`).
fn allowed(title: &str) -> String {
    let mut name = String::new();
    for character in title.chars() {
        match character {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '(' | ')' | '[' | ']' => name.push(character),
            _ if name.ends_with(' ') || name.is_empty() => {}
            _ => name.push(' '),
        }
        if name.len() >= NAME {
            break;
        }
    }
    name.truncate(name.trim_end().len());
    let says_something = name.bytes().any(|byte| byte.is_ascii_alphanumeric());
    if says_something { name } else { "document".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_document_has_only_the_characters_that_bedrock_takes() {
        for (title, name) in [
            ("report_v1.pdf", "report v1 pdf"),
            ("  John's  \t(final) [2].docx ", "John s (final) [2] docx"),
            ("関門.pdf", "pdf"),
            ("関門", "document"),
            ("---", "document"),
            ("", "document"),
        ] {
            assert_eq!(Names::default().name(Some(title)), name, "{title}");
        }
        assert_eq!(Names::default().name(None), "document");
        assert_eq!(Names::default().name(Some(&"a".repeat(900))).len(), NAME);
    }

    #[test]
    fn no_two_documents_have_the_same_name() {
        let mut names = Names::default();
        let given: Vec<_> =
            [None, Some("Report"), Some("report"), None, Some("document (2)")].map(|title| names.name(title)).into();
        assert_eq!(given, ["document", "Report", "report (2)", "document (2)", "document (2) (2)"]);
        let long = "a".repeat(NAME);
        let (one, two) = (names.name(Some(&long)), names.name(Some(&long)));
        assert_ne!(one, two);
        assert!(two.len() <= NAME && two.ends_with(" (2)"), "{two}");
    }
}
