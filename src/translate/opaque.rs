//! What only its provider knows: files, batches, fine-tuning jobs. The body passes unread, to the same place below the provider's
//! path.
//!
//! The place is what the client's path says behind the provider's name. It begins with the dialect's own prefix (`/v1`), which the
//! prefix of the provider's endpoint replaces. Invariant: whatever a client writes, the path stays below that prefix, and there is
//! only one way to write it, so that what is forbidden for one spelling is forbidden for all. Nothing here relies on what Envoy has
//! made of the path before.

use http::{HeaderName, HeaderValue, header};

use super::{Dialect, Family, Incoming, Rendered, RequestError, Target};

/// The longest path, in bytes.
const LONGEST: usize = 2048;

const VERSION: HeaderName = HeaderName::from_static("anthropic-version");

/// A client's path, taken apart: `/openai/v1/files?limit=3` is the provider `openai` and the place `/v1/files`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Below<'a> {
    /// The first segment: a provider's name, perhaps.
    pub provider: &'a str,
    /// The rest, with the slash before it, without the query.
    pub place: &'a str,
}

impl<'a> Below<'a> {
    /// Takes a path apart; `None` where it has but one segment.
    pub fn of(path: &'a str) -> Option<Self> {
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        let path = path.strip_prefix('/')?;
        let (provider, place) = path.split_at(path.find('/')?);
        Some(Self { provider, place })
    }

    /// What stands behind the dialect's prefix, with the slash before it.
    ///
    /// # Errors
    /// What is wrong with the place, for the person who reads it.
    pub fn operation(&self, dialect: Dialect) -> Result<&'a str, String> {
        if self.place.len() > LONGEST {
            return Err(format!("the path is longer than {LONGEST} bytes"));
        }
        let prefix = dialect.path_prefix();
        let operation = self.place.strip_prefix(prefix).filter(|rest| rest.starts_with('/'));
        let operation = operation.ok_or_else(|| format!("the path behind `/{}` must begin with `{prefix}/`", self.provider))?;
        if operation.split('/').skip(1).all(is_plain) && String::from_utf8(percent_decoded(operation)).is_ok() {
            return Ok(operation);
        }
        Err("the path has an empty segment, `.`, `..`, `;`, or a percent-encoded character that need not be one: write it plainly"
            .to_owned())
    }

    /// The place as servers may read it that decode it: as it is, and without regard to upper and lower case.
    pub fn readings(&self) -> [String; 2] {
        let decoded = String::from_utf8_lossy(&percent_decoded(self.place)).into_owned();
        let folded = decoded.to_ascii_lowercase();
        [decoded, folded]
    }
}

/// A request for what only its provider knows.
///
/// # Errors
/// [`RequestError::Invalid`]: the path is no plain one.
pub(super) fn request(incoming: &Incoming<'_>, target: &Target<'_>) -> Result<Rendered, RequestError> {
    let invalid = |message| RequestError::Invalid { field: String::new(), message };
    let below = Below::of(incoming.path).ok_or_else(|| invalid("the path names no place at a provider".to_owned()))?;
    let operation = below.operation(target.dialect).map_err(invalid)?;
    let mut headers = Vec::new();
    if let Some(own) = incoming.content_type.and_then(|own| HeaderValue::from_str(own).ok()) {
        headers.push((header::CONTENT_TYPE, own));
    }
    // Anthropic's API demands one; the client's own counts more.
    if target.dialect.opaque() == Some(Family::Anthropic) {
        headers.push((VERSION, HeaderValue::from_static("2023-06-01")));
    }
    Ok(Rendered { path: format!("{}{operation}", target.path_prefix), headers, body: None, dropped: Vec::new() })
}

/// A segment that every server reads alike. `;` begins parameters at some, which others take for a part of the name.
fn is_plain(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..") && {
        let bytes = segment.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'%' => match encoded(bytes, at) {
                    Some(byte) if must_be_encoded(byte) => at += 3,
                    _ => return false,
                },
                byte if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(byte) => at += 1,
                _ => return false,
            }
        }
        true
    }
}

/// What no path can hold as it is and no server gives a meaning of its own: spaces, quotes, letters of other alphabets. Not a slash,
/// which would be one more segment to some.
fn must_be_encoded(byte: u8) -> bool {
    byte >= 0x80 || b" \"#<>?[]^`{|}".contains(&byte)
}

fn encoded(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |offset: usize| char::from(*bytes.get(at.checked_add(offset)?)?).to_digit(16);
    u8::try_from(digit(1)? * 16 + digit(2)?).ok()
}

fn percent_decoded(path: &str) -> Vec<u8> {
    let bytes = path.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        match encoded(bytes, at).filter(|_| *byte == b'%') {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(path: &str) -> Result<&str, String> {
        Below::of(path).ok_or("one segment")?.operation(Dialect::OpenAi)
    }

    #[test]
    fn the_place_is_what_stands_behind_the_providers_name_and_the_dialects_prefix() {
        assert_eq!(operation("/openai/v1/files?limit=3"), Ok("/files"));
        assert_eq!(operation("/a.b-c/v1/files/file-1/content"), Ok("/files/file-1/content"));
        assert_eq!(operation("/o/v1/models/ft:gpt:org::1@x"), Ok("/models/ft:gpt:org::1@x"));
        assert_eq!(operation("/o/v1/files/caf%C3%A9%20menu"), Ok("/files/caf%C3%A9%20menu"));
        let gemini = Below::of("/g/v1beta/files").unwrap();
        assert_eq!(gemini.operation(Dialect::Gemini), Ok("/files"));
        for path in ["/openai/files", "/openai/v1", "/openai/v11/files", "/openai/V1/files", "/openai/", "/openai"] {
            assert!(operation(path).is_err(), "{path}");
        }
    }

    #[test]
    fn nobody_leaves_the_providers_path_and_nothing_is_written_in_two_ways() {
        for path in [
            "/o/v1/../admin",
            "/o/v1/./files",
            "/o/v1/files/..",
            "/o/v1//files",
            "/o/v1/files/",
            "/o/v1/",
            "/o/v1/%2e%2e/admin",
            "/o/v1/%2E/admin",
            "/o/v1/a%2fb",
            "/o/v1/a%5cb",
            "/o/v1/a\\b",
            "/o/v1/ch%61t/completions",
            "/o/v1/m%3AgenerateContent",
            "/o/v1/a%00b",
            "/o/v1/a%0d%0ab",
            "/o/v1/a%252fb",
            "/o/v1/a%",
            "/o/v1/a%4",
            "/o/v1/a%zz",
            "/o/v1/a;b=c/d",
            "/o/v1/a%3Bb",
            "/o/v1/a#b",
            "/o/v1/a b",
            "/o/v1/é",
            "/o/v1/..%c0%af..",
        ] {
            assert!(operation(path).is_err(), "{path}");
        }
        assert!(operation(&format!("/o/v1/{}", "x".repeat(LONGEST))).is_err());
    }

    #[test]
    fn a_server_that_decodes_and_folds_reads_the_same() {
        let below = Below::of("/o/V1/Ch%41t/completions?x=%41").unwrap();
        assert_eq!(below.readings(), ["/V1/ChAt/completions", "/v1/chat/completions"]);
    }

    proptest::proptest! {
        #[test]
        fn any_path_is_refused_or_stays_below_its_prefix(path in "\\PC{0,60}", tail in "[a-z./%25;0-9]{0,30}") {
            for path in [path, format!("/o/v1/{tail}")] {
                if let Ok(operation) = operation(&path) {
                    proptest::prop_assert!(operation.starts_with('/') && !operation.contains("//"));
                    proptest::prop_assert!(operation.split('/').all(|segment| segment != ".." && segment != "."));
                    let decoded = percent_decoded(operation);
                    let slashes = |text: &[u8]| text.iter().filter(|byte| **byte == b'/').count();
                    proptest::prop_assert_eq!(slashes(&decoded), slashes(operation.as_bytes()));
                }
            }
        }
    }
}
