//! Whether an answer is right: the first one in depth, as JSON; every other one by its status, its length and its end.
//!
//! A gateway that answers fast and wrong would win every benchmark.

use anyhow::{Context, Result, bail, ensure};
use memchr::memmem;
use serde_json::Value;

use crate::answers;
use crate::requests::Pace;

const END_OF_STREAM: &[u8] = b"data: [DONE]\n\n";
const END_OF_TEXT: &[u8] = b"KANMON-BENCH-END";

/// What is expected of an answer in OpenAI's shape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    /// Whether it is a stream.
    pub(crate) streamed: bool,
    /// Its pace, where it has one: then its events are timestamps.
    pub(crate) pace: Option<Pace>,
}

impl Expected {
    /// In depth: everything is parsed, and the text is the one that the backend sent.
    pub(crate) fn in_depth(self, body: &[u8]) -> Result<()> {
        let body = std::str::from_utf8(body)?;
        if !self.streamed {
            let answer: Value = serde_json::from_str(body)?;
            let text = answer.pointer("/choices/0/message/content").and_then(Value::as_str);
            ensure!(text == Some(answers::TEXT), "the text is not the provider's: {body}");
            ensure!(answer.pointer("/usage/completion_tokens") == Some(&104.into()), "the usage is not the provider's: {body}");
            return Ok(());
        }
        let (text, finish) = stream(body)?;
        ensure!(finish.as_deref() == Some("stop"), "the stream has no finish reason: {body}");
        match self.pace {
            None => ensure!(text == answers::streamed_text(), "the text is not the provider's: {text}"),
            Some(pace) => ensure!(text.matches('@').count() == 2 * pace.events, "events are missing: {text}"),
        }
        Ok(())
    }

    /// Whether it has the end that a whole answer has. `end` is at least its last 64 bytes, or a plain answer as a whole.
    pub(crate) fn has_end(self, end: &[u8]) -> bool {
        if self.streamed { end.ends_with(END_OF_STREAM) } else { memmem::find(end, END_OF_TEXT).is_some() }
    }
}

/// The text and the finish reason of a stream of chat completion chunks.
fn stream(body: &str) -> Result<(String, Option<String>)> {
    let (mut text, mut finish, mut done) = (String::new(), None, false);
    for line in body.split('\n').filter(|line| !line.is_empty()) {
        let Some(data) = line.strip_prefix("data: ") else { bail!("not a line of OpenAI's streams: {line}") };
        ensure!(!done, "something stands after [DONE]: {line}");
        if data == "[DONE]" {
            done = true;
            continue;
        }
        let chunk: Value = serde_json::from_str(data).with_context(|| format!("not JSON: {data}"))?;
        let choice = chunk.pointer("/choices/0").with_context(|| format!("a chunk without a choice, not asked for: {data}"))?;
        text.push_str(choice.pointer("/delta/content").and_then(Value::as_str).unwrap_or_default());
        finish = choice.get("finish_reason").and_then(Value::as_str).map(str::to_owned).or(finish);
    }
    ensure!(done, "the stream has no [DONE]");
    Ok((text, finish))
}
