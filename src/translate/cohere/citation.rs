//! Reads a citation of Cohere's: characters of the answer, and the documents or results of tools that they are taken from.
//!
//! A source with a `url` is a page of the web. Only text is cited here: citations of a plan or of thinking have no place in what
//! other APIs cite.

use crate::translate::citation::{At, Citation, Source as Cited};
use crate::translate::object::object;
use crate::translate::text::Str;

/// The most citations that are read at once.
const MOST: usize = 1 << 10;

object! {
    Wire {
        start: u64,
        end: u64,
        text: Str<'a>,
        sources: Vec<Source<'a>>,
        kind as "type": Str<'a>,
    }
}

object! {
    Source {
        id: Str<'a>,
        document as "document" | "tool_output": Document<'a>,
    }
}

object! {
    Document {
        title: Str<'a>,
        url: Str<'a>,
        snippet: Str<'a>,
        text: Str<'a>,
    }
}

/// Reads a citation: one for each of its sources. What cannot be read is passed over.
pub(super) fn read(json: &str) -> Vec<Citation<'_>> {
    let wire = serde_json::from_str::<Wire<'_>>(json).ok();
    let Some(wire) = wire.filter(|wire| wire.kind.as_deref().is_none_or(|kind| kind == "TEXT_CONTENT")) else {
        return Vec::new();
    };
    let at = At::Chars(wire.start.unwrap_or_default()..wire.end.unwrap_or_default());
    let sources = wire.sources.into_iter().flatten().take(MOST);
    sources.map(|source| Citation { quoted: wire.text.clone(), ..source.citation(at.clone()) }).collect()
}

impl<'a> Source<'a> {
    fn citation(self, at: At) -> Citation<'a> {
        let Document { title, url, snippet, text, .. } = self.document.unwrap_or_default();
        let source = match url {
            Some(url) => Cited::Web { url, encrypted_index: None },
            None => Cited::Document { index: None, id: self.id, span: None },
        };
        Citation { title, cited: snippet.or(text), ..Citation::new(at, source) }
    }
}
