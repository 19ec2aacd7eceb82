//! Streamed answers: written for a client chunk by chunk, and read as far as a pass-through observes them.

use super::logprobs;
use super::response::{ToldChoice, Wire, finish_word};
use super::{made_id, malformed};
use crate::codec::sse::Event;
use crate::rejection::Rejection;
use crate::translate::AnswerError;
use crate::translate::answer::{Delta, Finish};
use crate::translate::openai::chunks::{Chunks, Named};
use crate::translate::openai::{error, words};
use crate::translate::text::Str;

/// The most answers of one stream, those of several prompts included.
const MOST_CHOICES: u32 = 4096;

/// Reads a provider's stream.
#[derive(Debug, Default)]
pub struct Reader {
    started: bool,
    ended: bool,
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
        if data == b"[DONE]" {
            self.ended = true;
            emit(Delta::End);
            return Ok(());
        }
        let chunk: Wire<'_> =
            serde_json::from_slice(data).map_err(|error| malformed(format!("an event of its stream: {error}")))?;
        if let Some(raw) = chunk.error.filter(|raw| error::says_something(raw)) {
            self.ended = true;
            emit(Delta::Error(error::of_value(raw)));
            return Ok(());
        }
        if !self.started {
            self.started = true;
            emit(Delta::Start { id: chunk.id.clone(), model: chunk.model.clone(), created: chunk.created() });
        }
        let tokens = chunk.tokens();
        for piece in chunk.choices.into_iter().flatten() {
            let choice = piece.index.unwrap_or_default();
            if choice >= MOST_CHOICES {
                return Err(malformed(format!("it has more than {MOST_CHOICES} choices")));
            }
            if let Some(text) = piece.text.filter(|text| !text.is_empty()) {
                emit(Delta::Text { choice, text });
            }
            if let Some(word) = piece.finish_reason.filter(|word| !word.is_empty())
                && !self.finished.contains(&choice)
            {
                self.finished.push(choice);
                emit(Delta::Finish { choice, finish: Finish { reason: words::finish_reason(&word), stop_sequence: None } });
            }
        }
        if let Some(tokens) = tokens {
            emit(Delta::Usage(tokens));
        }
        Ok(())
    }
}

/// Writes a client's stream.
#[derive(Debug)]
pub struct Writer {
    chunks: Chunks,
    /// How many characters each choice's log probabilities have come to.
    told: Vec<(u32, usize)>,
}

impl Writer {
    /// A writer for one stream. `asked_model` stands in where the provider does not say which model answers.
    pub fn new(asked_model: &str, wants_usage: bool) -> Self {
        let named = Named { object: "text_completion", made_id };
        Self { chunks: Chunks::new(named, asked_model, wants_usage), told: Vec::new() }
    }

    /// Writes what a delta says, as complete events. Thinking, tool calls and citations have no place in this API.
    pub fn delta(&mut self, delta: &Delta<'_>, out: &mut Vec<u8>) {
        if self.chunks.ended() {
            return;
        }
        match delta {
            Delta::Start { id, model, created } => self.chunks.start(id.as_deref(), model.as_deref(), *created),
            Delta::Text { choice, text } | Delta::Refusal { choice, text } => {
                let text = text.reborrow();
                self.chunks.piece(&ToldChoice { text, index: *choice, logprobs: None, finish_reason: None }, out);
            }
            Delta::Logprobs { choice, raw } => {
                let before = self.before(*choice);
                let logprobs = logprobs::read(raw, before);
                if logprobs.is_some() {
                    self.chunks.piece(&ToldChoice { text: Str::default(), index: *choice, logprobs, finish_reason: None }, out);
                }
            }
            Delta::Finish { choice, finish } => {
                let finish_reason = Some(finish_word(finish.reason));
                self.chunks.piece(&ToldChoice { text: Str::default(), index: *choice, logprobs: None, finish_reason }, out);
            }
            Delta::Usage(tokens) => self.chunks.usage(*tokens),
            Delta::Error(reported) => self.chunks.error(reported, out),
            Delta::End => self.chunks.end(out),
            Delta::TextBlock { .. }
            | Delta::Citation { .. }
            | Delta::Thinking { .. }
            | Delta::Signature { .. }
            | Delta::RedactedThinking { .. }
            | Delta::Media { .. }
            | Delta::CustomCall { .. }
            | Delta::CustomInput { .. }
            | Delta::ToolCall { .. }
            | Delta::ToolArguments { .. } => {}
        }
    }

    /// Ends the stream with an error of the gateway.
    pub fn fail(&mut self, rejection: &Rejection, out: &mut Vec<u8>) {
        self.chunks.fail(rejection, out);
    }

    fn before(&mut self, choice: u32) -> &mut usize {
        let at = self.told.iter().position(|(told, _)| *told == choice).unwrap_or_else(|| {
            self.told.push((choice, 0));
            self.told.len() - 1
        });
        &mut self.told[at].1
    }
}
