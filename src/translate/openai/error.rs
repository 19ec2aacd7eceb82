//! Errors: read from a provider, whatever it is that it sends; written for a client.
//!
//! Reading never fails: vendors have half a dozen shapes, and what stands before them answers in HTML. The message is the
//! provider's own, bounded. Writing keeps the provider's message and says in `code` what the provider called it.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::codec::json::{Splice, TopLevel};
use crate::codec::sse::{self, Event};
use crate::rejection::Rejection;
use crate::translate::answer::ProviderError;
use crate::translate::text::Str;
use crate::translate::{plain, verdict};

/// The depth of an error that is completed; a deeper one is written anew.
const DEPTH: usize = 64;

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
    object: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    request_id: Option<&'a RawValue>,
}

/// Reads the body of an answer that is not a 2xx.
pub fn parse(status: u16, body: &[u8]) -> ProviderError<'_> {
    let error = std::str::from_utf8(body).ok().and_then(object).map(|wire| wire.error());
    plain::with_message(error.unwrap_or_default(), status, body)
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

/// Reads an event that tells an error without `error`, as some servers do (`{"object":"error","message":…}`, or by the event's name).
pub(in crate::translate) fn flat<'d>(name: Option<&[u8]>, data: &'d [u8]) -> Option<ProviderError<'d>> {
    let wire = std::str::from_utf8(data).ok().and_then(object)?;
    let is_one =
        name == Some(&b"error"[..]) || [wire.object, wire.kind].into_iter().flatten().any(|word| word.get() == "\"error\"");
    let error = wire.error();
    (is_one && !error.message.is_empty()).then_some(error)
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
        json(self)
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

/// A provider's error that has OpenAI's shape already. What of the four members of `error` is missing is added, as Azure and others
/// leave out some of them; whatever else the provider says (Azure's `innererror`) stays. `None`: it has another shape.
pub fn kept<'b>(status: u16, error: &ProviderError<'_>, body: &'b [u8]) -> Option<Cow<'b, [u8]>> {
    let outer = TopLevel::scan(body, DEPTH).ok()?;
    let inner = outer.get("error")?.get().as_bytes();
    let fields = TopLevel::scan(inner, DEPTH).ok()?;
    fields.str("message").ok()??;
    let mut edits = Splice::new(inner, &fields);
    let (kind, code) = (error.kind.as_deref(), error.code.as_deref());
    if !matches!(fields.str("type"), Ok(Some(_))) {
        edits.set("type", json(&type_of(status, kind)));
    }
    if fields.get("param").is_none() {
        edits.set("param", json(&error.param.as_deref()));
    }
    // OpenAI's is text; others write the status there.
    if fields.get("code").is_none() || fields.str("code").is_err() {
        edits.set("code", json(&code.or(kind)));
    }
    let Some(completed) = edits.finish() else { return Some(body.into()) };
    let mut whole = Splice::new(body, &outer);
    whole.set("error", &*completed);
    whole.finish().map(|body| Cow::Owned(body.into()))
}

/// An event of a stream that tells an error, with the `error` that OpenAI's SDKs look for besides what it says. `None`: it has one.
/// They raise an error for nothing else: what OpenAI itself tells flat, in `error` events of responses, they hand on like any event.
/// A response that failed is told by OpenAI in just that way, and stays.
pub(in crate::translate) fn retold(event: &Event<'_>, error: &ProviderError<'_>) -> Option<Vec<u8>> {
    let data = event.data.trim_ascii();
    let top = TopLevel::scan(data, DEPTH).ok()?;
    let has_one = top.get("error").is_some_and(|raw| raw.get() != "null" && says_something(raw));
    if has_one || matches!(top.text("type"), Some(r#""response.failed""# | r#""response.cancelled""#)) {
        return None;
    }
    let (kind, code) = (error.kind.as_deref(), error.code.as_deref());
    let told = ToldError {
        message: &error.message,
        r#type: type_of(verdict::status(error), kind),
        param: error.param.as_deref(),
        code: code.or(kind),
    };
    let mut edits = Splice::new(data, &top);
    edits.set("error", json(&told));
    let (mut out, name) = (Vec::with_capacity(data.len() * 2), event.name.and_then(|name| std::str::from_utf8(name).ok()));
    sse::write(&mut out, name, &edits.finish()?);
    Some(out)
}

/// Texts and options: nothing here that JSON cannot say.
fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// An answer of the gateway itself in OpenAI's shape.
pub fn rejection(rejection: &Rejection) -> Vec<u8> {
    let row = rejection.kind.row();
    let param = rejection.param.as_deref();
    Told { error: ToldError { message: &rejection.message, r#type: row.openai_type, param, code: Some(row.code) } }.write()
}
