//! Citations: what a part of an answer's text is taken from.
//!
//! Providers tell where a citation belongs in their own ways: Anthropic and Bedrock cite a whole block of text, OpenAI and Cohere
//! count characters (Unicode scalar values), Google counts bytes of UTF-8. All of them become a [`Place`] in the text of the choice,
//! that is, all its [`Content::Text`] joined, here and nowhere else: a reader says it as the provider does ([`At`]), [`Spoken`] has
//! the text and finds the place, a writer tells it in the client's unit. A range that cannot be found in the text, or has other words
//! than those that the provider repeats, has no place: the citation is told without one, or left out where the client's API demands
//! one. The answer is whole without its citations, so nothing here is ever an error.

use std::ops::Range;

use super::Format;
use super::answer::{Answer, Choice, Delta};
use super::conversation::Content;
use super::text::Str;

/// The most citations of one choice; more are left out.
const MOST: usize = 1 << 10;
/// The most text in which a place is looked for, in bytes.
const KEPT: usize = 1 << 18;

/// What a part of an answer's text is taken from.
#[derive(Debug, Clone)]
pub struct Citation<'a> {
    /// Where it belongs, in the provider's words.
    pub at: At,
    /// The same in the text of the choice. Readers leave it out, [`Spoken`] finds it.
    pub place: Option<Place>,
    /// The words of the answer that it belongs to, where the provider repeats them.
    pub quoted: Option<Str<'a>>,
    /// What is cited.
    pub source: Source<'a>,
    /// The title of what is cited.
    pub title: Option<Str<'a>>,
    /// The words of the source.
    pub cited: Option<Str<'a>>,
}

/// Where a citation belongs, as providers tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// To the block of text that was streamed last: all since [`Delta::TextBlock`].
    Block,
    /// To these parts of a whole answer's choice.
    Parts(Range<usize>),
    /// To these characters of the choice's text.
    Chars(Range<u64>),
    /// To these bytes of the choice's text.
    Bytes(Range<u64>),
}

/// A range of a choice's text, in both units: only who has the text can turn one into the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// In characters.
    pub chars: Range<u64>,
    /// In bytes of UTF-8.
    pub bytes: Range<u64>,
}

/// What is cited.
#[derive(Debug, Clone)]
pub enum Source<'a> {
    /// A page of the web.
    Web {
        /// Where it is.
        url: Str<'a>,
        /// Anthropic's, which it wants back in a later turn.
        encrypted_index: Option<Str<'a>>,
    },
    /// A search result that the request had.
    SearchResult {
        /// What the request calls its source; often a URL.
        source: Str<'a>,
        /// Which of the request's search results, from 0.
        index: u64,
        /// Which of its blocks.
        blocks: Range<u64>,
    },
    /// A document that the request had.
    Document {
        /// Which of the request's documents, from 0.
        index: Option<u64>,
        /// The id of an uploaded file, or of the document in the request.
        id: Option<Str<'a>>,
        /// Which part of it.
        span: Option<Span>,
    },
}

/// A part of a document; the end is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Characters, from 0.
    Chars(Range<u64>),
    /// Pages, from 1.
    Pages(Range<u64>),
    /// Blocks, from 0.
    Blocks(Range<u64>),
}

impl<'a> Citation<'a> {
    /// A citation of a source, of which no more is known.
    pub fn new(at: At, source: Source<'a>) -> Self {
        Self { at, place: None, quoted: None, source, title: None, cited: None }
    }

    /// What it counts for where it is kept, in bytes.
    pub(super) fn size(&self) -> usize {
        let source = match &self.source {
            Source::Web { url: text, .. } | Source::SearchResult { source: text, .. } => text.len(),
            Source::Document { id, .. } => id.as_ref().map_or(0, |id| id.len()),
        };
        let words = |text: &Option<Str<'_>>| text.as_ref().map_or(0, |text| text.len());
        source.saturating_add(words(&self.title)).saturating_add(words(&self.cited))
    }

    /// Where the source is on the web, if it is there.
    pub fn url(&self) -> Option<&str> {
        match &self.source {
            Source::Web { url, .. } => Some(url),
            Source::SearchResult { source, .. } => is_url(source).then_some(source),
            Source::Document { .. } => None,
        }
    }
}

fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// What has been said of a streamed answer, as far as citations need it.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    /// Whether the text itself is needed: Anthropic and Bedrock cite blocks, for which counting is enough.
    keeps: bool,
    choices: Vec<Said>,
}

#[derive(Debug, Default)]
struct Said {
    choice: u32,
    text: String,
    /// Where the open block begins.
    block: Point,
    end: Point,
    citations: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Point {
    chars: u64,
    bytes: u64,
}

impl Spoken {
    pub(super) fn new(format: Format) -> Self {
        Self { keeps: !matches!(format, Format::Messages | Format::Converse), choices: Vec::new() }
    }

    /// Learns from what is said, and finds the place of a citation. Whether the client is to be told.
    pub(super) fn follow(&mut self, delta: &mut Delta<'_>) -> bool {
        let keeps = self.keeps;
        match delta {
            Delta::Text { choice, text } => self.choice(*choice).say(text, keeps),
            Delta::TextBlock { choice } => {
                let said = self.choice(*choice);
                said.block = said.end;
            }
            Delta::Citation { choice, citation } => {
                let said = self.choice(*choice);
                said.citations = said.citations.saturating_add(1);
                citation.place = said.place(citation);
                return said.citations <= MOST;
            }
            _ => {}
        }
        true
    }

    fn choice(&mut self, choice: u32) -> &mut Said {
        let at = self.choices.iter().position(|said| said.choice == choice).unwrap_or_else(|| {
            self.choices.push(Said { choice, ..Said::default() });
            self.choices.len() - 1
        });
        &mut self.choices[at]
    }
}

/// Finds the places of a whole answer's citations.
pub(super) fn place(answer: &mut Answer<'_>) {
    for choice in answer.choices.iter_mut().filter(|choice| !choice.citations.is_empty()) {
        let mut citations = std::mem::take(&mut choice.citations);
        citations.truncate(MOST);
        let mut said = Said::default();
        let mut parts = Vec::with_capacity(choice.parts.len());
        for text in texts(choice) {
            said.block = said.end;
            said.say(text, true);
            parts.push(said.open());
        }
        for citation in &mut citations {
            citation.place = match citation.at {
                At::Parts(ref range) => span(parts.get(range.clone()).unwrap_or_default()),
                _ => said.place(citation),
            };
        }
        choice.citations = citations;
    }
}

/// From the first of these places to the last.
fn span(places: &[Place]) -> Option<Place> {
    let (first, last) = (places.first()?, places.last()?);
    let place = Place { chars: first.chars.start..last.chars.end, bytes: first.bytes.start..last.bytes.end };
    (!place.bytes.is_empty()).then_some(place)
}

/// The text of each part, empty for what is none.
fn texts<'c>(choice: &'c Choice<'_>) -> impl Iterator<Item = &'c str> {
    choice.parts.iter().map(|part| match &part.content {
        Content::Text(text) => &**text,
        _ => "",
    })
}

impl Said {
    fn say(&mut self, text: &str, keeps: bool) {
        self.end.chars = self.end.chars.saturating_add(wide(text.chars().count()));
        self.end.bytes = self.end.bytes.saturating_add(wide(text.len()));
        // What is longer is cut for good, and `whole` tells.
        if keeps && self.text.len().saturating_add(text.len()) <= KEPT {
            self.text.push_str(text);
        }
    }

    /// What has been said, unless it was too much.
    fn whole(&self) -> Option<&str> {
        (wide(self.text.len()) == self.end.bytes).then_some(&*self.text)
    }

    fn open(&self) -> Place {
        Place { chars: self.block.chars..self.end.chars, bytes: self.block.bytes..self.end.bytes }
    }

    fn place(&self, citation: &Citation<'_>) -> Option<Place> {
        let (start, end) = match &citation.at {
            At::Block => return (!self.open().bytes.is_empty()).then(|| self.open()),
            At::Parts(_) => return None,
            At::Chars(range) => (self.byte(range.start)?, self.byte(range.end)?),
            At::Bytes(range) => (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?),
        };
        let words = self.whole()?.get(start..end).filter(|words| !words.is_empty())?;
        if citation.quoted.as_deref().is_some_and(|quoted| quoted != words) {
            return None;
        }
        let first = wide(self.text.get(..start)?.chars().count());
        let chars = first..first.saturating_add(wide(words.chars().count()));
        Some(Place { chars, bytes: wide(start)..wide(end) })
    }

    /// The byte at which this character begins.
    fn byte(&self, char: u64) -> Option<usize> {
        let (text, char) = (self.whole()?, usize::try_from(char).ok()?);
        text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(char)
    }
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(format: Format, deltas: &mut [Delta<'_>]) -> Vec<Option<Place>> {
        let mut spoken = Spoken::new(format);
        deltas.iter_mut().for_each(|delta| {
            spoken.follow(delta);
        });
        let place = |delta: &Delta<'_>| match delta {
            Delta::Citation { citation, .. } => Some(citation.place.clone()),
            _ => None,
        };
        deltas.iter().filter_map(place).collect()
    }

    fn text(text: &'static str) -> Delta<'static> {
        Delta::Text { choice: 0, text: text.into() }
    }

    fn cited(at: At, quoted: Option<&'static str>) -> Delta<'static> {
        let source = Source::Web { url: "https://x.test".into(), encrypted_index: None };
        let citation = Citation { quoted: quoted.map(Into::into), ..Citation::new(at, source) };
        Delta::Citation { choice: 0, citation: Box::new(citation) }
    }

    fn at(chars: Range<u64>, bytes: Range<u64>) -> Option<Place> {
        Some(Place { chars, bytes })
    }

    #[test]
    fn bytes_and_characters_become_the_same_place() {
        let mut deltas = [text("Grüße, "), text("Wört"), cited(At::Chars(7..11), Some("Wört")), cited(At::Bytes(9..14), None)];
        assert_eq!(placed(Format::Gemini, &mut deltas), [at(7..11, 9..14), at(7..11, 9..14)]);
    }

    #[test]
    fn a_block_is_cited_as_a_whole_and_without_keeping_its_text() {
        let mut deltas = [text("ü"), Delta::TextBlock { choice: 0 }, text("so"), text("ß"), cited(At::Block, None)];
        assert_eq!(placed(Format::Messages, &mut deltas), [at(1..4, 2..6)]);
    }

    #[test]
    fn a_range_that_is_not_in_the_text_or_has_other_words_has_no_place() {
        let backwards = Range { start: 2, end: 1 };
        let absurd = [
            At::Bytes(1..2),
            At::Bytes(backwards.clone()),
            At::Bytes(0..99),
            At::Chars(0..u64::MAX),
            At::Chars(1..1),
            At::Chars(backwards),
        ];
        for wrong in absurd {
            assert_eq!(placed(Format::Gemini, &mut [text("üab"), cited(wrong.clone(), None)]), [None], "{wrong:?}");
        }
        assert_eq!(placed(Format::Gemini, &mut [text("abc"), cited(At::Chars(0..1), Some("b"))]), [None]);
        assert_eq!(placed(Format::Gemini, &mut [cited(At::Block, None)]), [None]);
    }

    #[test]
    fn neither_text_nor_citations_without_end_are_followed() {
        let long = "x".repeat(KEPT);
        let mut spoken = Spoken::new(Format::Gemini);
        spoken.follow(&mut Delta::Text { choice: 0, text: long.as_str().into() });
        spoken.follow(&mut text("y"));
        let mut late = cited(At::Bytes(0..1), None);
        assert!(spoken.follow(&mut late));
        assert!(matches!(late, Delta::Citation { citation, .. } if citation.place.is_none()));
        let told = (0..2 * MOST).filter(|_| spoken.follow(&mut cited(At::Block, None))).count();
        assert_eq!(told, MOST - 1);
    }
}
