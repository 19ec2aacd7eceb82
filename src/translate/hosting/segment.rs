//! Names that become a segment of a path.

use std::fmt::Write as _;

/// Escapes a model's name for a segment of a path: all but what RFC 3986 calls unreserved, and `keep`.
pub(in crate::translate) fn encode(name: &str, keep: &[u8]) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    // A segment of dots alone would be a way up.
    if out.bytes().all(|byte| byte == b'.') { out.replace('.', "%2E") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_model_leaves_its_segment() {
        for (name, segment) in [
            ("gpt-4o.mini_2~x", "gpt-4o.mini_2~x"),
            ("a/b?c#d e%", "a%2Fb%3Fc%23d%20e%25"),
            ("claude@20250929", "claude@20250929"),
            ("..", "%2E%2E"),
            ("ä\r\n", "%C3%A4%0D%0A"),
        ] {
            assert_eq!(encode(name, b"@"), segment);
        }
    }
}
