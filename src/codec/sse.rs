//! Server-sent events, in whatever pieces they arrive.
//!
//! [`Parser`] is pushed the chunks of a stream and calls back for each event as soon as its blank line is there. Line ends are CR,
//! LF or CRLF, as the WHATWG HTML standard has them (section 9.2.6). Invariants: any split of the bytes gives the same events;
//! the `raw` bytes of all events and the residue are the stream, byte for byte; an event that lies in one chunk is not copied;
//! what is held back is bounded.

use std::borrow::Cow;

use memchr::memchr2;

mod scan;
#[cfg(test)]
mod tests;

use scan::Scan;

/// An event with data.
#[derive(Debug, Default)]
pub struct Event<'a> {
    /// What the last `event:` line says, when it says something.
    pub name: Option<&'a [u8]>,
    /// What the `data:` lines say, joined by LF. It may be empty.
    pub data: Cow<'a, [u8]>,
    /// Every byte since the event before: this event with its blank line, and in front of it comments, blank lines and blocks
    /// without data, where [`Parser::take_comments`] has not taken them.
    pub raw: &'a [u8],
    /// Whether the framing itself says that this is an error: `name` is its type then. Never so in server-sent events.
    pub exception: bool,
}

/// An event is larger than the parser may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a server-sent event is larger than {limit} bytes")]
pub struct TooLarge {
    /// The most that an event may have, in bytes.
    pub limit: usize,
}

/// Takes a stream apart into its events.
#[derive(Debug)]
pub struct Parser {
    limit: usize,
    /// What earlier chunks left over: the beginning of the next event's `raw`.
    held: Vec<u8>,
    scan: Scan,
}

impl Parser {
    /// A parser for one stream. `limit` is the size of an event in bytes, with the comments before it; a line end counts as one
    /// byte, however it is written.
    pub fn new(limit: usize) -> Self {
        Self { limit, held: Vec::new(), scan: Scan::default() }
    }

    /// Where the next byte begins an event, the most bytes that it may have: who knows the event already need not push it.
    pub fn room(&self) -> Option<usize> {
        (self.held.is_empty() && !self.scan.is_after_cr()).then_some(self.limit)
    }

    /// Takes the next bytes of the stream and calls `each` for every event that they complete.
    ///
    /// # Errors
    /// [`TooLarge`], or what `each` returned. The parser is of no use after an error: the rest of the chunk is lost.
    pub fn push<E: From<TooLarge>>(&mut self, chunk: &[u8], each: &mut dyn FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let mut rest = chunk;
        while !rest.is_empty() {
            rest = &rest[self.push_event(rest, each)?..];
        }
        Ok(())
    }

    /// As [`Self::push`], but takes no more than completes one event. Gives how many bytes that was.
    ///
    /// # Errors
    /// As for [`Self::push`].
    pub fn push_event<E: From<TooLarge>>(
        &mut self,
        chunk: &[u8],
        each: &mut dyn FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        if self.held.is_empty() {
            let Some(end) = self.scan.next(chunk, self.limit)? else {
                self.held.extend_from_slice(chunk);
                return Ok(chunk.len());
            };
            each(self.scan.event(&chunk[..end]))?;
            self.scan.restart();
            return Ok(end);
        }
        let mut taken = 0;
        while taken < chunk.len() {
            let line = &chunk[taken..][..line_length(&chunk[taken..])];
            self.held.extend_from_slice(line);
            taken += line.len();
            if self.scan.next(&self.held, self.limit)?.is_some() {
                self.dispatch_held(each)?;
                break;
            }
        }
        Ok(taken)
    }

    /// Moves to `out` what stands between the last event and the next one as far as it is known: comments, blank lines, blocks
    /// without data. It is then not part of the next event's `raw`.
    ///
    /// Whoever passes a stream on calls this after each push: providers send comments so that an idle connection stays open, and
    /// they serve that purpose only at once.
    pub fn take_comments(&mut self, out: &mut Vec<u8>) {
        out.extend(self.held.drain(..self.scan.take_between()));
    }

    /// The bytes since the last event: an event that is not complete, and what stands before it.
    pub fn residue(&self) -> &[u8] {
        &self.held
    }

    /// Ends the stream. The standard discards an event without its blank line; but providers end a stream with `data: [DONE]`
    /// and a single line end, so an event with data whose last line is complete counts. Anything else stays in the residue.
    ///
    /// # Errors
    /// What `each` returned.
    pub fn finish<E>(&mut self, each: &mut dyn FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        if self.scan.could_end(self.held.len()) { self.dispatch_held(each) } else { Ok(()) }
    }

    fn dispatch_held<E>(&mut self, each: &mut dyn FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let outcome = each(self.scan.event(&self.held));
        self.scan.restart();
        self.held.clear();
        outcome
    }
}

/// How many bytes the first line has with its end, or all bytes where it does not end.
fn line_length(bytes: &[u8]) -> usize {
    match memchr2(b'\r', b'\n', bytes) {
        Some(end) if bytes[end..].starts_with(b"\r\n") => end + 2,
        Some(end) => end + 1,
        None => bytes.len(),
    }
}

/// Appends an event. Each line of `data` becomes a `data:` line of its own; `name` is written up to its first line end.
pub fn write(out: &mut Vec<u8>, name: Option<&str>, data: &[u8]) {
    if let Some(name) = name.and_then(|name| name.split(['\r', '\n']).next()) {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(name.as_bytes());
        out.push(b'\n');
    }
    let mut rest = data;
    loop {
        let (line, after) = rest.split_at(line_length(rest));
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(text);
        out.push(b'\n');
        if text.len() == line.len() {
            break;
        }
        rest = after;
    }
    out.push(b'\n');
}
