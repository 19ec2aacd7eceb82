//! The events of a stream, and how they are framed: as server-sent events, or as messages of an AWS event stream.

use bytes::Bytes;
use serde_json::Value;

use super::frame;
use super::script::{Newline, Script};

/// An event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// Its name, where the API names events.
    pub(super) name: Option<&'static str>,
    pub(super) data: String,
    /// Whether it is one of AWS's exceptions, which are messages of another kind.
    pub(super) exception: bool,
}

/// How events are told apart on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Server-sent events.
    Sse,
    /// AWS event stream messages.
    Aws,
}

impl Event {
    /// An event without a name.
    pub(super) fn data(data: &Value) -> Self {
        Self::text(None, data.to_string())
    }

    /// An event with a name.
    pub(super) fn named(name: &'static str, data: &Value) -> Self {
        Self::text(Some(name), data.to_string())
    }

    /// An exception of an AWS event stream.
    pub(super) fn exception(name: &'static str, data: &Value) -> Self {
        Self { exception: true, ..Self::named(name, data) }
    }

    /// An event whose data need not be JSON.
    pub(super) fn text(name: Option<&'static str>, data: impl Into<String>) -> Self {
        Self { name, data: data.into(), exception: false }
    }

    /// The event as it is sent.
    pub(super) fn bytes(&self, framing: Framing, script: &Script) -> Bytes {
        match framing {
            Framing::Sse => self.lines(script),
            Framing::Aws => frame::message(self.name.unwrap_or("chunk"), self.exception, self.data.as_bytes()),
        }
    }

    fn lines(&self, script: &Script) -> Bytes {
        let end = script.newline.unwrap_or(Newline::Lf).text();
        let mut text = String::with_capacity(self.data.len() + 64);
        if script.comments {
            text.extend([": a comment", end, end]);
        }
        if let Some(name) = self.name {
            text.extend(["event: ", name, end]);
        }
        text.extend(["data: ", &self.data, end, end]);
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_ends_with_an_empty_line() {
        let event = Event::named("ping", &serde_json::json!({"type": "ping"}));
        assert_eq!(event.bytes(Framing::Sse, &Script::default()), "event: ping\ndata: {\"type\":\"ping\"}\n\n");
        let script = Script { comments: true, newline: Some(Newline::Cr), ..Script::default() };
        assert_eq!(Event::text(None, "x").bytes(Framing::Sse, &script), ": a comment\r\rdata: x\r\r");
    }
}
