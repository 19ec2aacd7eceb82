//! The events of a streamed response, in the order in which the API sends them.

use serde_json::{Value, json};

use super::super::super::sse::Event;
use super::super::super::tokens;
use super::write::{Item, Writer, call_item, summary_part};

/// Bytes of a piece of a call's arguments.
const ARGUMENT_PIECE: usize = 12;

/// All events. The last one has the whole response; there is no `[DONE]`.
pub(super) fn events(writer: &Writer<'_>) -> Vec<Event> {
    let mut stream = Stream { writer, events: Vec::new() };
    let begun = writer.response("in_progress", json!([]));
    stream.push("response.created", json!({"response": begun}));
    stream.push("response.in_progress", json!({"response": begun}));
    for (index, item) in writer.items().iter().enumerate() {
        stream.item(index, item);
    }
    let last = match writer.status() {
        "failed" => "response.failed",
        "incomplete" => "response.incomplete",
        _ => "response.completed",
    };
    stream.push(last, json!({"response": writer.whole()}));
    stream.events
}

struct Stream<'a> {
    writer: &'a Writer<'a>,
    events: Vec<Event>,
}

impl Stream<'_> {
    fn push(&mut self, kind: &'static str, fields: Value) {
        let mut event = json!({"type": kind, "sequence_number": self.events.len()});
        if let (Some(event), Value::Object(fields)) = (event.as_object_mut(), fields) {
            event.extend(fields);
        }
        self.events.push(Event::named(kind, &event));
    }

    fn item(&mut self, index: usize, item: &Item<'_>) {
        self.push("response.output_item.added", json!({"output_index": index, "item": begun(item)}));
        match item {
            Item::Reasoning { id, summary: Some(text), .. } => self.summary(index, id, text),
            Item::Reasoning { summary: None, .. } => {}
            Item::Message { id, text, refuses } => self.message(index, id, text, *refuses, item),
            Item::Call { id, call } => self.arguments(index, id, &call.arguments.to_string(), &call.name),
        }
        self.push("response.output_item.done", json!({"output_index": index, "item": self.writer.item(item)}));
    }

    fn summary(&mut self, index: usize, id: &str, text: &str) {
        let place = json!({"item_id": id, "output_index": index, "summary_index": 0});
        self.push("response.reasoning_summary_part.added", with(&place, json!({"part": summary_part("")})));
        for piece in tokens::pieces(text, None) {
            self.push("response.reasoning_summary_text.delta", with(&place, json!({"delta": piece})));
        }
        self.push("response.reasoning_summary_text.done", with(&place, json!({"text": text})));
        self.push("response.reasoning_summary_part.done", with(&place, json!({"part": summary_part(text)})));
    }

    fn message(&mut self, index: usize, id: &str, text: &str, refuses: bool, item: &Item<'_>) {
        let place = json!({"item_id": id, "output_index": index, "content_index": 0});
        let empty = if refuses {
            json!({"type": "refusal", "refusal": ""})
        } else {
            json!({"type": "output_text", "text": "", "annotations": [], "logprobs": []})
        };
        self.push("response.content_part.added", with(&place, json!({"part": empty})));
        for piece in tokens::pieces(text, self.writer.script.pieces) {
            if refuses {
                self.push("response.refusal.delta", with(&place, json!({"delta": piece})));
            } else {
                let logprobs = self.writer.logprobs(vec![piece]);
                self.push("response.output_text.delta", with(&place, json!({"delta": piece, "logprobs": logprobs})));
            }
        }
        if refuses {
            self.push("response.refusal.done", with(&place, json!({"refusal": text})));
        } else {
            let logprobs = self.writer.logprobs(tokens::pieces(text, None));
            self.push("response.output_text.done", with(&place, json!({"text": text, "logprobs": logprobs})));
        }
        self.push("response.content_part.done", with(&place, json!({"part": self.writer.part(item)})));
    }

    fn arguments(&mut self, index: usize, id: &str, arguments: &str, name: &str) {
        let place = json!({"item_id": id, "output_index": index});
        for piece in tokens::cut(arguments, ARGUMENT_PIECE) {
            self.push("response.function_call_arguments.delta", with(&place, json!({"delta": piece})));
        }
        let done = json!({"arguments": arguments, "name": name});
        self.push("response.function_call_arguments.done", with(&place, done));
    }
}

/// An item as it stands at its beginning.
fn begun(item: &Item<'_>) -> Value {
    match item {
        Item::Reasoning { id, encrypted, .. } => {
            let mut item = json!({"id": id, "type": "reasoning", "summary": []});
            if encrypted.is_some() {
                item["encrypted_content"] = json!("");
            }
            item
        }
        Item::Message { id, .. } => {
            json!({"id": id, "type": "message", "status": "in_progress", "role": "assistant", "content": []})
        }
        Item::Call { id, call } => call_item(id, call, "in_progress", ""),
    }
}

fn with(place: &Value, more: Value) -> Value {
    let mut all = place.clone();
    if let (Some(all), Value::Object(more)) = (all.as_object_mut(), more) {
        all.extend(more);
    }
    all
}
