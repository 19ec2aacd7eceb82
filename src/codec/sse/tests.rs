use proptest::prelude::*;

use super::*;

/// Name and data of an event.
type Seen = (Option<Vec<u8>>, Vec<u8>);

/// What a parser made of a stream.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    events: Vec<Seen>,
    /// All bytes that the parser gave back, in the order in which it did.
    passed_on: Vec<u8>,
    error: Option<TooLarge>,
}

/// Reads `chunks`, and between them takes comments when asked to.
fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, limit: usize, takes_comments: bool) -> Outcome {
    let mut parser = Parser::new(limit);
    let mut outcome = Outcome::default();
    for chunk in chunks {
        let mut each = |event: Event<'_>| {
            outcome.events.push((event.name.map(<[u8]>::to_vec), event.data.to_vec()));
            outcome.passed_on.extend_from_slice(event.raw);
            Ok(())
        };
        if let Err(error) = parser.push(chunk, &mut each) {
            outcome.error = Some(error);
            return outcome;
        }
        if takes_comments {
            parser.take_comments(&mut outcome.passed_on);
        }
    }
    let mut each = |event: Event<'_>| {
        outcome.events.push((event.name.map(<[u8]>::to_vec), event.data.to_vec()));
        outcome.passed_on.extend_from_slice(event.raw);
        Ok::<_, TooLarge>(())
    };
    parser.finish(&mut each).unwrap();
    outcome.passed_on.extend_from_slice(parser.residue());
    outcome
}

fn whole(stream: &[u8]) -> Outcome {
    read([stream], usize::MAX, false)
}

/// The stream in pieces that end at `cuts`.
fn pieces<'a>(stream: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (stream.len() + 1)).chain([0, stream.len()]).collect();
    ends.sort_unstable();
    ends.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect()
}

/// The standard's algorithm as it is written there, on the whole stream, with the house's rule for its end.
fn reference(stream: &[u8]) -> Vec<Seen> {
    let stream = stream.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(stream);
    let text: String = stream.iter().map(|byte| char::from(*byte)).collect();
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let bytes = |text: &str| text.chars().map(|char| char as u8).collect::<Vec<u8>>();
    let (mut events, mut name, mut data) = (Vec::new(), String::new(), None::<String>);
    let mut lines: Vec<&str> = text.split('\n').collect();
    let unfinished = lines.pop().unwrap_or_default();
    if unfinished.is_empty() {
        // The end of the stream stands for the blank line.
        lines.push("");
    }
    for line in lines {
        if line.is_empty() {
            if let Some(data) = data.take() {
                let name = Some(bytes(&name)).filter(|name| !name.is_empty());
                events.push((name, bytes(data.strip_suffix('\n').unwrap())));
            }
            name.clear();
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => name = value.to_owned(),
            "data" => data.get_or_insert_default().push_str(&format!("{value}\n")),
            _ => {}
        }
    }
    events
}

fn streams() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(
        &[
            "data",
            "data:",
            "data: ",
            "data:  x",
            "data: {\"a\":1}\n\n",
            "event",
            "event: ",
            "event:",
            "id: 7\n",
            "retry: 1\n",
            ":",
            ": ping\n\n",
            " ",
            "x",
            "é",
            "\0",
            "\r",
            "\n",
            "\r\n",
            "\n\n",
            "\r\r",
            "\r\n\r\n",
            "\u{feff}",
            "[DONE]",
        ][..],
    );
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn events_are_those_of_the_standard_and_no_byte_is_lost(stream in streams()) {
        let outcome = whole(&stream);
        prop_assert_eq!(&outcome.events, &reference(&stream));
        prop_assert_eq!(outcome.passed_on, stream);
    }

    #[test]
    fn any_split_gives_the_same(stream in streams(), cuts in prop::collection::vec(any::<usize>(), 0..12), takes_comments: bool) {
        prop_assert_eq!(read(pieces(&stream, &cuts), usize::MAX, takes_comments), whole(&stream));
    }

    #[test]
    fn single_bytes_give_the_same(stream in streams(), takes_comments: bool) {
        prop_assert_eq!(read(stream.chunks(1), usize::MAX, takes_comments), whole(&stream));
    }

    #[test]
    fn the_limit_holds_alike_in_any_split(
        stream in streams(), cuts in prop::collection::vec(any::<usize>(), 0..12), limit in 0..60_usize
    ) {
        let (split, whole) = (read(pieces(&stream, &cuts), limit, false), read([&*stream], limit, false));
        prop_assert_eq!(split.events, whole.events);
        prop_assert_eq!(split.error, whole.error);
    }

    #[test]
    fn what_is_written_is_read(name in prop::option::of("[a-z_.]{1,12}"), data in "[ -~\n]{0,40}") {
        let mut stream = Vec::new();
        write(&mut stream, name.as_deref(), data.as_bytes());
        let outcome = whole(&stream);
        prop_assert_eq!(outcome.events, [(name.map(String::into_bytes), data.into_bytes())]);
    }
}

fn seen(name: Option<&str>, data: &str) -> Seen {
    (name.map(|name| name.as_bytes().to_vec()), data.as_bytes().to_vec())
}

#[test]
fn an_event_is_given_with_its_last_byte_and_not_later() {
    for (stream, ends) in [("data: a\n\n", 9), ("data: a\r\n\r\n", 10), ("data: a\r\r", 9)] {
        let mut parser = Parser::new(100);
        let mut at = Vec::new();
        for (index, byte) in stream.bytes().enumerate() {
            let mut each = |_: Event<'_>| {
                at.push(index + 1);
                Ok::<_, TooLarge>(())
            };
            parser.push(&[byte], &mut each).unwrap();
        }
        // Of a CRLF, the CR ends the line: whether an LF follows is not waited for.
        assert_eq!(at, [ends], "{stream:?}");
    }
}

#[test]
fn an_event_that_lies_in_one_chunk_is_not_copied() {
    let chunk = b": comment\ndata: first\n\ndata: second\n\ndata: thi";
    let mut parser = Parser::new(100);
    let mut addresses = Vec::new();
    let mut each = |event: Event<'_>| {
        assert!(matches!(event.data, Cow::Borrowed(_)));
        addresses.push(event.raw.as_ptr_range());
        Ok::<_, TooLarge>(())
    };
    parser.push(chunk, &mut each).unwrap();
    assert_eq!(addresses, [chunk[..23].as_ptr_range(), chunk[23..37].as_ptr_range()]);
    assert_eq!(parser.residue(), b"data: thi");
    let mut borrows = |event: Event<'_>| {
        assert!(matches!(event.data, Cow::Borrowed(b"third")));
        Ok::<_, TooLarge>(())
    };
    parser.push(b"rd\n\n", &mut borrows).unwrap();
}

#[test]
fn several_data_lines_are_one_text_of_lines() {
    let outcome = whole(b"event: x\ndata: a\ndata:b\ndata\ndata:  c\n\n");
    assert_eq!(outcome.events, [seen(Some("x"), "a\nb\n\n c")]);
}

#[test]
fn empty_data_is_an_event_and_no_data_is_none() {
    let outcome = whole(b"data:\n\nevent: x\n\nid: 1\n\n: ping\n\ndata: a\n\n");
    assert_eq!(outcome.events, [seen(None, ""), seen(None, "a")]);
}

#[test]
fn a_name_ends_with_its_block() {
    let outcome = whole(b"event: lost\n\ndata: a\n\nevent: one\nevent: two\ndata: b\n\nevent: x\nevent:\ndata: c\n\n");
    assert_eq!(outcome.events, [seen(None, "a"), seen(Some("two"), "b"), seen(None, "c")]);
}

#[test]
fn fields_that_only_look_like_data_are_not() {
    let outcome = whole(b"datax: a\nDATA: b\n data: c\n:data: d\ndat: e\n\n");
    assert!(outcome.events.is_empty());
}

#[test]
fn a_byte_order_mark_counts_only_at_the_start_of_the_stream() {
    assert_eq!(whole(b"\xEF\xBB\xBFdata: a\n\n").events, [seen(None, "a")]);
    assert_eq!(whole(b"\n\xEF\xBB\xBFdata: a\n\n").events, []);
}

#[test]
fn done_with_a_single_line_end_is_an_event_and_half_a_line_is_not() {
    assert_eq!(whole(b"data: [DONE]\n").events, [seen(None, "[DONE]")]);
    assert_eq!(whole(b"data: [DONE]\r").events, [seen(None, "[DONE]")]);
    for cut in ["data: [DONE]", "data: {}\ndata: [DO", "event: x\n", ": comment\n"] {
        let outcome = whole(cut.as_bytes());
        assert_eq!(outcome.events, [], "{cut:?}");
        assert_eq!(outcome.passed_on, cut.as_bytes());
    }
}

#[test]
fn a_stream_that_ended_leaves_nothing() {
    let mut parser = Parser::new(100);
    let mut each = |_: Event<'_>| Ok::<_, TooLarge>(());
    parser.push(b"data: a\n\ndata: [DONE]\n", &mut each).unwrap();
    parser.finish(&mut each).unwrap();
    assert_eq!(parser.residue(), b"");
}

#[test]
fn comments_can_be_passed_on_before_the_next_event() {
    let mut parser = Parser::new(100);
    let (mut events, mut out) = (Vec::new(), Vec::new());
    let mut push = |parser: &mut Parser, chunk: &[u8], out: &mut Vec<u8>| {
        let mut each = |event: Event<'_>| {
            events.push(String::from_utf8(event.raw.to_vec()).unwrap());
            Ok::<_, TooLarge>(())
        };
        parser.push(chunk, &mut each).unwrap();
        out.clear();
        parser.take_comments(out);
    };
    push(&mut parser, b": OPENROUTER PROCESSING\n\n", &mut out);
    assert_eq!(out, b": OPENROUTER PROCESSING\n\n");
    push(&mut parser, b": a\n\n: b\nevent: x\ndata: on", &mut out);
    assert_eq!(out, b": a\n\n: b\n");
    push(&mut parser, b"e\n: inside\n\r\n", &mut out);
    assert_eq!(out, b"");
    assert_eq!(events, ["event: x\ndata: one\n: inside\n\r\n"]);
}

#[test]
fn the_second_half_of_a_line_end_is_no_beginning_of_an_event() {
    for (chunk, taken) in [(&b"\n"[..], 1), (b"\n: ping\n", 8), (b"\ndata: b", 1), (b": ping\n", 7)] {
        let (mut parser, mut out) = (Parser::new(100), Vec::new());
        parser.push::<TooLarge>(b"data: a\r\n\r", &mut |_| Ok(())).unwrap();
        parser.push::<TooLarge>(chunk, &mut |_| Ok(())).unwrap();
        parser.take_comments(&mut out);
        assert_eq!(out, &chunk[..taken], "{chunk:?}");
    }
}

#[test]
fn pings_that_are_taken_do_not_add_up_to_the_limit() {
    let mut parser = Parser::new(20);
    let mut out = Vec::new();
    for _ in 0..100 {
        parser.push::<TooLarge>(b": ping\n\n", &mut |_| Ok(())).unwrap();
        parser.take_comments(&mut out);
    }
    assert_eq!(out, b": ping\n\n".repeat(100));
    assert_eq!(parser.residue(), b"");
}

#[test]
fn an_event_above_the_limit_is_an_error_and_is_not_held() {
    let outcome = read([&b"data: fits\n\n"[..], b"data: ", &[b'x'; 90]], 50, false);
    assert_eq!(outcome.events, [seen(None, "fits")]);
    assert_eq!(outcome.error, Some(TooLarge { limit: 50 }));
    assert_eq!(TooLarge { limit: 50 }.to_string(), "a server-sent event is larger than 50 bytes");

    let at_the_limit = read([&b"data: 12345\n\n"[..]], 13, false);
    assert_eq!(at_the_limit.error, None);
    assert_eq!(read([&b"data: 12345\n\n"[..]], 12, false).error, Some(TooLarge { limit: 12 }));
}

#[test]
fn endless_blank_lines_are_bounded_too() {
    assert_eq!(read(std::iter::repeat_n(&b"\n\r\n\r"[..], 1000), 100, false).error, Some(TooLarge { limit: 100 }));
}

#[test]
fn what_the_callee_says_stops_the_chunk() {
    #[derive(Debug, PartialEq)]
    struct Stop;
    impl From<TooLarge> for Stop {
        fn from(_: TooLarge) -> Self {
            unreachable!("nothing is too large here")
        }
    }
    for chunks in [&[&b"data: a\n\ndata: b\n\n"[..]][..], &[&b"data: a"[..], b"\n\ndata: b\n\n"]] {
        let (mut parser, mut calls) = (Parser::new(100), 0);
        let mut each = |_: Event<'_>| {
            calls += 1;
            Err(Stop)
        };
        let outcomes: Vec<_> = chunks.iter().map(|chunk| parser.push(chunk, &mut each)).collect();
        assert_eq!(outcomes.last(), Some(&Err(Stop)));
        assert_eq!(calls, 1);
    }
}

#[test]
fn a_name_with_a_line_end_cannot_forge_a_field() {
    let mut out = Vec::new();
    write(&mut out, Some("a\ndata: forged"), b"b\r\nc\rd\n");
    assert_eq!(out, b"event: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
}
