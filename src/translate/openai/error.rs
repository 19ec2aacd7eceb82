//! Errors: read from a provider, whatever it is that it sends; written for a client.
//!
//! Reading never fails: vendors have half a dozen shapes, and what stands before them answers in HTML. The message is the
//! provider's own, bounded. Writing keeps the provider's message and says in `code` what the provider called it.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::rejection::Rejection;
use crate::translate::answer::ProviderError;
use crate::translate::plain;
use crate::translate::text::Str;

/// The shapes of all vendors in one: OpenAI's `error` object, an `error` that is a string, vLLM's and Mistral's flat object,
/// FastAPI's `detail`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    param: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    request_id: Option<&'a RawValue>,
}

/// Reads the body of an answer that is not a 2xx.
pub fn parse(status: u16, body: &[u8]) -> ProviderError<'_> {
    let structured = std::str::from_utf8(body).ok().and_then(object).map(|wire| wire.error());
    let mut error = structured.unwrap_or_default();
    if error.message.is_empty() {
        error.message = plain::text(body);
    }
    plain::bound(&mut error.message);
    if error.message.is_empty() {
        error.message = format!("the provider answered {status} without a message").into();
    }
    error
}

/// Reads an `error` that stands in an answer or in an event of a stream.
pub(in crate::translate) fn of_value(raw: &RawValue) -> ProviderError<'_> {
    let mut error = object(raw.get()).map(|wire| wire.error()).unwrap_or_default();
    if error.message.is_empty() {
        error.message = text(raw).unwrap_or_default();
    }
    plain::bound(&mut error.message);
    error
}

/// Whether an `error` field is one: some vendors write an empty one into every answer.
pub(in crate::translate) fn says_something(raw: &RawValue) -> bool {
    !matches!(raw.get(), "{}" | "[]" | "\"\"" | "false" | "0")
}

/// `None` where the text is no JSON object (or, as Gemini sends it, an array that begins with one).
fn object(json: &str) -> Option<Wire<'_>> {
    let json = json.trim_start();
    if json.starts_with('[') {
        let list: Vec<&RawValue> = serde_json::from_str(json).ok()?;
        return object(list.first().filter(|first| first.get().starts_with('{'))?.get());
    }
    serde_json::from_str(json).ok().filter(|_| json.starts_with('{'))
}

impl<'a> Wire<'a> {
    fn error(self) -> ProviderError<'a> {
        let inner = self.error.and_then(|raw| object(raw.get())).unwrap_or_default();
        let nested = self.error.and_then(scalar);
        let message =
            nested.or_else(|| [inner.message, inner.detail, self.message, self.detail].into_iter().flatten().find_map(text));
        let first = |fields: [Option<&'a RawValue>; 3]| fields.into_iter().flatten().find_map(scalar);
        // The outer `type` of Anthropic's shape only says that it is an error.
        ProviderError {
            kind: first([inner.kind, inner.status, self.kind]).filter(|kind| kind != "error"),
            code: first([inner.code, self.code, None]),
            message: message.unwrap_or_default(),
            param: first([inner.param, self.param, None]),
            request_id: first([inner.request_id, self.request_id, None]),
        }
    }
}

/// A string, number or boolean as text; nothing where it is null, empty, or has an inside.
fn scalar(raw: &RawValue) -> Option<Str<'_>> {
    match raw.get().as_bytes() {
        [b'"', ..] => serde_json::from_str(raw.get()).ok().filter(|text: &Str<'_>| !text.is_empty()),
        [b'{' | b'[' | b'n', ..] | [] => None,
        _ => Some(raw.get().into()),
    }
}

/// As [`scalar`], but the JSON itself where it has an inside: FastAPI lists what is wrong.
fn text(raw: &RawValue) -> Option<Str<'_>> {
    scalar(raw).or_else(|| matches!(raw.get().as_bytes(), [b'{' | b'[', ..]).then(|| raw.get().into()))
}

#[derive(Serialize)]
struct Told<'c> {
    error: ToldError<'c>,
}

/// All four are always there: clients with typed models expect them.
#[derive(Serialize)]
struct ToldError<'c> {
    message: &'c str,
    r#type: &'c str,
    param: Option<&'c str>,
    code: Option<&'c str>,
}

impl Told<'_> {
    fn write(&self) -> Vec<u8> {
        // Serializing plain structs with string keys cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// A provider's error in OpenAI's shape. `type` follows the status, as at OpenAI; what the provider calls it stands in `code`
/// where the provider has no code of its own.
pub fn render(status: u16, error: &ProviderError<'_>) -> Vec<u8> {
    let message = match &error.request_id {
        Some(id) if !error.message.contains(&**id) => Cow::Owned(format!("{} (request id: {id})", error.message)),
        _ => Cow::Borrowed(&*error.message),
    };
    let (kind, code) = (error.kind.as_deref(), error.code.as_deref());
    let error =
        ToldError { message: &message, r#type: type_of(status, kind), param: error.param.as_deref(), code: code.or(kind) };
    Told { error }.write()
}

/// OpenAI's types by status. A provider's own type is kept where it is one of OpenAI's that the status does not tell.
pub(in crate::translate) fn type_of(status: u16, kind: Option<&str>) -> &'static str {
    match (status, kind) {
        (429, Some("insufficient_quota")) => "insufficient_quota",
        (429, _) => "rate_limit_error",
        (400..500, _) => "invalid_request_error",
        _ => "server_error",
    }
}

/// Whether a provider's error has the shape that OpenAI's clients expect: they read the message, and bear with whatever else is
/// missing.
pub fn is_own(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Outer<'a> {
        #[serde(borrow, rename = "error")]
        _error: Inner<'a>,
    }
    #[derive(Deserialize)]
    struct Inner<'a> {
        #[serde(borrow, rename = "type")]
        _kind: Option<Str<'a>>,
        #[serde(borrow, rename = "message")]
        _message: Str<'a>,
    }
    serde_json::from_slice::<Outer<'_>>(body).is_ok()
}

/// An answer of the gateway itself in OpenAI's shape.
pub fn rejection(rejection: &Rejection) -> Vec<u8> {
    let row = rejection.kind.row();
    let param = rejection.param.as_deref();
    Told { error: ToldError { message: &rejection.message, r#type: row.openai_type, param, code: Some(row.code) } }.write()
}
