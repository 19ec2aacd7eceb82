//! Reads a citation of Bedrock's: of a page of the web, of a search result, or of a part of a document.
//!
//! Bedrock cites whole blocks, and names documents and their parts as Anthropic does, whose models they are.

use crate::translate::citation::{At, Citation, Source, Span};
use crate::translate::object::object;
use crate::translate::text::Str;

object! {
    Wire {
        title: Str<'a>,
        source: Str<'a>,
        words as "sourceContent": Vec<Words<'a>>,
        location: Location<'a>,
    }
}

object! {
    Words {
        text: Str<'a>,
    }
}

object! {
    /// One of them is there.
    Location {
        web: Web<'a>,
        chars as "documentChar": Part<'a>,
        pages as "documentPage": Part<'a>,
        chunks as "documentChunk": Part<'a>,
        result as "searchResultLocation": Part<'a>,
    }
}

object! {
    Web {
        url: Str<'a>,
    }
}

object! {
    /// A part of a document or search result.
    Part {
        document as "documentIndex": u64,
        result as "searchResultIndex": u64,
        start: u64,
        end: u64,
    }
}

/// Reads a citation; `None` for one of a kind that nobody here knows.
pub(super) fn read(json: &str, at: At) -> Option<Citation<'_>> {
    let Wire { title, source: named, words, location, .. } = serde_json::from_str(json).ok()?;
    let document = |part: Part<'_>, span: fn(std::ops::Range<u64>) -> Span| {
        let span = part.start.zip(part.end).map(|(start, end)| span(start..end));
        Source::Document { index: part.document, id: None, span }
    };
    let source = match location? {
        Location { web: Some(web), .. } => Source::Web { url: web.url?, encrypted_index: None },
        Location { chars: Some(part), .. } => document(part, Span::Chars),
        Location { pages: Some(part), .. } => document(part, Span::Pages),
        Location { chunks: Some(part), .. } => document(part, Span::Blocks),
        Location { result: Some(part), .. } => {
            Source::SearchResult { source: named.unwrap_or_default(), index: part.result?, blocks: part.start?..part.end? }
        }
        _ => return None,
    };
    let words: String = words.into_iter().flatten().filter_map(|words| words.text).map(|text| text.to_string()).collect();
    let cited = (!words.is_empty()).then(|| words.into());
    Some(Citation { title, cited, ..Citation::new(at, source) })
}
