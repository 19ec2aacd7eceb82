//! A provider's stream as the hub sees it: every event is read, but for those that are known already.
//!
//! Most events say one thing, some more text, and differ from the one before in that text only. Such an event is known by comparing
//! its bytes, at a tenth of what reading JSON costs, in whatever dialect: the template is an event that was read and said nothing
//! but a text that stands in it without escapes; another event with the same bytes before and behind, and between them only bytes
//! that stand for themselves in a JSON string, is the same JSON with another text in it. Whatever else is said on the way (a reason
//! to stop, the end of a block) makes the template forgotten, so that no change of the reader's state is passed over.

use super::answer::Delta;
use super::dialects::Reader;
use super::{AnswerError, Api, Format};
use crate::codec::sse::Event;

/// Reads a provider's stream.
#[derive(Debug)]
pub(super) struct Reading {
    reader: Reader,
    template: Template,
}

/// An event that said nothing but a text, without the text.
#[derive(Debug, Default)]
struct Template {
    /// Empty: there is none.
    head: Vec<u8>,
    tail: Vec<u8>,
    /// What the event was called.
    name: Vec<u8>,
    choice: u32,
}

impl Reading {
    /// Of what a client of this API asks for.
    pub(super) fn of(api: Api, format: Format) -> Self {
        Self { reader: Reader::of(api, format), template: Template::default() }
    }

    /// Takes an event and emits what it says.
    ///
    /// # Errors
    /// The reader's.
    pub(super) fn event(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError> {
        if let Some(text) = self.template.text(event) {
            emit(Delta::Text { choice: self.template.choice, text: text.into() });
            return Ok(());
        }
        let Self { reader, template } = self;
        template.head.clear();
        let mut deltas = 0;
        reader.event(event, &mut |delta| {
            deltas += 1;
            match &delta {
                Delta::Text { choice, text } if deltas == 1 => template.learn(event, *choice, text),
                _ => template.head.clear(),
            }
            emit(delta);
        })
    }

    /// The number of an event that follows on those taken so far, where the format numbers its events. Events with a number are
    /// never known by their bytes.
    pub(super) fn next_number(&self) -> Option<u64> {
        self.reader.next_number()
    }
}

impl Template {
    /// The text of an event that fits.
    fn text<'e>(&self, event: &'e Event<'_>) -> Option<&'e str> {
        if self.head.is_empty() || event.exception || event.name.unwrap_or_default() != self.name {
            return None;
        }
        let text = event.data.strip_prefix(self.head.as_slice())?.strip_suffix(self.tail.as_slice())?;
        let stands_for_itself = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
        // Without a branch, so that it is done for many bytes at once.
        let plain = text.iter().fold(true, |plain, byte| plain & stands_for_itself(*byte));
        if plain && !text.is_empty() { std::str::from_utf8(text).ok() } else { None }
    }

    /// Learns from an event that has said this text, if the text is a string of the event as it stands there.
    fn learn(&mut self, event: &Event<'_>, choice: u32, text: &str) {
        let Some((head, tail)) = around(&event.data, text) else { return };
        for (own, bytes) in [(&mut self.head, head), (&mut self.tail, tail), (&mut self.name, event.name.unwrap_or_default())] {
            own.clear();
            own.extend_from_slice(bytes);
        }
        self.choice = choice;
    }
}

/// What stands before and behind a text that lies within `data`, quotes included.
fn around<'d>(data: &'d [u8], text: &str) -> Option<(&'d [u8], &'d [u8])> {
    let at = text.as_ptr().addr().checked_sub(data.as_ptr().addr())?;
    let (head, rest) = data.split_at_checked(at)?;
    let tail = rest.strip_prefix(text.as_bytes())?;
    (head.ends_with(b"\"") && tail.starts_with(b"\"")).then_some((head, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(text: &str, rest: &str) -> String {
        format!(r#"{{"id":"c","choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":null}}]{rest}}}"#)
    }

    /// What is read of these events, and how many of them were known by their bytes.
    fn read(format: Format, events: &[(Option<&str>, String)]) -> (Vec<String>, usize) {
        let (mut reading, mut said, mut known) = (Reading::of(Api::OpenAiChat, format), Vec::new(), 0);
        for (name, data) in events {
            let event = Event { name: name.map(str::as_bytes), data: data.as_bytes().into(), ..Event::default() };
            known += usize::from(reading.template.text(&event).is_some());
            reading.event(&event, &mut |delta| said.push(format!("{delta:?}"))).unwrap();
        }
        (said, known)
    }

    /// The same, by the reader alone.
    fn read_all(format: Format, events: &[(Option<&str>, String)]) -> Vec<String> {
        let (mut reader, mut said) = (Reader::new(format), Vec::new());
        for (name, data) in events {
            let event = Event { name: name.map(str::as_bytes), data: data.as_bytes().into(), ..Event::default() };
            reader.event(&event, &mut |delta| said.push(format!("{delta:?}"))).unwrap();
        }
        said
    }

    fn chat(texts: &[(&str, &str)]) -> Vec<(Option<&'static str>, String)> {
        texts.iter().map(|(text, rest)| (None, chunk(text, rest))).collect()
    }

    #[test]
    fn events_that_differ_in_their_text_only_are_known_and_say_the_same() {
        let events = chat(&[("a", ""), ("b", ""), ("Hello, wörld", ""), ("{}[],:", ""), (" ", ""), ("null", "")]);
        let (said, known) = read(Format::Chat, &events);
        assert_eq!(said, read_all(Format::Chat, &events));
        // The first one begins the answer, the second one is learned from.
        assert_eq!(known, 4);
    }

    #[test]
    fn whatever_is_not_plain_text_is_read() {
        for odd in [r"a\nb", r"caf\u00e9", "", r#"x"},"finish_reason":"stop"},{"index":1,"delta":{"content":"y"#] {
            let events = chat(&[("a", ""), ("b", ""), (odd, ""), ("c", "")]);
            let (said, known) = read(Format::Chat, &events);
            assert_eq!((said, known), (read_all(Format::Chat, &events), 0), "{odd}");
        }
    }

    #[test]
    fn an_event_that_says_more_makes_the_template_forgotten() {
        let usage = r#","usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}"#;
        let events = chat(&[("a", ""), ("b", ""), ("c", usage), ("d", usage), ("e", ""), ("f", "")]);
        let (said, known) = read(Format::Chat, &events);
        assert_eq!((said, known), (read_all(Format::Chat, &events), 1), "the last one alone is known");
    }

    #[test]
    fn another_dialect_is_known_just_as_well_and_its_block_ends_the_template() {
        let named = |name: &'static str, data: &str| (Some(name), data.to_owned());
        let text = |text: &str| {
            let data = format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{text}"}}}}"#);
            named("content_block_delta", &data)
        };
        let begin = r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
        let events = [
            named("message_start", r#"{"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":1}}}"#),
            named("content_block_start", begin),
            text("a"),
            text("b"),
            text("c"),
            named("content_block_stop", r#"{"type":"content_block_stop","index":0}"#),
        ];
        let (said, known) = read(Format::Messages, &events);
        assert_eq!((said, known), (read_all(Format::Messages, &events), 2));
    }
}
