//! The one pass over a body: its grammar, and where its top-level fields are.

use std::borrow::Cow;

use super::grammar::{Container, Cursor};
use super::{Fault, Field, JsonErrorKind, MAX_FIELDS, TopLevel};

pub(super) const LONE_SURROGATE: &str = "a \\u escape is half of a surrogate pair, and so no character";

/// Finds the fields of the object that `text` is.
pub(super) fn top_level(text: &str, max_depth: usize) -> Result<TopLevel<'_>, Fault> {
    let mut cursor = Cursor::new(text.as_bytes(), max_depth);
    match cursor.peek() {
        Some(b'{') => {}
        Some(b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => return Err(cursor.fault(JsonErrorKind::NotAnObject)),
        Some(_) => return Err(cursor.not_json("expected `{`")),
        None => return Err(cursor.fault(JsonErrorKind::NotJson("it is empty"))),
    }
    cursor.enter(Container::Object)?;
    let inside = cursor.at;
    let fields = fields(text, &mut cursor)?;
    if cursor.peek().is_some() {
        return Err(cursor.not_json("there is more behind the object"));
    }
    match duplicate(&fields) {
        Some(field) => Err(Fault { offset: field.start, kind: JsonErrorKind::DuplicateKey(field.key.clone().into_owned()) }),
        None => Ok(TopLevel { text, fields, inside }),
    }
}

/// Decodes a JSON string with its quotes. `None` when an escape is no character.
pub(super) fn decode_string(quoted: &str) -> Option<Cow<'_, str>> {
    if memchr::memchr(b'\\', quoted.as_bytes()).is_some() {
        serde_json::from_str(quoted).ok().map(Cow::Owned)
    } else {
        quoted.get(1..quoted.len().checked_sub(1)?).map(Cow::Borrowed)
    }
}

/// The fields, from behind the object's opening brace to behind its closing one.
fn fields<'a>(text: &'a str, cursor: &mut Cursor<'a>) -> Result<Vec<Field<'a>>, Fault> {
    let mut fields = Vec::new();
    if cursor.peek() == Some(b'}') {
        cursor.at += 1;
        return Ok(fields);
    }
    loop {
        let quoted = cursor.key()?;
        let start = quoted.start;
        if fields.len() == MAX_FIELDS {
            return Err(Fault { offset: start, kind: JsonErrorKind::TooManyFields { limit: MAX_FIELDS } });
        }
        let key = decode_string(&text[quoted]).ok_or(Fault { offset: start, kind: JsonErrorKind::NotJson(LONE_SURROGATE) })?;
        let value = cursor.value()?;
        fields.push(Field { key, start, value });
        match cursor.peek() {
            Some(b',') => cursor.at += 1,
            Some(b'}') => {
                cursor.at += 1;
                return Ok(fields);
            }
            _ => return Err(cursor.not_json("expected `,` or `}`")),
        }
    }
}

/// The second field with the same key as another one.
fn duplicate<'f, 'a>(fields: &'f [Field<'a>]) -> Option<&'f Field<'a>> {
    let mut sorted: Vec<&Field<'_>> = fields.iter().collect();
    sorted.sort_by(|one, other| one.key.cmp(&other.key));
    sorted.windows(2).find(|pair| pair[0].key == pair[1].key).map(|pair| pair[1])
}
