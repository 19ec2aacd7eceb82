//! The simulator's tokens: one for each word, that is, each run of characters that are not whitespace.
//!
//! A picture, document or recording costs [`MEDIUM`], a tool's definition [`TOOL`], a tool call one for its name besides the words
//! of its arguments. The rule is the same in every dialect, so a translated request costs what the original does.

use serde_json::Value;

/// Tokens of a picture, a document or a recording.
pub(super) const MEDIUM: u64 = 100;

/// Tokens of a tool's definition.
pub(super) const TOOL: u64 = 10;

/// Tokens of a text.
pub(super) fn of_text(text: &str) -> u64 {
    u64::try_from(text.split_whitespace().count()).unwrap_or(u64::MAX)
}

/// Tokens of a tool call.
pub(super) fn of_call(arguments: &Value) -> u64 {
    1 + of_text(&arguments.to_string())
}

/// The longest text that is streamed word by word, in bytes; a longer one is streamed in [`MOST_PIECES`].
const LONGEST_BY_WORD: usize = 64 * 1024;

/// The pieces of a long text.
const MOST_PIECES: usize = 10_000;

/// A text in the pieces that are streamed: its words, or as many pieces of equal length as asked for.
pub(super) fn pieces(text: &str, count: Option<usize>) -> Vec<&str> {
    match count {
        None if text.len() <= LONGEST_BY_WORD => text.split_inclusive(char::is_whitespace).collect(),
        count => cut(text, text.len().div_ceil(count.unwrap_or(MOST_PIECES).max(1))),
    }
}

/// A text in pieces of about so many bytes, cut between characters.
pub(super) fn cut(mut text: &str, bytes: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    while !text.is_empty() {
        let (piece, rest) = text.split_at(text.ceil_char_boundary(bytes.max(1)));
        pieces.push(piece);
        text = rest;
    }
    pieces
}

/// The first words of a text, so many; `None` if it has no more.
pub(super) fn first_words(text: &str, words: u64) -> Option<&str> {
    if of_text(text) <= words {
        return None;
    }
    let (mut seen, mut end) = (0, 0);
    for piece in text.split_inclusive(char::is_whitespace) {
        let is_word = !piece.trim().is_empty();
        if is_word && seen == words {
            break;
        }
        seen += u64::from(is_word);
        end += piece.len();
    }
    text.get(..end).map(str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_token() {
        assert_eq!(of_text(" one\ttwo \n three "), 3);
        assert_eq!(of_text(""), 0);
        assert_eq!(of_call(&serde_json::json!({"a": "b c"})), 3);
    }

    #[test]
    fn pieces_join_to_the_text_they_were_cut_from() {
        for text in ["", "You said: héllo  wörld\n", "日本語のテキスト"] {
            for count in [None, Some(0), Some(1), Some(3), Some(1000)] {
                assert_eq!(pieces(text, count).concat(), text);
            }
        }
        assert_eq!(pieces("one two three", None), ["one ", "two ", "three"]);
        assert_eq!(pieces(&"x".repeat(1000), Some(100)).len(), 100);
        assert!(pieces(&"x ".repeat(1_000_000), None).len() <= MOST_PIECES);
    }

    #[test]
    fn a_text_is_cut_to_its_first_words_only_when_it_has_more() {
        assert_eq!(first_words(" one two  three", 2), Some(" one two"));
        assert_eq!(first_words("one two", 2), None);
        assert_eq!(first_words("one two", 0), Some(""));
        assert_eq!(first_words("", 0), None);
        assert_eq!(first_words("one", u64::MAX), None);
    }
}
