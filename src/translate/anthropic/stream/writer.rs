//! Writes a client's stream.
//!
//! `message_start`, the blocks one after the other, then `message_delta` and `message_stop` once the provider has said that the
//! stream is complete: usage may come after the reason to stop, and the SDKs take the last usage for the whole. A stream that is
//! cut has no `message_stop`; one that fails ends with `event: error`, and nothing after it.

use serde::Serialize;

use super::lanes::{Lanes, Step, Tangled};
use crate::codec::sse;
use crate::rejection::{Kind, Rejection};
use crate::translate::answer::{Delta, Finish, FinishReason, ProviderError};
use crate::translate::anthropic::message::{Block, Caller, Input, Message};
use crate::translate::anthropic::usage::Written;
use crate::translate::anthropic::words::{self, Held};
use crate::translate::anthropic::{citation, error};
use crate::translate::{signature, verdict};
use crate::usage::Tokens;

/// Writes the stream of one answer.
#[derive(Debug)]
pub struct Writer {
    asked_model: String,
    state: State,
    gave_up: bool,
    lanes: Lanes,
    usage: Tokens,
    reason: FinishReason,
    stop_sequence: Option<String>,
    held: Held,
    /// How many blocks have begun.
    blocks: u32,
    /// The JSON of an event, kept for its capacity.
    json: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Begun,
    Over,
}

impl Writer {
    /// A writer for one stream. `asked_model` stands where the provider does not name its model. A stream of this API always tells
    /// its usage, so `wants_usage` changes nothing.
    pub fn new(asked_model: &str, _wants_usage: bool) -> Self {
        Self {
            asked_model: asked_model.to_owned(),
            state: State::Waiting,
            gave_up: false,
            lanes: Lanes::default(),
            usage: Tokens::default(),
            reason: FinishReason::Stop,
            stop_sequence: None,
            held: Held::default(),
            blocks: 0,
            json: Vec::new(),
        }
    }

    /// Writes what a step of the answer becomes; often nothing yet. Only the first choice is written: a client of this API cannot
    /// ask for more.
    pub fn delta(&mut self, delta: &Delta<'_>, out: &mut Vec<u8>) {
        if self.state == State::Over {
            return;
        }
        match delta {
            Delta::Start { id, model, .. } => self.begin(id.as_deref(), model.as_deref(), out),
            Delta::Usage(tokens) => self.usage = self.usage.merge(*tokens),
            Delta::Finish { choice: 0, finish } => self.finish(finish),
            Delta::Error(error) => self.error(error, out),
            Delta::End => self.end(out),
            Delta::Logprobs { .. } => {}
            piece => self.piece(piece, out),
        }
    }

    /// Ends the stream with an error of the gateway.
    pub fn fail(&mut self, rejection: &Rejection, out: &mut Vec<u8>) {
        if self.state != State::Over {
            self.state = State::Over;
            send(out, &mut self.json, "error", &error::Written::of(rejection));
        }
    }

    /// What the provider says cannot be told in this API.
    fn give_up(&mut self, message: &str, out: &mut Vec<u8>) {
        self.gave_up = true;
        self.fail(&Rejection::new(Kind::BadAnswer, message), out);
    }

    /// Whether the client was told of an error that is neither the provider's nor the gateway's, but that what the provider says
    /// cannot be told.
    pub fn gave_up(&self) -> bool {
        self.gave_up
    }

    fn piece(&mut self, delta: &Delta<'_>, out: &mut Vec<u8>) {
        self.begin(None, None, out);
        let Self { lanes, blocks, json, .. } = self;
        let mut each = |step: Step<'_>| write(step, blocks, json, out);
        let outcome = match delta {
            Delta::Text { choice: 0, text } | Delta::Refusal { choice: 0, text } if text.is_empty() => Ok(()),
            Delta::Text { choice: 0, text } => lanes.text(text, &mut each),
            Delta::TextBlock { choice: 0 } => {
                lanes.text_ends(&mut each);
                Ok(())
            }
            Delta::Citation { choice: 0, citation: cited } => {
                if let Some(citation) = citation::Written::of(cited).filter(|_| lanes.is_text() && cited.place.is_some()) {
                    write_piece(Piece::Citation { citation }, *blocks, json, out);
                }
                Ok(())
            }
            Delta::Refusal { choice: 0, text } => {
                self.held.refusal = true;
                lanes.text(text, &mut each)
            }
            Delta::Thinking { choice: 0, text } if text.is_empty() => Ok(()),
            Delta::Thinking { choice: 0, text } => lanes.thinking(text, &mut each),
            Delta::Signature { choice: 0, signature } => lanes.signature(signature, &mut each),
            Delta::RedactedThinking { choice: 0, data } => lanes.redacted(data, &mut each),
            Delta::ToolCall { choice: 0, index, id, name, signature } => {
                self.held.tool_calls = true;
                // Anthropic's calls have no signature: Google's rides on the thinking before the call, and comes back there.
                let signed = signature.as_deref().map_or(Ok(()), |own| lanes.signature(&signature::seal(own), &mut each));
                signed.and_then(|()| lanes.call(*index, id, name, &mut each))
            }
            Delta::ToolArguments { choice: 0, index, json } => lanes.arguments(*index, json, &mut each),
            _ => Ok(()),
        };
        if let Err(tangled) = outcome {
            self.give_up(explain(tangled), out);
        }
    }

    fn begin(&mut self, id: Option<&str>, model: Option<&str>, out: &mut Vec<u8>) {
        if self.state != State::Waiting {
            return;
        }
        self.state = State::Begun;
        let mut message = Message::begin(id, model, &self.asked_model);
        message.usage = Written::new(self.usage, None);
        send(out, &mut self.json, "message_start", &MessageStart { kind: "message_start", message });
    }

    fn finish(&mut self, finish: &Finish<'_>) {
        self.reason = finish.reason;
        self.stop_sequence = finish.stop_sequence.as_deref().map(str::to_owned);
    }

    fn error(&mut self, error: &ProviderError<'_>, out: &mut Vec<u8>) {
        self.state = State::Over;
        let named = error.kind.as_deref().and_then(words::error_type);
        let kind = named.unwrap_or_else(|| words::error_type_of(verdict::status(error)));
        let error = error::Written::new(kind, &error.message, error.request_id.as_deref());
        send(out, &mut self.json, "error", &error);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if self.state == State::Waiting {
            return self.give_up("the provider's stream ended before it began", out);
        }
        let Self { lanes, blocks, json, .. } = self;
        lanes.finish(&mut |step| write(step, blocks, json, out));
        let delta =
            Stop { stop_reason: words::stop_reason(self.reason, self.held), stop_sequence: self.stop_sequence.as_deref() };
        let event = MessageDelta { kind: "message_delta", delta, usage: Written::new(self.usage, None) };
        send(out, &mut self.json, "message_delta", &event);
        send(out, &mut self.json, "message_stop", &Bare { kind: "message_stop" });
        self.state = State::Over;
    }
}

fn explain(tangled: Tangled) -> &'static str {
    match tangled {
        Tangled::NoSuchCall => "the provider's stream has arguments for a tool call that has not begun or has ended",
        Tangled::SameCall => "the provider's stream begins the same tool call twice",
        Tangled::TooMuch => "the provider's stream interleaves more tool calls than can be put in order",
    }
}

#[derive(Serialize)]
struct MessageStart<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    message: Message<'a>,
}

#[derive(Serialize)]
struct BlockStart<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    index: u32,
    content_block: Block<'a>,
}

#[derive(Serialize)]
struct BlockDelta<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    index: u32,
    delta: Piece<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Piece<'a> {
    #[serde(rename = "text_delta")]
    Text { text: &'a str },
    #[serde(rename = "citations_delta")]
    Citation { citation: citation::Written<'a> },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: &'a str },
    #[serde(rename = "signature_delta")]
    Signature { signature: &'a str },
    #[serde(rename = "input_json_delta")]
    Arguments { partial_json: &'a str },
}

#[derive(Serialize)]
struct BlockStop {
    #[serde(rename = "type")]
    kind: &'static str,
    index: u32,
}

#[derive(Serialize)]
struct MessageDelta<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    delta: Stop<'a>,
    usage: Written,
}

#[derive(Serialize)]
struct Stop<'a> {
    stop_reason: &'static str,
    stop_sequence: Option<&'a str>,
}

#[derive(Serialize)]
struct Bare {
    #[serde(rename = "type")]
    kind: &'static str,
}

/// Writes a step; `blocks` counts those that have begun.
fn write(step: Step<'_>, blocks: &mut u32, json: &mut Vec<u8>, out: &mut Vec<u8>) {
    let begin = match step {
        Step::Text => Block::Text { text: "", citations: Vec::new() },
        Step::Thinking => Block::Thinking { thinking: "", signature: "" },
        Step::Redacted(data) => Block::RedactedThinking { data },
        Step::Call { id, name } => Block::ToolUse { id, name, input: Input::Nothing {}, caller: Caller::Direct },
        Step::TextPiece(text) => return write_piece(Piece::Text { text }, *blocks, json, out),
        Step::ThinkingPiece(thinking) => return write_piece(Piece::Thinking { thinking }, *blocks, json, out),
        Step::Signature(signature) => return write_piece(Piece::Signature { signature }, *blocks, json, out),
        Step::Arguments(partial_json) => return write_piece(Piece::Arguments { partial_json }, *blocks, json, out),
        Step::Stop => {
            let stop = BlockStop { kind: "content_block_stop", index: blocks.saturating_sub(1) };
            return send(out, json, "content_block_stop", &stop);
        }
    };
    let start = BlockStart { kind: "content_block_start", index: *blocks, content_block: begin };
    send(out, json, "content_block_start", &start);
    *blocks = blocks.saturating_add(1);
}

fn write_piece(delta: Piece<'_>, blocks: u32, json: &mut Vec<u8>, out: &mut Vec<u8>) {
    let event = BlockDelta { kind: "content_block_delta", index: blocks.saturating_sub(1), delta };
    send(out, json, "content_block_delta", &event);
}

fn send(out: &mut Vec<u8>, json: &mut Vec<u8>, name: &'static str, event: &impl Serialize) {
    json.clear();
    // Text and numbers: nothing here that JSON cannot say, and a vector takes all that is written.
    if serde_json::to_writer(&mut *json, event).is_ok() {
        sse::write(out, Some(name), json);
    }
}
