//! Events of a model's own API inside the frames of an AWS event stream, as Bedrock's InvokeModelWithResponseStream sends them.
//!
//! A frame `chunk` has `{"bytes": …}`, base64 of what Anthropic would send as the data of a server-sent event. It becomes that event
//! again, with the name that Anthropic gives it and as the bytes that Anthropic would send, so that whoever reads Anthropic's streams
//! reads these, and a client of Anthropic's can be given them. An exception becomes Anthropic's `error` event.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::codec::aws_events::Parser;
use crate::codec::sse::{self, Event};
use crate::translate::answer::ProviderError;
use crate::translate::object::object;
use crate::translate::text::Str;
use crate::translate::{AnswerError, converse};

object! {
    /// The payload of a frame.
    Payload {
        bytes: Str<'a>,
    }
}

object! {
    /// What the frame holds.
    Inner {
        kind as "type": Str<'a>,
    }
}

/// Takes a stream apart into the events that its frames hold.
#[derive(Debug)]
pub(super) struct Chunks {
    parser: Parser,
    /// The data of the event at hand.
    data: Vec<u8>,
    /// The event as a server-sent event, where it goes on as one.
    raw: Option<Vec<u8>>,
}

impl Chunks {
    /// For one stream whose events are read and do not go on. `limit` is the size of a frame in bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self { parser: Parser::new(limit), data: Vec::new(), raw: None }
    }

    /// For one stream whose events go on.
    pub(super) fn to_pass(limit: usize) -> Self {
        Self { raw: Some(Vec::new()), ..Self::new(limit) }
    }

    /// Takes the next bytes of the stream and calls `each` for every event that they complete.
    pub(super) fn push(
        &mut self,
        chunk: &[u8],
        each: &mut dyn FnMut(Event<'_>) -> Result<(), AnswerError>,
    ) -> Result<(), AnswerError> {
        let Self { parser, data, raw } = self;
        parser.push(chunk, &mut |frame| {
            data.clear();
            let name = if frame.exception {
                exception(&frame, data);
                Some("error".into())
            } else if frame.name == Some(b"chunk") {
                open(&frame, data)?;
                named(data)?
            } else {
                None
            };
            let Some(name) = name else { return Ok(()) };
            let raw = raw.as_mut().map_or(&[][..], |raw| {
                raw.clear();
                sse::write(raw, Some(&name), data);
                raw
            });
            each(Event { name: Some(name.as_bytes()), data: Cow::Borrowed(data), raw, exception: false })
        })
    }
}

/// Takes the event out of a frame.
fn open(frame: &Event<'_>, data: &mut Vec<u8>) -> Result<(), AnswerError> {
    if !open_as_usual(&frame.data, data) {
        data.clear();
        let payload: Payload<'_> = serde_json::from_slice(&frame.data).map_err(|error| malformed(&error))?;
        STANDARD.decode_vec(payload.bytes.as_deref().unwrap_or_default(), data).map_err(|error| malformed(&error))?;
    }
    Ok(())
}

/// The name of an event. `None`: it has none, and is none.
fn named(data: &[u8]) -> Result<Option<Str<'_>>, AnswerError> {
    if let Some(kind) = quoted(data, br#"{"type":""#).and_then(|kind| std::str::from_utf8(kind).ok()) {
        return Ok(Some(kind.into()));
    }
    let inner: Inner<'_> = serde_json::from_slice(data).map_err(|error| malformed(&error))?;
    Ok(inner.kind)
}

/// A frame as Bedrock writes it begins with its `bytes`, and that needs no reading of JSON: the checksum vouches for the rest. Anything
/// else is read.
fn open_as_usual(frame: &[u8], data: &mut Vec<u8>) -> bool {
    quoted(frame, br#"{"bytes":""#).is_some_and(|bytes| STANDARD.decode_vec(bytes, data).is_ok())
}

/// The string that comes right behind these bytes, if it has no escapes.
fn quoted<'d>(data: &'d [u8], behind: &[u8]) -> Option<&'d [u8]> {
    let rest = data.strip_prefix(behind)?;
    let end = memchr::memchr2(b'"', b'\\', rest)?;
    rest.get(..end).filter(|_| rest.get(end) == Some(&b'"'))
}

fn exception(frame: &Event<'_>, data: &mut Vec<u8>) {
    let kind = frame.name.and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default();
    let error = converse::error::of_exception(kind, &frame.data);
    let error = json!({ "type": "error", "error": { "type": error_type(&error), "message": &*error.message } });
    data.extend_from_slice(error.to_string().as_bytes());
}

/// Anthropic's word for an exception of Bedrock's. The status that the model itself gave tells more than the exception.
fn error_type(error: &ProviderError<'_>) -> &'static str {
    match (error.code.as_deref(), error.kind.as_deref().unwrap_or_default()) {
        (Some("429"), _) | (None, "throttlingException") => "rate_limit_error",
        (Some("503" | "529"), _) | (None, "serviceUnavailableException") => "overloaded_error",
        (Some("400"), _) | (None, "validationException") => "invalid_request_error",
        (Some("408" | "504"), _) | (None, "modelTimeoutException") => "timeout_error",
        _ => "api_error",
    }
}

fn malformed(error: &dyn std::fmt::Display) -> AnswerError {
    AnswerError::Malformed { dialect: "AWS event stream", message: format!("a frame holds no event: {error}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::aws_events::{write_event, write_exception};

    /// Name and raw bytes of each event.
    fn read(stream: &[u8], size: usize) -> Result<Vec<(String, String)>, AnswerError> {
        let (mut chunks, mut events) = (Chunks::to_pass(1 << 20), Vec::new());
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        for piece in stream.chunks(size) {
            chunks.push(piece, &mut |event| {
                assert!(!event.exception);
                events.push((text(event.name.unwrap()), text(event.raw)));
                Ok(())
            })?;
        }
        Ok(events)
    }

    fn chunk(stream: &mut Vec<u8>, json: &str) {
        let payload = json!({ "bytes": STANDARD.encode(json), "p": "abcdefgh" });
        write_event(stream, "chunk", payload.to_string().as_bytes());
    }

    #[test]
    fn a_frame_becomes_the_event_that_anthropic_would_have_sent() {
        let mut stream = Vec::new();
        chunk(&mut stream, r#"{"type":"message_start","message":{"id":"msg_1"}}"#);
        write_event(&mut stream, "something new", b"{}");
        chunk(&mut stream, r#"{"no":"type"}"#);
        chunk(&mut stream, r#"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":1}}"#);
        let whole = read(&stream, usize::MAX).unwrap();
        let start = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\"}}\n\n";
        assert_eq!(whole[0], ("message_start".to_owned(), start.to_owned()));
        assert_eq!(whole[1].0, "message_stop");
        assert_eq!(whole.len(), 2);
        for size in 1..40 {
            assert_eq!(read(&stream, size).unwrap(), whole);
        }
    }

    #[test]
    fn an_exception_becomes_anthropics_error_event() {
        for (kind, payload, expected) in [
            ("throttlingException", r#"{"message":"slow \"down\""}"#, "rate_limit_error"),
            ("serviceUnavailableException", "{}", "overloaded_error"),
            ("validationException", "{}", "invalid_request_error"),
            ("modelTimeoutException", "{}", "timeout_error"),
            ("internalServerException", "", "api_error"),
            ("modelStreamErrorException", r#"{"originalStatusCode":529,"originalMessage":"busy"}"#, "overloaded_error"),
            ("modelStreamErrorException", r#"{"originalStatusCode":500}"#, "api_error"),
        ] {
            let mut stream = Vec::new();
            write_exception(&mut stream, kind, payload.as_bytes());
            let (name, raw) = read(&stream, 7).unwrap().remove(0);
            assert_eq!(name, "error");
            assert!(raw.contains(&format!(r#""type":"{expected}""#)), "{raw}");
            let data = raw.strip_prefix("event: error\ndata: ").unwrap();
            assert!(serde_json::from_str::<serde_json::Value>(data).is_ok(), "{raw}");
        }
    }

    #[test]
    fn a_frame_that_holds_no_event_is_an_error() {
        for payload in ["", "{}", r#"{"bytes":"?"}"#, r#"{"bytes":"AAAA"}"#, r#"{"bytes":7}"#] {
            let mut stream = Vec::new();
            write_event(&mut stream, "chunk", payload.as_bytes());
            assert!(read(&stream, 9).is_err(), "{payload}");
        }
    }
}
