//! Requests: read from a client.
//!
//! `max_tokens` is 16 where the client gives none, as OpenAI has it: a longer answer would be another one than was asked for.

use serde_json::value::RawValue;

use super::super::{Facts, RequestError, Target, openai};
use crate::codec::json::TopLevel;
use crate::translate::conversation::{Content, Conversation, Message, Role, Sampling};
use crate::translate::fault::{self, Fault, read_raw};
use crate::translate::hints::Hints;
use crate::translate::object::object;
use crate::translate::openai::request::missing;
use crate::translate::text::Str;
use crate::translate::text_or::TextOr;
use crate::translate::wrong::Wrong;

/// OpenAI's `max_tokens` of this API where the client gives none.
pub const DEFAULT_MAX_TOKENS: u64 = 16;
/// The most alternatives per token that OpenAI's API reference allows for `logprobs` of this API.
const LOGPROBS: u8 = 5;

object! {
    /// The body.
    Request {
        model: Str<'a>,
        prompt: &'a RawValue,
        suffix: Str<'a>,
        echo: bool,
        best_of: u32,
        max_tokens: u64,
        n: u32,
        stop: TextOr<'a, Str<'a>>,
        temperature: f64,
        top_p: f64,
        top_k: u64,
        seed: i64,
        presence_penalty: f64,
        frequency_penalty: f64,
        logit_bias: &'a RawValue,
        logprobs: u8,
        user: Str<'a>,
        stream: bool,
        stream_options: StreamOptions<'a>,
    }
}

object! {
    StreamOptions {
        include_usage: bool,
    }
}

/// The path of completions at a provider.
pub fn path(target: &Target<'_>) -> String {
    format!("{}/completions", target.path_prefix)
}

/// What the road needs to know. Every answer to every prompt counts towards the limit.
///
/// # Errors
/// [`RequestError::Invalid`], naming the field.
pub fn facts(top: &TopLevel<'_>) -> Result<Facts, RequestError> {
    let facts = openai::request::facts(top)?;
    let limit = top.u64("max_tokens")?.unwrap_or(DEFAULT_MAX_TOKENS);
    let answers = top.u64("n")?.unwrap_or(1).max(top.u64("best_of")?.unwrap_or(1));
    let prompts = top.get("prompt").map_or(1, prompts);
    Ok(Facts { max_output_tokens: Some(limit.saturating_mul(answers).saturating_mul(prompts)), ..facts })
}

/// How many prompts there are: several texts, or several lists of tokens.
fn prompts(raw: &RawValue) -> u64 {
    let list: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
    match list.first().map(|first| first.get().as_bytes()) {
        Some([b'"' | b'[', ..]) => u64::try_from(list.len()).unwrap_or(u64::MAX),
        _ => 1,
    }
}

/// Reads a request.
///
/// # Errors
/// [`RequestError::Invalid`], naming the field; [`RequestError::Unsupported`] for what no conversation can say.
pub fn parse<'a>(body: &'a [u8]) -> Result<Conversation<'a>, RequestError> {
    Ok(conversation(fault::read(body)?)?)
}

fn conversation(request: Request<'_>) -> Result<Conversation<'_>, Wrong> {
    refuse(&request)?;
    let mut ignored = Hints::default();
    if let Some(options) = &request.stream_options {
        ignored.all("stream_options.", &options.rest);
    }
    let prompt = prompt(request.prompt.ok_or_else(|| missing("prompt"))?)?;
    Ok(Conversation {
        messages: vec![Message { role: Role::User, name: None, parts: vec![Content::Text(prompt).into()] }],
        max_output_tokens: Some(request.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS)),
        sampling: Sampling {
            temperature: request.temperature,
            top_p: request.top_p,
            top_k: request.top_k,
            seed: request.seed,
            presence_penalty: request.presence_penalty,
            frequency_penalty: request.frequency_penalty,
        },
        stop: match request.stop {
            Some(TextOr::Text(text)) => vec![text],
            Some(TextOr::List(list)) => list,
            None => Vec::new(),
        },
        choices: request.n,
        logprobs: request.logprobs,
        logit_bias: request.logit_bias,
        stream: request.stream.unwrap_or_default(),
        end_user: request.user,
        extras: request.rest,
        ignored: ignored.into_names(),
        ..Conversation::default()
    })
}

fn refuse(request: &Request<'_>) -> Result<(), Wrong> {
    if request.n == Some(0) {
        return Err(Fault::new("n", "must be at least 1").into());
    }
    if request.logprobs.is_some_and(|logprobs| logprobs > LOGPROBS) {
        return Err(Fault::new("logprobs", format!("must be at most {LOGPROBS}")).into());
    }
    let served = "only a provider that serves completions itself can do that: remove it";
    for (field, given) in [
        ("suffix", request.suffix.as_ref().is_some_and(|suffix| !suffix.is_empty())),
        ("echo", request.echo == Some(true)),
        // As many as are told is no choice of the best.
        ("best_of", request.best_of.is_some_and(|best_of| best_of != request.n.unwrap_or(1))),
    ] {
        if given {
            return Err(Wrong::Foreign(Fault::new(field, served)));
        }
    }
    Ok(())
}

/// One text, or a list with one.
fn prompt(raw: &RawValue) -> Result<Str<'_>, Wrong> {
    if raw.get().starts_with('"') {
        return Ok(read_raw(raw).map_err(|fault| fault.within("prompt"))?);
    }
    let list: Vec<&RawValue> = read_raw(raw).map_err(|_| Fault::new("prompt", "is neither a string nor an array"))?;
    match list.as_slice() {
        [] => Err(Fault::new("prompt", "must have at least one text").into()),
        [only] if only.get().starts_with('"') => Ok(read_raw(only).map_err(|fault| fault.within("prompt[0]"))?),
        [first, ..] => {
            let message = if first.get().starts_with('"') {
                "only a provider that serves completions itself takes several prompts: send a request for each"
            } else {
                "only a provider that serves completions itself takes tokens: send text"
            };
            Err(Wrong::Foreign(Fault::new("prompt", message)))
        }
    }
}
