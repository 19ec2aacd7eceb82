//! The head of a part: its headers, of which `content-disposition` names the field; and the parameters of header values.

use super::FormErrorKind;

/// RFC 2046, section 5.1.1.
const MAX_BOUNDARY: usize = 70;

/// What the headers of a part say.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) name: &'a [u8],
    pub(super) is_file: bool,
    pub(super) is_encoded: bool,
}

impl<'a> Head<'a> {
    /// Reads the headers of a part, without the blank line behind them.
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, FormErrorKind> {
        if has_lone_line_ends(text) {
            return Err(FormErrorKind::BadHead("its lines must end with CR LF"));
        }
        let (mut disposition, mut is_encoded) = (None, false);
        for line in text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end).filter(|line| !line.is_empty()) {
            let colon = memchr::memchr(b':', line).filter(|_| !line[0].is_ascii_whitespace());
            let (key, value) = line.split_at(colon.ok_or(FormErrorKind::BadHead("a line is no header"))?);
            let value = value[1..].trim_ascii();
            if key.eq_ignore_ascii_case(b"content-disposition") {
                if disposition.replace(value).is_some() {
                    return Err(FormErrorKind::BadHead("it has two content-dispositions"));
                }
            } else if key.eq_ignore_ascii_case(b"content-transfer-encoding") {
                is_encoded |= ![&b"binary"[..], b"8bit", b"7bit"].iter().any(|plain| value.eq_ignore_ascii_case(plain));
            } else if key.eq_ignore_ascii_case(b"content-type") && starts_with(value, b"multipart/") {
                return Err(FormErrorKind::BadHead("a form within a form is not taken"));
            }
        }
        let (name, is_file) = named(disposition.ok_or(FormErrorKind::BadHead("it has no content-disposition"))?)?;
        Ok(Self { name, is_file, is_encoded })
    }
}

fn has_lone_line_ends(text: &[u8]) -> bool {
    memchr::memchr3_iter(b'\r', b'\n', 0, text).any(|at| match text[at] {
        b'\r' => text.get(at + 1) != Some(&b'\n'),
        b'\n' => at.checked_sub(1).and_then(|before| text.get(before)) != Some(&b'\r'),
        _ => true,
    })
}

/// The field that a disposition names, and whether it is a file.
fn named(disposition: &[u8]) -> Result<(&[u8], bool), FormErrorKind> {
    let (kind, rest) = split_type(disposition);
    if !kind.eq_ignore_ascii_case(b"form-data") {
        return Err(FormErrorKind::BadHead("its content-disposition is not form-data"));
    }
    let (mut name, mut is_file) = (None, false);
    for parameter in Parameters(rest) {
        let (key, value) = parameter?;
        if key.eq_ignore_ascii_case(b"name") {
            if name.replace(value).is_some() {
                return Err(FormErrorKind::BadHead("it names two fields"));
            }
        } else if starts_with(key, b"filename") {
            is_file = true;
        } else if starts_with(key, b"name") {
            return Err(FormErrorKind::BadHead("the field's name must be given as name=\"…\""));
        }
    }
    match name {
        Some(name) if !name.is_empty() && !name.contains(&b'\\') => Ok((name, is_file)),
        _ => Err(FormErrorKind::BadHead("it names no field")),
    }
}

/// As [`super::is_form`].
pub(super) fn is_form(content_type: &str) -> bool {
    split_type(content_type.as_bytes()).0.eq_ignore_ascii_case(b"multipart/form-data")
}

/// As [`super::boundary`].
pub(super) fn boundary(content_type: &str) -> Result<&str, FormErrorKind> {
    if !is_form(content_type) {
        return Err(FormErrorKind::NotAForm);
    }
    let mut boundary = None;
    for parameter in Parameters(split_type(content_type.as_bytes()).1) {
        let (key, value) = parameter.map_err(|_| FormErrorKind::NoBoundary)?;
        if key.eq_ignore_ascii_case(b"boundary") && boundary.replace(value).is_some() {
            return Err(FormErrorKind::NoBoundary);
        }
    }
    let valid = |boundary: &&[u8]| {
        let of_rfc = |byte: &u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(byte);
        (1..=MAX_BOUNDARY).contains(&boundary.len()) && boundary.iter().all(of_rfc) && boundary.last() != Some(&b' ')
    };
    let boundary = boundary.filter(valid).ok_or(FormErrorKind::NoBoundary)?;
    std::str::from_utf8(boundary).map_err(|_| FormErrorKind::NoBoundary)
}

fn starts_with(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// The type of a header value, and its parameters with the semicolon before the first one.
fn split_type(value: &[u8]) -> (&[u8], &[u8]) {
    let (kind, rest) = value.split_at(memchr::memchr(b';', value).unwrap_or(value.len()));
    (kind.trim_ascii(), rest)
}

/// `; key=value; key="value"`. A quoted value is given as it is written.
struct Parameters<'a>(&'a [u8]);

impl<'a> Iterator for Parameters<'a> {
    type Item = Result<(&'a [u8], &'a [u8]), FormErrorKind>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.trim_ascii();
        if rest.is_empty() || rest == b";" {
            return None;
        }
        let parsed = parameter(rest);
        self.0 = match &parsed {
            Some((_, after)) => after,
            None => &[],
        };
        Some(parsed.map(|(pair, _)| pair).ok_or(FormErrorKind::BadHead("a header's parameters are wrong")))
    }
}

type Pair<'a> = (&'a [u8], &'a [u8]);

fn parameter(rest: &[u8]) -> Option<(Pair<'_>, &[u8])> {
    let rest = rest.strip_prefix(b";")?.trim_ascii_start();
    let equals = memchr::memchr(b'=', rest)?;
    let key = rest[..equals].trim_ascii();
    let rest = rest[equals + 1..].trim_ascii_start();
    let token = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b';' | b'=' | b',');
    if key.is_empty() || !key.iter().all(token) {
        return None;
    }
    let (value, after) = match rest.strip_prefix(b"\"") {
        Some(quoted) => quoted_value(quoted)?,
        None => {
            let (value, after) = rest.split_at(memchr::memchr(b';', rest).unwrap_or(rest.len()));
            (!value.contains(&b'"')).then_some((value.trim_ascii_end(), after))?
        }
    };
    let after = after.trim_ascii_start();
    (after.is_empty() || after[0] == b';').then_some(((key, value), after))
}

/// Some writers escape a quote in a file's name with a backslash, some readers do not know of it. Where both could go on reading
/// in a different place, the head is refused.
fn quoted_value(quoted: &[u8]) -> Option<Pair<'_>> {
    let mut at = 0;
    let mut has_escaped_quote = false;
    loop {
        at += memchr::memchr2(b'"', b'\\', quoted.get(at..)?)?;
        if quoted[at] == b'"' {
            break;
        }
        has_escaped_quote |= quoted.get(at + 1) == Some(&b'"');
        at += 2;
    }
    let value = &quoted[..at];
    let is_ambiguous = has_escaped_quote && value.contains(&b';');
    (!is_ambiguous).then_some((value, &quoted[at + 1..]))
}
