//! The fields of a `multipart/form-data` body, found in one pass, and edits that leave every other byte as it is.
//!
//! [`Form::scan`] finds where each part stands and copies nothing: a recording of 25 MiB is searched for its boundary and not
//! looked into. Read strictly where parsers differ (RFC 7578 and RFC 2046, without preamble, epilogue, folded headers, nested
//! forms or a field that comes twice): whoever reads a form otherwise than the provider would let a caller ask for a model that
//! the gateway has not seen. [`Form::splice`] replaces, adds and removes small fields; boundary and files stay.

mod error;
mod head;
#[cfg(test)]
mod tests;

use std::ops::Range;

use bytes::Bytes;
use memchr::memmem;

pub use error::{FormError, FormErrorKind};
use head::Head;

/// The most parts that a form may have. Sixteen images and a dozen fields are what the APIs in question take.
pub const MAX_PARTS: usize = 256;
/// The longest head of a part, in bytes.
const MAX_HEAD: usize = 8 * 1024;
/// The longest value that is read as a field, in bytes.
const MAX_FIELD: usize = 8 * 1024;
/// White space that may stand behind a boundary on its line, in bytes.
const MAX_PADDING: usize = 64;

const LINE_END: &[u8] = b"\r\n";

/// Where the parts of a form are, in their order.
#[derive(Debug)]
pub struct Form<'a> {
    body: &'a [u8],
    /// `\r\n--boundary`: what ends the content of a part.
    delimiter: Vec<u8>,
    parts: Vec<Part<'a>>,
    /// Where the dashes of the closing boundary are.
    close: usize,
}

/// One part.
#[derive(Debug)]
struct Part<'a> {
    name: &'a [u8],
    is_file: bool,
    /// Whether the content is written in a way of its own (`content-transfer-encoding: base64`).
    is_encoded: bool,
    /// Where the dashes of the boundary before it are.
    start: usize,
    content: Range<usize>,
}

/// What is replaced, and by what.
type Change = (Range<usize>, Vec<u8>);

/// The boundary that a `content-type` header names.
///
/// # Errors
/// [`FormErrorKind::NotAForm`], [`FormErrorKind::NoBoundary`].
pub fn boundary(content_type: &str) -> Result<&str, FormError> {
    head::boundary(content_type).map_err(|kind| FormError { offset: None, kind })
}

/// Whether a `content-type` header says that the body is a form with parts.
pub fn is_form(content_type: &str) -> bool {
    head::is_form(content_type)
}

impl<'a> Form<'a> {
    /// Finds the parts of a body.
    ///
    /// # Errors
    /// [`FormError`], with the place.
    pub fn scan(body: &'a [u8], boundary: &str) -> Result<Self, FormError> {
        let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
        let dashes = &delimiter[LINE_END.len()..];
        let finder = memmem::Finder::new(&delimiter);
        let mut start = if body.starts_with(&delimiter) { LINE_END.len() } else { 0 };
        if !body[start..].starts_with(dashes) {
            return Err(FormError::at(0, FormErrorKind::NoOpening));
        }
        let mut parts = Vec::new();
        while let Some(head) = after_boundary(body, start + dashes.len())? {
            if parts.len() == MAX_PARTS {
                return Err(FormError::at(start, FormErrorKind::TooManyParts));
            }
            let (Head { name, is_file, is_encoded }, content) = part_head(body, head)?;
            // In the head, or where the content begins without a line end of its own, some readers see it and some do not.
            if finder.find(&body[head - LINE_END.len()..content]).is_some() || body[content..].starts_with(dashes) {
                return Err(FormError::at(content, FormErrorKind::BoundaryInContent));
            }
            let length = finder.find(&body[content..]).ok_or(FormError::at(start, FormErrorKind::NotClosed))?;
            let end = content + length;
            parts.push(Part { name, is_file, is_encoded, start, content: content..end });
            start = end + LINE_END.len();
        }
        Ok(Self { body, close: start, parts, delimiter })
    }

    /// A field's text. `None` when it is absent.
    ///
    /// # Errors
    /// [`FormErrorKind::Twice`]; [`FormErrorKind::NotText`] for a file, or for content that is encoded, long or not UTF-8.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>, FormError> {
        let Some(part) = self.one(name)? else { return Ok(None) };
        let content = &self.body[part.content.clone()];
        let readable = !part.is_file && !part.is_encoded && content.len() <= MAX_FIELD;
        let text = std::str::from_utf8(content).ok().filter(|_| readable);
        text.map(Some).ok_or_else(|| FormError::at(part.start, FormErrorKind::NotText(name.to_owned())))
    }

    /// Whether there is a part of this name, file or field.
    pub fn contains(&self, name: &str) -> bool {
        self.named(name).next().is_some()
    }

    /// How many parts there are.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether the form has no part.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The body with fields set (`Some`) and removed (`None`), each named once; a field that is absent is added behind the last
    /// part. `None` when the body stays as it is.
    ///
    /// # Errors
    /// [`FormErrorKind::Twice`] for a field to be set; [`FormErrorKind::Unspeakable`] for a name or value that this form cannot
    /// hold.
    pub fn splice(&self, edits: &[(&str, Option<&str>)]) -> Result<Option<Bytes>, FormError> {
        let mut changes: Vec<Change> = Vec::new();
        for (name, value) in edits {
            match value {
                Some(value) => changes.extend(self.change(name, value)?),
                None => changes.extend(self.positions(name).map(|index| (self.span(index), Vec::new()))),
            }
        }
        if changes.is_empty() {
            return Ok(None);
        }
        changes.sort_by_key(|(range, _)| range.start);
        let growth: usize = changes.iter().map(|(_, bytes)| bytes.len()).sum();
        let mut out = Vec::with_capacity(self.body.len() + growth);
        let mut done = 0;
        for (range, bytes) in changes {
            out.extend_from_slice(self.body.get(done..range.start).unwrap_or_default());
            out.extend_from_slice(&bytes);
            done = range.end;
        }
        out.extend_from_slice(&self.body[done..]);
        Ok(Some(out.into()))
    }

    fn change(&self, name: &str, value: &str) -> Result<Option<Change>, FormError> {
        let unspeakable = || FormError { offset: None, kind: FormErrorKind::Unspeakable(name.to_owned()) };
        let in_line = [LINE_END, value.as_bytes()].concat();
        if memmem::find(&in_line, &self.delimiter).is_some() {
            return Err(unspeakable());
        }
        match self.one(name)? {
            Some(part) if self.body[part.content.clone()] == *value.as_bytes() => Ok(None),
            Some(part) if part.is_file || part.is_encoded => {
                Err(FormError::at(part.start, FormErrorKind::NotText(name.to_owned())))
            }
            Some(part) => Ok(Some((part.content.clone(), value.as_bytes().to_vec()))),
            None if name.bytes().any(|byte| byte.is_ascii_control() || matches!(byte, b'"' | b'\\')) => Err(unspeakable()),
            None => Ok(Some((self.close..self.close, self.part(name, value)))),
        }
    }

    /// A part that is new.
    fn part(&self, name: &str, value: &str) -> Vec<u8> {
        let dashes = &self.delimiter[LINE_END.len()..];
        let head = format!("\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        [dashes, head.as_bytes(), value.as_bytes(), LINE_END].concat()
    }

    /// A part with the boundary before it.
    fn span(&self, index: usize) -> Range<usize> {
        self.parts[index].start..self.parts.get(index + 1).map_or(self.close, |next| next.start)
    }

    fn positions(&self, name: &str) -> impl Iterator<Item = usize> {
        self.parts.iter().enumerate().filter(move |(_, part)| part.name == name.as_bytes()).map(|(index, _)| index)
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Part<'a>> {
        self.parts.iter().filter(move |part| part.name == name.as_bytes())
    }

    fn one(&self, name: &str) -> Result<Option<&Part<'a>>, FormError> {
        let mut named = self.named(name);
        let first = named.next();
        match named.next() {
            Some(second) => Err(FormError::at(second.start, FormErrorKind::Twice(name.to_owned()))),
            None => Ok(first),
        }
    }
}

/// What stands behind a boundary: where the head of the next part begins, or nothing when this was the closing one.
fn after_boundary(body: &[u8], at: usize) -> Result<Option<usize>, FormError> {
    let rest = &body[at..];
    if let Some(rest) = rest.strip_prefix(b"--") {
        let blank = rest.iter().all(u8::is_ascii_whitespace);
        return if blank { Ok(None) } else { Err(FormError::at(at, FormErrorKind::BehindTheEnd)) };
    }
    let padding = rest.iter().take(MAX_PADDING).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if rest[padding..].starts_with(LINE_END) {
        return Ok(Some(at + padding + LINE_END.len()));
    }
    let cut = rest.len() == padding || rest[padding..] == *b"\r" || *rest == *b"-";
    Err(FormError::at(at, if cut { FormErrorKind::NotClosed } else { FormErrorKind::BoundaryInContent }))
}

/// The head of a part, and where its content begins.
fn part_head(body: &[u8], at: usize) -> Result<(Head<'_>, usize), FormError> {
    // The blank line may follow the boundary at once: then the part has no head.
    let begin = at - LINE_END.len();
    let window = &body[begin..body.len().min(begin + MAX_HEAD)];
    let kind = || if window.len() < MAX_HEAD { FormErrorKind::NotClosed } else { FormErrorKind::LongHead };
    let length = memmem::find(window, b"\r\n\r\n").ok_or_else(|| FormError::at(at, kind()))?;
    let text = window.get(LINE_END.len()..length).unwrap_or_default();
    let head = Head::parse(text).map_err(|kind| FormError::at(at, kind))?;
    Ok((head, begin + length + 2 * LINE_END.len()))
}
