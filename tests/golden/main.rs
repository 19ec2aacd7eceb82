//! Golden fixtures of whole translations: `tests/golden/pairs/CLIENT_to_PROVIDER/FEATURE/`.
//!
//! A folder may have any of these; each `in` has its `out` beside it:
//!
//! - `request.in.json`: what the client sends (`request.in.form`: a form, with the boundary `kanmon`). `request.out.json`: path,
//!   headers, body and dropped hints, or the error.
//! - `answer.in.json`: what the provider answers. `answer.out.json`: what the client gets, null where the provider's bytes are kept;
//!   of a call that is no conversation, also what was seen of it.
//! - `stream.in.sse`: the same, streamed. `stream.out.sse`. Every stream is also split at every byte and must come out the same, and
//!   cut at every byte and must never look whole.
//!   Where frames are binary, `stream.in.events.json` has what stands in them: a list of `{"event": TYPE, "data": …}`,
//!   `{"exception": TYPE, "data": …}`, and `{"chunk": …}` for an event of Anthropic's inside a frame.
//! - `error.STATUS.in.*`: what the provider answers with that status. `error.STATUS.out.json`.
//! - `model.txt`: the provider's name of the model, where something depends on it.
//!
//! A new pair or feature adds files only. `UPDATE_GOLDEN=1` writes the `out` files anew; the difference is for a person to read.
//! That every pair has fixtures, and that the README's table tells the pairs, is checked in [`readme`].

#![expect(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]
#![allow(unreachable_pub, missing_docs, reason = "all of this is a test")]

mod fixture;
mod readme;
mod settle;
mod streams;
mod tables;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use fixture::{Fixture, fixtures};
use kanmon::translate::{RequestError, Seen, Task, facts, provider_error, request, whole};
use serde_json::{Value, json};
use settle::settle;

fn check(kind: &str, becomes: impl Fn(&Fixture) -> String) {
    let wrong: Vec<_> = fixtures(kind).iter().filter_map(|fixture| fixture.expect(&becomes(fixture)).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn requests_become_what_the_provider_understands() {
    check("request.", |fixture| {
        let told = match sent(fixture) {
            Ok(told) => told,
            Err(RequestError::Invalid { field, message }) => json!({"invalid": field, "message": message}),
            Err(error @ RequestError::Unsupported { .. }) => json!({"unsupported": error.to_string()}),
        };
        format!("{:#}\n", settle(told, true))
    });
}

fn sent(fixture: &Fixture) -> Result<Value, RequestError> {
    let (body, model) = (Bytes::from(fixture.read()), fixture.model());
    let incoming = fixture.pair.incoming(&body)?;
    let facts = facts(&incoming)?;
    let rendered = request(&incoming, &facts, &fixture.pair.target(&model, facts.stream))?;
    let headers: Vec<_> = rendered.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    let body = match &rendered.body {
        None => Value::Null,
        // A pass-through is compared byte for byte.
        Some(body) if fixture.pair.is_pass_through() => Value::from(std::str::from_utf8(body).unwrap()),
        Some(body) => readable(serde_json::from_slice(body).unwrap()),
    };
    Ok(json!({"path": rendered.path, "headers": headers, "dropped": rendered.dropped, "body": body}))
}

/// A body with what Bedrock counts in it as the JSON that it is.
fn readable(mut body: Value) -> Value {
    if let Some(inner) = body.pointer_mut("/input/invokeModel/body") {
        *inner = serde_json::from_slice(&STANDARD.decode(inner.as_str().unwrap()).unwrap()).unwrap();
    }
    body
}

#[test]
fn whole_answers_become_what_the_client_understands() {
    check("answer.", |fixture| match whole(&fixture.context(), &fixture.read()) {
        Ok(whole) => {
            let body = whole.body.map(|body| serde_json::from_slice(&body).unwrap());
            let mut told = settle(body.unwrap_or_default(), false);
            if let Task::Call(_) = fixture.pair.client.api.task() {
                told = json!({"body": told, "seen": seen(&whole.seen)});
            }
            format!("{told:#}\n")
        }
        Err(error) => format!("{error}\n"),
    });
}

/// What the road learns of an answer.
fn seen(seen: &Seen) -> Value {
    json!({"id": seen.id, "model": seen.model, "usage": seen.usage, "complete": seen.complete, "error": seen.error})
}

#[test]
fn errors_become_what_the_client_understands() {
    check("error.", |fixture| {
        let name = fixture.input.file_name().unwrap().to_str().unwrap();
        let status = name.split('.').nth(1).unwrap().parse().unwrap();
        let answer = provider_error(&fixture.context(), status, &fixture.read());
        let body: Value = answer.body.map(|body| serde_json::from_slice(&body).unwrap()).unwrap_or_default();
        format!("{:#}\n", json!({"status": answer.status, "message": answer.message, "body": body}))
    });
}
