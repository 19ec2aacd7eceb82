//! Answers of calls, on their way back.

use super::standin::Context;
use super::way::{Way, way};
use super::{Call, count, embeddings, usage};
use crate::translate::{AnswerError, Seen, Whole};

/// A whole answer with a status 2xx whose body is JSON.
///
/// In a pass-through an answer that cannot be read is kept, and `seen` tells what is wrong with it.
///
/// # Errors
/// [`AnswerError`] when it has to be translated and cannot be.
pub fn whole(context: &Context, body: &[u8]) -> Result<Whole, AnswerError> {
    let (call, dialect) = (context.call, context.dialect.name());
    let (rendered, seen) = match way(call, context.dialect, context.tokenize) {
        Some(Way::Embed) => {
            let mut embeddings = embeddings::parse(dialect, body)?;
            embeddings.input_tokens = embeddings.input_tokens.or(context.input_tokens);
            let rendered = embeddings.render(&context.asked_model, context.base64, dialect)?;
            (Some(rendered), embeddings.seen())
        }
        Some(Way::Count) => {
            let tokens = count::parse(dialect, body)?;
            (Some(count::render(call, tokens)), Seen { complete: true, ..Seen::default() })
        }
        Some(Way::Pass) | None => (None, usage::observe(call, body)),
    };
    Ok(Whole { body: rendered.map(Into::into), seen })
}

/// Whether the answer of a call may be something else than JSON: sound, subtitles, plain text.
pub fn may_be_binary(call: Call) -> bool {
    matches!(call, Call::Speech | Call::Transcriptions | Call::Translations)
}
