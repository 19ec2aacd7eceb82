//! `groundingMetadata` and `citationMetadata`: citations as Google tells them.
//!
//! Sources stand in a list (`groundingChunks`); what is taken from them refers to it by number (`groundingSupports`), at a range of
//! bytes of UTF-8. Sources that nothing in the text refers to are no citations. Written are pages of the web as `web` and everything
//! else as `retrievedContext`, with its title and words: which page of a document it was cannot be said.

use std::ops::Range;

use serde::Serialize;

use super::wire::Candidate;
use crate::translate::citation::{At, Citation, Place, Source};
use crate::translate::object::object;
use crate::translate::text::Str;

/// The most citations that are read of one candidate at once.
const MOST: usize = 1 << 10;

object! {
    Grounding {
        chunks as "groundingChunks" | "grounding_chunks": Vec<Chunk<'a>>,
        supports as "groundingSupports" | "grounding_supports": Vec<Support<'a>>,
    }
}

object! {
    /// A source. One of its kinds is there.
    Chunk {
        web: Found<'a>,
        retrieved as "retrievedContext" | "retrieved_context": Found<'a>,
    }
}

object! {
    Found {
        uri: Str<'a>,
        title: Str<'a>,
        text: Str<'a>,
    }
}

object! {
    Support {
        segment: Segment<'a>,
        chunks as "groundingChunkIndices" | "grounding_chunk_indices": Vec<usize>,
    }
}

object! {
    Segment {
        start as "startIndex" | "start_index": u64,
        end as "endIndex" | "end_index": u64,
        text: Str<'a>,
    }
}

object! {
    /// What the model recites. Vertex AI calls the list `citations`.
    Recited {
        sources as "citationSources" | "citation_sources" | "citations": Vec<RecitedSource<'a>>,
    }
}

object! {
    RecitedSource {
        start as "startIndex" | "start_index": u64,
        end as "endIndex" | "end_index": u64,
        uri: Str<'a>,
        title: Str<'a>,
    }
}

/// Reads the citations of a candidate. What cannot be read is passed over.
pub(super) fn read<'a>(candidate: &Candidate<'a>) -> Vec<Citation<'a>> {
    let grounding: Option<Grounding<'a>> = candidate.grounding.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let recited: Option<Recited<'a>> = candidate.recited.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let grounding = grounding.unwrap_or_default();
    let chunks = grounding.chunks.unwrap_or_default();
    let supported = grounding.supports.into_iter().flatten().flat_map(|support| support.citations(&chunks));
    let recited = recited.and_then(|recited| recited.sources).into_iter().flatten().filter_map(RecitedSource::citation);
    supported.chain(recited).take(MOST).collect()
}

impl<'a> Support<'a> {
    fn citations(self, chunks: &[Chunk<'a>]) -> Vec<Citation<'a>> {
        let segment = self.segment.unwrap_or_default();
        let bytes = segment.start.unwrap_or_default()..segment.end.unwrap_or_default();
        let each = |number: usize| {
            let citation = chunks.get(number)?.citation(bytes.clone())?;
            Some(Citation { quoted: segment.text.clone(), ..citation })
        };
        self.chunks.into_iter().flatten().filter_map(each).take(MOST).collect()
    }
}

impl<'a> Chunk<'a> {
    fn citation(&self, bytes: Range<u64>) -> Option<Citation<'a>> {
        let (source, found) = match (&self.web, &self.retrieved) {
            (Some(web), _) => (Source::Web { url: web.uri.clone()?, encrypted_index: None }, web),
            (None, Some(found)) => (Source::Document { index: None, id: found.uri.clone(), span: None }, found),
            (None, None) => return None,
        };
        Some(Citation { title: found.title.clone(), cited: found.text.clone(), ..Citation::new(At::Bytes(bytes), source) })
    }
}

impl<'a> RecitedSource<'a> {
    fn citation(self) -> Option<Citation<'a>> {
        let at = At::Bytes(self.start.unwrap_or_default()..self.end.unwrap_or_default());
        let source = Source::Web { url: self.uri?, encrypted_index: None };
        Some(Citation { title: self.title, ..Citation::new(at, source) })
    }
}

/// What a candidate cites, ready to be written.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Written {
    grounding_chunks: Vec<WrittenChunk>,
    grounding_supports: Vec<WrittenSupport>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum WrittenChunk {
    Web(WrittenSource),
    RetrievedContext(WrittenSource),
}

#[derive(Debug, Serialize)]
struct WrittenSource {
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenSupport {
    segment: WrittenSegment,
    grounding_chunk_indices: [usize; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenSegment {
    #[serde(skip_serializing_if = "is_first")]
    part_index: usize,
    start_index: u64,
    end_index: u64,
}

fn is_first(part: &usize) -> bool {
    *part == 0
}

impl Written {
    /// Nothing for what cites nothing.
    pub(super) fn some(self) -> Option<Self> {
        (!self.grounding_chunks.is_empty()).then_some(self)
    }

    /// Adds a citation. `texts` are the parts that are text, by their number and the byte of the text at which they begin: a range
    /// belongs to the one that it begins in, and ends with it at the latest.
    pub(super) fn add(&mut self, citation: &Citation<'_>, texts: &[(usize, u64)]) {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let (title, text) = (owned(citation.title.as_deref()), owned(citation.cited.as_deref()));
        let chunk = match (citation.url(), &citation.source) {
            (Some(url), _) => WrittenChunk::Web(WrittenSource { uri: owned(Some(url)), title, text: None }),
            (None, Source::Document { id, .. }) => {
                WrittenChunk::RetrievedContext(WrittenSource { uri: owned(id.as_deref()), title, text })
            }
            (None, Source::SearchResult { source, .. } | Source::Web { url: source, .. }) => {
                WrittenChunk::RetrievedContext(WrittenSource { uri: owned(Some(source)), title, text })
            }
        };
        let number = self.grounding_chunks.len();
        self.grounding_chunks.push(chunk);
        let Some(Place { bytes, .. }) = &citation.place else { return };
        let at = texts.partition_point(|(_, begin)| *begin <= bytes.start);
        let (part_index, begin) = at.checked_sub(1).and_then(|at| texts.get(at)).copied().unwrap_or_default();
        let end = texts.get(at).map_or(bytes.end, |(_, next)| bytes.end.min(*next));
        let segment =
            WrittenSegment { part_index, start_index: bytes.start.saturating_sub(begin), end_index: end.saturating_sub(begin) };
        self.grounding_supports.push(WrittenSupport { segment, grounding_chunk_indices: [number] });
    }
}
