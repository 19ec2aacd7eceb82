//! The grammar of JSON (RFC 8259), checked without recursion and without building anything.

use std::ops::Range;

use super::{Fault, JsonErrorKind, string};

/// What is open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Object,
    Array,
}

/// A place in a body.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    max_depth: usize,
    open: Vec<Container>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], max_depth: usize) -> Self {
        Self { bytes, at: 0, max_depth, open: Vec::new() }
    }

    /// The next byte that is no white space, without taking it.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    pub(super) fn fault(&self, kind: JsonErrorKind) -> Fault {
        Fault { offset: self.at, kind }
    }

    /// What was expected at this place, unless the body ends here.
    pub(super) fn not_json(&self, what: &'static str) -> Fault {
        let what = if self.at < self.bytes.len() { what } else { "it ends too early" };
        self.fault(JsonErrorKind::NotJson(what))
    }

    /// Takes an opening bracket or brace.
    pub(super) fn enter(&mut self, container: Container) -> Result<(), Fault> {
        if self.open.len() >= self.max_depth {
            return Err(self.fault(JsonErrorKind::TooDeep { limit: self.max_depth }));
        }
        self.open.push(container);
        self.at += 1;
        Ok(())
    }

    /// Takes a key and its colon. Gives where the key is, with its quotes.
    pub(super) fn key(&mut self) -> Result<Range<usize>, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.not_json("expected a key in double quotes"));
        }
        let start = self.at;
        self.string()?;
        let end = self.at;
        if self.peek() != Some(b':') {
            return Err(self.not_json("expected `:`"));
        }
        self.at += 1;
        Ok(start..end)
    }

    /// Takes a value, whole. Gives where it is.
    pub(super) fn value(&mut self) -> Result<Range<usize>, Fault> {
        let outside = self.open.len();
        let first = self.peek();
        let start = self.at;
        let mut next = first;
        loop {
            let entered = self.begin(next)?;
            if !entered && !self.end_values(outside)? {
                return Ok(start..self.at);
            }
            if self.open.last() == Some(&Container::Object) {
                self.key()?;
            }
            next = self.peek();
        }
    }

    /// Takes a scalar, an empty container, or the opening of one that is not empty. True for the last.
    fn begin(&mut self, first: Option<u8>) -> Result<bool, Fault> {
        match first {
            Some(b'"') => self.string()?,
            Some(b'{') => return self.open_container(Container::Object, b'}'),
            Some(b'[') => return self.open_container(Container::Array, b']'),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.literal(b"true")?,
            Some(b'f') => self.literal(b"false")?,
            Some(b'n') => self.literal(b"null")?,
            _ => return Err(self.not_json("expected a value")),
        }
        Ok(false)
    }

    fn open_container(&mut self, container: Container, close: u8) -> Result<bool, Fault> {
        self.enter(container)?;
        if self.peek() != Some(close) {
            return Ok(true);
        }
        self.at += 1;
        self.open.pop();
        Ok(false)
    }

    /// Behind a value: takes what closes, up to a comma (true) or to where `outside` containers are open (false).
    fn end_values(&mut self, outside: usize) -> Result<bool, Fault> {
        while self.open.len() > outside {
            match (self.peek(), self.open.last()) {
                (Some(b','), _) => {
                    self.at += 1;
                    return Ok(true);
                }
                (Some(b'}'), Some(Container::Object)) | (Some(b']'), Some(Container::Array)) => {
                    self.at += 1;
                    self.open.pop();
                }
                (_, Some(Container::Object)) => return Err(self.not_json("expected `,` or `}`")),
                (_, _) => return Err(self.not_json("expected `,` or `]`")),
            }
        }
        Ok(false)
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), Fault> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(self.fault(JsonErrorKind::NotJson("expected a value")));
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        self.take(b"-");
        if !self.take(b"0") {
            self.digits()?;
        }
        if self.take(b".") {
            self.digits()?;
        }
        if self.take(b"eE") {
            self.take(b"+-");
            self.digits()?;
        }
        Ok(())
    }

    fn take(&mut self, any_of: &[u8]) -> bool {
        let is_there = self.bytes.get(self.at).is_some_and(|byte| any_of.contains(byte));
        self.at += usize::from(is_there);
        is_there
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let count = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.not_json("expected a digit"));
        }
        self.at += count;
        Ok(())
    }

    /// Takes a string, from its opening quote.
    fn string(&mut self) -> Result<(), Fault> {
        self.at += 1;
        match string::length(&self.bytes[self.at..]) {
            Ok(length) => {
                self.at += length + 1;
                Ok(())
            }
            Err((length, what)) => {
                self.at += length;
                Err(self.not_json(what))
            }
        }
    }
}
