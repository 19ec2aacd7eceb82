//! Reads the events of a stream.
//!
//! Events that nobody here knows are passed over, and so is `debug`. A known event that cannot be read is an error:
//! to go on would be to lose a piece of the answer (field note 45). The plan of a turn that calls tools is text, as in a whole
//! answer. `message-end` is the end; one that says `ERROR` or `TIMEOUT` is an error in mid-stream and never an end; one without a
//! reason, and one before which nothing was said, is malformed.

mod calls;
#[cfg(test)]
mod tests;
mod wire;

use self::calls::Calls;
use self::wire::{CallEnd, Citations, Content, Kind, MessageEnd, MessageStart, Piece, Plan};
use super::wire::Block;
use super::words::{self, Ended};
use super::{citation, error, malformed};
use crate::codec::sse::Event;
use crate::translate::AnswerError;
use crate::translate::answer::{Delta, Finish, ProviderError};
use crate::translate::plain;
use crate::translate::text::Str;

type Emit<'e> = &'e mut dyn FnMut(Delta<'_>);

/// Reads the stream of one answer.
#[derive(Debug, Default)]
pub struct Reader {
    calls: Calls,
    begun: bool,
    ended: bool,
}

impl Reader {
    /// Reads an event and tells what it says.
    ///
    /// # Errors
    /// [`AnswerError::Malformed`] where it is not what Cohere's API promises. Nothing more can be read then.
    pub fn event(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError> {
        let data = event.data.trim_ascii();
        // The end has been told. `[DONE]` is what compatible servers send after it, OpenAI's way.
        if self.ended || data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        match event.name {
            Some(name) if is_known(name) => self.known(name, data, emit),
            // Proxies and compatible servers leave the name out.
            _ => match read::<Kind<'_>>(data)?.kind {
                Some(kind) if is_known(kind.as_bytes()) => self.known(kind.as_bytes(), data, emit),
                kind => {
                    self.unknown(kind.is_none() || event.name == Some(b"error"), data, emit);
                    Ok(())
                }
            },
        }
    }

    fn known(&mut self, kind: &[u8], data: &[u8], emit: Emit<'_>) -> Result<(), AnswerError> {
        if kind == b"message-end" {
            return self.end(read(data)?, emit);
        }
        let mut each = |delta: Delta<'_>| {
            self.begun = true;
            emit(delta);
        };
        let emit: Emit<'_> = &mut each;
        match kind {
            b"message-start" => {
                let start: MessageStart<'_> = read(data)?;
                emit(Delta::Start { id: start.id.filter(|id| !id.is_empty()), model: None, created: None });
            }
            b"content-start" | b"content-delta" => {
                if let Some(block) = read::<Piece<Content<'_>>>(data)?.message().and_then(|message| message.content) {
                    said(block, emit);
                }
            }
            b"tool-plan-delta" => {
                text(read::<Piece<Plan<'_>>>(data)?.message().and_then(|message| message.tool_plan), emit);
            }
            b"tool-call-start" => {
                let piece: Piece<wire::Calls<'_>> = read(data)?;
                let number = piece.index;
                let call = piece.message().and_then(|message| message.tool_calls).unwrap_or_default();
                self.calls.start(number, call, emit)?;
            }
            b"tool-call-delta" => {
                let piece: Piece<wire::Calls<'_>> = read(data)?;
                let number = piece.index;
                let call = piece.message().and_then(|message| message.tool_calls).unwrap_or_default();
                self.calls.piece(number, call, emit)?;
            }
            b"citation-start" => {
                let piece: Option<Piece<Citations<'_>>> = serde_json::from_slice(data).ok();
                let raw = piece.and_then(Piece::message).and_then(|message| message.citations);
                for citation in raw.map(|raw| citation::read(raw.get())).unwrap_or_default() {
                    emit(Delta::Citation { choice: 0, citation: Box::new(citation) });
                }
            }
            b"tool-call-end" => self.calls.end(read::<CallEnd>(data)?.index, emit),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, event: MessageEnd<'_>, emit: Emit<'_>) -> Result<(), AnswerError> {
        let end = event.delta.unwrap_or_default();
        let word = end.finish_reason.ok_or_else(|| malformed("the stream ends without a `finish_reason`"))?;
        let ended = words::ended(&word);
        if !self.begun && ended != Ended::Badly {
            return Err(malformed("the stream ends before it begins"));
        }
        self.calls.end_all(emit);
        self.ended = true;
        let usage = end.usage.and_then(|usage| usage.tokens());
        if let Some(tokens) = usage {
            emit(Delta::Usage(tokens));
        }
        match ended {
            Ended::Well(reason) => {
                emit(Delta::Finish { choice: 0, finish: Finish { reason, stop_sequence: None } });
                emit(Delta::End);
            }
            Ended::Badly => {
                let mut message =
                    end.error.filter(|text| !text.is_empty()).unwrap_or_else(|| format!("the generation failed ({word})").into());
                plain::bound(&mut message);
                emit(Delta::Error(ProviderError { kind: Some(word), message, ..ProviderError::default() }));
            }
        }
        Ok(())
    }

    /// An error has no event of its own in the reference: what has no type, or says that it is one, and has a message is one.
    fn unknown(&mut self, may_be_error: bool, data: &[u8], emit: Emit<'_>) {
        if may_be_error && let Some(mut error) = error::of_json(data) {
            plain::bound(&mut error.message);
            self.ended = true;
            emit(Delta::Error(error));
        }
    }
}

fn is_known(name: &[u8]) -> bool {
    matches!(
        name,
        b"message-start"
            | b"content-start"
            | b"content-delta"
            | b"content-end"
            | b"tool-plan-delta"
            | b"tool-call-start"
            | b"tool-call-delta"
            | b"tool-call-end"
            | b"citation-start"
            | b"citation-end"
            | b"message-end"
            | b"debug"
    )
}

/// A piece is text or thinking by the field that it has: the type stands in the first piece of a block only.
fn said(block: Block<'_>, emit: Emit<'_>) {
    if let Some(text) = block.thinking.filter(|text| !text.is_empty()) {
        emit(Delta::Thinking { choice: 0, text });
    }
    text(block.text, emit);
}

fn text(text: Option<Str<'_>>, emit: Emit<'_>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        emit(Delta::Text { choice: 0, text });
    }
}

fn read<'a, T: serde::Deserialize<'a>>(data: &'a [u8]) -> Result<T, AnswerError> {
    serde_json::from_slice(data).map_err(malformed)
}
