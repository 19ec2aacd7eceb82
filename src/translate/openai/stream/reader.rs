//! Reads a stream of chunks.
//!
//! Invariants: `Start` comes before all else that a chunk says, and once; a reason to stop is emitted once per choice; nothing is
//! emitted after the end or an error. An event that cannot be read is an error, but not the end of the reader: whether the stream
//! goes on is for the caller to decide.

use super::calls::Calls;
use super::chunk::{Choice, Chunk, DONE};
use crate::codec::sse::Event;
use crate::translate::AnswerError;
use crate::translate::answer::{Delta, Finish};
use crate::translate::openai::message::{Said, ToolCall};
use crate::translate::openai::{annotation, error, malformed, usage, words};

/// The most answers (`n`) of one stream. OpenAI allows 128.
const MOST_CHOICES: u32 = 1024;

/// What is known of a stream so far.
#[derive(Debug, Default)]
pub struct Reader {
    started: bool,
    /// The stream is over: it said so, or reported an error.
    ended: bool,
    calls: Calls,
    /// Choices that have told why they stopped: some vendors tell it twice.
    finished: Vec<u32>,
}

impl Reader {
    /// Takes an event and emits what it says.
    ///
    /// # Errors
    /// [`AnswerError::Malformed`] for what is not a chunk. The reader may be used on: the next event may be good.
    pub fn event(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError> {
        let data = event.data.trim_ascii();
        if self.ended || data.is_empty() {
            return Ok(());
        }
        if data == DONE {
            self.ended = true;
            // Nothing but an end is no answer.
            if !self.started {
                return Err(malformed("its stream ends before it begins"));
            }
            emit(Delta::End);
            return Ok(());
        }
        let chunk: Chunk<'_> =
            serde_json::from_slice(data).map_err(|error| malformed(format!("an event of its stream: {error}")))?;
        if let Some(raw) = chunk.error.filter(|raw| error::says_something(raw)) {
            self.ended = true;
            emit(Delta::Error(error::of_value(raw)));
            return Ok(());
        }
        if chunk.choices.is_none()
            && chunk.usage.is_none()
            && let Some(error) = error::flat(event.name, data)
        {
            self.ended = true;
            emit(Delta::Error(error));
            return Ok(());
        }
        self.start(&chunk, emit);
        for choice in chunk.choices.into_iter().flatten() {
            self.choice(choice, emit)?;
        }
        if let Some(tokens) = chunk.usage.as_ref().and_then(usage::Reported::tokens) {
            emit(Delta::Usage(tokens));
        }
        Ok(())
    }

    fn start(&mut self, chunk: &Chunk<'_>, emit: &mut dyn FnMut(Delta<'_>)) {
        let id = chunk.id.as_ref().filter(|id| !id.is_empty());
        let has_choices = chunk.choices.as_ref().is_some_and(|choices| !choices.is_empty());
        if self.started || (id.is_none() && !has_choices) {
            return;
        }
        self.started = true;
        let model = chunk.model.as_ref().filter(|model| !model.is_empty());
        let created = chunk.created.and_then(|raw| raw.get().parse().ok());
        emit(Delta::Start { id: id.cloned(), model: model.cloned(), created });
    }

    fn choice(&mut self, wire: Choice<'_>, emit: &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError> {
        let choice = wire.index.unwrap_or_default();
        if choice >= MOST_CHOICES {
            return Err(malformed(format!("it has more than {MOST_CHOICES} choices")));
        }
        let mut delta = wire.delta.unwrap_or_default();
        for said in delta.take_said() {
            emit(match said {
                Said::Thinking(text) => Delta::Thinking { choice, text },
                Said::Signature(signature) => Delta::Signature { choice, signature },
                Said::Redacted(data) => Delta::RedactedThinking { choice, data },
                Said::Text(text) => Delta::Text { choice, text },
                Said::Picture { media_type, data } => Delta::Media { choice, media_type, data },
            });
        }
        for citation in annotation::read(delta.annotations) {
            emit(Delta::Citation { choice, citation: Box::new(citation) });
        }
        if let Some(text) = delta.refusal.filter(|text| !text.is_empty()) {
            emit(Delta::Refusal { choice, text });
        }
        for piece in delta.tool_calls.into_iter().flatten() {
            self.tool_call(choice, piece, emit)?;
        }
        if let Some(raw) = wire.logprobs {
            emit(Delta::Logprobs { choice, raw });
        }
        if let Some(word) = wire.finish_reason.filter(|word| !word.is_empty()) {
            self.finish(choice, &word, emit);
        }
        Ok(())
    }

    fn tool_call(&mut self, choice: u32, mut piece: ToolCall<'_>, emit: &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError> {
        let (index, begun) = self.calls.piece(choice, &mut piece)?;
        if let Some(begun) = begun {
            emit(Delta::ToolCall { choice, index, id: begun.id, name: begun.name, signature: piece.signature() });
        }
        let arguments = piece.function.as_ref().and_then(|function| function.arguments());
        if let Some(json) = arguments.filter(|json| !json.is_empty()) {
            emit(Delta::ToolArguments { choice, index, json });
        }
        Ok(())
    }

    fn finish(&mut self, choice: u32, word: &str, emit: &mut dyn FnMut(Delta<'_>)) {
        if !self.finished.contains(&choice) {
            self.finished.push(choice);
            let reason = words::finish_reason_after(word, self.calls.any(choice));
            emit(Delta::Finish { choice, finish: Finish { reason, stop_sequence: None } });
        }
    }
}

/// Whether this event is the chunk that `stream_options.include_usage` adds: usage, and no choices.
pub fn is_usage_chunk(event: &Event<'_>) -> bool {
    serde_json::from_slice::<Chunk<'_>>(event.data.trim_ascii()).is_ok_and(|chunk| {
        chunk.usage.is_some() && chunk.error.is_none() && chunk.choices.is_none_or(|choices| choices.is_empty())
    })
}
