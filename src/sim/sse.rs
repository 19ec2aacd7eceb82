//! Server-sent events, as bytes.

use bytes::Bytes;
use serde_json::Value;

use super::script::{Newline, Script};

/// An event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// Its name, where the API names events.
    pub(super) name: Option<&'static str>,
    pub(super) data: String,
}

impl Event {
    /// An event without a name.
    pub(super) fn data(data: &Value) -> Self {
        Self { name: None, data: data.to_string() }
    }

    /// An event with a name.
    pub(super) fn named(name: &'static str, data: &Value) -> Self {
        Self { name: Some(name), data: data.to_string() }
    }

    /// The event as it is sent.
    pub(super) fn bytes(&self, script: &Script) -> Bytes {
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
        assert_eq!(event.bytes(&Script::default()), "event: ping\ndata: {\"type\":\"ping\"}\n\n");
        let script = Script { comments: true, newline: Some(Newline::Cr), ..Script::default() };
        let plain = Event { name: None, data: "x".into() };
        assert_eq!(plain.bytes(&script), ": a comment\r\rdata: x\r\r");
    }
}
