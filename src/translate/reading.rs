//! A provider's stream as the hub sees it: every event is read, but for those that are known already.
//!
//! Most events say one thing, some more text, and differ from the one before in that text only. Such an event is known by comparing
//! its bytes, at a tenth of what reading JSON costs, in whatever dialect: the template is an event that was read and said nothing
//! but a text that stands in it without escapes; another event with the same bytes before and behind, and between them what may
//! stand in a JSON string, is the same JSON with another text in it. Whatever else is said on the way (a reason
//! to stop, the end of a block) makes the template forgotten, so that no change of the reader's state is passed over.

use memchr::memchr;

use super::answer::Delta;
use super::dialects::Reader;
use super::text::Str;
use super::{AnswerError, Api, Format};
use crate::codec::json::string_length;
use crate::codec::sse::Event;

/// Reads a provider's stream.
#[derive(Debug)]
pub(super) struct Reading {
    reader: Reader,
    template: Template,
}

/// An event that said nothing but a text, without the text and its quotes.
#[derive(Debug, Default)]
struct Template {
    /// All bytes of the event in front of the text. Empty: there is no template.
    head: Vec<u8>,
    /// All behind it.
    tail: Vec<u8>,
    /// Where in `head` the event's data begins, and where in `tail` it ends.
    data: (usize, usize),
    /// Whether head and tail are a whole server-sent event, with its blank line.
    whole: bool,
    /// What the event was called.
    name: Vec<u8>,
    choice: u32,
}

impl Reading {
    /// Of what a client of this API asks for.
    pub(super) fn of(api: Api, format: Format) -> Self {
        Self { reader: Reader::of(api, format), template: Template::default() }
    }

    /// Takes the events that stand at the beginning of `bytes` and are known by their bytes, and emits what they say: without so much as
    /// looking for the ends of lines. Gives how many bytes they have. `room`: the most that one may have, if one begins here.
    pub(super) fn known(&self, bytes: &[u8], room: Option<usize>, emit: &mut dyn FnMut(Delta<'_>)) -> usize {
        let mut taken = 0;
        while let Some((text, length)) = self.template.beginning(bytes.get(taken..).unwrap_or_default())
            && room.is_some_and(|room| length <= room)
        {
            emit(Delta::Text { choice: self.template.choice, text });
            taken += length;
        }
        taken
    }

    /// Takes an event and emits what it says.
    ///
    /// # Errors
    /// The reader's.
    pub(super) fn event(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError> {
        if let Some(text) = self.template.text(event) {
            emit(Delta::Text { choice: self.template.choice, text });
            return Ok(());
        }
        let Self { reader, template } = self;
        let mut deltas = 0;
        let read = reader.event(event, &mut |delta| {
            deltas += 1;
            match &delta {
                Delta::Text { choice, text } if deltas == 1 => template.learn(event, *choice, text),
                _ => template.forget(),
            }
            emit(delta);
        });
        if deltas == 0 || read.is_err() {
            template.forget();
        }
        read
    }

    /// The number of an event that follows on those taken so far, where the format numbers its events. Events with a number are
    /// never known by their bytes.
    pub(super) fn next_number(&self) -> Option<u64> {
        self.reader.next_number()
    }
}

impl Template {
    /// The text of an event that fits.
    fn text<'e>(&self, event: &'e Event<'_>) -> Option<Str<'e>> {
        if self.head.is_empty() || event.exception || event.name.unwrap_or_default() != self.name {
            return None;
        }
        let (begin, end) = self.data;
        let (text, behind) = string(event.data.strip_prefix(self.head.get(begin..)?)?)?;
        (behind == self.tail.get(..end)?).then_some(text)
    }

    /// The text of a whole event that fits and stands at the beginning of these bytes, and the event's length.
    fn beginning<'b>(&self, bytes: &'b [u8]) -> Option<(Str<'b>, usize)> {
        let rest = if self.whole { bytes.strip_prefix(self.head.as_slice())? } else { return None };
        let (text, behind) = string(rest)?;
        let after = behind.strip_prefix(self.tail.as_slice())?;
        Some((text, bytes.len() - after.len()))
    }

    /// Learns from an event that has said this text, if the text is a string of the event as it stands there.
    fn learn(&mut self, event: &Event<'_>, choice: u32, text: &str) {
        let Some((head, tail)) = around(&event.data, text.as_bytes()).and_then(without_quotes) else { return self.forget() };
        let (before, behind) = around(event.raw, &event.data).unwrap_or_default();
        // A byte order mark counts at the beginning of a stream only.
        self.whole = matches!(behind, b"\n\n" | b"\r\n\r\n") && before.is_ascii();
        self.data = (before.len(), tail.len());
        for (own, bytes) in [
            (&mut self.head, &[before, head][..]),
            (&mut self.tail, &[tail, behind]),
            (&mut self.name, &[event.name.unwrap_or_default()]),
        ] {
            own.clear();
            bytes.iter().for_each(|bytes| own.extend_from_slice(bytes));
        }
        self.choice = choice;
    }

    fn forget(&mut self) {
        self.head.clear();
        self.whole = false;
    }
}

/// The text of the JSON string that begins here, unless it is empty, and what stands behind it.
fn string(bytes: &[u8]) -> Option<(Str<'_>, &[u8])> {
    let length = string_length(bytes.strip_prefix(b"\"")?)?;
    let (quoted, behind) = bytes.split_at_checked(length + 2)?;
    let text = match quoted.get(1..=length)? {
        [] => return None,
        plain if memchr(b'\\', plain).is_none() => std::str::from_utf8(plain).ok()?.into(),
        _ => serde_json::from_slice(quoted).ok()?,
    };
    Some((text, behind))
}

/// What stands around a text and its quotes, if it has any.
fn without_quotes<'e>((head, tail): (&'e [u8], &'e [u8])) -> Option<(&'e [u8], &'e [u8])> {
    Some((head.strip_suffix(b"\"")?, tail.strip_prefix(b"\"")?))
}

/// What stands before and behind a part that lies within `whole`.
fn around<'w>(whole: &'w [u8], part: &[u8]) -> Option<(&'w [u8], &'w [u8])> {
    let at = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let (before, rest) = whole.split_at_checked(at)?;
    Some((before, rest.strip_prefix(part)?))
}

#[cfg(test)]
mod tests {
    use super::super::{Frames, Framing};
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
    fn escapes_are_known_as_what_they_stand_for() {
        let texts = [r"a\nb", r"caf\u00e9", r"\ud83d\ude00", r#"\"held\""#, r"\\", r"\/", r"\u0000"];
        let events: Vec<_> = ["a", "b"].iter().chain(&texts).flat_map(|text| chat(&[(*text, "")])).collect();
        let (said, known) = read(Format::Chat, &events);
        assert_eq!((said, known), (read_all(Format::Chat, &events), texts.len()));
    }

    #[test]
    fn whatever_is_not_a_text_is_read() {
        let structure = r#"x"},"finish_reason":"stop"},{"index":1,"delta":{"content":"y"#;
        for odd in ["", structure] {
            let events = chat(&[("a", ""), ("b", ""), (odd, ""), ("c", "")]);
            let (said, known) = read(Format::Chat, &events);
            assert_eq!((said, known), (read_all(Format::Chat, &events), 0), "{odd}");
        }
    }

    /// What is read of a stream of server-sent events in one piece, and how many of its bytes were known before they were parsed.
    fn read_sse(stream: &str, limit: usize) -> (Vec<String>, usize) {
        let (mut reading, mut frames) = (Reading::of(Api::OpenAiChat, Format::Chat), Frames::new(Framing::Sse, limit));
        let (mut said, mut known) = (Vec::new(), 0);
        // An event for each push: the next one may be known by what the last one has taught.
        for event in stream.split_inclusive("\n\n").flat_map(|event| event.split_inclusive("\r\n\r\n")) {
            let taken = reading.known(event.as_bytes(), frames.room(), &mut |delta| said.push(format!("{delta:?}")));
            known += taken;
            let rest = &event.as_bytes()[taken..];
            // What is no JSON is an error of the stream, which is not of interest here.
            let _ = frames.push(rest, &mut |event| reading.event(&event, &mut |delta| said.push(format!("{delta:?}"))));
        }
        (said, known)
    }

    #[test]
    fn whole_events_are_known_before_their_lines_are_looked_for() {
        for (before, end) in
            [("data: ", "\n\n"), ("data:", "\r\n\r\n"), ("event: x\nid: 7\ndata: ", "\n\n"), (": hi\n\ndata: ", "\n\n")]
        {
            let texts = ["a", "b", r#"\"c\""#, "Hello, wörld"];
            let events = texts.map(|text| format!("{before}{}{end}", chunk(text, "")));
            let (said, known) = read_sse(&events.concat(), 1_000);
            assert_eq!(said, read_all(Format::Chat, &chat(&texts.map(|text| (text, "")))), "{before:?}");
            let expected = if before.starts_with(':') { 0 } else { events[2].len() + events[3].len() };
            assert_eq!(known, expected, "{before:?}");
        }
    }

    #[test]
    fn what_only_looks_like_a_known_event_is_parsed() {
        let first = ["a", "b"].map(|text| format!("data: {}\n\n", chunk(text, ""))).concat();
        for odd in [r"\ud83d", r"\x", r"\u00g0", "", "\u{1}", "a\tb"] {
            assert_eq!(read_sse(&format!("{first}data: {}\n\n", chunk(odd, "")), 1_000).1, 0, "{odd:?}");
        }
        assert_eq!(read_sse(&format!("{first}data: {}\ndata: \n\n", chunk("c", "")), 1_000).1, 0, "another line of data");
        assert_eq!(read_sse(&format!("{first}data: {}\n", chunk("c", "")), 1_000).1, 0, "not complete");
        let marked = "\u{feff}data: ".to_owned() + &chunk("a", "") + "\n\n";
        assert_eq!(read_sse(&marked.repeat(3), 1_000).1, 0, "a mark counts at the beginning only");
    }

    #[test]
    fn a_known_event_is_not_longer_than_any_other_may_be() {
        let stream = ["a", "b", &"c".repeat(200)].map(|text| format!("data: {}\n\n", chunk(text, ""))).concat();
        assert!(read_sse(&stream, 1_000).1 > 200);
        let mut frames = Frames::new(Framing::Sse, 150);
        let mut reading = Reading::of(Api::OpenAiChat, Format::Chat);
        let (first, last) = stream.split_at(stream.rfind("data").unwrap());
        frames.push(first.as_bytes(), &mut |event| reading.event(&event, &mut |_| {})).unwrap();
        assert_eq!(reading.known(last.as_bytes(), frames.room(), &mut |_| {}), 0);
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
