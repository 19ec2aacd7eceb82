//! Paths and queries: percent-encoding both ways.

use std::borrow::Cow;

/// A text without its percent-encoding. What is not valid stays as it is; bytes that are not UTF-8 become `\u{fffd}`.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let pair = after.first_chunk::<2>().and_then(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok());
        match (first, pair) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// A text with everything encoded but letters, digits, `-`, `.`, `_`, `~` and the bytes to `keep`: AWS's `UriEncode`.
pub(super) fn encode(text: &str, keep: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded += &format!("%{byte:02X}");
        }
    }
    encoded
}

/// The pairs of a query, as they stand there.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// A parameter of a query, decoded.
pub(super) fn parameter<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    pairs(query).find(|(key, _)| *key == name).map(|(_, value)| decode(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        for text in ["", "a/b:c d", "日本", "100%", "%zz", "arn:aws:bedrock:us-east-1:1:inference-profile/x"] {
            assert_eq!(decode(&encode(text, b"")), text);
        }
        assert_eq!((encode("a/b:c", b"/"), decode("a%2Fb%3")), ("a/b%3Ac".to_owned(), Cow::Borrowed("a/b%3")));
    }

    #[test]
    fn a_parameter_is_found_by_its_whole_name() {
        assert_eq!(parameter("key=a&alt=s%73e", "alt").as_deref(), Some("sse"));
        assert_eq!((parameter("alt", "alt").as_deref(), parameter("salt=1", "alt")), (Some(""), None));
    }
}
