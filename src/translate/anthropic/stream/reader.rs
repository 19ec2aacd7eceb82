//! Reads the events of a provider's stream.
//!
//! Events that nobody here knows are passed over, as Anthropic's reference asks for, and so are pings and the blocks of tools
//! that Anthropic runs. Citations of a block come before or between its pieces, and are told once it has ended. A known event that cannot be read is an error: to go on would be to lose a piece of the answer
//! (field note 45). `message_stop` without a `stop_reason` before it is not an end.

use serde_json::value::RawValue;

use super::wire::{BlockDelta, BlockStart, BlockStop, ErrorEvent, Kind, MessageDelta, MessageStart, Stop};
use crate::codec::sse::Event;
use crate::translate::AnswerError;
use crate::translate::answer::{Delta, Finish, FinishReason, ProviderError};
use crate::translate::anthropic::usage::{Counts, Usage};
use crate::translate::anthropic::wire::Block;
use crate::translate::anthropic::{citation, malformed, words};
use crate::translate::citation::At;
use crate::translate::text::Str;

/// The most blocks that may be open at once. Anthropic has one.
const OPEN: usize = 32;
/// The most citations of one block of text, in bytes; more are left out.
const CITED: usize = 1 << 20;

type Emit<'e> = &'e mut dyn FnMut(Delta<'_>);

/// Reads the stream of one answer.
#[derive(Debug, Default)]
pub struct Reader {
    usage: Counts,
    /// Tool calls that have begun and not ended.
    open: Vec<OpenCall>,
    calls: u32,
    /// A text has begun.
    text: bool,
    /// Citations of the open text, as JSON.
    cited: Vec<String>,
    /// How many bytes of them.
    kept: usize,
    finished: bool,
    ended: bool,
}

#[derive(Debug)]
struct OpenCall {
    block: u64,
    index: u32,
    /// The arguments that the block began with; deltas replace them. `None` once there was a delta.
    input: Option<String>,
}

impl Reader {
    /// Reads an event and tells what it says.
    ///
    /// # Errors
    /// [`AnswerError::Malformed`] where it is not what Anthropic's API promises. Nothing more can be read then.
    pub fn event(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError> {
        let data = &*event.data;
        // The end has been told. `[DONE]` is what some compatible vendors send after it, OpenAI's way.
        if self.ended || data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        match event.name {
            Some(name) if is_known(name) => self.known(name, data, emit),
            // Proxies and compatible vendors leave the name out, or call every event `message`.
            _ => match read::<Kind<'_>>(data)?.kind {
                Some(kind) => self.known(kind.as_bytes(), data, emit),
                None => Ok(()),
            },
        }
    }

    fn known(&mut self, kind: &[u8], data: &[u8], emit: Emit<'_>) -> Result<(), AnswerError> {
        match kind {
            b"message_start" => {
                let message = read::<MessageStart<'_>>(data)?.message.ok_or_else(|| without("message"))?;
                emit(Delta::Start { id: message.id, model: message.model, created: None });
                self.learn(message.usage.as_ref(), emit);
            }
            b"content_block_start" => self.block_start(read(data)?, emit)?,
            b"content_block_delta" => self.block_delta(read(data)?, emit)?,
            b"content_block_stop" => {
                let stop: BlockStop<'_> = read(data)?;
                let block = stop.index.ok_or_else(|| without("index"))?;
                if let Some(at) = self.open.iter().position(|call| call.block == block) {
                    close(&self.open.remove(at), emit);
                }
                self.cite(emit);
            }
            b"message_delta" => self.message_delta(read(data)?, emit),
            b"message_stop" => {
                if !self.finished {
                    return Err(malformed("the stream ends without a `stop_reason`"));
                }
                self.ended = true;
                emit(Delta::End);
            }
            b"error" => {
                let ErrorEvent { error, request_id, .. } = read(data)?;
                let error = error.unwrap_or_default();
                let message = error.message.unwrap_or_else(|| "the provider reports an error without a message".into());
                self.ended = true;
                emit(Delta::Error(ProviderError { kind: error.kind, message, request_id, ..ProviderError::default() }));
            }
            _ => {}
        }
        Ok(())
    }

    fn block_start(&mut self, start: BlockStart<'_>, emit: Emit<'_>) -> Result<(), AnswerError> {
        let raw = start.content_block.ok_or_else(|| without("content_block"))?.get().as_bytes();
        let kind = read::<Kind<'_>>(raw)?.kind.ok_or_else(|| without("content_block.type"))?;
        if !matches!(&*kind, "text" | "thinking" | "redacted_thinking" | "tool_use") {
            return Ok(());
        }
        let block: Block<'_> = read(raw)?;
        match &*kind {
            "text" => {
                if std::mem::replace(&mut self.text, true) {
                    emit(Delta::TextBlock { choice: 0 });
                }
                for raw in
                    block.citations.and_then(|raw| serde_json::from_str::<Vec<&RawValue>>(raw.get()).ok()).into_iter().flatten()
                {
                    self.cited(raw);
                }
                text(block.text, emit);
            }
            "thinking" => {
                thinking(block.thinking, emit);
                signature(block.signature, emit);
            }
            "redacted_thinking" => {
                let data = block.data.ok_or_else(|| without("content_block.data"))?;
                emit(Delta::RedactedThinking { choice: 0, data });
            }
            _ => {
                let at = start.index.ok_or_else(|| without("index"))?;
                return self.call_start(at, block, emit);
            }
        }
        Ok(())
    }

    fn call_start(&mut self, at: u64, block: Block<'_>, emit: Emit<'_>) -> Result<(), AnswerError> {
        if self.open.len() >= OPEN || self.open.iter().any(|call| call.block == at) {
            return Err(malformed(format_args!("content block {at} begins while others have not ended")));
        }
        let id = block.id.ok_or_else(|| without("content_block.id"))?;
        let name = block.name.ok_or_else(|| without("content_block.name"))?;
        let index = self.calls;
        self.calls = self.calls.saturating_add(1);
        emit(Delta::ToolCall { choice: 0, index, id, name, signature: None });
        let input = block.input.map_or("{}", |input| input.get()).to_owned();
        self.open.push(OpenCall { block: at, index, input: Some(input) });
        Ok(())
    }

    fn block_delta(&mut self, delta: BlockDelta<'_>, emit: Emit<'_>) -> Result<(), AnswerError> {
        let piece = delta.delta.ok_or_else(|| without("delta"))?;
        match piece.kind.as_deref() {
            Some("text_delta") => text(piece.text, emit),
            Some("citations_delta") => piece.citation.into_iter().for_each(|raw| self.cited(raw)),
            Some("thinking_delta") => thinking(piece.thinking, emit),
            Some("signature_delta") => signature(piece.signature, emit),
            Some("input_json_delta") => {
                let block = delta.index.ok_or_else(|| without("index"))?;
                let json = piece.partial_json.unwrap_or_default();
                // The calls of tools that Anthropic runs have deltas, too, and are not open here.
                if let Some(call) = self.open.iter_mut().find(|call| call.block == block).filter(|_| !json.is_empty()) {
                    call.input = None;
                    emit(Delta::ToolArguments { choice: 0, index: call.index, json });
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn cited(&mut self, raw: &RawValue) {
        self.kept = self.kept.saturating_add(raw.get().len());
        if self.kept <= CITED {
            self.cited.push(raw.get().to_owned());
        }
    }

    /// The text is whole: what is it taken from?
    fn cite(&mut self, emit: Emit<'_>) {
        self.kept = 0;
        for citation in self.cited.drain(..) {
            if let Some(citation) = citation::read(&citation, At::Block) {
                emit(Delta::Citation { choice: 0, citation: Box::new(citation) });
            }
        }
    }

    fn message_delta(&mut self, event: MessageDelta<'_>, emit: Emit<'_>) {
        if let Some(Stop { stop_reason: Some(word), stop_sequence, stop_details, .. }) = event.delta
            && !self.finished
        {
            for call in std::mem::take(&mut self.open) {
                close(&call, emit);
            }
            let reason = words::finish_reason(&word);
            if reason == FinishReason::Refusal
                && let Some(text) = stop_details.and_then(|details| details.explanation)
            {
                emit(Delta::Refusal { choice: 0, text });
            }
            self.finished = true;
            emit(Delta::Finish { choice: 0, finish: Finish { reason, stop_sequence } });
        }
        self.learn(event.usage.as_ref(), emit);
    }

    fn learn(&mut self, usage: Option<&Usage<'_>>, emit: Emit<'_>) {
        if let Some(usage) = usage {
            self.usage.learn(usage);
            emit(Delta::Usage(self.usage.tokens()));
        }
    }
}

fn is_known(name: &[u8]) -> bool {
    matches!(
        name,
        b"message_start"
            | b"content_block_start"
            | b"content_block_delta"
            | b"content_block_stop"
            | b"message_delta"
            | b"message_stop"
            | b"ping"
            | b"error"
    )
}

fn text(text: Option<Str<'_>>, emit: Emit<'_>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        emit(Delta::Text { choice: 0, text });
    }
}

fn thinking(text: Option<Str<'_>>, emit: Emit<'_>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        emit(Delta::Thinking { choice: 0, text });
    }
}

fn signature(signature: Option<Str<'_>>, emit: Emit<'_>) {
    if let Some(signature) = signature.filter(|signature| !signature.is_empty()) {
        emit(Delta::Signature { choice: 0, signature });
    }
}

/// A call without deltas has the arguments that it began with: `{}` where the tool takes none.
fn close(call: &OpenCall, emit: Emit<'_>) {
    if let Some(input) = &call.input {
        emit(Delta::ToolArguments { choice: 0, index: call.index, json: input.as_str().into() });
    }
}

fn read<'a, T: serde::Deserialize<'a>>(data: &'a [u8]) -> Result<T, AnswerError> {
    serde_json::from_slice(data).map_err(malformed)
}

fn without(field: &str) -> AnswerError {
    malformed(format_args!("an event has no `{field}`"))
}
