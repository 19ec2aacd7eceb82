//! Finds the lines of one event and what they say, without keeping bytes: whoever holds the bytes passes them in, and all offsets
//! count from the beginning of the event's `raw`.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr2;

use super::{Event, TooLarge};

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// What is known of the event under way.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Whether the stream's first line, and with it a byte order mark, has gone by.
    begun: bool,
    /// The last byte so far was a CR that ended a line: an LF that comes next belongs to it.
    after_cr: bool,
    /// Where the current line begins.
    line: usize,
    /// Up to where no line end was found: a long line that comes in many pieces is searched once.
    searched: usize,
    /// Bytes in the lines that are complete, a line end counted as one.
    size: usize,
    /// Up to where there was nothing but comments, blank lines and blocks without data; and their share of `size`.
    between: usize,
    between_size: usize,
    name: Option<Range<usize>>,
    data: Option<Range<usize>>,
    more_data: Vec<Range<usize>>,
}

impl Scan {
    /// Reads on in `bytes`, which begin where the event begins and go at least as far as the last time. Gives the event's end,
    /// behind its blank line, or `None` when more bytes are needed.
    pub(super) fn next(&mut self, bytes: &[u8], limit: usize) -> Result<Option<usize>, TooLarge> {
        self.skip_lf(bytes);
        while let Some(found) = memchr2(b'\r', b'\n', &bytes[self.searched..]) {
            let end = self.searched + found;
            let is_event = self.end_line(bytes, end);
            if self.size > limit {
                return Err(TooLarge { limit });
            }
            if is_event {
                return Ok(Some(self.line));
            }
        }
        self.searched = bytes.len();
        if self.size + (bytes.len() - self.line) > limit { Err(TooLarge { limit }) } else { Ok(None) }
    }

    /// The second half of a CRLF that a chunk's end cut apart.
    fn skip_lf(&mut self, bytes: &[u8]) {
        let Some(first) = bytes.get(self.line).filter(|_| self.after_cr) else { return };
        self.after_cr = false;
        if *first == b'\n' {
            if self.between == self.line {
                self.between += 1;
            }
            self.line += 1;
            self.searched = self.line;
        }
    }

    /// Takes note of the line that ends at `end`. True when it is the blank line of an event with data.
    fn end_line(&mut self, bytes: &[u8], end: usize) -> bool {
        let begin = self.line;
        let is_crlf = bytes[end..].starts_with(b"\r\n");
        self.after_cr = bytes[end] == b'\r' && end + 1 == bytes.len();
        self.line = end + 1 + usize::from(is_crlf);
        self.searched = self.line;
        self.size += end - begin + 1;
        let has_bom = !self.begun && bytes[begin..end].starts_with(BOM);
        self.begun = true;
        let text = begin + if has_bom { BOM.len() } else { 0 }..end;
        match bytes[text.clone()].first() {
            None if self.data.is_some() => return true,
            None => {
                self.name = None;
                self.extend_between();
            }
            Some(b':') if self.between == begin => self.extend_between(),
            Some(b':') => {}
            Some(_) => self.field(bytes, text),
        }
        false
    }

    fn extend_between(&mut self) {
        self.between = self.line;
        self.between_size = self.size;
    }

    fn field(&mut self, bytes: &[u8], line: Range<usize>) {
        if let Some(value) = value_of(b"data", bytes, &line) {
            match self.data {
                None => self.data = Some(value),
                Some(_) => self.more_data.push(value),
            }
        } else if let Some(value) = value_of(b"event", bytes, &line) {
            self.name = Some(value).filter(|name| !name.is_empty());
        }
    }

    /// The event whose bytes are `raw`.
    pub(super) fn event<'a>(&self, raw: &'a [u8]) -> Event<'a> {
        let first = self.data.clone().map_or(&raw[..0], |data| &raw[data]);
        let data = if self.more_data.is_empty() {
            Cow::Borrowed(first)
        } else {
            let mut joined = first.to_vec();
            for line in &self.more_data {
                joined.push(b'\n');
                joined.extend_from_slice(&raw[line.clone()]);
            }
            Cow::Owned(joined)
        };
        Event { name: self.name.clone().map(|name| &raw[name]), data, raw, exception: false }
    }

    /// Whether an event of `length` bytes has data and ends with a line's end.
    pub(super) fn could_end(&self, length: usize) -> bool {
        self.data.is_some() && self.line == length
    }

    /// Whether an LF that comes next belongs to the line before.
    pub(super) fn is_after_cr(&self) -> bool {
        self.after_cr
    }

    /// Forgets the event, not the stream.
    pub(super) fn restart(&mut self) {
        self.more_data.clear();
        let more_data = std::mem::take(&mut self.more_data);
        *self = Self { begun: self.begun, after_cr: self.after_cr, more_data, ..Self::default() };
    }

    /// Gives how many bytes of the beginning are between events, and counts from behind them from now on.
    pub(super) fn take_between(&mut self) -> usize {
        let taken = std::mem::take(&mut self.between);
        self.size -= std::mem::take(&mut self.between_size);
        self.line -= taken;
        self.searched -= taken;
        for range in self.name.iter_mut().chain(&mut self.data).chain(&mut self.more_data) {
            *range = range.start - taken..range.end - taken;
        }
        taken
    }
}

/// Where in `bytes` the value is, if `line` is the field `name`.
fn value_of(name: &[u8], bytes: &[u8], line: &Range<usize>) -> Option<Range<usize>> {
    match bytes[line.clone()].strip_prefix(name)? {
        [] => Some(line.end..line.end),
        [b':', b' ', ..] => Some(line.start + name.len() + 2..line.end),
        [b':', ..] => Some(line.start + name.len() + 1..line.end),
        _ => None,
    }
}
