//! Answers that are not streamed, and errors, on their way from the provider to the client.
//!
//! The same format on both sides keeps the bytes, readable or not; what has to be translated and cannot be is the provider's fault
//! and an error. A client always gets an error that its own API's SDK can read.

use bytes::Bytes;

use super::{AnswerContext, AnswerError, Framing, ProviderErrorAnswer, Seen, Task, Whole, calls, citation, plain};

/// Anthropic's status for "overloaded". No HTTP status of the registry, and unknown to clients of other APIs.
const OVERLOADED: u16 = 529;
/// Bedrock's status for "the model failed" (`ModelErrorException`). A client would take it for a mistake of its own: Bedrock's
/// framings tell that it is Bedrock, and not OpenAI, who means something else by it.
const MODEL_FAILED: u16 = 424;

/// An answer with a status 2xx that is not streamed.
///
/// In a pass-through an answer that cannot be read is kept, and `seen` tells what is wrong with it.
///
/// # Errors
/// [`AnswerError`] when it has to be translated and cannot be.
pub fn whole(context: &AnswerContext, body: &[u8]) -> Result<Whole, AnswerError> {
    let client = match context.api.task() {
        Task::Conversation(client) => client,
        Task::Call(call) => return calls::whole(call, context, body),
        Task::Opaque => return Ok(Whole { body: None, seen: Seen::default() }),
    };
    let parsed = context.format.parse_answer(body);
    if context.is_pass_through() {
        let seen = match parsed {
            Ok(answer) => Seen::of(&answer),
            Err(error) => Seen { error: Some(error.to_string()), ..Seen::default() },
        };
        return Ok(Whole { body: None, seen });
    }
    if body.len() > context.answer_bytes {
        return Err(AnswerError::TooLarge { limit: context.answer_bytes });
    }
    let mut answer = parsed?;
    citation::place(&mut answer);
    let rendered = client.render_answer(&answer, context);
    Ok(Whole { body: Some(rendered.into()), seen: Seen::of(&answer) })
}

/// An answer that is not a 2xx. The client gets the provider's message and status; a redirect is none of the client's business and
/// becomes a 502. What is not JSON comes from before the provider, whatever its format, and is told as text.
pub fn provider_error(context: &AnswerContext, status: u16, body: &[u8]) -> ProviderErrorAnswer {
    let mut error = context.format.parse_error(status, body);
    if !matches!(body.trim_ascii_start(), [b'{' | b'[', ..]) {
        let text = plain::text(body);
        if !text.is_empty() {
            error.message = text;
        }
    }
    plain::bound(&mut error.message);
    let message = error.message.to_string();
    let (same, family) = (context.is_pass_through(), context.api.family());
    let status = match status {
        OVERLOADED if !same => 503,
        MODEL_FAILED if !same || context.framing != Framing::Sse => 502,
        400..600 => status,
        _ => 502,
    };
    let body = (!same || !family.is_error(body)).then(|| Bytes::from(family.render_error(status, &error)));
    ProviderErrorAnswer { status, body, message }
}
