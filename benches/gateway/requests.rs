//! What the clients ask: chat requests of an exact size, as long conversations look, and the model names through which the
//! backend is told how to answer.

use anyhow::{Context, Result};
use bytes::Bytes;
use serde_json::{Value, json};

/// The sizes of request bodies, in bytes.
pub(crate) const SIZES: [usize; 2] = [2 << 10, 20 << 10];

/// How a stream is paced. Told to the backend in the model's name, the one thing that passes every setup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Milliseconds between two events.
    pub(crate) milliseconds: u64,
    /// Text events.
    pub(crate) events: usize,
}

/// The latency of single events.
pub(crate) const EVERY_5_MS: Pace = Pace { milliseconds: 5, events: 100 };
/// Many open streams with little traffic.
pub(crate) const OPEN: Pace = Pace { milliseconds: 500, events: 20 };

const MARK: &str = "-paced-";

/// The model that a route of the bench's gateway config serves (`prefix-*`), with or without a pace.
pub(crate) fn model(prefix: &str, pace: Option<Pace>) -> String {
    match pace {
        Some(Pace { milliseconds, events }) => format!("{prefix}{MARK}{milliseconds}x{events}"),
        None => format!("{prefix}-at-once"),
    }
}

/// The pace that a text asks for: a model name, or a whole body with one.
pub(crate) fn pace_in(text: &[u8]) -> Option<Pace> {
    let start = memchr::memmem::find(text, MARK.as_bytes())? + MARK.len();
    let (milliseconds, rest) = number(text.get(start..)?)?;
    let (events, _) = number(rest.strip_prefix(b"x")?)?;
    Some(Pace { milliseconds, events: usize::try_from(events).ok()? })
}

fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

const SYSTEM: &str = "You are a support assistant for a parcel service. Answer in short paragraphs, cite the rule that you \
    apply, and never promise a date that the tracking data does not contain.";

const TURNS: [&str; 4] = [
    "My parcel 3SKMN0042 has been \"in transit\" since Monday.\nThe page says:\n\t- sorted\n\t- loaded\nbut nothing after that. \
     Can you find out where it is, and whether I can still change the address?",
    "Thank you for the number. The last scan was in the sorting centre on Monday at 18:04, so by rule 7 it counts as delayed, \
     not as lost. An address can be changed until the parcel is loaded for delivery; rule 12 applies.",
    "Then please change it to: Brugstraße 12, 2. étage, Köln. And what does {\"status\": \"HELD\", \"code\": 17} mean? I see \
     it in the app, under the name of the street, since this morning.",
    "Code 17 means that the depot holds the parcel because a document is missing, usually the customs form. I have noted the \
     new address; it takes effect once the form is there. You can hand it in on the page of the parcel.",
];

/// A chat completions request of exactly `bytes` bytes.
pub(crate) fn chat(model: &str, bytes: usize, streamed: bool) -> Result<Bytes> {
    let mut messages = vec![json!({"role": "system", "content": SYSTEM})];
    let mut turns = TURNS.iter().cycle();
    loop {
        // The last message is a question that is stretched to the size.
        let bare = body(model, &messages, "", streamed)?.len();
        let room = bytes.checked_sub(bare).context("a request of this size has no room for a question")?;
        if room < ROOM_FOR_A_QUESTION {
            return Ok(Bytes::from(body(model, &messages, &stretched(room), streamed)?));
        }
        for role in ["user", "assistant"] {
            messages.push(json!({"role": role, "content": turns.next()}));
        }
    }
}

/// More than a question and its answer take.
const ROOM_FOR_A_QUESTION: usize = 800;

fn body(model: &str, messages: &[Value], question: &str, streamed: bool) -> Result<Vec<u8>> {
    let mut messages = messages.to_vec();
    messages.push(json!({"role": "user", "content": question}));
    let mut request = json!({"model": model, "messages": messages, "temperature": 0.2, "max_tokens": 512});
    if streamed {
        request["stream"] = true.into();
    }
    Ok(serde_json::to_vec(&request)?)
}

fn stretched(length: usize) -> String {
    "Please answer each of my questions in turn. ".chars().cycle().take(length).collect()
}
