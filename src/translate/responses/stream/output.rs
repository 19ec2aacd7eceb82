//! The items of an answer as they are said.
//!
//! One message or one block of thinking is open at a time, and ends when something else begins. A tool call stays open beside them
//! until its arguments are a whole object and something else begins, or until the answer ends, because vendors interleave the pieces of
//! several calls; every event says by its output index what it belongs to. Items that have ended are kept, since the last event of
//! a stream repeats them all, so there is a bound on what an answer may be.

use super::event::{ArgumentsDelta, ArgumentsDone, AtItem, Events, InputDone, ItemAdded, SummaryDelta, SummaryDone, SummaryPart};
use super::message::{Message, Said};
use crate::translate::citation::Citation;
use crate::translate::complete::Complete;
use crate::translate::responses::frame::json;
use crate::translate::responses::item::{Item, Status, SummaryText};
use crate::translate::responses::made_id;
use crate::translate::responses::sealed::Seal;
use crate::translate::responses::words::Held;

/// The most that an answer may be, in bytes of what is generated.
const MOST: usize = 32 << 20;
/// What an item counts for besides its text, so that their number is bounded, too.
const ITEM: usize = 1 << 10;
/// The most tool calls of one answer.
const CALLS: usize = 1 << 10;

/// The provider's stream cannot be told as items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tangled {
    /// Arguments for a call that has not begun, or has ended.
    NoSuchCall,
    /// A call that has begun before.
    SameCall,
    /// More is said, or more is called, than may.
    TooMuch,
}

type Outcome = Result<(), Tangled>;

/// The items of one answer.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) events: Events,
    /// JSON of those that have ended, by output index.
    ended: Vec<Vec<u8>>,
    open: Option<Open>,
    calls: Vec<Call>,
    /// Bytes that are kept.
    kept: usize,
    held: Held,
    /// Characters of text so far.
    chars: u64,
}

/// What is being said.
#[derive(Debug)]
enum Open {
    Thinking(Thinking),
    Message(Message),
}

#[derive(Debug)]
struct Thinking {
    at: usize,
    id: String,
    text: String,
}

#[derive(Debug)]
struct Call {
    /// The provider's number of the call.
    index: u32,
    kind: Kind,
    at: usize,
    id: String,
    call_id: String,
    name: String,
    arguments: String,
    /// Of a function.
    complete: Complete,
    ended: bool,
}

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its arguments are JSON.
    Function,
    /// It is called with a text.
    Custom,
}

impl Output {
    /// What the answer holds so far.
    pub(super) fn held(&self) -> Held {
        self.held
    }

    pub(super) fn said(&mut self, said: Said, text: &str, out: &mut Vec<u8>) -> Outcome {
        if text.is_empty() {
            return Ok(());
        }
        self.keep(text.len())?;
        self.held.refusal |= said == Said::Refusal;
        self.message(out)?;
        if let Some(Open::Message(message)) = &mut self.open {
            message.say(said, text, self.chars, &mut self.events, out);
        }
        if said == Said::Text {
            self.chars = self.chars.saturating_add(u64::try_from(text.chars().count()).unwrap_or(u64::MAX));
        }
        Ok(())
    }

    /// A citation of the text that came last. One of a message that has ended can no longer be told.
    pub(super) fn cite(&mut self, citation: &Citation<'_>, out: &mut Vec<u8>) -> Outcome {
        self.keep(ITEM.saturating_add(citation.size()))?;
        if let Some(Open::Message(message)) = &mut self.open {
            message.cite(citation, &mut self.events, out);
        }
        Ok(())
    }

    /// Log probabilities of the text that came last. Where there was none there is nothing that they could belong to.
    pub(super) fn logprobs(&mut self, raw: &serde_json::value::RawValue, out: &mut Vec<u8>) -> Outcome {
        self.keep(raw.get().len())?;
        if let Some(Open::Message(message)) = &mut self.open {
            message.logprobs(raw, &mut self.events, out);
        }
        Ok(())
    }

    fn message(&mut self, out: &mut Vec<u8>) -> Outcome {
        if matches!(self.open, Some(Open::Message(_))) {
            return Ok(());
        }
        let at = self.begin(out)?;
        let message = Message::new(at, made_id("msg"));
        let item = Item::Message { id: message.id(), status: Status::InProgress, role: "assistant", content: &[] };
        self.events.send("response.output_item.added", &ItemAdded { output_index: at, item }, out);
        self.open = Some(Open::Message(message));
        Ok(())
    }

    pub(super) fn thinking(&mut self, text: &str, out: &mut Vec<u8>) -> Outcome {
        if text.is_empty() {
            return Ok(());
        }
        self.keep(text.len())?;
        if !matches!(self.open, Some(Open::Thinking(_))) {
            let at = self.begin(out)?;
            let id = self.reasoning(at, out);
            let part = SummaryText { text: "" };
            let begins = SummaryPart { item_id: &id, output_index: at, summary_index: 0, part };
            self.events.send("response.reasoning_summary_part.added", &begins, out);
            self.open = Some(Open::Thinking(Thinking { at, id, text: String::new() }));
        }
        if let Some(Open::Thinking(thinking)) = &mut self.open {
            thinking.text.push_str(text);
            let piece = SummaryDelta { item_id: &thinking.id, output_index: thinking.at, summary_index: 0, delta: text };
            self.events.send("response.reasoning_summary_text.delta", &piece, out);
        }
        Ok(())
    }

    /// Ends the thinking before it, or is a block of thinking of which only the signature is told.
    pub(super) fn signature(&mut self, signature: &str, out: &mut Vec<u8>) -> Outcome {
        self.keep(signature.len())?;
        match self.open.take() {
            Some(Open::Thinking(thinking)) => {
                self.end_thinking(&thinking, Some(Seal::Signed(signature)), out);
                Ok(())
            }
            other => {
                self.open = other;
                self.sealed(Seal::Signed(signature), out)
            }
        }
    }

    pub(super) fn redacted(&mut self, data: &str, out: &mut Vec<u8>) -> Outcome {
        self.keep(data.len())?;
        self.sealed(Seal::Redacted(data), out)
    }

    /// A reasoning item without text.
    fn sealed(&mut self, seal: Seal<'_>, out: &mut Vec<u8>) -> Outcome {
        let at = self.begin(out)?;
        let id = self.reasoning(at, out);
        self.end(at, &Item::Reasoning { id: &id, summary: &[], encrypted_content: Some(seal) }, out);
        Ok(())
    }

    /// A picture, whole.
    pub(super) fn picture(&mut self, data: &str, out: &mut Vec<u8>) -> Outcome {
        self.keep(data.len())?;
        let output_index = self.begin(out)?;
        let id = made_id("ig");
        let item = Item::ImageGenerationCall { id: &id, status: Status::InProgress, result: None };
        self.events.send("response.output_item.added", &ItemAdded { output_index, item }, out);
        for name in ["response.image_generation_call.in_progress", "response.image_generation_call.completed"] {
            self.events.send(name, &AtItem { item_id: &id, output_index }, out);
        }
        self.end(output_index, &Item::ImageGenerationCall { id: &id, status: Status::Completed, result: Some(data) }, out);
        Ok(())
    }

    /// A reasoning item begins; returns its id.
    fn reasoning(&mut self, at: usize, out: &mut Vec<u8>) -> String {
        let id = made_id("rs");
        let item = Item::Reasoning { id: &id, summary: &[], encrypted_content: None };
        self.events.send("response.output_item.added", &ItemAdded { output_index: at, item }, out);
        id
    }

    fn end_thinking(&mut self, thinking: &Thinking, seal: Option<Seal<'_>>, out: &mut Vec<u8>) {
        let Thinking { at, id, text } = thinking;
        let (item_id, output_index) = (id.as_str(), *at);
        let done = SummaryDone { item_id, output_index, summary_index: 0, text };
        self.events.send("response.reasoning_summary_text.done", &done, out);
        let part = SummaryPart { item_id, output_index, summary_index: 0, part: SummaryText { text } };
        self.events.send("response.reasoning_summary_part.done", &part, out);
        let summary = [SummaryText { text }];
        self.end(*at, &Item::Reasoning { id, summary: &summary, encrypted_content: seal }, out);
    }

    /// A call begins: the provider's number of it, and what is called.
    pub(super) fn call(&mut self, (index, kind): (u32, Kind), call_id: &str, name: &str, out: &mut Vec<u8>) -> Outcome {
        if self.calls.iter().any(|call| call.index == index) {
            return Err(Tangled::SameCall);
        }
        if self.calls.len() >= CALLS {
            return Err(Tangled::TooMuch);
        }
        self.keep(call_id.len().saturating_add(name.len()))?;
        self.held.tool_calls = true;
        let at = self.begin(out)?;
        let id = made_id(if kind == Kind::Custom { "ctc" } else { "fc" });
        let item = match kind {
            Kind::Function => Item::FunctionCall { id: &id, status: Status::InProgress, call_id, name, arguments: "" },
            Kind::Custom => Item::CustomToolCall { id: &id, call_id, name, input: "" },
        };
        self.events.send("response.output_item.added", &ItemAdded { output_index: at, item }, out);
        let (call_id, name) = (call_id.to_owned(), name.to_owned());
        self.calls.push(Call {
            index,
            kind,
            at,
            id,
            call_id,
            name,
            arguments: String::new(),
            complete: Complete::default(),
            ended: false,
        });
        Ok(())
    }

    pub(super) fn arguments(&mut self, index: u32, json: &str, out: &mut Vec<u8>) -> Outcome {
        self.keep(json.len())?;
        let call = self.calls.iter_mut().find(|call| call.index == index).ok_or(Tangled::NoSuchCall)?;
        if call.ended {
            // After whole arguments there can be nothing but white space.
            return if json.trim().is_empty() { Ok(()) } else { Err(Tangled::NoSuchCall) };
        }
        call.arguments.push_str(json);
        if call.kind == Kind::Function {
            call.complete.feed(json);
        }
        let piece = ArgumentsDelta { item_id: &call.id, output_index: call.at, delta: json };
        self.events.send(call.kind.piece(), &piece, out);
        Ok(())
    }

    /// Something new begins, and what is whole ends. Returns the output index of what begins.
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<usize, Tangled> {
        self.keep(ITEM)?;
        self.end_open(Status::Completed, out);
        for at in 0..self.calls.len() {
            let call = &self.calls[at];
            if !call.ended && call.complete.is_complete() {
                self.end_call(at, Status::Completed, out);
            }
        }
        self.ended.push(Vec::new());
        Ok(self.ended.len() - 1)
    }

    /// Nothing comes any more. What came last is as incomplete as the answer.
    pub(super) fn finish(&mut self, incomplete: bool, out: &mut Vec<u8>) {
        let last = self.ended.len().saturating_sub(1);
        let status = |at| if incomplete && at == last { Status::Incomplete } else { Status::Completed };
        let open_at = self.open.as_ref().map(Open::at);
        let mut call = 0;
        // In the order of their output indexes.
        while call < self.calls.len() {
            if open_at.is_some_and(|at| at < self.calls[call].at) {
                self.end_open(status(open_at.unwrap_or(last)), out);
            }
            if !self.calls[call].ended {
                self.end_call(call, status(self.calls[call].at), out);
            }
            call += 1;
        }
        self.end_open(status(open_at.unwrap_or(last)), out);
    }

    fn end_open(&mut self, status: Status, out: &mut Vec<u8>) {
        match self.open.take() {
            Some(Open::Thinking(thinking)) => self.end_thinking(&thinking, None, out),
            Some(Open::Message(message)) => {
                message.finish(&mut self.events, out);
                let at = message.at();
                message.item(status, |item| self.end(at, item, out));
            }
            None => {}
        }
    }

    fn end_call(&mut self, at: usize, status: Status, out: &mut Vec<u8>) {
        let Some(call) = self.calls.get_mut(at).filter(|call| !call.ended) else { return };
        call.ended = true;
        let kind = call.kind;
        let Call { id, call_id, name, at, .. } = &mut *call;
        let (id, call_id, name, at) = (std::mem::take(id), std::mem::take(call_id), std::mem::take(name), *at);
        let mut arguments = std::mem::take(&mut call.arguments);
        if kind == Kind::Custom {
            let (item_id, call_id, name, input) = (&*id, &*call_id, &*name, &*arguments);
            self.events.send("response.custom_tool_call_input.done", &InputDone { item_id, output_index: at, input }, out);
            return self.end(at, &Item::CustomToolCall { id: item_id, call_id, name, input }, out);
        }
        if arguments.is_empty() {
            // Clients parse them as JSON.
            arguments.push_str("{}");
            let piece = ArgumentsDelta { item_id: &id, output_index: at, delta: "{}" };
            self.events.send("response.function_call_arguments.delta", &piece, out);
        }
        let done = ArgumentsDone { item_id: &id, output_index: at, arguments: &arguments };
        self.events.send("response.function_call_arguments.done", &done, out);
        let (id, call_id, name, arguments) = (&id, &call_id, &name, &arguments);
        self.end(at, &Item::FunctionCall { id, status, call_id, name, arguments }, out);
    }

    fn end(&mut self, at: usize, item: &Item<'_>, out: &mut Vec<u8>) {
        let Some(kept) = self.ended.get_mut(at) else { return };
        json(item, kept);
        let fields = format!(",\"output_index\":{at},\"item\":");
        self.events.send_with("response.output_item.done", &fields, |out| out.extend_from_slice(kept), out);
    }

    /// All items that have ended: JSON values with commas between them.
    pub(super) fn items(&self) -> Vec<u8> {
        let ended: Vec<&[u8]> = self.ended.iter().map(Vec::as_slice).filter(|item| !item.is_empty()).collect();
        ended.join(&b","[..])
    }

    fn keep(&mut self, bytes: usize) -> Outcome {
        self.kept = self.kept.saturating_add(bytes);
        if self.kept > MOST { Err(Tangled::TooMuch) } else { Ok(()) }
    }
}

impl Kind {
    /// The event that tells a piece of what it is called with.
    fn piece(self) -> &'static str {
        match self {
            Self::Function => "response.function_call_arguments.delta",
            Self::Custom => "response.custom_tool_call_input.delta",
        }
    }
}

impl Open {
    fn at(&self) -> usize {
        match self {
            Self::Thinking(thinking) => thinking.at,
            Self::Message(message) => message.at(),
        }
    }
}
