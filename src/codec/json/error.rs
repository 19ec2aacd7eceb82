//! What is wrong with a body, and where.

use std::fmt;

/// What is wrong with a body, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// Bytes before the place.
    pub offset: usize,
    /// Line of the place, from 1.
    pub line: usize,
    /// Column of the place in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub kind: JsonErrorKind,
}

/// What is wrong with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonErrorKind {
    /// It is not JSON: what was expected or found.
    NotJson(&'static str),
    /// It is JSON, but not an object.
    NotAnObject,
    /// Objects and arrays are nested deeper than is allowed.
    TooDeep {
        /// The deepest that is allowed.
        limit: usize,
    },
    /// The object has more fields than is allowed.
    TooManyFields {
        /// The most that are allowed.
        limit: usize,
    },
    /// The object has this key twice.
    DuplicateKey(String),
    /// A field has a value of another type.
    WrongType {
        /// The field.
        key: String,
        /// What it must be.
        expected: &'static str,
    },
    /// It is not UTF-8.
    NotUtf8,
}

impl JsonError {
    /// An error at `offset` of `body`, which is UTF-8 up to there.
    pub(super) fn new(body: &[u8], offset: usize, kind: JsonErrorKind) -> Self {
        let before = body.get(..offset).unwrap_or(body);
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let is_first_of_char = |byte: &&u8| (**byte & 0b1100_0000) != 0b1000_0000;
        Self {
            offset,
            line: 1 + memchr::memchr_iter(b'\n', before).count(),
            column: 1 + before[line_start..].iter().filter(is_first_of_char).count(),
            kind,
        }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            JsonErrorKind::NotJson(what) => write!(f, "the body is not valid JSON: {what}")?,
            JsonErrorKind::NotAnObject => f.write_str("the body must be a JSON object")?,
            JsonErrorKind::TooDeep { limit } => write!(f, "the body nests objects and arrays deeper than {limit} levels")?,
            JsonErrorKind::TooManyFields { limit } => write!(f, "the body has more than {limit} fields at its top level")?,
            JsonErrorKind::DuplicateKey(key) => write!(f, "the body has the field {} twice; send it once", quoted(key))?,
            JsonErrorKind::WrongType { key, expected } => write!(f, "the field {} must be {expected}", quoted(key))?,
            JsonErrorKind::NotUtf8 => f.write_str("the body is not valid UTF-8")?,
        }
        write!(f, " (line {}, column {}, byte {})", self.line, self.column, self.offset)
    }
}

impl std::error::Error for JsonError {}

/// A caller's key in a message: escaped, and cut where it is long.
fn quoted(key: &str) -> String {
    const LONGEST: usize = 64;
    match key.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{:?}…", &key[..cut]),
        None => format!("{key:?}"),
    }
}
