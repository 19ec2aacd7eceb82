//! A message as it is said: its parts one after the other, text or refusal.

use serde_json::value::RawValue;

use super::event::{AnnotationAdded, Events, PartEvent, RefusalDelta, RefusalDone, TextDelta, TextDone};
use crate::translate::citation::Citation;
use crate::translate::responses::item::{self, Item, Part, Status};
use crate::translate::responses::logprobs;

/// What is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Text,
    Refusal,
}

/// A message that is open.
#[derive(Debug)]
pub(super) struct Message {
    at: usize,
    id: String,
    /// The last of them is open.
    parts: Vec<Piece>,
}

#[derive(Debug)]
struct Piece {
    said: Said,
    text: String,
    /// At which character of the answer's text it begins.
    begin: u64,
    annotations: Vec<Box<RawValue>>,
    /// The log probabilities so far, as JSON.
    logprobs: Vec<u8>,
}

impl Message {
    pub(super) fn new(at: usize, id: String) -> Self {
        Self { at, id, parts: Vec::new() }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Its output index.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn say(&mut self, said: Said, text: &str, begin: u64, events: &mut Events, out: &mut Vec<u8>) {
        if self.parts.last().is_none_or(|part| part.said != said) {
            self.finish(events, out);
            self.parts.push(Piece { said, text: String::new(), begin, annotations: Vec::new(), logprobs: Vec::new() });
            self.part("response.content_part.added", events, out);
        }
        let Self { at, id, parts } = self;
        let (item_id, output_index, content_index) = (id.as_str(), *at, parts.len() - 1);
        if let Some(part) = parts.last_mut() {
            part.text.push_str(text);
        }
        match said {
            Said::Text => {
                let piece = TextDelta { item_id, output_index, content_index, delta: text, logprobs: none() };
                events.send("response.output_text.delta", &piece, out);
            }
            Said::Refusal => {
                let piece = RefusalDelta { item_id, output_index, content_index, delta: text };
                events.send("response.refusal.delta", &piece, out);
            }
        }
    }

    /// A citation of the text that is open, if there is one.
    pub(super) fn cite(&mut self, citation: &Citation<'_>, events: &mut Events, out: &mut Vec<u8>) {
        let content_index = self.parts.len().saturating_sub(1);
        let Some(part) = self.parts.last_mut().filter(|part| part.said == Said::Text) else { return };
        let Some(annotation) = item::annotation(citation, part.begin) else { return };
        let annotation_index = part.annotations.len();
        let (item_id, output_index) = (self.id.as_str(), self.at);
        let added = AnnotationAdded { item_id, output_index, content_index, annotation_index, annotation: &annotation };
        events.send("response.output_text.annotation.added", &added, out);
        part.annotations.push(annotation);
    }

    /// Providers tell them behind the text that they belong to, so they come with a piece of no text.
    pub(super) fn logprobs(&mut self, raw: &RawValue, events: &mut Events, out: &mut Vec<u8>) {
        let content_index = self.parts.len().saturating_sub(1);
        let Some(part) = self.parts.last_mut().filter(|part| part.said == Said::Text) else { return };
        let mut list = Vec::new();
        logprobs::append(raw, &mut list);
        if list.is_empty() {
            return;
        }
        if !part.logprobs.is_empty() {
            part.logprobs.push(b',');
        }
        part.logprobs.extend_from_slice(&list);
        let logprobs = &item::list(&list);
        let piece = TextDelta { item_id: &self.id, output_index: self.at, content_index, delta: "", logprobs };
        events.send("response.output_text.delta", &piece, out);
    }

    /// The open part ends.
    pub(super) fn finish(&self, events: &mut Events, out: &mut Vec<u8>) {
        let Some(part) = self.parts.last() else { return };
        let (item_id, output_index, content_index) = (self.id.as_str(), self.at, self.parts.len() - 1);
        match part.said {
            Said::Text => {
                let logprobs = &item::list(&part.logprobs);
                let done = TextDone { item_id, output_index, content_index, text: &part.text, logprobs };
                events.send("response.output_text.done", &done, out);
            }
            Said::Refusal => {
                let done = RefusalDone { item_id, output_index, content_index, refusal: &part.text };
                events.send("response.refusal.done", &done, out);
            }
        }
        self.part("response.content_part.done", events, out);
    }

    /// Tells the last part as it is now.
    fn part(&self, name: &'static str, events: &mut Events, out: &mut Vec<u8>) {
        let Some(part) = self.parts.last() else { return };
        let logprobs = item::list(&part.logprobs);
        let part = part.part(&logprobs);
        let event = PartEvent { item_id: &self.id, output_index: self.at, content_index: self.parts.len() - 1, part };
        events.send(name, &event, out);
    }

    /// Hands over the item that it has become.
    pub(super) fn item(&self, status: Status, take: impl FnOnce(&Item<'_>)) {
        let lists: Vec<Box<RawValue>> = self.parts.iter().map(|part| item::list(&part.logprobs)).collect();
        let content: Vec<Part<'_>> = self.parts.iter().zip(&lists).map(|(part, list)| part.part(list)).collect();
        take(&Item::Message { id: &self.id, status, role: "assistant", content: &content });
    }
}

impl Piece {
    fn part<'p>(&'p self, logprobs: &'p RawValue) -> Part<'p> {
        match self.said {
            Said::Text => Part::text(&self.text, &self.annotations, logprobs),
            Said::Refusal => Part::Refusal { refusal: &self.text },
        }
    }
}

fn none() -> &'static RawValue {
    static NONE: std::sync::LazyLock<Box<RawValue>> = std::sync::LazyLock::new(|| item::list(&[]));
    &NONE
}
