//! Streamed answers: written for a client chunk by chunk, and read as far as a pass-through observes them.

use serde::Serialize;

use super::logprobs;
use super::response::{ToldChoice, Wire, finish_word};
use super::{made_id, malformed};
use crate::codec::sse::Event;
use crate::rejection::Rejection;
use crate::translate::AnswerError;
use crate::translate::answer::{Delta, Finish, ProviderError};
use crate::translate::openai::{self, error, usage, words};
use crate::translate::text::Str;
use crate::translate::verdict;
use crate::usage::Tokens;

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
    asked_model: String,
    wants_usage: bool,
    /// `data: {"id":…,"object":…,"created":…,"model":…,` from the first chunk on.
    head: Vec<u8>,
    /// How many characters each choice's log probabilities have come to.
    told: Vec<(u32, usize)>,
    usage: Option<Tokens>,
    ended: bool,
}

impl Writer {
    /// A writer for one stream. `asked_model` stands in where the provider does not say which model answers.
    pub fn new(asked_model: &str, wants_usage: bool) -> Self {
        let asked_model = asked_model.to_owned();
        Self { asked_model, wants_usage, head: Vec::new(), told: Vec::new(), usage: None, ended: false }
    }

    /// Writes what a delta says, as complete events. Thinking, tool calls and citations have no place in this API.
    pub fn delta(&mut self, delta: &Delta<'_>, out: &mut Vec<u8>) {
        if self.ended {
            return;
        }
        match delta {
            Delta::Start { id, model, created } => self.start(id.as_deref(), model.as_deref(), *created),
            Delta::Text { choice, text } | Delta::Refusal { choice, text } => {
                let text = text.reborrow();
                self.piece(&ToldChoice { text, index: *choice, logprobs: None, finish_reason: None }, out);
            }
            Delta::Logprobs { choice, raw } => {
                let before = self.before(*choice);
                let logprobs = logprobs::read(raw, before);
                if logprobs.is_some() {
                    self.piece(&ToldChoice { text: Str::default(), index: *choice, logprobs, finish_reason: None }, out);
                }
            }
            Delta::Finish { choice, finish } => {
                let finish_reason = Some(finish_word(finish.reason));
                self.piece(&ToldChoice { text: Str::default(), index: *choice, logprobs: None, finish_reason }, out);
            }
            Delta::Usage(tokens) => self.usage = Some(self.usage.unwrap_or_default().merge(*tokens)),
            Delta::Error(reported) => self.error(reported, out),
            Delta::End => self.end(out),
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
        if !self.ended {
            self.ended = true;
            event(&error::rejection(rejection), out);
        }
    }

    fn error(&mut self, reported: &ProviderError<'_>, out: &mut Vec<u8>) {
        self.ended = true;
        event(&error::render(verdict::status(reported), reported), out);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.ended = true;
        if let Some(tokens) = self.usage.filter(|_| self.wants_usage) {
            self.start(None, None, None);
            out.extend_from_slice(&self.head);
            out.extend_from_slice(br#""choices":[],"usage":"#);
            json(&usage::Told::from(tokens), out);
            out.extend_from_slice(b"}\n\n");
        }
        event(b"[DONE]", out);
    }

    fn before(&mut self, choice: u32) -> &mut usize {
        let at = self.told.iter().position(|(told, _)| *told == choice).unwrap_or_else(|| {
            self.told.push((choice, 0));
            self.told.len() - 1
        });
        &mut self.told[at].1
    }

    /// Makes the head, once.
    fn start(&mut self, id: Option<&str>, model: Option<&str>, created: Option<i64>) {
        #[derive(Serialize)]
        struct Head<'c> {
            id: &'c str,
            object: &'static str,
            created: i64,
            model: &'c str,
        }
        if !self.head.is_empty() {
            return;
        }
        let made;
        let id = match id {
            Some(id) => id,
            None => {
                made = made_id();
                &made
            }
        };
        let created = created.unwrap_or_else(openai::now);
        let model = model.unwrap_or(&self.asked_model);
        self.head.extend_from_slice(b"data: ");
        json(&Head { id, object: "text_completion", created, model }, &mut self.head);
        // The object goes on behind the head.
        self.head.pop();
        self.head.push(b',');
    }

    fn piece(&mut self, piece: &ToldChoice<'_>, out: &mut Vec<u8>) {
        self.start(None, None, None);
        out.extend_from_slice(&self.head);
        out.extend_from_slice(br#""choices":["#);
        json(piece, out);
        out.extend_from_slice(b"]}\n\n");
    }
}

fn event(data: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(data);
    out.extend_from_slice(b"\n\n");
}

fn json(value: &impl Serialize, out: &mut Vec<u8>) {
    // Writing plain structs with string keys into memory cannot fail.
    let _ = serde_json::to_writer(out, value);
}
