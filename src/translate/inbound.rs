//! Answers that are not streamed, and errors, on their way from the provider to the client.
//!
//! The same format on both sides keeps the bytes, readable or not; what has to be translated and cannot be is the provider's fault
//! and an error. A client always gets an error that its own API's SDK can read.

use std::borrow::Cow;

use super::answer::ProviderError;
use super::{AnswerContext, AnswerError, ErrorHeaders, Framing, ProviderErrorAnswer, Seen, Task, Whole};
use super::{calls, citation, converse, custom, plain};
use crate::usage::Tokens;

/// Anthropic's status for "overloaded". No HTTP status of the registry, and unknown to clients of other APIs.
const OVERLOADED: u16 = 529;
/// Bedrock's status for "the model failed" (`ModelErrorException`). A client would take it for a mistake of its own: Bedrock's
/// framings tell that it is Bedrock, and not OpenAI, who means something else by it.
const MODEL_FAILED: u16 = 424;

/// Where providers tell the id that they have for a request: OpenAI, Anthropic, AWS, Azure.
pub const REQUEST_IDS: [&str; 4] = ["x-request-id", "request-id", "x-amzn-requestid", "apim-request-id"];

/// What AWS (403) and Google (400) say of a credential that is wrong or has expired, with a status that says something else.
const CREDENTIAL: [&str; 8] = [
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "InvalidClientTokenId",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "MissingAuthenticationTokenException",
    "API_KEY_INVALID",
    "ACCESS_TOKEN_EXPIRED",
];

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
            Ok(answer) => Seen::of(&answer, context.format),
            Err(error) => Seen { error: Some(error.to_string()), ..Seen::default() },
        };
        return Ok(Whole { body: None, seen });
    }
    if body.len() > context.answer_bytes {
        return Err(AnswerError::TooLarge { limit: context.answer_bytes });
    }
    let mut answer = parsed?;
    citation::place(&mut answer);
    let mut seen = Seen::of(&answer, context.format);
    for part in answer.choices.iter().flat_map(|choice| &choice.parts) {
        seen.untold(client, &part.content);
    }
    custom::unwrap(&mut answer, &context.custom_tools);
    // Nothing but zeros is no report: vendors write it where they have not counted.
    answer.usage = answer.usage.filter(|tokens| *tokens != Tokens::default());
    if client.demands_usage() {
        answer.usage = Some(seen.told_tokens(context.input_estimate));
    }
    let rendered = client.render_answer(&answer, context);
    Ok(Whole { body: Some(rendered.into()), seen })
}

/// An answer that is not a 2xx. The client gets the provider's message and status; a redirect is none of the client's business and
/// becomes a 502. What is not JSON comes from before the provider, whatever its format, and is told as text.
pub fn provider_error(context: &AnswerContext, status: u16, body: &[u8]) -> ProviderErrorAnswer {
    let mut error = context.format.parse_error(status, body);
    context.headers.add_to(&mut error);
    if !matches!(body.trim_ascii_start(), [b'{' | b'[', ..]) {
        let text = plain::text(body);
        if !text.is_empty() {
            error.message = text;
        }
    }
    plain::bound(&mut error.message);
    let message = error.message.to_string();
    let (same, family) = (context.is_pass_through(), context.api.family());
    let refuses_credential = matches!(status, 401 | 407) || error.names(&CREDENTIAL);
    let status = match status {
        OVERLOADED if !same => 503,
        MODEL_FAILED if context.framing != Framing::Sse => 502,
        400..600 => status,
        _ => 502,
    };
    let body = match same.then(|| family.kept_error(status, &error, body)).flatten() {
        Some(Cow::Borrowed(_)) => None,
        Some(Cow::Owned(completed)) => Some(completed.into()),
        None => Some(family.render_error(status, &error).into()),
    };
    ProviderErrorAnswer { status, body, message, refuses_credential }
}

impl ErrorHeaders {
    /// Of an answer with these header fields.
    pub fn of<'h>(field: impl Fn(&str) -> Option<&'h str>) -> Self {
        let kind = field("x-amzn-errortype").map(|kind| converse::error::named(kind).to_owned());
        Self { kind, request_id: REQUEST_IDS.iter().find_map(|name| field(name)).map(str::to_owned) }
    }

    /// What the body says counts more.
    fn add_to<'e>(&'e self, error: &mut ProviderError<'e>) {
        for (told, own) in [(&mut error.kind, &self.kind), (&mut error.request_id, &self.request_id)] {
            if told.is_none() {
                *told = own.as_deref().map(Into::into);
            }
        }
    }
}

impl ProviderError<'_> {
    /// Whether the provider calls it by one of these names.
    fn names(&self, names: &[&str]) -> bool {
        [&self.kind, &self.code].into_iter().flatten().any(|own| names.contains(&&**own))
    }
}
