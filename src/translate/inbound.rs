//! Answers that are not streamed, and errors, on their way from the provider to the client.
//!
//! The same dialect on both sides keeps the bytes, readable or not; what has to be translated and cannot be is the provider's fault
//! and an error. A client always gets an error that its own API's SDK can read.

use bytes::Bytes;
use serde::Deserialize;

use super::text::Str;
use super::{AnswerContext, AnswerError, Api, ProviderErrorAnswer, Seen, Whole, plain};

/// Anthropic's status for "overloaded". No HTTP status of the registry, and unknown to clients of other APIs.
const OVERLOADED: u16 = 529;

/// An answer with a status 2xx that is not streamed.
///
/// In a pass-through an answer that cannot be read is kept, and `seen` tells what is wrong with it.
///
/// # Errors
/// [`AnswerError`] when it has to be translated and cannot be.
pub fn whole(context: &AnswerContext, body: &[u8]) -> Result<Whole, AnswerError> {
    let parsed = context.dialect.parse_answer(body);
    if context.api.dialect() == context.dialect {
        let seen = match parsed {
            Ok(answer) => Seen::of(&answer),
            Err(error) => Seen { error: Some(error.to_string()), ..Seen::default() },
        };
        return Ok(Whole { body: None, seen });
    }
    if body.len() > context.answer_bytes {
        return Err(AnswerError::TooLarge { limit: context.answer_bytes });
    }
    let answer = parsed?;
    let rendered = context.api.dialect().render_answer(&answer, &context.asked_model);
    Ok(Whole { body: Some(rendered.into()), seen: Seen::of(&answer) })
}

/// An answer that is not a 2xx. The client gets the provider's message and status; a redirect is none of the client's business and
/// becomes a 502. What is not JSON comes from before the provider, whatever its dialect, and is told as text.
pub fn provider_error(context: &AnswerContext, status: u16, body: &[u8]) -> ProviderErrorAnswer {
    let mut error = context.dialect.parse_error(status, body);
    if !matches!(body.trim_ascii_start(), [b'{' | b'[', ..]) {
        let text = plain::text(body);
        if !text.is_empty() {
            error.message = text;
        }
    }
    plain::bound(&mut error.message);
    let message = error.message.to_string();
    let same = context.api.dialect() == context.dialect;
    let status = match status {
        OVERLOADED if !same => 503,
        400..600 => status,
        _ => 502,
    };
    let body =
        (!same || !is_in_shape(context.api, body)).then(|| Bytes::from(context.api.dialect().render_error(status, &error)));
    ProviderErrorAnswer { status, body, message }
}

/// Whether an error has the shape that a client of this API expects.
fn is_in_shape(api: Api, body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Outer<'a> {
        #[serde(rename = "type", borrow)]
        kind: Option<Str<'a>>,
        #[serde(borrow)]
        error: Inner<'a>,
    }
    #[derive(Deserialize)]
    struct Inner<'a> {
        #[serde(rename = "type", borrow)]
        kind: Option<Str<'a>>,
        #[serde(borrow, rename = "message")]
        _message: Str<'a>,
    }
    serde_json::from_slice::<Outer<'_>>(body).is_ok_and(|outer| match api {
        Api::OpenAiChat => true,
        Api::AnthropicMessages => outer.kind.is_some_and(|kind| kind == "error") && outer.error.kind.is_some(),
    })
}
