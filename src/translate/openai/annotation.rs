//! `annotations`: citations as OpenAI tells them.
//!
//! Chat completions know one kind only, a page of the web (`url_citation`), at a range of characters of `content`. What cites a
//! document of the request, and what has no place in the text, cannot be said and is left out: the text is whole without it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::translate::citation::{At, Citation, Source};
use crate::translate::text::Str;

/// A page of the web; OpenAI's SDKs demand all of it.
#[derive(Debug, Serialize)]
pub(in crate::translate) struct UrlCitation<'c> {
    pub(in crate::translate) start_index: u64,
    pub(in crate::translate) end_index: u64,
    title: &'c str,
    url: &'c str,
}

impl<'c> UrlCitation<'c> {
    pub(in crate::translate) fn of(citation: &'c Citation<'_>) -> Option<Self> {
        let (url, place) = (citation.url()?, citation.place.as_ref()?);
        let title = citation.title.as_deref().unwrap_or(url);
        Some(Self { start_index: place.chars.start, end_index: place.chars.end, title, url })
    }
}

/// An annotation of a chat completion.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Annotation<'c> {
    UrlCitation { url_citation: UrlCitation<'c> },
}

impl<'c> Annotation<'c> {
    pub(super) fn of(citation: &'c Citation<'_>) -> Option<Self> {
        UrlCitation::of(citation).map(|url_citation| Self::UrlCitation { url_citation })
    }
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    url_citation: Option<WireUrl<'a>>,
}

#[derive(Deserialize)]
struct WireUrl<'a> {
    #[serde(borrow)]
    url: Option<Str<'a>>,
    #[serde(borrow)]
    title: Option<Str<'a>>,
    /// OpenRouter's: the words of the page.
    #[serde(borrow)]
    content: Option<Str<'a>>,
    start_index: Option<u64>,
    end_index: Option<u64>,
}

/// Reads `annotations`. Those of a kind or shape that nobody here knows are passed over.
pub(super) fn read<'a>(raw: Option<&'a RawValue>) -> Vec<Citation<'a>> {
    let list: Vec<&'a RawValue> = raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let each = |raw: &'a RawValue| serde_json::from_str::<Wire<'a>>(raw.get()).ok()?.url_citation?.citation();
    list.into_iter().filter_map(each).collect()
}

impl<'a> WireUrl<'a> {
    fn citation(self) -> Option<Citation<'a>> {
        let at = At::Chars(self.start_index.unwrap_or_default()..self.end_index.unwrap_or_default());
        let source = Source::Web { url: self.url?, encrypted_index: None };
        Some(Citation { title: self.title, cited: self.content, ..Citation::new(at, source) })
    }
}
