//! Most chunks of a stream say one thing: some more text. In the form in which nearly every provider writes them they are known by
//! their bytes, at a tenth of what reading the JSON costs. Anything else is read.

use std::sync::LazyLock;

use memchr::memmem::{Finder, find, find_iter};

use crate::codec::json;

/// The text that a chunk adds, and to which answer, if that is all that it says. The text has no escapes.
///
/// `None` says nothing: the chunk has to be read.
pub(super) fn text(chunk: &[u8]) -> Option<(u32, &[u8])> {
    static CHOICE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(br#""choices":[{"index":"#));
    let at = CHOICE.find(chunk)?;
    let (head, choice) = (&chunk[..at], &chunk[at + CHOICE.needle().len()..]);
    let digits = choice.iter().take_while(|byte| byte.is_ascii_digit()).take(4).count();
    let index = std::str::from_utf8(&choice[..digits]).ok()?.parse().ok()?;
    let said = choice[digits..].strip_prefix(br#","delta":{"content":""#)?;
    let text = &said[..json::string_length(said)?];
    let tail = said[text.len()..].strip_prefix(br#""}"#)?;
    let plain = !text.is_empty() && memchr::memchr(b'\\', text).is_none() && std::str::from_utf8(text).is_ok();
    (plain && says_no_more(head) && says_no_more(tail)).then_some((index, text))
}

/// Whether this part of a chunk has nothing in it that has to be read. A name can stand in a text only with escaped quotes.
fn says_no_more(part: &[u8]) -> bool {
    let null_or_absent = |name: &[u8]| find_iter(part, name).all(|at| part[at + name.len()..].starts_with(b":null"));
    [&b"\"usage\""[..], b"\"error\"", b"\"logprobs\"", b"\"finish_reason\""].into_iter().all(null_or_absent)
        && find(part, br#""delta""#).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(choice: &str, rest: &str) -> String {
        format!(r#"{{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{choice}]{rest}}}"#)
    }

    #[test]
    fn a_chunk_of_text_is_known_by_its_bytes() {
        for rest in ["", r#","usage":null"#, r#","obfuscation":"x7""#] {
            let openai = chunk(r#"{"index":0,"delta":{"content":"Hello, wörld"},"logprobs":null,"finish_reason":null}"#, rest);
            assert_eq!(text(openai.as_bytes()), Some((0, "Hello, wörld".as_bytes())), "{openai}");
        }
        let third = chunk(r#"{"index":2,"delta":{"content":"x"}}"#, "");
        assert_eq!(text(third.as_bytes()), Some((2, b"x".as_slice())));
    }

    #[test]
    fn what_is_glanced_is_what_reading_would_have_said() {
        use crate::codec::sse::Event;
        use crate::translate::answer::Delta;
        use crate::translate::openai::stream::Reader;
        for content in ["x", "Hello, wörld", "{}[],:", " ", "caf\\u00e9", "null"] {
            let chunk =
                chunk(&format!(r#"{{"index":3,"delta":{{"content":"{content}"}},"finish_reason":null}}"#), r#","usage":null"#);
            let Some((choice, glanced)) = text(chunk.as_bytes()) else { continue };
            let (mut reader, mut said) = (Reader::default(), Vec::new());
            let event = Event { data: chunk.as_bytes().into(), ..Event::default() };
            reader.event(&event, &mut |delta| said.push(format!("{delta:?}"))).unwrap();
            let read = Delta::Text { choice, text: std::str::from_utf8(glanced).unwrap().into() };
            assert_eq!(said[1..], [format!("{read:?}")]);
        }
    }

    #[test]
    fn whatever_says_more_has_to_be_read() {
        for (choice, rest) in [
            (r#"{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}"#, ""),
            (r#"{"index":0,"delta":{"content":"x"},"finish_reason" : "stop"}"#, ""),
            (r#"{"index":0,"delta":{"content":"x","role":"assistant"},"finish_reason":null}"#, ""),
            (r#"{"index":0,"delta":{"content":"a\nb"},"finish_reason":null}"#, ""),
            (r#"{"index":0,"delta":{"content":""},"finish_reason":null}"#, ""),
            (r#"{"index":0,"delta":{"content":"x"},"finish_reason":null}"#, r#","usage":{"prompt_tokens":1}"#),
            (r#"{"index":0,"delta":{"content":"x"},"finish_reason":null}"#, r#","usage": {"prompt_tokens":1}"#),
            (r#"{"index":0,"delta":{"content":"x"},"finish_reason":null}"#, r#","error":{"message":"no"}"#),
            (r#"{"index":0,"delta":{"content":"x"},"logprobs":{"content":[]},"finish_reason":null}"#, ""),
            (r#"{"index":0,"delta":{"content":"x"}},{"index":1,"delta":{"content":"y"}}"#, ""),
            (r#"{"index":0,"delta":{"content":"x"#, ""),
            (r#"{"index":99999999999,"delta":{"content":"x"}}"#, ""),
            ("", ""),
        ] {
            assert_eq!(text(chunk(choice, rest).as_bytes()), None, "{choice} {rest}");
        }
        assert_eq!(text(br#"{"usage":{"prompt_tokens":1},"choices":[{"index":0,"delta":{"content":"x"}}]}"#), None);
        assert_eq!(text(b""), None);
        assert_eq!(text(br#""choices":[{"index":"#), None);
    }
}
