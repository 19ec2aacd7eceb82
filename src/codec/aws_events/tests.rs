use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_types::event_stream::{Header as OracleHeader, HeaderValue, Message};
use proptest::prelude::*;

use super::*;

/// Name, data and whether it is an exception.
type Seen = (Option<Vec<u8>>, Vec<u8>, bool);

/// What a parser made of a stream.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    events: Vec<Seen>,
    /// All bytes that the parser gave back, in the order in which it did.
    passed_on: Vec<u8>,
    error: Option<FrameError>,
}

fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, limit: usize) -> Outcome {
    let mut parser = Parser::new(limit);
    let mut outcome = Outcome::default();
    for chunk in chunks {
        let mut each = |event: Event<'_>| {
            outcome.events.push((event.name.map(<[u8]>::to_vec), event.data.to_vec(), event.exception));
            outcome.passed_on.extend_from_slice(event.raw);
            Ok(())
        };
        if let Err(error) = parser.push(chunk, &mut each) {
            outcome.error = Some(error);
            return outcome;
        }
    }
    outcome.passed_on.extend_from_slice(parser.residue());
    outcome
}

fn whole(stream: &[u8]) -> Outcome {
    read([stream], usize::MAX)
}

fn sample() -> Vec<u8> {
    let mut stream = Vec::new();
    write_event(&mut stream, "messageStart", br#"{"role":"assistant","p":"abc"}"#);
    write(&mut stream, &[], b"");
    write_exception(&mut stream, "throttlingException", br#"{"message":"slow"}"#);
    stream
}

#[test]
fn an_event_has_the_type_of_its_frame_and_an_exception_says_that_it_is_one() {
    let events = whole(&sample()).events;
    let json = br#"{"role":"assistant","p":"abc"}"#.to_vec();
    assert_eq!(events[0], (Some(b"messageStart".to_vec()), json, false));
    assert_eq!(events[1], (None, Vec::new(), false));
    assert_eq!(events[2], (Some(b"throttlingException".to_vec()), br#"{"message":"slow"}"#.to_vec(), true));
}

#[test]
fn an_error_without_a_model_stands_in_the_headers() {
    let mut stream = Vec::new();
    write(&mut stream, &[(":message-type", "error"), (":error-code", "InternalError"), (":error-message", "a \"b\"\n")], b"");
    write(&mut stream, &[(":message-type", "error")], b"");
    write(&mut stream, &[(":message-type", "unheard of"), (":event-type", "x")], b"{}");
    let events = whole(&stream).events;
    assert_eq!(events[0], (Some(b"InternalError".to_vec()), br#"{"message":"a \"b\"\n"}"#.to_vec(), true));
    assert_eq!(events[1], (None, br#"{"message":""}"#.to_vec(), true));
    assert_eq!(events[2], (None, b"{}".to_vec(), false));
}

#[test]
fn a_frame_that_lies_in_one_chunk_is_not_copied() {
    let stream = sample();
    let range = stream.as_ptr_range();
    let mut parser = Parser::new(usize::MAX);
    let each = &mut |event: Event<'_>| {
        assert!(range.contains(&event.raw.as_ptr()) && matches!(event.data, Cow::Borrowed(_)));
        Ok::<_, FrameError>(())
    };
    parser.push(&stream, each).unwrap();
    assert!(parser.held.capacity() == 0);
}

#[test]
fn a_stream_may_be_split_at_every_byte() {
    let stream = sample();
    let expected = whole(&stream);
    assert_eq!(expected.passed_on, stream);
    for at in 0..=stream.len() {
        let (head, tail) = stream.split_at(at);
        assert_eq!(read([head, tail], usize::MAX), expected, "split at {at}");
    }
    assert_eq!(read(stream.chunks(1), usize::MAX), expected);
}

#[test]
fn a_frame_that_is_not_complete_stays_in_the_residue() {
    let stream = sample();
    let frames: Vec<usize> = {
        let (mut ends, mut at) = (vec![0], 0);
        while let Some(length) = length(&stream[at..], usize::MAX).unwrap() {
            at += length;
            ends.push(at);
        }
        ends
    };
    for at in 0..stream.len() {
        let mut parser = Parser::new(usize::MAX);
        parser.push(&stream[..at], &mut |_| Ok::<_, FrameError>(())).unwrap();
        parser.finish(&mut |_| Err(())).unwrap();
        let begun = frames.iter().rev().find(|end| **end <= at).unwrap();
        assert_eq!(parser.residue(), &stream[*begun..at]);
    }
}

#[test]
fn a_flipped_bit_is_an_error_and_never_another_event() {
    let stream = sample();
    let good = whole(&stream).events;
    for at in 0..stream.len() {
        for bit in 0..8 {
            let mut damaged = stream.clone();
            damaged[at] ^= 1 << bit;
            let outcome = whole(&damaged);
            assert!(matches!(outcome.error, Some(FrameError::Damaged(_))), "byte {at}, bit {bit}: {outcome:?}");
            assert_eq!(outcome.events, good[..outcome.events.len()]);
        }
    }
}

/// A prelude with a right checksum and these lengths.
fn prelude(total: u32, headers: u32) -> Vec<u8> {
    let mut bytes = [total.to_be_bytes(), headers.to_be_bytes()].concat();
    let crc = crc32fast::hash(&bytes);
    bytes.extend(crc.to_be_bytes());
    bytes
}

#[test]
fn absurd_lengths_are_told_before_anything_is_held() {
    for (total, headers) in [(0, 0), (15, 0), (16, 1), (u32::MAX, u32::MAX), (1 << 20, (128 << 10) + 1), (100, 85)] {
        let outcome = whole(&prelude(total, headers));
        assert!(matches!(outcome.error, Some(FrameError::Damaged(_))), "{total} {headers}");
    }
    let outcome = read([&*prelude(1_000_000, 10)], 999_999);
    assert_eq!(outcome.error, Some(FrameError::TooLarge { limit: 999_999 }));
    assert_eq!(read([&*prelude(1_000_000, 10)], 1_000_000).error, None);
    let wrong = [0, 0, 0, 16, 0, 0, 0, 0, 1, 2, 3, 4];
    assert!(matches!(whole(&wrong).error, Some(FrameError::Damaged(_))));
}

#[test]
fn headers_that_cannot_be_read_are_an_error() {
    let frame = |headers: &[u8]| {
        let length = |bytes: usize| u32::try_from(bytes).unwrap();
        let mut frame = prelude(length(16 + headers.len()), length(headers.len()));
        frame.extend_from_slice(headers);
        let crc = crc32fast::hash(&frame);
        frame.extend(crc.to_be_bytes());
        frame
    };
    for headers in [
        &b"\x00"[..],
        b"\x05ab",
        b"\x01a",
        b"\x01a\x0a",
        b"\x01a\x07\x00\x05abc",
        b"\x01a\x06\xff\xff",
        b"\x01a\x09\x00",
        b"\x01\xff\x00",
        b"\x01a\x07\x00\x01\xff",
    ] {
        let outcome = whole(&frame(headers));
        assert!(matches!(outcome.error, Some(FrameError::Damaged(_))), "{headers:?}: {outcome:?}");
    }
    assert_eq!(whole(&frame(b"\x01a\x00")).events.len(), 1);
}

#[test]
fn an_event_that_is_refused_ends_the_stream() {
    let mut parser = Parser::new(usize::MAX);
    let stream = sample();
    let (head, tail) = stream.split_at(20);
    parser.push(head, &mut |_| Ok::<_, FrameError>(())).unwrap();
    let refusal = FrameError::Damaged("refused");
    assert_eq!(parser.push(tail, &mut |_| Err(refusal)), Err(refusal));
    assert!(parser.residue().is_empty());
}

fn value() -> impl Strategy<Value = HeaderValue> {
    prop_oneof![
        any::<bool>().prop_map(HeaderValue::Bool),
        any::<i8>().prop_map(HeaderValue::Byte),
        any::<i16>().prop_map(HeaderValue::Int16),
        any::<i32>().prop_map(HeaderValue::Int32),
        any::<i64>().prop_map(HeaderValue::Int64),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| HeaderValue::ByteArray(bytes.into())),
        ".{0,20}".prop_map(|text| HeaderValue::String(text.into())),
        (-1_000_000_000_000_i64..1_000_000_000_000)
            .prop_map(|millis| HeaderValue::Timestamp(aws_smithy_types::DateTime::from_millis(millis))),
        any::<u128>().prop_map(HeaderValue::Uuid),
    ]
}

/// Frames as AWS's own crate writes them.
fn messages() -> impl Strategy<Value = Vec<Message>> {
    let header = ("[a-z:-]{1,12}", value()).prop_map(|(name, value)| OracleHeader::new(name, value));
    let message = (prop::collection::vec(header, 0..5), prop::collection::vec(any::<u8>(), 0..200));
    let message = message.prop_map(|(headers, payload)| Message::new_from_parts(headers, payload));
    prop::collection::vec(message, 0..4)
}

fn same(ours: &Value<'_>, theirs: &HeaderValue) -> bool {
    match (ours, theirs) {
        (Value::Bool(a), HeaderValue::Bool(b)) => a == b,
        (Value::Byte(a), HeaderValue::Byte(b)) => a == b,
        (Value::Short(a), HeaderValue::Int16(b)) => a == b,
        (Value::Int(a), HeaderValue::Int32(b)) => a == b,
        (Value::Long(a), HeaderValue::Int64(b)) => a == b,
        (Value::Bytes(a), HeaderValue::ByteArray(b)) => *a == &b[..],
        (Value::Text(a), HeaderValue::String(b)) => *a == b.as_str(),
        (Value::Timestamp(a), HeaderValue::Timestamp(b)) => b.to_millis().is_ok_and(|b| *a == b),
        (Value::Uuid(a), HeaderValue::Uuid(b)) => u128::from_be_bytes(*a) == *b,
        _ => false,
    }
}

proptest! {
    #[test]
    fn what_awss_own_crate_writes_is_read_the_same_in_any_pieces(messages in messages(), cuts in prop::collection::vec(any::<usize>(), 0..6)) {
        let mut stream = Vec::new();
        for message in &messages {
            write_message_to(message, &mut stream).unwrap();
        }
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (stream.len() + 1)).chain([0, stream.len()]).collect();
        ends.sort_unstable();
        let pieces: Vec<&[u8]> = ends.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect();
        let outcome = read(pieces, usize::MAX);
        prop_assert_eq!(&outcome, &whole(&stream));
        prop_assert_eq!(&outcome.passed_on, &stream);
        prop_assert_eq!(outcome.error, None);
        prop_assert_eq!(outcome.events.len(), messages.len());
        let mut rest = &stream[..];
        for message in &messages {
            let size = length(rest, usize::MAX).unwrap().unwrap();
            let (headers, payload) = open(&rest[..size]).unwrap();
            prop_assert_eq!(payload, &message.payload()[..]);
            let headers: Vec<_> = headers.map(Result::unwrap).collect();
            prop_assert_eq!(headers.len(), message.headers().len());
            for (ours, theirs) in headers.iter().zip(message.headers()) {
                prop_assert_eq!(ours.name, theirs.name().as_str());
                prop_assert!(same(&ours.value, theirs.value()), "{:?} {:?}", ours, theirs);
            }
            rest = &rest[size..];
        }
    }

    #[test]
    fn what_is_written_here_is_read_by_awss_own_crate(
        headers in prop::collection::vec(("[a-z:-]{1,12}", ".{0,20}"), 0..5),
        payload in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut frame = b"before".to_vec();
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        write(&mut frame, &headers, &payload);
        let message = read_message_from(&frame[6..]).unwrap();
        prop_assert_eq!(&message.payload()[..], &payload[..]);
        for (given, read) in headers.iter().zip(message.headers()) {
            prop_assert_eq!(given.0, read.name().as_str());
            prop_assert_eq!(given.1, read.value().as_string().unwrap().as_str());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), limit in 0_usize..400) {
        let outcome = read(bytes.chunks(7), limit);
        prop_assert!(outcome.passed_on.len() <= bytes.len());
    }
}
