//! The text in the arguments of a function that stands for a custom tool, as it comes: `{"input":"TEXT"}` in any pieces.

/// What stands before the text, white space aside.
const HEAD: &str = r#"{"input":""#;
/// The longest escape: two surrogates.
const ESCAPE: usize = "\\ud83c\\udf88".len();

/// How far the arguments of a call have come.
#[derive(Debug, Default)]
pub(super) struct Argument {
    state: State,
    /// What has come and says nothing by itself yet: the beginning of the head, or of an escape.
    held: String,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Head,
    Text,
    /// The text has ended; only the end of the object comes.
    Behind,
    /// It is no such object: all of it is the text.
    Odd,
}

impl Argument {
    /// Takes a piece, and gives what it says.
    pub(super) fn feed(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let mut said = String::new();
        if self.state == State::Head {
            self.head();
        }
        match self.state {
            State::Head => {}
            State::Text => self.text(&mut said),
            State::Behind => self.held.clear(),
            State::Odd => said = std::mem::take(&mut self.held),
        }
        said
    }

    /// Nothing comes any more: gives what was held back.
    pub(super) fn finish(&mut self) -> String {
        if self.state == State::Behind {
            self.held.clear();
        }
        std::mem::take(&mut self.held)
    }

    fn head(&mut self) {
        let mut expected = HEAD.chars();
        let mut wanted = expected.next();
        let mut in_key = false;
        for (at, character) in self.held.char_indices() {
            if !in_key && character.is_ascii_whitespace() {
                continue;
            }
            if wanted != Some(character) {
                self.state = State::Odd;
                return;
            }
            in_key ^= character == '"';
            wanted = expected.next();
            if wanted.is_none() {
                self.held.drain(..=at);
                self.state = State::Text;
                return;
            }
        }
    }

    fn text(&mut self, said: &mut String) {
        let bytes = self.held.as_bytes();
        let mut at = 0;
        while let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at..]) {
            let here = at + found;
            said.push_str(&self.held[at..here]);
            if bytes[here] == b'"' {
                self.state = State::Behind;
                self.held.clear();
                return;
            }
            let Some(length) = escape(&bytes[here..]) else {
                self.held.drain(..here);
                return;
            };
            let escaped = &self.held[here..here + length];
            // An escape that JSON does not have is told as it stands.
            said.push_str(&serde_json::from_str::<String>(&format!("\"{escaped}\"")).unwrap_or_else(|_| escaped.to_owned()));
            at = here + length;
        }
        said.push_str(&self.held[at..]);
        self.held.clear();
    }
}

/// How many bytes the escape has that begins here. `None`: it is not all here yet.
fn escape(bytes: &[u8]) -> Option<usize> {
    if *bytes.get(1)? != b'u' {
        // What follows the backslash may be any character.
        return Some(1 + char_length(bytes[1])).filter(|length| *length <= bytes.len());
    }
    let is_hex = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
    let digits = &bytes[2..bytes.len().min(6)];
    if !is_hex(digits) {
        return Some(2);
    }
    if digits.len() < 4 {
        return None;
    }
    let is_high = matches!(digits[0], b'd' | b'D') && matches!(digits[1], b'8' | b'9' | b'a' | b'A' | b'b' | b'B');
    let low = &bytes[6..bytes.len().min(ESCAPE)];
    if !is_high || !b"\\u".starts_with(&low[..low.len().min(2)]) || !is_hex(low.get(2..).unwrap_or_default()) {
        return Some(6);
    }
    (low.len() == 6).then_some(ESCAPE)
}

fn char_length(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of these arguments, in pieces of so many characters.
    fn said(arguments: &str, size: usize) -> String {
        let (mut argument, mut said) = (Argument::default(), String::new());
        let characters: Vec<char> = arguments.chars().collect();
        for piece in characters.chunks(size) {
            said += &argument.feed(&piece.iter().collect::<String>());
        }
        said + &argument.finish()
    }

    #[test]
    fn the_text_is_the_same_however_it_is_split() {
        for (arguments, expected) in [
            (r#"{"input":"plain é 🎈"}"#, "plain é 🎈"),
            (" { \"input\" :\n\"a\\n\\\"b\\\" \\\\ \\u00e9 \\ud83c\\udf88!\" } ", "a\n\"b\" \\ é 🎈!"),
            (r#"{"input":""}"#, ""),
            (r#"{"input":"cut"#, "cut"),
            // What is not the object that was asked for is the text.
            ("{}", "{}"),
            (r#"{"in put":"x"}"#, r#"{"in put":"x"}"#),
            (r#"{"input":5}"#, r#"{"input":5}"#),
            ("ls -l", "ls -l"),
            // Escapes that are none.
            (r#"{"input":"a\qb\ud83cx\u12g4\é"}"#, r"a\qb\ud83cx\u12g4\é"),
        ] {
            for size in [1, 2, 3, 5, 1000] {
                assert_eq!(said(arguments, size), expected, "{arguments} by {size}");
            }
        }
    }

    #[test]
    fn every_piece_is_told_at_once() {
        let mut argument = Argument::default();
        assert_eq!(argument.feed(r#"{"input":"a"#), "a");
        assert_eq!(argument.feed("b"), "b");
        assert_eq!(argument.feed(r"c\"), "c");
        assert_eq!(argument.feed("n\"}"), "\n");
        assert_eq!(argument.finish(), "");
    }
}
