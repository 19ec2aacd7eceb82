//! Requests on their way from the client to the provider: the facts that the road needs, and the body in the provider's dialect.
//!
//! Always made from the client's original body, so that each attempt of a fallback begins anew. Overrides of the config come last:
//! they hold in every dialect, and whatever the client has sent.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;

use super::fault::{Fault, read_raw};
use super::{Api, Dialect, Facts, Rendered, RequestError, Target};
use crate::codec::json::{JsonError, JsonErrorKind, Splice, TopLevel};

/// The depth of a body was bounded when it came in, so what is made of it needs no bound.
const ANY_DEPTH: usize = usize::MAX;

/// What the road needs to know of a request.
///
/// # Errors
/// [`RequestError::Invalid`] for a field that is missing or of the wrong type.
pub fn facts(api: Api, top: &TopLevel<'_>) -> Result<Facts, RequestError> {
    let model = top.str("model")?.unwrap_or_default().into_owned();
    if model.is_empty() {
        return Err(Fault::new("model", "is missing: name a model").into());
    }
    let stream = top.bool("stream")?.unwrap_or_default();
    let (max_output_tokens, wants_usage) = match api {
        Api::OpenAiChat => (openai_output_limit(top)?, !stream || asks_for_usage(top)?),
        Api::AnthropicMessages => (top.u64("max_tokens")?, true),
    };
    Ok(Facts { model, stream, max_output_tokens, wants_usage })
}

fn openai_output_limit(top: &TopLevel<'_>) -> Result<Option<u64>, RequestError> {
    let limit = top.u64("max_completion_tokens")?.or(top.u64("max_tokens")?);
    let choices = top.u64("n")?.unwrap_or(1);
    Ok(limit.map(|limit| limit.saturating_mul(choices)))
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

fn asks_for_usage(top: &TopLevel<'_>) -> Result<bool, RequestError> {
    let Some(raw) = top.get("stream_options") else { return Ok(false) };
    let options: Option<StreamOptions> = read_raw(raw).map_err(|fault| fault.within("stream_options"))?;
    Ok(options.and_then(|options| options.include_usage).unwrap_or_default())
}

impl From<JsonError> for RequestError {
    fn from(error: JsonError) -> Self {
        let message = error.to_string();
        let field = match error.kind {
            JsonErrorKind::WrongType { key, .. } | JsonErrorKind::DuplicateKey(key) => key,
            _ => String::new(),
        };
        Self::Invalid { field, message }
    }
}

/// A request in the target's dialect. The same dialect on both sides changes only what must be changed: the model where its name
/// differs, `stream_options.include_usage` where the gateway needs it and the caller did not ask, and the config's overrides.
///
/// # Errors
/// [`RequestError`], naming the field.
pub fn request(api: Api, body: &Bytes, top: &TopLevel<'_>, facts: &Facts, target: &Target<'_>) -> Result<Rendered, RequestError> {
    if api.dialect() == target.dialect {
        return pass_through(body, top, facts, target);
    }
    let conversation = api.dialect().parse_request(body)?;
    let mut rendered = target.dialect.render_request(&conversation, target)?;
    rendered.dropped.extend(conversation.ignored.iter().cloned());
    if let (false, Some(body)) = (target.overrides.is_empty(), &rendered.body) {
        let top = TopLevel::scan(body, ANY_DEPTH)?;
        let mut splice = Splice::new(body, &top);
        override_fields(&mut splice, target);
        if let Some(changed) = splice.finish() {
            rendered.body = Some(changed);
        }
    }
    Ok(rendered)
}

fn pass_through(body: &Bytes, top: &TopLevel<'_>, facts: &Facts, target: &Target<'_>) -> Result<Rendered, RequestError> {
    let mut splice = Splice::new(body, top);
    if facts.model != target.model {
        splice.set("model", json_string(target.model));
    }
    if target.dialect == Dialect::OpenAi && facts.stream && !facts.wants_usage {
        splice.set("stream_options", stream_options(top)?);
    }
    override_fields(&mut splice, target);
    Ok(Rendered { path: target.dialect.path(target), headers: Vec::new(), body: splice.finish(), dropped: Vec::new() })
}

fn json_string(text: &str) -> Vec<u8> {
    serde_json::Value::from(text).to_string().into_bytes()
}

/// The caller's stream options, with usage asked for.
fn stream_options(top: &TopLevel<'_>) -> Result<Cow<'static, [u8]>, RequestError> {
    const ONLY_USAGE: &[u8] = br#"{"include_usage":true}"#;
    let Some(given) = top.text("stream_options").filter(|given| *given != "null") else {
        return Ok(ONLY_USAGE.into());
    };
    let fields = TopLevel::scan(given.as_bytes(), ANY_DEPTH)?;
    let mut splice = Splice::new(given.as_bytes(), &fields);
    splice.set("include_usage", &b"true"[..]);
    Ok(splice.finish().map_or_else(|| Cow::Owned(given.as_bytes().to_vec()), |options| Cow::Owned(options.into())))
}

fn override_fields<'a>(splice: &mut Splice<'a>, target: &Target<'a>) {
    for (field, value) in target.overrides {
        match value {
            Some(json) => splice.set(field, json.get().as_bytes()),
            None => splice.remove(field),
        }
    }
}
