//! What is wrong in a client's body, and where: the way from a wrong value deep in the JSON to a message that names its path.
//!
//! The good case costs nothing: a body is read plainly first, and a second time with a path tracker only when it was wrong.
//! Invariant: every [`RequestError::Invalid`] made here names a field that the client itself wrote or left out.

use std::fmt::{self, Write};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{RequestError, Target};

/// What is wrong in a request, with the path to it from where it was seen.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    field: String,
    message: String,
}

impl Fault {
    /// A fault of this field.
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }

    /// The same fault, seen from further out: `outer` is the path to where the field's path begins.
    #[must_use]
    pub(crate) fn within(mut self, outer: impl fmt::Display) -> Self {
        let inner = std::mem::take(&mut self.field);
        // Writing to a `String` cannot fail.
        let _ = write!(self.field, "{outer}");
        if !inner.is_empty() && !inner.starts_with('[') {
            self.field.push('.');
        }
        self.field.push_str(&inner);
        self
    }

    /// The request is good, but the target's dialect cannot say it.
    pub(crate) fn unsupported(self, target: &Target<'_>) -> RequestError {
        let (field, message) = (bounded(self.field), bounded(self.message));
        RequestError::Unsupported { field, provider: target.provider.to_owned(), dialect: target.dialect.name(), message }
    }

    /// The request is good, but no other dialect than the client's own can say it, whatever the target: [`name_target`].
    pub(crate) fn untranslatable(self) -> RequestError {
        let (field, message) = (bounded(self.field), bounded(self.message));
        RequestError::Unsupported { field, provider: ANY.to_owned(), dialect: "of another dialect", message }
    }
}

/// Stands for the provider where a parser does not know which one it will be.
const ANY: &str = "any";

/// What a parser has refused, with the name of the provider that the request was for.
pub(crate) fn name_target(error: RequestError, target: &Target<'_>) -> RequestError {
    match error {
        RequestError::Unsupported { field, provider, message, .. } if provider == ANY => {
            RequestError::Unsupported { field, provider: target.provider.to_owned(), dialect: target.dialect.name(), message }
        }
        other => other,
    }
}

impl From<Fault> for RequestError {
    fn from(Fault { field, message }: Fault) -> Self {
        let (field, message) = (bounded(field), bounded(message));
        let message = if field.is_empty() { message } else { format!("`{field}`: {message}") };
        Self::Invalid { field, message }
    }
}

/// Reads a whole body.
pub(crate) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Fault> {
    let text = std::str::from_utf8(body).map_err(|error| Fault::new("", format!("the body is not valid UTF-8: {error}")))?;
    read_text(text)
}

/// Reads a piece of a body that was kept as it is.
pub(crate) fn read_raw<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, Fault> {
    read_text(raw.get())
}

fn read_text<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| locate::<T>(text, &error))
}

fn locate<'a, T: Deserialize<'a>>(text: &'a str, error: &serde_json::Error) -> Fault {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(located) if located.inner().is_data() => {
            let path = located.path().to_string();
            let path = if path == "." { String::new() } else { path };
            Fault::new(path, bounded(located.inner().to_string()))
        }
        _ => Fault::new("", format!("the body is not valid JSON: {error}")),
    }
}

/// The longest message about a wrong value, and the longest path to one, in bytes: a message quotes the value, and it may be a
/// picture; a path has the client's own keys in it.
const LONGEST: usize = 512;

/// The text, or its beginning.
pub(crate) fn bounded(mut message: String) -> String {
    if message.len() > LONGEST {
        message.truncate(message.floor_char_boundary(LONGEST));
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Outer {
        #[expect(dead_code, reason = "only its type is of interest")]
        list: Vec<u8>,
    }

    #[test]
    fn a_wrong_type_is_told_with_its_path() {
        let fault = read::<Outer>(br#"{"list":[1,"two"]}"#).unwrap_err();
        assert_eq!(fault.field, "list[1]");
        assert!(fault.message.contains("invalid type: string"), "{}", fault.message);
    }

    #[test]
    fn a_wrong_value_is_quoted_only_in_part() {
        let body = format!(r#"{{"list":["{}"]}}"#, "ü".repeat(10_000));
        let fault = read::<Outer>(body.as_bytes()).unwrap_err();
        assert!(fault.message.len() < LONGEST + 8 && fault.message.ends_with('…'), "{}", fault.message.len());
    }

    #[test]
    fn a_path_and_a_message_of_the_clients_own_words_are_told_only_in_part() {
        let fault = Fault::new("k".repeat(10_000), "v".repeat(10_000));
        let RequestError::Invalid { field, message } = fault.into() else { panic!() };
        assert!(field.len() < LONGEST + 8 && message.len() < 2 * LONGEST + 32, "{} {}", field.len(), message.len());
    }

    #[test]
    fn broken_json_has_no_path_but_a_position() {
        for body in [&b"{\"list\":[1,"[..], b"{\"list\":[1]} x", b"", b"\xff"] {
            let fault = read::<Outer>(body).unwrap_err();
            assert_eq!(fault.field, "");
            assert!(fault.message.contains("not valid"), "{}", fault.message);
        }
    }

    #[test]
    fn paths_grow_from_the_inside() {
        let fault = Fault::new("url", "is missing").within("image_url").within("[0]").within("content");
        assert_eq!(fault.field, "content[0].image_url.url");
        assert_eq!(Fault::new("", "x").within("tools[1]").field, "tools[1]");
    }
}
