//! The chunks of a client's stream, as chat completions and completions share them: around the choices all of it is the same.
//!
//! All chunks of a stream share id, `created` and model, so their head is made once. After the end or an error nothing follows, and
//! after an error no `[DONE]` either.

use serde::Serialize;

use super::{error, now, usage};
use crate::codec::sse;
use crate::rejection::Rejection;
use crate::translate::answer::ProviderError;
use crate::translate::verdict;
use crate::usage::Tokens;

/// What an API calls its chunks and its answers.
#[derive(Debug, Clone, Copy)]
pub(in crate::translate) struct Named {
    /// `object` of each chunk.
    pub(in crate::translate) object: &'static str,
    /// An id for an answer whose provider gave none.
    pub(in crate::translate) made_id: fn() -> String,
}

/// Writes the chunks of one stream.
#[derive(Debug)]
pub(in crate::translate) struct Chunks {
    named: Named,
    asked_model: String,
    wants_usage: bool,
    /// `data: {"id":…,"object":…,"created":…,"model":…,` from the first chunk on.
    head: Vec<u8>,
    usage: Option<Tokens>,
    ended: bool,
}

#[derive(Serialize)]
struct Head<'c> {
    id: &'c str,
    object: &'static str,
    created: i64,
    model: &'c str,
}

impl Chunks {
    /// `asked_model` stands in where the provider does not say which model answers.
    pub(in crate::translate) fn new(named: Named, asked_model: &str, wants_usage: bool) -> Self {
        let asked_model = asked_model.to_owned();
        Self { named, asked_model, wants_usage, head: Vec::new(), usage: None, ended: false }
    }

    /// Whether the stream has its end.
    pub(in crate::translate) fn ended(&self) -> bool {
        self.ended
    }

    /// Makes the head, once.
    pub(in crate::translate) fn start(&mut self, id: Option<&str>, model: Option<&str>, created: Option<i64>) {
        if !self.head.is_empty() {
            return;
        }
        let made;
        let id = match id {
            Some(id) => id,
            None => {
                made = (self.named.made_id)();
                &made
            }
        };
        let created = created.unwrap_or_else(now);
        let model = model.unwrap_or(&self.asked_model);
        self.head.extend_from_slice(b"data: ");
        json(&Head { id, object: self.named.object, created, model }, &mut self.head);
        // The object goes on behind the head.
        self.head.pop();
        self.head.push(b',');
    }

    /// A chunk with a piece of one choice.
    pub(in crate::translate) fn piece(&mut self, choice: &impl Serialize, out: &mut Vec<u8>) {
        self.start(None, None, None);
        out.extend_from_slice(&self.head);
        out.extend_from_slice(br#""choices":["#);
        json(choice, out);
        out.extend_from_slice(b"]}\n\n");
    }

    /// Keeps what the provider reports until the end.
    pub(in crate::translate) fn usage(&mut self, tokens: Tokens) {
        self.usage = Some(self.usage.unwrap_or_default().merge(tokens));
    }

    /// Ends the stream with an error of the gateway.
    pub(in crate::translate) fn fail(&mut self, rejection: &Rejection, out: &mut Vec<u8>) {
        if !self.ended {
            self.ended = true;
            sse::write(out, None, &error::rejection(rejection));
        }
    }

    /// Ends the stream with an error of the provider.
    pub(in crate::translate) fn error(&mut self, reported: &ProviderError<'_>, out: &mut Vec<u8>) {
        self.ended = true;
        sse::write(out, None, &error::render(verdict::status(reported), reported));
    }

    /// Ends the stream of a whole answer.
    pub(in crate::translate) fn end(&mut self, out: &mut Vec<u8>) {
        self.ended = true;
        if let Some(tokens) = self.usage.filter(|_| self.wants_usage) {
            self.start(None, None, None);
            out.extend_from_slice(&self.head);
            out.extend_from_slice(br#""choices":[],"usage":"#);
            json(&usage::Told::from(tokens), out);
            out.extend_from_slice(b"}\n\n");
        }
        sse::write(out, None, b"[DONE]");
    }
}

fn json(value: &impl Serialize, out: &mut Vec<u8>) {
    // Writing plain structs with string keys into memory cannot fail.
    let _ = serde_json::to_writer(out, value);
}
