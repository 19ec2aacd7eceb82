//! `multipart/form-data`, judged as it is read: every byte must be where RFC 7578 has it.

use memchr::memmem;
use serde_json::{Map, Value};

/// The most parts of a form.
const MOST_PARTS: usize = 1000;

/// A part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) name: String,
    /// Where it is a file.
    pub(super) filename: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) data: &'a [u8],
}

/// The parts of a form.
pub(super) fn parse<'a>(content_type: &str, body: &'a [u8]) -> Result<Vec<Part<'a>>, String> {
    let boundary = boundary(content_type)?;
    let (first, between) = (format!("--{boundary}"), format!("\r\n--{boundary}"));
    let mut rest = body.strip_prefix(first.as_bytes()).ok_or("the form does not begin with its boundary")?;
    let mut parts = Vec::new();
    loop {
        if let Some(end) = rest.strip_prefix(b"--") {
            return if matches!(end, b"" | b"\r\n") { Ok(parts) } else { Err("bytes after the last boundary".to_owned()) };
        }
        rest = rest.strip_prefix(b"\r\n").ok_or("a boundary is not followed by a line end")?;
        let end = memmem::find(rest, between.as_bytes()).ok_or("the form does not end with its boundary")?;
        let (part, after) = rest.split_at_checked(end).ok_or("the form ends too early")?;
        if parts.len() == MOST_PARTS {
            return Err(format!("more than {MOST_PARTS} parts"));
        }
        parts.push(read(part)?);
        rest = after.get(between.len()..).unwrap_or_default();
    }
}

fn boundary(content_type: &str) -> Result<String, String> {
    let parameters = content_type.strip_prefix("multipart/form-data").ok_or("not multipart/form-data")?;
    let boundary = parameter(parameters, "boundary").ok_or("no boundary in the content type")?;
    if (1..=70).contains(&boundary.len()) { Ok(boundary) } else { Err("a boundary has 1 to 70 characters".to_owned()) }
}

/// A parameter of a header: bare, or in quotes with `\` before what would end them.
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut rest = header;
    loop {
        rest = rest.get(rest.find(';')? + 1..)?.trim_start();
        let (key, value) = rest.split_once('=')?;
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = value.find(';').unwrap_or(value.len());
                (value.get(..end)?.trim().to_owned(), value.get(end..)?)
            }
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = after;
    }
}

fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((text, quoted.get(at + 1..)?)),
            '\\' => text.push(characters.next()?.1),
            _ => text.push(character),
        }
    }
    None
}

fn read(part: &[u8]) -> Result<Part<'_>, String> {
    let end = memmem::find(part, b"\r\n\r\n").ok_or("a part has no empty line after its headers")?;
    let (headers, data) = part.split_at_checked(end).ok_or("a part ends too early")?;
    let headers = str::from_utf8(headers).map_err(|_| "headers of a part are not UTF-8")?;
    let (mut disposition, mut content_type) = (None, None);
    for line in headers.split("\r\n") {
        let (name, value) = line.split_once(':').ok_or("a header of a part has no colon")?;
        match name.to_ascii_lowercase().as_str() {
            "content-disposition" => disposition = Some(value.trim()),
            "content-type" => content_type = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let disposition = disposition.filter(|value| value.starts_with("form-data")).ok_or("a part is not form-data")?;
    let name = parameter(disposition, "name").ok_or("a part has no name")?;
    let data = data.get(4..).unwrap_or_default();
    Ok(Part { name, filename: parameter(disposition, "filename"), content_type, data })
}

/// The fields that are no files, as JSON: `name[]` is an array, and what these names say is a number or a boolean becomes one if it
/// can. What cannot stays a text, for the judge to find.
pub(super) fn fields(parts: &[Part<'_>], numbers: &[&str], booleans: &[&str]) -> Result<Value, String> {
    let mut fields = Map::new();
    for part in parts.iter().filter(|part| part.filename.is_none()) {
        let text = str::from_utf8(part.data).map_err(|_| format!("'{}' is not UTF-8", part.name))?;
        let name = part.name.strip_suffix("[]");
        let key = name.unwrap_or(&part.name);
        let value = match text {
            "true" | "false" if booleans.contains(&key) => Value::from(text == "true"),
            _ if numbers.contains(&key) => text.parse::<serde_json::Number>().map_or_else(|_| text.into(), Value::Number),
            _ => text.into(),
        };
        match (name, fields.get_mut(key)) {
            (Some(_), Some(Value::Array(values))) => values.push(value),
            (Some(_), None) => drop(fields.insert(key.to_owned(), Value::Array(vec![value]))),
            (None, None) => drop(fields.insert(key.to_owned(), value)),
            (_, Some(_)) => return Err(format!("Duplicate parameter: '{key}'.")),
        }
    }
    Ok(fields.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TYPE: &str = "multipart/form-data; boundary=x";

    #[test]
    fn fields_and_files_are_told_apart() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n2\r\n--x\r\n\
            content-disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".wav\"\r\nContent-Type: audio/wav\r\n\r\n\0\r\n--y\r\n--x--\r\n";
        let parts = parse(TYPE, body).unwrap();
        assert_eq!((parts[0].name.as_str(), parts[0].data), ("n", b"2".as_slice()));
        assert_eq!((parts[1].filename.as_deref(), parts[1].data), (Some("a \"b\".wav"), b"\0\r\n--y".as_slice()));
        assert_eq!(fields(&parts, &["n"], &[]), Ok(json!({"n": 2})));
        assert_eq!(parse("multipart/form-data; charset=a; boundary=\"x\"", body).unwrap(), parts);
    }

    #[test]
    fn lists_grow_and_other_fields_stand_once() {
        let part = |name: &str, text: &'static str| Part {
            name: name.into(),
            filename: None,
            content_type: None,
            data: text.as_bytes(),
        };
        let list = [part("a[]", "x"), part("a[]", "y"), part("stream", "true"), part("n", "no")];
        assert_eq!(fields(&list, &["n"], &["stream"]), Ok(json!({"a": ["x", "y"], "stream": true, "n": "no"})));
        assert!(fields(&[part("n", "1"), part("n", "2")], &[], &[]).unwrap_err().contains("Duplicate"));
    }

    #[test]
    fn a_form_cut_anywhere_is_refused() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n2\r\n--x--";
        assert!(parse(TYPE, body).is_ok());
        for end in 0..body.len() {
            assert!(parse(TYPE, &body[..end]).is_err(), "{end}");
        }
        for wrong in ["multipart/form-data", "multipart/form-data; boundary=", "application/json"] {
            assert!(parse(wrong, body).is_err());
        }
        let other = "multipart/form-data; boundary=\"x";
        assert!(parse(other, body).is_err());
    }
}
