//! Writes a whole answer for a client.
//!
//! The first choice is the answer: a client of this API cannot ask for more. Text that comes in several pieces is one text, as
//! clients parse each for itself where they asked for JSON; what comes behind a tool call is a message of its own, so that the order
//! stays. A message that was cut is `incomplete`, as the answer is.

use serde_json::value::RawValue;

use crate::translate::answer::{Answer, Choice, Finish};
use crate::translate::citation::Citation;
use crate::translate::conversation::{Content, Image, Media, Part, Thinking, ToolCall};
use crate::translate::responses;
use crate::translate::responses::frame::{self, Frame, Rest, json};
use crate::translate::responses::item::{self, Item, Status, SummaryText};
use crate::translate::responses::logprobs;
use crate::translate::responses::made_id;
use crate::translate::responses::sealed::Seal;
use crate::translate::responses::words::{self, Held};
use crate::translate::signature;
use crate::translate::text::Str;

/// Writes an answer. `asked_model` stands where the provider did not name its model; `echo` is what [`super::super::echo()`] made
/// of the request, or empty where that is not known.
pub fn render(answer: &Answer<'_>, asked_model: &str, echo: &str) -> Vec<u8> {
    let defaults;
    let echo = match echo {
        "" => {
            defaults = responses::echo(None);
            &defaults
        }
        echo => echo,
    };
    let nothing = Choice { parts: Vec::new(), finish: Finish::default(), logprobs: None, citations: Vec::new() };
    let choice = answer.choices.first().unwrap_or(&nothing);
    let turns = turns(&choice.parts);
    let held = Held {
        tool_calls: turns.iter().any(|turn| matches!(turn, Turn::Call(_) | Turn::Custom(_))),
        refusal: turns.iter().any(|turn| matches!(turn, Turn::Message(message) if !message.refusal.is_empty())),
    };
    let incomplete = words::incomplete(choice.finish.reason, held);
    let mut logprobs = Vec::new();
    if let Some(raw) = choice.logprobs.as_deref() {
        logprobs::append(raw, &mut logprobs);
    }
    let mut items = Items { list: Vec::new(), logprobs: item::list(&logprobs), citations: &choice.citations };
    let last = turns.len().saturating_sub(1);
    for (at, turn) in turns.iter().enumerate() {
        let status = if at == last && incomplete.is_some() { Status::Incomplete } else { Status::Completed };
        items.add(turn, status);
    }
    let frame = Frame::new(answer.id.as_deref(), answer.model.as_deref().unwrap_or(asked_model), answer.created);
    let rest = Rest { echo, service_tier: answer.service_tier.as_deref(), usage: answer.usage };
    let mut out = Vec::with_capacity(items.list.len() + echo.len() + 1024);
    frame.write(frame::State::of(incomplete), &items.list, &rest, &mut out);
    out
}

/// What becomes one item.
#[derive(Debug)]
enum Turn<'c> {
    Thinking(&'c Thinking<'c>),
    Redacted(&'c str),
    Message(Message),
    Picture(&'c str),
    /// Google's, of the call that follows: it rides on a reasoning item before it, and comes back there.
    Signature(Str<'static>),
    Call(&'c ToolCall<'c>),
    Custom(&'c ToolCall<'c>),
}

#[derive(Debug, Default)]
struct Message {
    /// At which character of the answer's text it begins.
    begin: u64,
    text: String,
    refusal: String,
}

fn turns<'c>(parts: &'c [Part<'c>]) -> Vec<Turn<'c>> {
    let mut turns: Vec<Turn<'c>> = Vec::with_capacity(parts.len());
    let mut open: Option<Message> = None;
    let mut chars = 0;
    for part in parts {
        let turn = match &part.content {
            Content::Text(said) | Content::Refusal(said) if said.is_empty() => continue,
            Content::Text(said) => {
                let message = open.get_or_insert_with(|| Message { begin: chars, ..Message::default() });
                message.text.push_str(said);
                chars = chars.saturating_add(count(said));
                continue;
            }
            Content::Refusal(said) => {
                open.get_or_insert_with(|| Message { begin: chars, ..Message::default() }).refusal.push_str(said);
                continue;
            }
            Content::Thinking(thinking) => Turn::Thinking(thinking),
            Content::RedactedThinking(data) => Turn::Redacted(data),
            Content::ToolCall(call) => Turn::Call(call),
            Content::CustomCall(call) => Turn::Custom(call),
            Content::Image(Image { source: Media::Base64 { data, .. }, .. }) => Turn::Picture(data),
            // The usage record says that they are left out.
            Content::Image(_) | Content::Audio(_) | Content::Document(_) | Content::ToolResult(_) => continue,
        };
        turns.extend(open.take().map(Turn::Message));
        if let Turn::Call(ToolCall { signature: Some(own), .. }) | Turn::Custom(ToolCall { signature: Some(own), .. }) = turn {
            turns.push(Turn::Signature(signature::seal(own)));
        }
        turns.push(turn);
    }
    turns.extend(open.map(Turn::Message));
    turns
}

fn count(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(u64::MAX)
}

/// The list of items in the making.
struct Items<'c> {
    list: Vec<u8>,
    /// Told with the first text, which they belong to.
    logprobs: Box<RawValue>,
    citations: &'c [Citation<'c>],
}

impl Items<'_> {
    fn add(&mut self, turn: &Turn<'_>, status: Status) {
        match turn {
            Turn::Thinking(thinking) => {
                let summary = SummaryText { text: &thinking.text };
                let summary = if thinking.text.is_empty() { &[][..] } else { &[summary][..] };
                let signature = thinking.signature.as_deref().filter(|signature| !signature.is_empty());
                self.push(&Item::Reasoning { id: &made_id("rs"), summary, encrypted_content: signature.map(Seal::Signed) });
            }
            Turn::Redacted(data) => {
                self.push(&Item::Reasoning { id: &made_id("rs"), summary: &[], encrypted_content: Some(Seal::Redacted(data)) });
            }
            Turn::Message(message) => self.message(message, status),
            Turn::Picture(data) => {
                let (id, status) = (&made_id("ig"), Status::Completed);
                self.push(&Item::ImageGenerationCall { id, status, result: Some(data) });
            }
            Turn::Signature(signature) => {
                self.push(&Item::Reasoning {
                    id: &made_id("rs"),
                    summary: &[],
                    encrypted_content: Some(Seal::Signed(signature)),
                });
            }
            Turn::Custom(call) => {
                let (id, call_id, name, input) = (&made_id("ctc"), &*call.id, &*call.name, &*call.arguments);
                self.push(&Item::CustomToolCall { id, call_id, name, input });
            }
            Turn::Call(call) => {
                let arguments = if call.arguments.is_empty() { "{}" } else { &*call.arguments };
                let (id, call_id, name) = (&made_id("fc"), &*call.id, &*call.name);
                self.push(&Item::FunctionCall { id, status, call_id, name, arguments });
            }
        }
    }

    fn message(&mut self, Message { begin, text, refusal }: &Message, status: Status) {
        let logprobs = std::mem::replace(&mut self.logprobs, item::list(&[]));
        let annotations = self.annotations(*begin, text);
        let mut content = Vec::with_capacity(2);
        if !text.is_empty() {
            content.push(item::Part::text(text, &annotations, &logprobs));
        }
        if !refusal.is_empty() {
            content.push(item::Part::Refusal { refusal });
        }
        self.push(&Item::Message { id: &made_id("msg"), status, role: "assistant", content: &content });
    }

    /// Those of the citations that belong to this text.
    fn annotations(&self, begin: u64, text: &str) -> Vec<Box<RawValue>> {
        let end = begin.saturating_add(count(text));
        let first = |citation: &Citation<'_>| citation.place.as_ref().map_or(0, |place| place.chars.start);
        let here = self.citations.iter().filter(|citation| (begin..end).contains(&first(citation)));
        here.filter_map(|citation| item::annotation(citation, begin)).collect()
    }

    fn push(&mut self, item: &Item<'_>) {
        if !self.list.is_empty() {
            self.list.push(b',');
        }
        json(item, &mut self.list);
    }
}
