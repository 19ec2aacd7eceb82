//! An answer as a list of steps: bytes to send, pauses, and the faults that the script asks for. Pure; `body` carries it out.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use bytes::Bytes;

use super::encode::Encoder;
use super::script::Script;
use super::sse::{Event, Framing};

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Send(Bytes),
    /// Wait; no time at all still lets what was sent leave by itself.
    Pause(Duration),
    /// Break the connection.
    Cut,
    /// Send nothing more, and stay.
    Stall,
    /// Send trailers.
    Trailers,
}

/// The steps of one answer.
pub(super) type Plan = VecDeque<Step>;

/// A chunk that is no JSON, as a broken proxy makes them.
const MALFORMED: &str = r#"{"id": "broken", "choices": [{"delta": {"content": "#;

/// The plan of a streamed answer; `error` is the event for an error in mid-stream.
pub(super) fn stream(events: Vec<Event>, framing: Framing, error: &Event, script: &Script) -> io::Result<Plan> {
    let mut planner = Planner::new(script, framing)?;
    let count = events.len();
    for (number, event) in events.into_iter().enumerate() {
        if planner.fault(number, error)? {
            return Ok(planner.steps);
        }
        if script.malformed_after == Some(number) {
            planner.send(&Event::text(event.name, MALFORMED).bytes(framing, script))?;
        }
        let bytes = event.bytes(framing, script);
        planner.send(&if script.corrupt_after == Some(number) { damaged(&bytes) } else { bytes })?;
    }
    if planner.fault(count, error)? {
        return Ok(planner.steps);
    }
    planner.finish()
}

/// The plan of an answer that is not streamed, and its content-length where it has one.
pub(super) fn whole(body: &[u8], script: &Script) -> io::Result<(Plan, Option<usize>)> {
    let mut planner = Planner::new(script, Framing::Sse)?;
    if script.cut_after.is_some() {
        planner.send(body.get(..body.len() / 2).unwrap_or_default())?;
        planner.cut();
        return Ok((planner.steps, script.encoding.is_none().then_some(body.len())));
    }
    planner.send(body)?;
    let steps = planner.finish()?;
    let is_chunked = script.split.is_some() || script.trailers;
    let length = steps.iter().map(|step| if let Step::Send(bytes) = step { bytes.len() } else { 0 }).sum();
    Ok((steps, (!is_chunked).then_some(length)))
}

/// What was sent before a cut needs a moment to leave: a broken connection drops what it still holds.
const LEAVE: Duration = Duration::from_millis(20);

/// The bytes with one of them changed, in the middle: in an AWS event stream the checksum no longer fits.
fn damaged(bytes: &[u8]) -> Bytes {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    bytes.into()
}

struct Planner<'a> {
    script: &'a Script,
    framing: Framing,
    encoder: Option<Encoder>,
    steps: Plan,
}

impl<'a> Planner<'a> {
    fn new(script: &'a Script, framing: Framing) -> io::Result<Self> {
        let encoder = script.encoding.map(Encoder::new).transpose()?;
        Ok(Self { script, framing, encoder, steps: Plan::new() })
    }

    /// The fault that is due after so many events, if one is. Whether the answer ends there.
    fn fault(&mut self, sent: usize, error: &Event) -> io::Result<bool> {
        let due = Some(sent);
        if self.script.cut_after == due {
            self.cut();
        } else if self.script.stall_after == due {
            self.steps.push_back(Step::Stall);
        } else if self.script.error_after == due {
            self.send(&error.bytes(self.framing, self.script))?;
            self.end()?;
        } else if self.script.end_after == due {
            self.end()?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let (false, Some(pace)) = (self.steps.is_empty(), self.script.pace) {
            self.steps.push_back(Step::Pause(pace));
        }
        let bytes = match &mut self.encoder {
            Some(encoder) => encoder.piece(bytes)?,
            None => Bytes::copy_from_slice(bytes),
        };
        self.split(bytes);
        Ok(())
    }

    fn cut(&mut self) {
        self.steps.extend([Step::Pause(LEAVE), Step::Cut]);
    }

    fn split(&mut self, mut bytes: Bytes) {
        let size = self.script.split.unwrap_or(usize::MAX).max(1);
        while bytes.len() > size {
            self.steps.push_back(Step::Send(bytes.split_to(size)));
            self.steps.push_back(Step::Pause(Duration::ZERO));
        }
        if !bytes.is_empty() {
            self.steps.push_back(Step::Send(bytes));
        }
    }

    fn end(&mut self) -> io::Result<()> {
        if let Some(encoder) = self.encoder.take() {
            let rest = encoder.finish()?;
            self.split(rest);
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<Plan> {
        self.end()?;
        if self.script.trailers {
            self.steps.push_back(Step::Trailers);
        }
        Ok(self.steps)
    }
}

#[cfg(test)]
mod tests;
