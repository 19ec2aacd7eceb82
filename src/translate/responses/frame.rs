//! The `response` object around the items of an answer: once in a whole answer, and in a stream as it begins and as it ends.

use serde::Serialize;

use super::made_id;
use super::usage::Told;
use crate::translate::openai;
use crate::usage::Tokens;

/// What all `response` objects of one answer share.
#[derive(Debug)]
pub(super) struct Frame {
    /// `{"id":…,"object":"response","created_at":…,"model":…`
    head: Vec<u8>,
}

/// How far the answer is.
#[derive(Debug, Clone, Copy)]
pub(super) enum State<'c> {
    InProgress,
    Completed,
    /// Why.
    Incomplete(&'static str),
    Failed(ResponseError<'c>),
}

/// `error` of a response that failed.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct ResponseError<'c> {
    /// One of OpenAI's.
    pub(super) code: &'static str,
    pub(super) message: &'c str,
}

#[derive(Serialize)]
struct Head<'c> {
    id: &'c str,
    object: &'static str,
    created_at: i64,
    model: &'c str,
}

#[derive(Serialize)]
struct Incomplete {
    reason: &'static str,
}

impl Frame {
    /// The provider's id is kept behind this API's prefix, so that both sides' logs name the same answer.
    pub(super) fn new(id: Option<&str>, model: &str, created: Option<i64>) -> Self {
        let id = match id.filter(|id| !id.is_empty()) {
            Some(id) if id.starts_with("resp_") => id.to_owned(),
            Some(id) => format!("resp_{id}"),
            None => made_id("resp"),
        };
        let created_at = created.unwrap_or_else(openai::now);
        let mut head = Vec::with_capacity(256);
        json(&Head { id: &id, object: "response", created_at, model }, &mut head);
        // The object goes on behind the head.
        head.pop();
        Self { head }
    }

    /// Writes the object. `items` are JSON values with commas between them; `echo` is what [`super::echo()`] made.
    pub(super) fn write(&self, state: State<'_>, items: &[u8], told: &Rest<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        let (status, error, incomplete) = match state {
            State::InProgress => ("in_progress", None, None),
            State::Completed => ("completed", None, None),
            State::Incomplete(reason) => ("incomplete", None, Some(Incomplete { reason })),
            State::Failed(error) => ("failed", Some(error), None),
        };
        member("status", &status, out);
        member("error", &error, out);
        member("incomplete_details", &incomplete, out);
        out.extend_from_slice(b",\"output\":[");
        out.extend_from_slice(items);
        out.extend_from_slice(b"],");
        out.extend_from_slice(told.echo.as_bytes());
        member("service_tier", &told.service_tier.map(openai::words::served_tier), out);
        member("usage", &told.usage.map(Told::from), out);
        out.push(b'}');
    }
}

/// What else a `response` object says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rest<'c> {
    pub(super) echo: &'c str,
    pub(super) service_tier: Option<&'c str>,
    pub(super) usage: Option<Tokens>,
}

impl State<'static> {
    /// The state of an answer that is whole.
    pub(super) fn of(incomplete: Option<&'static str>) -> Self {
        incomplete.map_or(Self::Completed, Self::Incomplete)
    }
}

fn member(key: &str, value: &impl Serialize, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
    json(value, out);
}

/// Appends JSON.
pub(super) fn json(value: &impl Serialize, out: &mut Vec<u8>) {
    // Writing plain structs with string keys into memory cannot fail.
    let _ = serde_json::to_writer(out, value);
}
