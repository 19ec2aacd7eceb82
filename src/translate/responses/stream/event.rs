//! The events of a client's stream, ready to be written: one shape for each kind, numbered from 0 in the order they are written.

use serde::Serialize;

use crate::translate::responses::frame::json;
use crate::translate::responses::item::{Item, Part, SummaryText};

/// Writes events and numbers them.
#[derive(Debug, Default)]
pub(super) struct Events {
    next: u64,
}

impl Events {
    /// Writes an event: its name, its number, and the fields of `body`, which has at least one.
    pub(super) fn send(&mut self, name: &'static str, body: &impl Serialize, out: &mut Vec<u8>) {
        self.begin(name, out);
        let brace = out.len();
        json(body, out);
        // The body goes on the object that has been begun.
        if let Some(brace) = out.get_mut(brace) {
            *brace = b',';
        }
        out.extend_from_slice(b"\n\n");
    }

    /// Writes an event whose last field is JSON that `write` appends.
    pub(super) fn send_with(&mut self, name: &'static str, fields: &str, write: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
        self.begin(name, out);
        out.extend_from_slice(fields.as_bytes());
        write(out);
        out.extend_from_slice(b"}\n\n");
    }

    /// The number of the next event, which is one that is written elsewhere.
    pub(super) fn number(&mut self) -> u64 {
        let number = self.next;
        self.next = number.saturating_add(1);
        number
    }

    /// Goes on with this number, behind events that others have written.
    pub(super) fn go_on_from(&mut self, number: u64) {
        self.next = number;
    }

    fn begin(&mut self, name: &'static str, out: &mut Vec<u8>) {
        let number = self.number();
        for piece in ["event: ", name, "\ndata: {\"type\":\"", name, "\",\"sequence_number\":"] {
            out.extend_from_slice(piece.as_bytes());
        }
        json(&number, out);
    }
}

#[derive(Serialize)]
pub(super) struct ItemAdded<'c> {
    pub(super) output_index: usize,
    pub(super) item: Item<'c>,
}

/// Something happens to an item, and nothing else is to be said of it.
#[derive(Serialize)]
pub(super) struct AtItem<'c> {
    pub(super) item_id: &'c str,
    pub(super) output_index: usize,
}

/// A content part begins or ends.
#[derive(Serialize)]
pub(super) struct PartEvent<'c> {
    pub(super) item_id: &'c str,
    pub(super) output_index: usize,
    pub(super) content_index: usize,
    pub(super) part: Part<'c>,
}

#[derive(Serialize)]
pub(super) struct TextDelta<'c> {
    pub(super) item_id: &'c str,
    pub(super) output_index: usize,
    pub(super) content_index: usize,
    pub(super) delta: &'c str,
    pub(super) logprobs: &'c serde_json::value::RawValue,
}

#[derive(Serialize)]
pub(super) struct AnnotationAdded<'c> {
    pub(super) item_id: &'c str,
    pub(super) output_index: usize,
    pub(super) content_index: usize,
    pub(super) annotation_index: usize,
    pub(super) annotation: &'c serde_json::value::RawValue,
}

#[derive(Serialize)]
pub(super) struct TextDone<'c> {
    pub(super) item_id: &'c str,
    pub(super) output_index: usize,
    pub(super) content_index: usize,
    pub(super) text: &'c str,
    pub(super) logprobs: &'c serde_json::value::RawValue,
}

#[derive(Serialize)]
pub(super) struct RefusalDelta<'c> {
    pub(super) item_id: &'c str,
    pub(super) output_index: usize,
    pub(super) content_index: usize,
    pub(super) delta: &'c str,
}

#[derive(Serialize)]
pub(super) struct RefusalDone<'c> {
    pub(super) item_id: &'c str,
    pub(super) output_index: usize,
    pub(super) content_index: usize,
    pub(super) refusal: &'c str,
}

/// A part of a summary begins or ends. There is one in each item.
#[derive(Serialize)]
pub(super) struct SummaryPart<'c> {
    pub(super) item_id: &'c str,
    pub(super) output_index: usize,
    pub(super) summary_index: usize,
    pub(super) part: SummaryText<'c>,
}

#[derive(Serialize)]
pub(super) struct SummaryDelta<'c> {
    pub(super) item_id: &'c str,
    pub(super) output_index: usize,
    pub(super) summary_index: usize,
    pub(super) delta: &'c str,
}

#[derive(Serialize)]
pub(super) struct SummaryDone<'c> {
    pub(super) item_id: &'c str,
    pub(super) output_index: usize,
    pub(super) summary_index: usize,
    pub(super) text: &'c str,
}

#[derive(Serialize)]
pub(super) struct ArgumentsDelta<'c> {
    pub(super) item_id: &'c str,
    pub(super) output_index: usize,
    pub(super) delta: &'c str,
}

#[derive(Serialize)]
pub(super) struct ArgumentsDone<'c> {
    pub(super) item_id: &'c str,
    pub(super) output_index: usize,
    pub(super) arguments: &'c str,
}

#[derive(Serialize)]
pub(super) struct InputDone<'c> {
    pub(super) item_id: &'c str,
    pub(super) output_index: usize,
    pub(super) input: &'c str,
}
