//! Citations of a text block, as they are read and written.
//!
//! Anthropic cites a block as a whole. An answer of another provider is cut into blocks where a citation begins and ends; in a
//! stream, where the text is told before what it is taken from, all citations belong to the block that is open. A page of the web
//! that another provider has found has no `encrypted_index`, and it is empty. A document of which the index or the part is not
//! known cannot be said and is left out: the text is whole without it.

use std::ops::Range;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::translate::citation::{At, Citation, Source, Span};
use crate::translate::object::object;
use crate::translate::text::Str;

object! {
    /// All fields of all kinds.
    Wire {
        kind as "type": Str<'a>,
        cited_text: Str<'a>,
        title: Str<'a>,
        url: Str<'a>,
        encrypted_index: Str<'a>,
        source: Str<'a>,
        search_result_index: u64,
        document_index: u64,
        document_title: Str<'a>,
        file_id: Str<'a>,
        start_char_index: u64,
        end_char_index: u64,
        start_page_number: u64,
        end_page_number: u64,
        start_block_index: u64,
        end_block_index: u64,
    }
}

/// Reads a list of citations. Kinds that nobody here knows are passed over.
pub(super) fn read_all(raw: Option<&RawValue>, at: At) -> Vec<Citation<'_>> {
    let list: Vec<&RawValue> = raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    list.into_iter().filter_map(|raw| read(raw.get(), at.clone())).collect()
}

/// Reads a citation.
pub(super) fn read(json: &str, at: At) -> Option<Citation<'_>> {
    let wire: Wire<'_> = serde_json::from_str(json).ok()?;
    let chars = || Some(Span::Chars(wire.start_char_index?..wire.end_char_index?));
    let pages = || Some(Span::Pages(wire.start_page_number?..wire.end_page_number?));
    let blocks = || Some(wire.start_block_index?..wire.end_block_index?);
    let (span, of_document) = match wire.kind.as_deref()? {
        "char_location" => (chars(), true),
        "page_location" => (pages(), true),
        "content_block_location" => (blocks().map(Span::Blocks), true),
        _ => (None, false),
    };
    let source = match wire.kind.as_deref()? {
        _ if of_document => Source::Document { index: wire.document_index, id: wire.file_id, span },
        "web_search_result_location" => Source::Web { url: wire.url?, encrypted_index: wire.encrypted_index },
        "search_result_location" => {
            Source::SearchResult { source: wire.source?, index: wire.search_result_index?, blocks: blocks()? }
        }
        _ => return None,
    };
    let title = if of_document { wire.document_title } else { wire.title };
    Some(Citation { title, cited: wire.cited_text, ..Citation::new(at, source) })
}

/// A citation, ready to be written.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "these are Anthropic's words")]
pub(super) enum Written<'a> {
    CharLocation {
        #[serde(flatten)]
        document: Document<'a>,
        start_char_index: u64,
        end_char_index: u64,
    },
    PageLocation {
        #[serde(flatten)]
        document: Document<'a>,
        start_page_number: u64,
        end_page_number: u64,
    },
    ContentBlockLocation {
        #[serde(flatten)]
        document: Document<'a>,
        start_block_index: u64,
        end_block_index: u64,
    },
    WebSearchResultLocation {
        cited_text: &'a str,
        encrypted_index: &'a str,
        title: Option<&'a str>,
        url: &'a str,
    },
    SearchResultLocation {
        cited_text: &'a str,
        search_result_index: u64,
        source: &'a str,
        title: Option<&'a str>,
        start_block_index: u64,
        end_block_index: u64,
    },
}

/// What all citations of a document have.
#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    cited_text: &'a str,
    document_index: u64,
    document_title: Option<&'a str>,
    file_id: Option<&'a str>,
}

impl<'a> Written<'a> {
    pub(super) fn of(citation: &'a Citation<'_>) -> Option<Self> {
        let (cited_text, title) = (citation.cited.as_deref().unwrap_or_default(), citation.title.as_deref());
        Some(match &citation.source {
            Source::Web { url, encrypted_index } => {
                let encrypted_index = encrypted_index.as_deref().unwrap_or_default();
                Self::WebSearchResultLocation { cited_text, encrypted_index, title, url }
            }
            Source::SearchResult { source, index, blocks } => {
                let Range { start: start_block_index, end: end_block_index } = *blocks;
                let search_result_index = *index;
                Self::SearchResultLocation { cited_text, search_result_index, source, title, start_block_index, end_block_index }
            }
            Source::Document { index, id, span } => {
                let document = Document { cited_text, document_index: (*index)?, document_title: title, file_id: id.as_deref() };
                Self::part(document, span.as_ref()?)
            }
        })
    }

    fn part(document: Document<'a>, span: &Span) -> Self {
        match *span {
            Span::Chars(Range { start: start_char_index, end: end_char_index }) => {
                Self::CharLocation { document, start_char_index, end_char_index }
            }
            Span::Pages(Range { start: start_page_number, end: end_page_number }) => {
                Self::PageLocation { document, start_page_number, end_page_number }
            }
            Span::Blocks(Range { start: start_block_index, end: end_block_index }) => {
                Self::ContentBlockLocation { document, start_block_index, end_block_index }
            }
        }
    }
}

/// A piece of a text, and the citations that belong to it.
pub(super) type Cut<'c, 'a> = (&'c str, Vec<&'c Citation<'a>>);

/// Cuts a text, that begins at this byte of the choice's, where citations begin and end.
pub(super) fn cut<'c, 'a>(text: &'c str, begin: u64, citations: &'c [Citation<'a>]) -> Vec<Cut<'c, 'a>> {
    let within = |citation: &Citation<'_>| {
        let bytes = &citation.place.as_ref()?.bytes;
        let local = |at: u64| usize::try_from(at.saturating_sub(begin)).unwrap_or(usize::MAX).min(text.len());
        let range = local(bytes.start)..local(bytes.end);
        (!range.is_empty() && Written::of(citation).is_some()).then_some(range)
    };
    let mut here: Vec<_> = citations.iter().filter_map(|citation| Some((within(citation)?, citation))).collect();
    here.sort_by_key(|(range, _)| (range.start, range.end));
    let mut cuts: Vec<Cut<'c, 'a>> = Vec::new();
    let mut at = 0;
    for (range, citation) in here {
        if range.start < at {
            // Ranges that overlap are one block: cited by both, as near as blocks can say it.
            if let Some((piece, list)) = cuts.last_mut() {
                let from = at - piece.len();
                at = at.max(range.end);
                *piece = text.get(from..at).unwrap_or(piece);
                list.push(citation);
            }
            continue;
        }
        cuts.extend(text.get(at..range.start).filter(|piece| !piece.is_empty()).map(|piece| (piece, Vec::new())));
        cuts.extend(text.get(range.clone()).map(|piece| (piece, vec![citation])));
        at = range.end;
    }
    cuts.extend(text.get(at..).filter(|piece| !piece.is_empty()).map(|piece| (piece, Vec::new())));
    cuts
}
