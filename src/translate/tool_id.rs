//! Ids of tool calls, for providers that take letters, digits, `_` and `-` only.

use std::borrow::Cow;

/// What every provider takes in an id, and in a name.
pub(super) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// The id, with all else (`functions.look:0`) spelled out. It is the same in a call and in its result.
pub(super) fn spelled(id: &str) -> Cow<'_, str> {
    if id.bytes().all(is_plain) {
        return Cow::Borrowed(id);
    }
    let mut spelled = String::with_capacity(id.len() + 8);
    for byte in id.bytes() {
        if is_plain(byte) {
            spelled.push(char::from(byte));
        } else {
            spelled.push_str(&format!("_{byte:02x}"));
        }
    }
    Cow::Owned(spelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_provider_would_refuse_is_spelled_out() {
        assert!(matches!(spelled("call_1-A"), Cow::Borrowed("call_1-A")));
        assert_eq!(spelled("functions.look:0"), "functions_2elook_3a0");
        assert_eq!(spelled("ü"), "_c3_bc");
    }
}
