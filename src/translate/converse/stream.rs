//! Reads the events of a ConverseStream.
//!
//! The order is `messageStart`, the blocks, `messageStop` with the reason, and `metadata` with the usage behind it, which is the end.
//! An exception may come in place of any of them, with a status 200 long sent: it is an error of the stream, never its end. Events
//! that nobody here knows are passed over; a known one that cannot be read is an error: to go on would be to lose a piece of the
//! answer. Pieces of a block that has not begun are text, thinking or citations; only tool calls, results and pictures begin.
//! Citations come between the pieces of their block, and are told once it has ended.

#[cfg(test)]
mod tests;
mod wire;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use self::wire::{BlockDelta, BlockStart, BlockStop, MessageStop, Metadata, Piece};
use super::wire::ToolUse;
use super::{citation, error, malformed, words};
use crate::codec::sse::Event;
use crate::translate::AnswerError;
use crate::translate::answer::{Delta, Finish, ProviderError};
use crate::translate::citation::At;
use crate::translate::text::Str;

/// The most blocks that may be open at once. Bedrock has one.
const OPEN: usize = 32;
/// The most encrypted thinking of one block, in bytes.
const REDACTED: usize = 4 << 20;
/// The most citations of one block of text, in bytes; more are left out.
const CITED: usize = 1 << 20;

type Emit<'e> = &'e mut dyn FnMut(Delta<'_>);

/// Reads the stream of one answer.
#[derive(Debug, Default)]
pub struct Reader {
    started: bool,
    /// Blocks that have begun and not ended.
    open: Vec<Open>,
    calls: u32,
    /// The block that the last text was of.
    text: Option<u64>,
    /// Citations of the open text, as JSON.
    cited: Vec<String>,
    /// How many bytes of them.
    kept: usize,
    finished: bool,
    measured: bool,
    ended: bool,
}

#[derive(Debug)]
struct Open {
    block: u64,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// A tool call, and whether it has had any arguments.
    Call { index: u32, arguments: bool },
    /// Encrypted thinking, as far as it is there.
    Redacted(Vec<u8>),
    /// A call that Bedrock runs itself, or its result.
    Server,
}

impl Reader {
    /// Reads an event and tells what it says.
    ///
    /// # Errors
    /// [`AnswerError::Malformed`] where it is not what Bedrock's API promises. Nothing more can be read then.
    pub fn event(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError> {
        if self.ended {
            return Ok(());
        }
        let data = &*event.data;
        let name = event.name.ok_or_else(|| malformed("a frame has no type"))?;
        if event.exception {
            self.ended = true;
            let kind = std::str::from_utf8(name).unwrap_or_default();
            emit(Delta::Error(error::of_exception(kind, data)));
            return Ok(());
        }
        match name {
            b"messageStart" => self.start(emit),
            b"contentBlockStart" => self.block_start(read(data)?, emit)?,
            b"contentBlockDelta" => self.block_delta(read(data)?, emit)?,
            b"contentBlockStop" => {
                let stop: BlockStop<'_> = read(data)?;
                self.block_stop(stop.block.ok_or_else(|| without("contentBlockIndex"))?, emit);
            }
            b"messageStop" => self.message_stop(read(data)?, emit)?,
            b"metadata" => self.metadata(read(data)?, emit),
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, emit: Emit<'_>) {
        if !self.started {
            self.started = true;
            emit(Delta::Start { id: None, model: None, created: None });
        }
    }

    fn block_start(&mut self, start: BlockStart<'_>, emit: Emit<'_>) -> Result<(), AnswerError> {
        let block = start.block.ok_or_else(|| without("contentBlockIndex"))?;
        let begun = start.start.unwrap_or_default();
        let kind = match (begun.call, begun.result) {
            (Some(call), _) if !call.is_of_server() => self.call_start(call, emit)?,
            (Some(_), _) | (None, Some(_)) => Kind::Server,
            (None, None) => match begun.rest.first() {
                // A picture, or what else there may be one day, cannot be told to the client.
                Some((kind, _)) => return Err(malformed(format_args!("a content block of `{kind}` cannot be translated"))),
                None => return Ok(()),
            },
        };
        self.open(block, kind)
    }

    fn open(&mut self, block: u64, kind: Kind) -> Result<(), AnswerError> {
        if self.open.len() >= OPEN || self.open.iter().any(|open| open.block == block) {
            return Err(malformed(format_args!("content block {block} begins while others have not ended")));
        }
        self.open.push(Open { block, kind });
        Ok(())
    }

    fn call_start(&mut self, call: ToolUse<'_>, emit: Emit<'_>) -> Result<Kind, AnswerError> {
        let id = call.id.ok_or_else(|| without("toolUseId"))?;
        let name = call.name.filter(|name| !name.is_empty()).ok_or_else(|| without("name"))?;
        let index = self.calls;
        self.calls = self.calls.saturating_add(1);
        self.start(emit);
        emit(Delta::ToolCall { choice: 0, index, id, name, signature: None });
        Ok(Kind::Call { index, arguments: false })
    }

    fn block_delta(&mut self, event: BlockDelta<'_>, emit: Emit<'_>) -> Result<(), AnswerError> {
        let block = event.block.ok_or_else(|| without("contentBlockIndex"))?;
        let Piece { text, call, thinking, citation, rest } = event.delta.ok_or_else(|| without("delta"))?;
        self.start(emit);
        if let Some(text) = said(text) {
            self.text_of(block, emit);
            emit(Delta::Text { choice: 0, text });
        }
        if let Some(raw) = citation {
            self.kept = self.kept.saturating_add(raw.get().len());
            if self.kept <= CITED {
                self.cited.push(raw.get().to_owned());
            }
        }
        if let Some(call) = call {
            self.arguments(block, call.input, emit)?;
        }
        if let Some(thinking) = thinking {
            if let Some(text) = said(thinking.text) {
                emit(Delta::Thinking { choice: 0, text });
            }
            if let Some(signature) = said(thinking.signature) {
                emit(Delta::Signature { choice: 0, signature });
            }
            if let Some(data) = said(thinking.redacted) {
                self.redacted(block, &data)?;
            }
        }
        match rest.first() {
            Some((kind, _)) if kind == "image" => Err(malformed("a picture in the answer cannot be translated")),
            _ => Ok(()),
        }
    }

    fn arguments(&mut self, block: u64, json: Option<Str<'_>>, emit: Emit<'_>) -> Result<(), AnswerError> {
        let open = self.open.iter_mut().find(|open| open.block == block).map(|open| &mut open.kind);
        match open {
            Some(Kind::Call { index, arguments }) => {
                if let Some(json) = said(json) {
                    *arguments = true;
                    emit(Delta::ToolArguments { choice: 0, index: *index, json });
                }
                Ok(())
            }
            Some(Kind::Server) => Ok(()),
            Some(Kind::Redacted(_)) | None => {
                Err(malformed(format_args!("arguments for content block {block}, which is no call")))
            }
        }
    }

    /// Encrypted thinking may come in several pieces, each in base64 of its own.
    fn redacted(&mut self, block: u64, data: &str) -> Result<(), AnswerError> {
        let piece = STANDARD.decode(data).map_err(|error| malformed(format_args!("`redactedContent` is not base64: {error}")))?;
        match self.open.iter_mut().find(|open| open.block == block).map(|open| &mut open.kind) {
            Some(Kind::Redacted(bytes)) => {
                bytes.extend(piece);
                if bytes.len() > REDACTED { Err(AnswerError::TooLarge { limit: REDACTED }) } else { Ok(()) }
            }
            Some(_) => Err(malformed(format_args!("thinking in content block {block}, which is a call"))),
            None => self.open(block, Kind::Redacted(piece)),
        }
    }

    fn text_of(&mut self, block: u64, emit: Emit<'_>) {
        if self.text.replace(block).is_some_and(|before| before != block) {
            emit(Delta::TextBlock { choice: 0 });
        }
    }

    fn block_stop(&mut self, block: u64, emit: Emit<'_>) {
        self.kept = 0;
        for citation in self.cited.drain(..) {
            if let Some(citation) = citation::read(&citation, At::Block).filter(|_| self.text == Some(block)) {
                emit(Delta::Citation { choice: 0, citation: Box::new(citation) });
            }
        }
        if let Some(at) = self.open.iter().position(|open| open.block == block) {
            close(self.open.remove(at).kind, emit);
        }
    }

    fn message_stop(&mut self, stop: MessageStop<'_>, emit: Emit<'_>) -> Result<(), AnswerError> {
        let word = stop.reason.ok_or_else(|| without("stopReason"))?;
        if self.finished {
            return Ok(());
        }
        self.start(emit);
        let Some(reason) = words::finish_reason(&word) else {
            self.ended = true;
            let message = format!("the model wrote something that Bedrock could not read ({word})").into();
            emit(Delta::Error(ProviderError { kind: Some(word), message, ..ProviderError::default() }));
            return Ok(());
        };
        for open in std::mem::take(&mut self.open) {
            close(open.kind, emit);
        }
        self.finished = true;
        let stop_sequence = stop.additional.and_then(|additional| additional.stop_sequence);
        emit(Delta::Finish { choice: 0, finish: Finish { reason, stop_sequence } });
        self.end_if_done(emit);
        Ok(())
    }

    fn metadata(&mut self, metadata: Metadata<'_>, emit: Emit<'_>) {
        if let Some(usage) = metadata.usage {
            emit(Delta::Usage(usage.tokens()));
        }
        self.measured = true;
        self.end_if_done(emit);
    }

    fn end_if_done(&mut self, emit: Emit<'_>) {
        if self.finished && self.measured {
            self.ended = true;
            emit(Delta::End);
        }
    }
}

fn said(text: Option<Str<'_>>) -> Option<Str<'_>> {
    text.filter(|text| !text.is_empty())
}

/// A call without any arguments has none: `{}`.
fn close(kind: Kind, emit: Emit<'_>) {
    match kind {
        Kind::Call { index, arguments: false } => emit(Delta::ToolArguments { choice: 0, index, json: "{}".into() }),
        Kind::Redacted(bytes) => emit(Delta::RedactedThinking { choice: 0, data: STANDARD.encode(bytes).into() }),
        Kind::Call { .. } | Kind::Server => {}
    }
}

fn read<'a, T: serde::Deserialize<'a>>(data: &'a [u8]) -> Result<T, AnswerError> {
    serde_json::from_slice(data).map_err(malformed)
}

fn without(field: &str) -> AnswerError {
    malformed(format_args!("an event has no `{field}`"))
}
