//! Answers of calls, on their way back.

use super::way::{Way, way};
use super::{Call, count, embeddings, rerank, usage};
use crate::translate::{AnswerContext, AnswerError, Api, Dialect, Hosting, Incoming, Parsed, Seen, Task, Whole};
use crate::usage::Units;

/// What the answer of a call needs besides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Back {
    pub(super) way: Option<Way>,
    pub(super) base64: bool,
    /// The prompt's tokens, where the provider tells them in a header.
    pub header_tokens: Option<u64>,
}

/// The header in which Bedrock tells the tokens of a prompt; of some models it tells them nowhere else.
pub const BEDROCK_INPUT_TOKENS: &str = "x-amzn-bedrock-input-token-count";

impl Back {
    /// Of a request to a provider of this dialect.
    pub fn of(api: Api, dialect: Dialect, hosting: &Hosting) -> Self {
        match api.task() {
            Task::Conversation(_) | Task::Opaque => Self::default(),
            Task::Call(call) => Self { way: way(call, dialect, hosting.has_tokenizer()), ..Self::default() },
        }
    }

    /// Whether the answer depends on something that only the request tells: see [`Self::read`].
    pub fn reads_the_request(&self) -> bool {
        self.way == Some(Way::Embed)
    }

    /// Learns whether embeddings are wanted in base64.
    pub fn read(&mut self, incoming: &Incoming<'_>) {
        if let Parsed::Json(top) = &incoming.parsed {
            self.base64 = top.text("encoding_format") == Some("\"base64\"");
        }
    }

    /// Whether the client understands the provider's answers as they are.
    pub(in crate::translate) fn passes(&self) -> bool {
        matches!(self.way, Some(Way::Pass | Way::Rank(_)))
    }
}

/// A whole answer with a status 2xx whose body is JSON.
///
/// In a pass-through an answer that cannot be read is kept, and `seen` tells what is wrong with it.
///
/// # Errors
/// [`AnswerError`] when it has to be translated and cannot be.
pub(in crate::translate) fn whole(call: Call, context: &AnswerContext, body: &[u8]) -> Result<Whole, AnswerError> {
    let Back { way, base64, header_tokens } = context.call;
    if !context.call.passes() && body.len() > context.answer_bytes {
        return Err(AnswerError::TooLarge { limit: context.answer_bytes });
    }
    let dialect = context.format.name();
    let (rendered, seen) = match way {
        Some(Way::Embed) => {
            let mut embeddings = embeddings::parse(dialect, body)?;
            embeddings.input_tokens = embeddings.input_tokens.or(header_tokens);
            let seen = embeddings.seen();
            embeddings.input_tokens.get_or_insert(context.input_estimate);
            (Some(embeddings.render(&context.asked_model, base64, dialect)?), seen)
        }
        Some(Way::Count) => {
            let tokens = count::parse(dialect, body)?;
            (Some(count::render(call, tokens)), Seen { complete: true, ..Seen::default() })
        }
        Some(Way::Rank(_)) => (None, ranks(body)),
        Some(Way::Pass) | None => (None, usage::observe(call, body)),
    };
    Ok(Whole { body: rendered.map(Into::into), seen })
}

/// What was seen of ranks.
fn ranks(body: &[u8]) -> Seen {
    match rerank::answer(body) {
        Ok(ranks) => {
            let units = Units { search_units: ranks.search_units, ..Units::default() };
            Seen { id: ranks.id, model: ranks.model, usage: ranks.usage, units, complete: true, ..Seen::default() }
        }
        Err(error) => Seen { error: Some(error.to_string()), ..Seen::default() },
    }
}
