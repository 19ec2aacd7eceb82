//! Reads the chunks of a provider's stream.
//!
//! Function calls come whole. A reason to stop is told once, and once more if the candidate goes on after it, as older models have
//! it on every chunk. Usage is told first, so that it is counted whatever follows. Nothing is emitted after an error.

use serde_json::value::RawValue;

use crate::codec::sse::Event;
use crate::translate::AnswerError;
use crate::translate::answer::{Delta, Finish, FinishReason, ProviderError};
use crate::translate::gemini::said::{self, Ended, Said};
use crate::translate::gemini::wire::{Candidate, Part, Response};
use crate::translate::gemini::{error, grounding, logprobs, malformed, usage};
use crate::translate::text::Str;
use crate::usage::Tokens;

/// The most answers of one stream. Google allows 8.
const MOST_CHOICES: u32 = 64;
/// The most tool calls of one answer. No model makes nearly as many.
const MOST_CALLS: u32 = 1024;

type Emit<'e> = &'e mut dyn FnMut(Delta<'_>);

/// What is known of a stream so far.
#[derive(Debug, Default)]
pub struct Reader {
    started: bool,
    /// The stream reported an error.
    ended: bool,
    usage: Option<Tokens>,
    choices: Vec<Open>,
}

#[derive(Debug, Default)]
struct Open {
    choice: u32,
    calls: u32,
    finished: bool,
    /// What was cited last, as JSON.
    cited: [Option<String>; 2],
}

impl Reader {
    /// Takes an event and emits what it says.
    ///
    /// # Errors
    /// [`AnswerError::Malformed`] for what is not a chunk.
    pub fn event(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError> {
        let data = event.data.trim_ascii();
        // `[DONE]` is what some proxies add, OpenAI's way.
        if self.ended || data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        if data.starts_with(b"[") {
            return self.array(data, emit);
        }
        let mut response: Response<'_> =
            serde_json::from_slice(data).map_err(|error| malformed(format_args!("an event of its stream: {error}")))?;
        if let Some(raw) = response.error {
            self.fail(error::of_value(raw), emit);
            return Ok(());
        }
        self.learn(&response, emit);
        self.start(&response, emit);
        let candidates = response.candidates.take().unwrap_or_default();
        if candidates.is_empty()
            && let Some(why) = said::blocked(&response)
        {
            self.open(0)?.finished = true;
            emit(Delta::Refusal { choice: 0, text: why });
            emit(finish(0, FinishReason::ContentFilter));
        }
        for candidate in candidates {
            self.candidate(candidate, emit)?;
        }
        Ok(())
    }

    /// An error may stand in an array of its own.
    fn array(&mut self, data: &[u8], emit: Emit<'_>) -> Result<(), AnswerError> {
        let raw = std::str::from_utf8(data).ok().and_then(error::object);
        let raw = raw.ok_or_else(|| malformed("an event of its stream is an array, and no error"))?;
        self.fail(error::of_value(raw), emit);
        Ok(())
    }

    fn fail(&mut self, error: ProviderError<'_>, emit: Emit<'_>) {
        self.ended = true;
        emit(Delta::Error(error));
    }

    /// Most chunks repeat what is known.
    fn learn(&mut self, response: &Response<'_>, emit: Emit<'_>) {
        let told = response.usage_metadata.as_ref().map(usage::tokens);
        if let Some(tokens) = told.filter(|_| told != self.usage) {
            self.usage = told;
            emit(Delta::Usage(tokens));
        }
    }

    fn start(&mut self, response: &Response<'_>, emit: Emit<'_>) {
        if self.started {
            return;
        }
        self.started = true;
        let said = |text: &Str<'_>| !text.is_empty();
        let id = response.response_id.clone().filter(said);
        let model = response.model_version.clone().filter(said);
        emit(Delta::Start { id, model, created: None });
    }

    fn open(&mut self, choice: u32) -> Result<&mut Open, AnswerError> {
        if choice >= MOST_CHOICES {
            return Err(malformed(format_args!("it has more than {MOST_CHOICES} candidates")));
        }
        let at = match self.choices.iter().position(|open| open.choice == choice) {
            Some(at) => at,
            None => {
                self.choices.push(Open { choice, ..Open::default() });
                self.choices.len() - 1
            }
        };
        Ok(&mut self.choices[at])
    }

    fn candidate(&mut self, mut candidate: Candidate<'_>, emit: Emit<'_>) -> Result<(), AnswerError> {
        let choice = candidate.index.unwrap_or_default();
        let open = self.open(choice)?;
        for part in candidate.content.take().and_then(|content| content.parts).unwrap_or_default() {
            open.part(part, emit)?;
        }
        open.cite(&candidate, emit);
        if let Some(raw) = candidate.logprobs_result.and_then(logprobs::to_openai) {
            emit(Delta::Logprobs { choice, raw: &raw });
        }
        match said::ended(&candidate, open.calls > 0) {
            None => {}
            Some(_) if open.finished => {}
            Some(Ended::Finished(reason)) => {
                open.finished = true;
                emit(finish(choice, reason));
            }
            Some(Ended::Blocked(why)) => {
                open.finished = true;
                emit(Delta::Refusal { choice, text: why });
                emit(finish(choice, FinishReason::ContentFilter));
            }
            Some(Ended::Failed(message)) => {
                let kind = candidate.finish_reason.clone();
                self.fail(ProviderError { kind, message, ..ProviderError::default() }, emit);
            }
        }
        Ok(())
    }
}

impl Open {
    /// Chunks may repeat what is cited.
    fn cite(&mut self, candidate: &Candidate<'_>, emit: Emit<'_>) {
        let told = [candidate.grounding, candidate.recited].map(|raw| raw.map(RawValue::get));
        if told == [None; 2] || told == self.cited.each_ref().map(Option::as_deref) {
            return;
        }
        self.cited = told.map(|raw| raw.map(str::to_owned));
        for citation in grounding::read(candidate) {
            emit(Delta::Citation { choice: self.choice, citation: Box::new(citation) });
        }
    }

    fn part(&mut self, part: Part<'_>, emit: Emit<'_>) -> Result<(), AnswerError> {
        let choice = self.choice;
        let mut too_many = false;
        said::said(part, &mut |said| {
            self.finished = false;
            match said {
                Said::Thinking(text) => emit(Delta::Thinking { choice, text }),
                Said::Signature(signature) => emit(Delta::Signature { choice, signature }),
                Said::Text(text) => emit(Delta::Text { choice, text }),
                Said::Media { media_type, data } => emit(Delta::Media { choice, media_type, data }),
                Said::Call(_) if self.calls >= MOST_CALLS => too_many = true,
                Said::Call(call) => {
                    let index = self.calls;
                    self.calls += 1;
                    emit(Delta::ToolCall { choice, index, id: call.id, name: call.name, signature: call.signature });
                    emit(Delta::ToolArguments { choice, index, json: call.arguments });
                }
            }
        })?;
        if too_many { Err(malformed(format_args!("it has more than {MOST_CALLS} function calls"))) } else { Ok(()) }
    }
}

fn finish(choice: u32, reason: FinishReason) -> Delta<'static> {
    Delta::Finish { choice, finish: Finish { reason, stop_sequence: None } }
}
