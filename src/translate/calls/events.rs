//! Streams of calls: pictures, speech and transcriptions as server-sent events, which pass as they come and are observed.
//!
//! Each kind has an event of its own that says that the answer is whole (`image_generation.completed`, `image_edit.completed`,
//! `speech.audio.done`, `transcript.text.done`); vLLM streams transcriptions as chunks of a chat, up to `[DONE]`. A stream that
//! ends without any of these was cut.

use serde::Deserialize;

use super::usage::Usage;
use crate::codec::sse::Event;
use crate::translate::answer::Delta;
use crate::translate::openai;
use crate::translate::text::Str;
use crate::translate::{AnswerError, plain};

const DONE: &[u8] = b"[DONE]";

/// Reads the stream of a call.
#[derive(Debug, Default)]
pub(in crate::translate) struct Reader(());

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Wire<'a> {
    #[serde(rename = "type")]
    kind: Option<Str<'a>>,
    error: Option<&'a serde_json::value::RawValue>,
    delta: Option<Text<'a>>,
    choices: Vec<Choice<'a>>,
    usage: Option<Usage>,
}

/// The text of a transcription's `delta`.
#[derive(Deserialize)]
#[serde(transparent, bound(deserialize = "'de: 'a"))]
struct Text<'a>(&'a serde_json::value::RawValue);

/// vLLM's.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Choice<'a> {
    delta: Content<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Content<'a> {
    content: Option<Str<'a>>,
}

impl Reader {
    /// Takes the next event.
    ///
    /// # Errors
    /// [`AnswerError::Malformed`] for data that is not JSON.
    pub(in crate::translate) fn event(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError> {
        let data = event.data.trim_ascii();
        if data.is_empty() {
            return Ok(());
        }
        if data == DONE {
            emit(Delta::End);
            return Ok(());
        }
        let wire: Wire<'_> = serde_json::from_slice(data).map_err(|error| {
            let message = plain::brief(&error.to_string(), plain::QUOTATION).into_owned();
            AnswerError::Malformed { dialect: "openai", message }
        })?;
        wire.tell(event.name, data, emit);
        Ok(())
    }
}

impl Wire<'_> {
    fn tell(&self, name: Option<&[u8]>, data: &[u8], emit: &mut dyn FnMut(Delta<'_>)) {
        let kind = self.kind.as_deref().unwrap_or_default();
        if kind == "error" || name == Some(b"error") || self.error.is_some_and(openai::error::says_something) {
            emit(Delta::Error(openai::error::parse(500, data)));
            return;
        }
        for text in self.texts() {
            emit(Delta::Text { choice: 0, text });
        }
        if let Some(tokens) = self.usage.as_ref().and_then(Usage::tokens) {
            emit(Delta::Usage(tokens));
        }
        if matches!(kind, "image_generation.completed" | "image_edit.completed" | "speech.audio.done" | "transcript.text.done") {
            emit(Delta::End);
        }
    }

    /// What was generated. Pictures and sound are no text: they only show that something was.
    fn texts(&self) -> Vec<Str<'_>> {
        match self.kind.as_deref() {
            Some("transcript.text.delta") => {
                self.delta.iter().filter_map(|Text(raw)| serde_json::from_str(raw.get()).ok()).collect()
            }
            Some("transcript.text.segment" | "transcript.text.done") => Vec::new(),
            Some(_) => vec![Str::default()],
            None => self.choices.iter().filter_map(|choice| choice.delta.content.as_ref().map(Str::reborrow)).collect(),
        }
    }
}
