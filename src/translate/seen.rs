//! What is seen of an answer while it passes, and whether the answer is whole.
//!
//! Fed with the hub's deltas only, so it counts the same for every format, passed through or translated. Text of a provider that it
//! keeps is bounded. Bytes are counted as they are generated, never as they are framed.

use super::answer::{Answer, Delta};
use super::conversation::{Content, Part};
use super::{ClientFormat, Format, Seen, plain};
use crate::usage::{self, Tokens, Units};

impl Seen {
    /// Notes what the client's API has no place for.
    pub(super) fn untold(&mut self, client: ClientFormat, content: &Content<'_>) {
        let what = match content {
            Content::Image(_) if client.tells_pictures() => return,
            Content::Image(_) => "answer.images",
            Content::Audio(_) => "answer.audio",
            Content::Document(_) => "answer.documents",
            _ => return,
        };
        if !self.untold.contains(&what) {
            self.untold.push(what);
        }
    }

    /// What a whole answer has cost, for an API that demands to be told: what the provider reported, or else the same estimate as
    /// stands in the usage record.
    pub(super) fn told_tokens(&self, input_estimate: u64) -> Tokens {
        usage::account(self.usage, input_estimate, self.output_bytes, true, true).0
    }

    /// Of a whole answer in this format.
    pub(super) fn of(answer: &Answer<'_>, format: Format) -> Self {
        let is_counted = |part: &&Part<'_>| format.refuses_in_words() || !matches!(part.content, Content::Refusal(_));
        let parts = || answer.choices.iter().flat_map(|choice| &choice.parts).filter(is_counted);
        Self {
            model: answer.model.as_ref().map(ToString::to_string),
            id: answer.id.as_ref().map(ToString::to_string),
            usage: answer.usage,
            units: Units::default(),
            finish: answer.choices.first().map(|choice| choice.finish.reason),
            output_bytes: parts().map(|part| generated(&part.content)).fold(0, u64::saturating_add),
            started: parts().next().is_some(),
            complete: true,
            error: None,
            untold: Vec::new(),
        }
    }
}

fn generated(content: &Content<'_>) -> u64 {
    bytes(match content {
        Content::Text(text) | Content::Refusal(text) | Content::RedactedThinking(text) => text.len(),
        Content::Thinking(thinking) => thinking.text.len(),
        Content::ToolCall(call) | Content::CustomCall(call) => call.name.len().saturating_add(call.arguments.len()),
        Content::Image(_) | Content::Audio(_) | Content::Document(_) | Content::ToolResult(_) => 0,
    })
}

fn bytes(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// How far a stream has come.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) seen: Seen,
    /// [`Format::finish_completes`].
    finish_completes: bool,
    /// [`Format::refuses_in_words`].
    refusals: bool,
    /// Choices that have begun and not told why they stopped.
    open: Vec<u32>,
}

impl Progress {
    pub(super) fn new(format: Format) -> Self {
        let (finish_completes, refusals) = (format.finish_completes(), format.refuses_in_words());
        Self { seen: Seen::default(), finish_completes, refusals, open: Vec::new() }
    }

    pub(super) fn observe(&mut self, delta: &Delta<'_>) {
        match delta {
            Delta::Start { id, model, .. } => {
                self.seen.id = id.as_ref().map(ToString::to_string);
                self.seen.model = model.as_ref().map(ToString::to_string);
            }
            Delta::Refusal { choice, .. } if !self.refusals => self.generated(*choice, 0),
            Delta::Text { choice, text }
            | Delta::Refusal { choice, text }
            | Delta::Thinking { choice, text }
            | Delta::RedactedThinking { choice, data: text }
            | Delta::ToolCall { choice, name: text, .. }
            | Delta::ToolArguments { choice, json: text, .. } => self.generated(*choice, text.len()),
            Delta::Media { choice, .. } => self.generated(*choice, 0),
            Delta::Finish { choice, finish } => {
                self.open.retain(|open| open != choice);
                self.seen.finish = Some(finish.reason);
            }
            Delta::Usage(tokens) => self.seen.usage = Some(self.seen.usage.unwrap_or_default().merge(*tokens)),
            Delta::Error(error) => self.seen.error = Some(plain::brief(&error.message, plain::MESSAGE).into_owned()),
            Delta::End => self.seen.complete = self.seen.error.is_none(),
            Delta::CustomCall { .. }
            | Delta::CustomInput { .. }
            | Delta::Signature { .. }
            | Delta::Logprobs { .. }
            | Delta::TextBlock { .. }
            | Delta::Citation { .. } => {}
        }
    }

    /// So many bytes of an answer were generated.
    pub(super) fn generated(&mut self, choice: u32, length: usize) {
        self.seen.started = true;
        self.seen.output_bytes = self.seen.output_bytes.saturating_add(bytes(length));
        if !self.open.contains(&choice) {
            self.open.push(choice);
        }
    }

    /// The client was told that what the provider says cannot be told.
    pub(super) fn untold(&mut self) {
        self.seen.complete = false;
        self.seen.error.get_or_insert_with(|| "the provider's stream cannot be told in the client's API".to_owned());
    }

    /// The provider's body has ended: whether the answer is whole.
    pub(super) fn settle(&mut self) -> bool {
        let finished = self.finish_completes && self.seen.finish.is_some() && self.open.is_empty();
        self.seen.complete |= finished && self.seen.error.is_none();
        self.seen.complete
    }
}
