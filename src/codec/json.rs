//! The top-level fields of a JSON object, found in one pass over the body, and edits that leave every other byte as it is.
//!
//! [`TopLevel::scan`] checks the whole body (valid JSON in UTF-8, nothing behind it, nesting bounded) and keeps where each
//! top-level field stands. A key that is there twice, however it is escaped, is an error: whoever reads the first and whoever
//! reads the last would disagree about what was asked. [`Splice`] replaces, adds and removes top-level fields.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::value::RawValue;

mod error;
mod grammar;
mod scan;
mod splice;
mod string;
#[cfg(test)]
mod tests;

pub use error::{JsonError, JsonErrorKind};
pub use splice::Splice;

/// How many bytes the text of a JSON string has, which begins here behind its opening quote. `None`: it does not end here, or is
/// not valid.
pub fn string_length(text: &[u8]) -> Option<usize> {
    string::length(text).ok().filter(|length| *length < text.len())
}

/// The most fields that a body may have at its top level. Known APIs have fewer than a hundred; without a bound, a body of tiny
/// fields would cost many times its size in memory.
pub const MAX_FIELDS: usize = 1024;

/// Where the top-level fields of a body are, in their order.
#[derive(Debug)]
pub struct TopLevel<'a> {
    text: &'a str,
    fields: Vec<Field<'a>>,
    /// Behind the opening brace: where the first field of an empty object would stand.
    inside: usize,
}

/// One top-level field.
#[derive(Debug)]
struct Field<'a> {
    key: Cow<'a, str>,
    /// Where the key's opening quote is.
    start: usize,
    value: Range<usize>,
}

/// What is wrong at a byte.
#[derive(Debug)]
struct Fault {
    offset: usize,
    kind: JsonErrorKind,
}

impl<'a> TopLevel<'a> {
    /// Checks a body and finds its fields. `max_depth` bounds the nesting of objects and arrays; the body's own object counts.
    ///
    /// # Errors
    /// [`JsonError`], with the place.
    pub fn scan(body: &'a [u8], max_depth: usize) -> Result<Self, JsonError> {
        let text =
            std::str::from_utf8(body).map_err(|error| JsonError::new(body, error.valid_up_to(), JsonErrorKind::NotUtf8))?;
        scan::top_level(text, max_depth).map_err(|fault| JsonError::new(body, fault.offset, fault.kind))
    }

    /// A field's value.
    pub fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.field(key).and_then(|field| self.raw(field))
    }

    /// A field's value as it is written.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.field(key).map(|field| self.value_text(field))
    }

    /// A field's value as text. `None` when it is absent or null.
    ///
    /// # Errors
    /// [`JsonErrorKind::WrongType`].
    pub fn str(&self, key: &str) -> Result<Option<Cow<'a, str>>, JsonError> {
        let Some(field) = self.present(key) else { return Ok(None) };
        let value = self.value_text(field);
        if !value.starts_with('"') {
            return Err(self.wrong_type(field, "a string"));
        }
        scan::decode_string(value).map(Some).ok_or_else(|| self.error(field, JsonErrorKind::NotJson(scan::LONE_SURROGATE)))
    }

    /// A field's value as a boolean. `None` when it is absent or null.
    ///
    /// # Errors
    /// [`JsonErrorKind::WrongType`].
    pub fn bool(&self, key: &str) -> Result<Option<bool>, JsonError> {
        let Some(field) = self.present(key) else { return Ok(None) };
        match self.value_text(field) {
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            _ => Err(self.wrong_type(field, "true or false")),
        }
    }

    /// A field's value as a whole number. `None` when it is absent or null.
    ///
    /// # Errors
    /// [`JsonErrorKind::WrongType`], also for a number that is negative, has a fraction or an exponent, or is above 2⁶⁴ − 1.
    pub fn u64(&self, key: &str) -> Result<Option<u64>, JsonError> {
        let Some(field) = self.present(key) else { return Ok(None) };
        match self.value_text(field).parse::<u64>() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(self.wrong_type(field, "a whole number, not negative")),
        }
    }

    /// All fields in their order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.fields.iter().filter_map(|field| Some((&*field.key, self.raw(field)?)))
    }

    fn field(&self, key: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// The field, unless it is null: the APIs in question take that for absent.
    fn present(&self, key: &str) -> Option<&Field<'a>> {
        self.field(key).filter(|field| self.value_text(field) != "null")
    }

    fn value_text(&self, field: &Field<'a>) -> &'a str {
        &self.text[field.value.clone()]
    }

    /// The scan accepts nothing that serde_json does not, so this is `None` for no field; a test holds the two together.
    fn raw(&self, field: &Field<'a>) -> Option<&'a RawValue> {
        serde_json::from_str(self.value_text(field)).ok()
    }

    fn wrong_type(&self, field: &Field<'_>, expected: &'static str) -> JsonError {
        self.error(field, JsonErrorKind::WrongType { key: field.key.clone().into_owned(), expected })
    }

    fn error(&self, field: &Field<'_>, kind: JsonErrorKind) -> JsonError {
        JsonError::new(self.text.as_bytes(), field.value.start, kind)
    }
}
