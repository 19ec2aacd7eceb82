//! Writes a client's stream.
//!
//! `response.created` and `response.in_progress`, the items, then `response.completed` or `response.incomplete` once the provider
//! has said that the stream is complete: usage may come after the reason to stop. A stream that fails ends with `response.failed`
//! and `error`, and nothing after them; one that has not begun fails with `error` alone.

use std::borrow::Cow;

use super::message::Said;
use super::output::{Kind as Called, Output, Tangled};
use crate::rejection::{Kind, Rejection};
use crate::translate::answer::{Delta, FinishReason, ProviderError};
use crate::translate::openai::error::type_of;
use crate::translate::responses::error::Told;
use crate::translate::responses::frame::{Frame, Rest, State, json};
use crate::translate::responses::words;
use crate::translate::{signature, verdict};
use crate::usage::Tokens;

/// Writes the stream of one answer.
#[derive(Debug)]
pub struct Writer {
    asked_model: String,
    /// What [`super::super::echo()`] made of the request.
    echo: String,
    /// From the beginning of the answer on.
    frame: Option<Frame>,
    output: Output,
    usage: Option<Tokens>,
    reason: FinishReason,
    over: bool,
    gave_up: bool,
}

impl Writer {
    /// A writer for one stream. `asked_model` stands where the provider does not name its model; `echo` is what
    /// [`super::super::echo()`] made of the request, or empty where that is not known.
    pub fn new(asked_model: &str, echo: &str) -> Self {
        Self {
            asked_model: asked_model.to_owned(),
            echo: if echo.is_empty() { super::super::echo(None) } else { echo.to_owned() },
            frame: None,
            output: Output::default(),
            usage: None,
            reason: FinishReason::Stop,
            over: false,
            gave_up: false,
        }
    }

    /// Writes what a step of the answer becomes. Only the first choice is written: a client of this API cannot ask for more.
    pub fn delta(&mut self, delta: &Delta<'_>, out: &mut Vec<u8>) {
        if self.over {
            return;
        }
        match delta {
            Delta::Start { id, model, created } => self.begin(id.as_deref(), model.as_deref(), *created, out),
            Delta::Usage(tokens) => self.usage = Some(self.usage.unwrap_or_default().merge(*tokens)),
            Delta::Finish { choice: 0, finish } => {
                self.begin(None, None, None, out);
                self.reason = finish.reason;
                self.finish_items(out);
            }
            Delta::Error(error) => self.error(error, out),
            Delta::End => self.end(out),
            piece => self.piece(piece, out),
        }
    }

    /// Numbers what it writes from here on: what stands before was written by the provider.
    pub fn go_on_from(&mut self, number: u64) {
        self.output.events.go_on_from(number);
    }

    /// Ends the stream with an error of the gateway.
    pub fn fail(&mut self, rejection: &Rejection, out: &mut Vec<u8>) {
        if self.over {
            return;
        }
        let row = rejection.kind.row();
        let (kind, code, param) = (row.openai_type, Some(row.code), rejection.param.as_deref());
        self.failed(Told { status: row.status.as_u16(), kind, code, message: &rejection.message, param }, out);
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

    fn begin(&mut self, id: Option<&str>, model: Option<&str>, created: Option<i64>, out: &mut Vec<u8>) {
        if self.frame.is_some() {
            return;
        }
        let model = model.filter(|model| !model.is_empty()).unwrap_or(&self.asked_model);
        self.frame = Some(Frame::new(id, model, created));
        self.lifecycle("response.created", State::InProgress, out);
        self.lifecycle("response.in_progress", State::InProgress, out);
    }

    fn lifecycle(&mut self, name: &'static str, state: State<'_>, out: &mut Vec<u8>) {
        let Some(frame) = &self.frame else { return };
        let (items, usage) = match state {
            State::InProgress => (Vec::new(), None),
            State::Failed(_) | State::Completed | State::Incomplete(_) => (self.output.items(), self.usage),
        };
        let rest = Rest { echo: &self.echo, service_tier: None, usage };
        self.output.events.send_with(name, ",\"response\":", |out| frame.write(state, &items, &rest, out), out);
    }

    fn piece(&mut self, delta: &Delta<'_>, out: &mut Vec<u8>) {
        self.begin(None, None, None, out);
        let output = &mut self.output;
        let outcome = match delta {
            Delta::Text { choice: 0, text } => output.said(Said::Text, text, out),
            Delta::Citation { choice: 0, citation } => output.cite(citation, out),
            Delta::Refusal { choice: 0, text } => output.said(Said::Refusal, text, out),
            Delta::Thinking { choice: 0, text } => output.thinking(text, out),
            Delta::Signature { choice: 0, signature } => output.signature(signature, out),
            Delta::RedactedThinking { choice: 0, data } => output.redacted(data, out),
            Delta::Media { choice: 0, media_type, data } if media_type.starts_with("image/") => output.picture(data, out),
            Delta::ToolCall { choice: 0, index, id, name, signature } => {
                // Google's rides on a reasoning item before the call, and comes back there.
                let signed = signature.as_deref().map_or(Ok(()), |own| output.signature(&signature::seal(own), out));
                signed.and_then(|()| output.call((*index, Called::Function), id, name, out))
            }
            Delta::CustomCall { choice: 0, index, id, name, signature } => {
                let signed = signature.as_deref().map_or(Ok(()), |own| output.signature(&signature::seal(own), out));
                signed.and_then(|()| output.call((*index, Called::Custom), id, name, out))
            }
            Delta::CustomInput { choice: 0, index, text } => output.arguments(*index, text, out),
            Delta::ToolArguments { choice: 0, index, json } => output.arguments(*index, json, out),
            Delta::Logprobs { choice: 0, raw } => output.logprobs(raw, out),
            _ => Ok(()),
        };
        if let Err(tangled) = outcome {
            self.give_up(explain(tangled), out);
        }
    }

    fn finish_items(&mut self, out: &mut Vec<u8>) -> State<'static> {
        let incomplete = words::incomplete(self.reason, self.output.held());
        self.output.finish(incomplete.is_some(), out);
        State::of(incomplete)
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if self.frame.is_none() {
            let message = "the provider's stream ended before it began";
            return self.give_up(message, out);
        }
        let state = self.finish_items(out);
        let name = match state {
            State::Incomplete(_) => "response.incomplete",
            _ => "response.completed",
        };
        self.lifecycle(name, state, out);
        self.over = true;
    }

    fn error(&mut self, error: &ProviderError<'_>, out: &mut Vec<u8>) {
        let status = verdict::status(error);
        let message = match &error.request_id {
            Some(id) if !error.message.contains(&**id) => Cow::Owned(format!("{} (request id: {id})", error.message)),
            _ => Cow::Borrowed(&*error.message),
        };
        let (named, param) = (error.kind.as_deref(), error.param.as_deref());
        let code = error.code.as_deref().or(named);
        self.failed(Told { status, kind: type_of(status, named), code, message: &message, param }, out);
    }

    fn failed(&mut self, told: Told<'_>, out: &mut Vec<u8>) {
        self.over = true;
        self.lifecycle("response.failed", State::Failed(told.of_response()), out);
        out.extend_from_slice(b"event: error\ndata: ");
        json(&told.event(self.output.events.number()), out);
        out.extend_from_slice(b"\n\n");
    }
}

fn explain(tangled: Tangled) -> &'static str {
    match tangled {
        Tangled::NoSuchCall => "the provider's stream has arguments for a tool call that has not begun or has ended",
        Tangled::SameCall => "the provider's stream begins the same tool call twice",
        Tangled::TooMuch => "the provider's stream is larger than what can be repeated at its end",
    }
}
