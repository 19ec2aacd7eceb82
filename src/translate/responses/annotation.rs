//! `annotations` of an `output_text`: a page of the web at a range of the part's characters, or a document by its id. What cites a
//! document that has none, or a page without a place in the text, is left out: the text is whole without it.

use serde::Serialize;

use crate::translate::citation::{Citation, Source};
use crate::translate::openai::annotation::UrlCitation;

/// An annotation.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Annotation<'c> {
    UrlCitation(UrlCitation<'c>),
    FileCitation { file_id: &'c str, filename: &'c str, index: u64 },
}

impl<'c> Annotation<'c> {
    /// Of a part that begins at this character of the answer's text.
    pub(super) fn of(citation: &'c Citation<'_>, begin: u64) -> Option<Self> {
        if let Source::Document { id: Some(id), index, .. } = &citation.source {
            let filename = citation.title.as_deref().unwrap_or(id);
            return Some(Self::FileCitation { file_id: id, filename, index: index.unwrap_or_default() });
        }
        let mut url = UrlCitation::of(citation)?;
        url.start_index = url.start_index.checked_sub(begin)?;
        url.end_index = url.end_index.checked_sub(begin)?;
        Some(Self::UrlCitation(url))
    }
}
