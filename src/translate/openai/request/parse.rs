//! The top level of a request: sampling, limits, reasoning, answer format. Messages and tools have files of their own.

use std::borrow::Cow;

use super::{messages, tools, wire};
use crate::translate::RequestError;
use crate::translate::conversation::{CacheHint, Conversation, Reasoning, ResponseFormat, Sampling, Thought};
use crate::translate::fault::{self, Fault};
use crate::translate::hints::Hints;
use crate::translate::object::Rest;
use crate::translate::openai::words;
use crate::translate::text::Str;
use crate::translate::text_or::TextOr;

/// The most alternatives per token that OpenAI's API reference allows for `top_logprobs`.
pub(in crate::translate) const TOP_LOGPROBS: u8 = 20;

/// Reads a chat completion request.
///
/// # Errors
/// [`RequestError::Invalid`], naming the field.
pub fn parse<'a>(body: &'a [u8]) -> Result<Conversation<'a>, RequestError> {
    Ok(conversation(fault::read(body)?)?)
}

fn conversation(request: wire::Request<'_>) -> Result<Conversation<'_>, Fault> {
    for (field, given) in [("functions", &request.functions), ("function_call", &request.function_call)] {
        if given.is_some() {
            return Err(Fault::new(field, "is OpenAI's deprecated form and is not translated: use `tools` and `tool_choice`"));
        }
    }
    let mut extras = request.rest;
    let mut ignored = Hints::default();
    if let Some(options) = &request.stream_options {
        ignored.all("stream_options.", &options.rest);
    }
    let mut conversation = Conversation {
        tools: tools::tools(request.tools.unwrap_or_default())?,
        tool_choice: tools::choice(request.tool_choice, &mut extras)?,
        parallel_tool_calls: request.parallel_tool_calls,
        response_format: request.response_format.map(response_format).transpose().map_err(|f| f.within("response_format"))?,
        max_output_tokens: request.max_completion_tokens.or(request.max_tokens),
        sampling: Sampling {
            temperature: request.temperature,
            top_p: request.top_p,
            top_k: request.top_k,
            seed: request.seed,
            presence_penalty: request.presence_penalty,
            frequency_penalty: request.frequency_penalty,
        },
        reasoning: reasoning(request.reasoning_effort, request.thinking)?,
        stop: stop(request.stop),
        choices: choices(request.n)?,
        logprobs: logprobs(request.logprobs, request.top_logprobs)?,
        logit_bias: request.logit_bias,
        stream: request.stream.unwrap_or_default(),
        service_tier: request.service_tier,
        end_user: end_user(request.safety_identifier, request.user, &mut ignored),
        metadata: request.metadata,
        ..Conversation::default()
    };
    conversation.messages = messages::messages(request.messages, &mut ignored)?;
    conversation.extras = extras;
    conversation.ignored = ignored.into_names();
    Ok(conversation)
}

fn response_format(format: wire::ResponseFormat<'_>) -> Result<ResponseFormat<'_>, Fault> {
    refuse_unknown(&format.rest)?;
    match format.kind.as_deref() {
        Some("text") => Ok(ResponseFormat::Text),
        Some("json_object") => Ok(ResponseFormat::JsonObject),
        Some("json_schema") => {
            let schema = format.json_schema.ok_or_else(|| missing("json_schema"))?;
            refuse_unknown(&schema.rest).map_err(|f| f.within("json_schema"))?;
            let wire::JsonSchema { name, description, schema, strict, .. } = schema;
            Ok(ResponseFormat::JsonSchema { name, description, schema: schema.map(Cow::Borrowed), strict })
        }
        Some(other) => Err(Fault::new("type", format!("`{other}` is not one of `text`, `json_object` and `json_schema`"))),
        None => Err(missing("type")),
    }
}

fn reasoning(effort: Option<Str<'_>>, thinking: Option<wire::ThinkingConfig<'_>>) -> Result<Option<Reasoning>, Fault> {
    let effort = match &effort {
        Some(word) => Some(words::effort(word).ok_or_else(|| {
            Fault::new("reasoning_effort", format!("`{word}` is not one of {}", words::EFFORTS.map(|(word, _)| word).join(", ")))
        })?),
        None => None,
    };
    let mode = match thinking {
        Some(thinking) => thought(&thinking).map_err(|f| f.within("thinking"))?,
        None => Thought::Default,
    };
    Ok((effort.is_some() || mode != Thought::Default).then_some(Reasoning { mode, effort }))
}

fn thought(thinking: &wire::ThinkingConfig<'_>) -> Result<Thought, Fault> {
    refuse_unknown(&thinking.rest)?;
    match (thinking.kind.as_deref(), thinking.budget_tokens) {
        (Some("enabled"), Some(budget)) => Ok(Thought::Budget(budget)),
        // DeepSeek's and others' form: on, without a budget.
        (Some("enabled" | "adaptive"), None) => Ok(Thought::Adaptive),
        (Some("disabled"), None) => Ok(Thought::Off),
        (Some("adaptive" | "disabled"), Some(_)) => Err(Fault::new("budget_tokens", "goes with the type `enabled` only")),
        (Some(other), _) => Err(Fault::new("type", format!("`{other}` is not one of `enabled`, `disabled` and `adaptive`"))),
        (None, _) => Err(missing("type")),
    }
}

fn stop<'a>(stop: Option<TextOr<'a, Str<'a>>>) -> Vec<Str<'a>> {
    match stop {
        Some(TextOr::Text(text)) => vec![text],
        Some(TextOr::List(list)) => list,
        None => Vec::new(),
    }
}

fn choices(n: Option<u32>) -> Result<Option<u32>, Fault> {
    if n == Some(0) { Err(Fault::new("n", "must be at least 1")) } else { Ok(n) }
}

fn logprobs(wanted: Option<bool>, top: Option<u8>) -> Result<Option<u8>, Fault> {
    match (wanted, top) {
        (_, Some(top)) if top > TOP_LOGPROBS => Err(Fault::new("top_logprobs", format!("must be at most {TOP_LOGPROBS}"))),
        (Some(true), top) => Ok(Some(top.unwrap_or(0))),
        (_, Some(1..)) => Err(Fault::new("top_logprobs", "needs `logprobs` to be true")),
        _ => Ok(None),
    }
}

/// `safety_identifier` replaced `user` at OpenAI; where both are given, the newer one counts.
fn end_user<'a>(safety_identifier: Option<Str<'a>>, user: Option<Str<'a>>, ignored: &mut Hints) -> Option<Str<'a>> {
    match (safety_identifier, user) {
        (Some(newer), Some(older)) => {
            if newer != older {
                ignored.add("user");
            }
            Some(newer)
        }
        (newer, older) => newer.or(older),
    }
}

/// Anthropic's `cache_control`, which OpenAI-compatible gateways have taken over.
pub(super) fn cache_hint(control: &wire::CacheControl<'_>) -> Result<CacheHint, Fault> {
    refuse_unknown(&control.rest)?;
    match (control.kind.as_deref(), control.ttl.as_deref()) {
        (Some("ephemeral"), None | Some("5m")) => Ok(CacheHint::Default),
        (Some("ephemeral"), Some("1h")) => Ok(CacheHint::OneHour),
        (Some("ephemeral"), Some(other)) => Err(Fault::new("ttl", format!("`{other}` is not one of `5m` and `1h`"))),
        (Some(other), _) => Err(Fault::new("type", format!("`{other}` is not `ephemeral`"))),
        (None, _) => Err(missing("type")),
    }
}

/// As [`cache_hint`], with the path of a field that may be absent.
pub(super) fn optional_cache_hint(control: Option<&wire::CacheControl<'_>>) -> Result<Option<CacheHint>, Fault> {
    control.map(cache_hint).transpose().map_err(|f| f.within("cache_control"))
}

pub(in crate::translate) fn missing(field: &str) -> Fault {
    Fault::new(field, "is missing")
}

/// A field that nobody here knows might change the meaning: OpenAI's own API refuses it, too.
pub(in crate::translate) fn refuse_unknown(rest: &Rest<'_>) -> Result<(), Fault> {
    match rest.first() {
        Some((key, _)) => Err(Fault::new(&**key, "is not a field that is known here: it cannot be translated, remove it")),
        None => Ok(()),
    }
}
