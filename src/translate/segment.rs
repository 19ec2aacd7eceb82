//! Names that become a segment of a path.

use std::fmt::Write as _;

/// Escapes a model's name for a segment of a path, whatever is in it: all but what RFC 3986 calls unreserved (field note 47).
pub(super) fn encode(name: &str) -> String {
    encode_but(name, b"")
}

/// As [`encode`], but for bytes that the provider wants as they are.
pub(super) fn encode_but(name: &str, keep: &[u8]) -> String {
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

/// Escapes a resource's name of several segments (`tunedModels/mine`), each for itself.
pub(super) fn encode_each(name: &str, keep: &[u8]) -> String {
    name.split('/').map(|segment| encode_but(segment, keep)).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_model_leaves_its_segment() {
        for (name, segment) in [
            ("gpt-4o.mini_2~x", "gpt-4o.mini_2~x"),
            ("a/b?c#d e%", "a%2Fb%3Fc%23d%20e%25"),
            ("..", "%2E%2E"),
            ("../../x", "..%2F..%2Fx"),
            ("%2e", "%252e"),
            ("ä\r\n", "%C3%A4%0D%0A"),
            ("arn:aws:bedrock", "arn%3Aaws%3Abedrock"),
        ] {
            assert_eq!(encode(name), segment);
        }
        assert_eq!(encode_each("tunedModels/../a b@1", b"@"), "tunedModels/%2E%2E/a%20b@1");
        assert_eq!(encode_but("claude@20250929/x", b"@"), "claude@20250929%2Fx");
    }
}
