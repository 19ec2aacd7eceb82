//! Whether the pieces of a JSON object or array have come to its end, without reading them anew for each piece.

/// Follows the brackets and strings of JSON that comes in pieces. JSON that is wrong may never be complete.
#[derive(Debug, Default)]
pub(in crate::translate) struct Complete {
    depth: u32,
    in_string: bool,
    escaped: bool,
    complete: bool,
}

impl Complete {
    pub(in crate::translate) fn feed(&mut self, json: &str) {
        for byte in json.bytes() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    self.complete |= self.depth == 0;
                }
                _ => {}
            }
        }
    }

    pub(in crate::translate) fn is_complete(&self) -> bool {
        self.complete
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_complete_at_its_last_bracket_whatever_the_pieces() {
        let json = r#"{"a":"}\"]\\","b":[{}, "ü"]}"#;
        for split in (0..json.len()).filter(|at| json.is_char_boundary(*at)) {
            let mut complete = Complete::default();
            complete.feed(&json[..split]);
            assert!(!complete.is_complete(), "{split}");
            complete.feed(&json[split..]);
            assert!(complete.is_complete(), "{split}");
        }
    }

    #[test]
    fn nothing_and_stray_brackets_are_not_complete() {
        for json in ["", "  ", "}", "]]", "12", "\"{}\""] {
            let mut complete = Complete::default();
            complete.feed(json);
            assert!(!complete.is_complete(), "{json}");
        }
    }
}
