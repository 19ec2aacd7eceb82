//! AWS event streams (`application/vnd.amazon.eventstream`), in whatever pieces they arrive.
//!
//! [`Parser`] is pushed the chunks of a stream and calls back for each frame as soon as its last byte is there, as the event that
//! server-sent events have: its name is the frame's `:event-type`, its data the payload. Source: AWS's description of the event
//! stream encoding. A frame has its length, the length of its headers and a CRC-32 of these two (the prelude), headers, payload,
//! and a CRC-32 of all before it.
//!
//! Invariants: any split of the bytes gives the same events; the `raw` bytes of all events and the residue are the stream, byte for
//! byte; a frame that lies in one chunk is not copied; a length is believed only when its CRC is right, and a frame only when its
//! own is; what is held back is bounded. [`write`] is the other direction, for the simulator and for tests.

use std::borrow::Cow;

use super::sse::Event;

mod headers;
#[cfg(test)]
mod tests;

pub use headers::{Header, Headers, Value};

/// Total length, length of the headers, CRC of the two: four bytes each.
const PRELUDE: usize = 12;
/// The CRC at the end.
const TRAILER: usize = 4;
/// The most that the headers of a frame may have, in bytes: AWS's own bound.
const HEADERS: usize = 128 << 10;

/// A stream cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A frame is larger than the parser may hold.
    #[error("an event stream frame is larger than {limit} bytes")]
    TooLarge {
        /// The most that a frame may have, in bytes.
        limit: usize,
    },
    /// A checksum is wrong, or a frame is not built as it must be.
    #[error("an event stream frame is damaged: {0}")]
    Damaged(&'static str),
}

/// Takes a stream apart into its frames.
#[derive(Debug)]
pub struct Parser {
    limit: usize,
    /// The beginning of a frame that earlier chunks left over.
    held: Vec<u8>,
    /// The whole length of the frame in `held`; 0 until its prelude is there.
    length: usize,
}

impl Parser {
    /// A parser for one stream. `limit` is the size of a frame in bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, held: Vec::new(), length: 0 }
    }

    /// Takes the next bytes of the stream and calls `each` for every frame that they complete.
    ///
    /// # Errors
    /// [`FrameError`], or what `each` returned. The parser is of no use after an error: the rest of the chunk is lost.
    pub fn push<E: From<FrameError>>(&mut self, chunk: &[u8], each: &mut dyn FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let mut rest = chunk;
        if !self.held.is_empty() {
            rest = self.complete_held(rest)?;
            if self.length == 0 || self.held.len() < self.length {
                return Ok(());
            }
            let outcome = each(event(&self.held)?);
            self.held.clear();
            self.length = 0;
            outcome?;
        }
        while let Some(length) = length(rest, self.limit)? {
            let Some((frame, after)) = rest.split_at_checked(length) else {
                self.length = length;
                break;
            };
            each(event(frame)?)?;
            rest = after;
        }
        self.held.extend_from_slice(rest);
        Ok(())
    }

    /// Moves to `held` what belongs to its frame, as far as it is there. Returns what is left.
    fn complete_held<'c>(&mut self, chunk: &'c [u8]) -> Result<&'c [u8], FrameError> {
        let mut rest = chunk;
        if self.length == 0 {
            rest = self.hold(PRELUDE, rest);
            self.length = length(&self.held, self.limit)?.unwrap_or(0);
        }
        Ok(self.hold(self.length, rest))
    }

    /// Moves bytes to `held` until it has `until`. Returns what is left.
    fn hold<'c>(&mut self, until: usize, chunk: &'c [u8]) -> &'c [u8] {
        let missing = until.saturating_sub(self.held.len());
        let (part, rest) = chunk.split_at(missing.min(chunk.len()));
        self.held.extend_from_slice(part);
        rest
    }

    /// The bytes since the last frame: a frame that is not complete. At the end of a stream it must be empty.
    pub fn residue(&self) -> &[u8] {
        &self.held
    }

    /// Ends the stream. A frame counts only when it is complete, so nothing comes of this; what is not complete stays in the
    /// residue.
    ///
    /// # Errors
    /// None; as of [`super::sse::Parser::finish`].
    pub fn finish<E>(&mut self, _each: &mut dyn FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        Ok(())
    }
}

/// The whole length of the frame that begins here. `None`: its prelude is not complete.
fn length(bytes: &[u8], limit: usize) -> Result<Option<usize>, FrameError> {
    let Some(prelude) = bytes.first_chunk::<PRELUDE>() else { return Ok(None) };
    if number(prelude, 8) != crc32fast::hash(&prelude[..8]) {
        return Err(FrameError::Damaged("the checksum of its prelude is wrong"));
    }
    let (total, headers) = (size(number(prelude, 0)), size(number(prelude, 4)));
    if headers > HEADERS || total < PRELUDE + TRAILER || total - PRELUDE - TRAILER < headers {
        return Err(FrameError::Damaged("its lengths contradict each other"));
    }
    if total > limit {
        return Err(FrameError::TooLarge { limit });
    }
    Ok(Some(total))
}

/// The event that a whole frame tells.
fn event(frame: &[u8]) -> Result<Event<'_>, FrameError> {
    let (headers, payload) = open(frame)?;
    let mut said = Said::default();
    for header in headers {
        said.learn(&header?);
    }
    let (name, data, exception) = match said.message_type {
        None | Some("event") => (said.event_type, Cow::Borrowed(payload), false),
        Some("exception") => (said.exception_type, Cow::Borrowed(payload), true),
        // An error that the service has no model for stands in the headers, and has no payload.
        Some("error") => (said.error_code, told(said.error_message), true),
        Some(_) => (None, Cow::Borrowed(payload), false),
    };
    Ok(Event { name: name.map(str::as_bytes), data, raw: frame, exception })
}

/// Headers and payload of a whole frame, once its checksum is known to be right.
fn open(frame: &[u8]) -> Result<(Headers<'_>, &[u8]), FrameError> {
    let short = FrameError::Damaged("it is too short");
    let (told, crc) = frame.split_last_chunk::<TRAILER>().ok_or(short)?;
    if u32::from_be_bytes(*crc) != crc32fast::hash(told) {
        return Err(FrameError::Damaged("its checksum is wrong"));
    }
    let (prelude, rest) = told.split_first_chunk::<PRELUDE>().ok_or(short)?;
    let (headers, payload) = rest.split_at_checked(size(number(prelude, 4))).ok_or(short)?;
    Ok((Headers::new(headers), payload))
}

/// What the headers of a frame say of it.
#[derive(Debug, Default)]
struct Said<'a> {
    message_type: Option<&'a str>,
    event_type: Option<&'a str>,
    exception_type: Option<&'a str>,
    error_code: Option<&'a str>,
    error_message: Option<&'a str>,
}

impl<'a> Said<'a> {
    fn learn(&mut self, header: &Header<'a>) {
        let Value::Text(text) = header.value else { return };
        let field = match header.name {
            ":message-type" => &mut self.message_type,
            ":event-type" => &mut self.event_type,
            ":exception-type" => &mut self.exception_type,
            ":error-code" => &mut self.error_code,
            ":error-message" => &mut self.error_message,
            _ => return,
        };
        *field = Some(text);
    }
}

/// A message as the payload of an exception has it.
fn told(message: Option<&str>) -> Cow<'static, [u8]> {
    let message = serde_json::Value::from(message.unwrap_or_default());
    format!("{{\"message\":{message}}}").into_bytes().into()
}

fn number(prelude: &[u8; PRELUDE], at: usize) -> u32 {
    prelude.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Appends a frame with these headers, all of them text, and this payload. A name of more than 255 bytes, or a value of more than
/// 65,535, is cut: whoever writes frames knows what it writes.
pub fn write(out: &mut Vec<u8>, headers: &[(&str, &str)], payload: &[u8]) {
    let start = out.len();
    out.extend_from_slice(&[0; PRELUDE]);
    for (name, value) in headers {
        headers::write(out, name, value);
    }
    let headers = out.len() - start - PRELUDE;
    out.extend_from_slice(payload);
    let total = out.len() - start + TRAILER;
    let mut prelude = [0; PRELUDE];
    prelude[..4].copy_from_slice(&length_of(total));
    prelude[4..8].copy_from_slice(&length_of(headers));
    let crc = crc32fast::hash(&prelude[..8]);
    prelude[8..].copy_from_slice(&crc.to_be_bytes());
    if let Some(place) = out.get_mut(start..start + PRELUDE) {
        place.copy_from_slice(&prelude);
    }
    let crc = crc32fast::hash(out.get(start..).unwrap_or_default());
    out.extend_from_slice(&crc.to_be_bytes());
}

fn length_of(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}

/// Appends an event with a JSON payload, as Bedrock sends it.
pub fn write_event(out: &mut Vec<u8>, event_type: &str, json: &[u8]) {
    write(out, &[(":event-type", event_type), (":content-type", "application/json"), (":message-type", "event")], json);
}

/// Appends an exception with a JSON payload, as Bedrock sends it.
pub fn write_exception(out: &mut Vec<u8>, exception_type: &str, json: &[u8]) {
    let headers = [(":exception-type", exception_type), (":content-type", "application/json"), (":message-type", "exception")];
    write(out, &headers, json);
}
