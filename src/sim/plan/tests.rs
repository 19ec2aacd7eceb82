//! Plans, and that what is compressed piece by piece is the whole when it is read.

use std::io::Read as _;

use super::super::script::Encoding;
use super::*;

fn events() -> Vec<Event> {
    ["one", "two", "three"].map(|data| Event::text(None, data)).to_vec()
}

fn plan(script: &Script) -> Vec<Step> {
    let error = Event::text(Some("error"), "oh");
    stream(events(), Framing::Sse, &error, script).unwrap().into()
}

fn send(text: &str) -> Step {
    Step::Send(Bytes::copy_from_slice(text.as_bytes()))
}

fn sent(steps: &[Step]) -> Vec<u8> {
    let pieces = steps.iter().filter_map(|step| if let Step::Send(bytes) = step { Some(bytes) } else { None });
    pieces.flat_map(|bytes| bytes.to_vec()).collect()
}

const ALL: &str = "data: one\n\ndata: two\n\ndata: three\n\n";

#[test]
fn faults_come_after_the_events_that_were_asked_for() {
    let at = |number| Some(number);
    assert_eq!(plan(&Script { cut_after: at(0), ..Script::default() }), [Step::Pause(LEAVE), Step::Cut]);
    let cut = plan(&Script { cut_after: at(1), ..Script::default() });
    assert_eq!(cut, [send("data: one\n\n"), Step::Pause(LEAVE), Step::Cut]);
    assert_eq!(plan(&Script { stall_after: at(1), ..Script::default() }), [send("data: one\n\n"), Step::Stall]);
    assert_eq!(plan(&Script { end_after: at(1), ..Script::default() }), [send("data: one\n\n")]);
    let error = plan(&Script { error_after: at(1), ..Script::default() });
    assert_eq!(error, [send("data: one\n\n"), send("event: error\ndata: oh\n\n")]);
    let malformed = plan(&Script { malformed_after: at(1), ..Script::default() });
    assert_eq!(malformed[1], send(&format!("data: {MALFORMED}\n\n")));
    assert_eq!(malformed.len(), 4);
    let after_all = plan(&Script { cut_after: at(3), ..Script::default() });
    assert_eq!((sent(&after_all), after_all.last()), (ALL.as_bytes().to_vec(), Some(&Step::Cut)));
    assert_eq!(plan(&Script { cut_after: at(4), ..Script::default() }), plan(&Script::default()));
}

#[test]
fn a_pace_pauses_between_events_and_not_before_the_first() {
    let pause = Step::Pause(Duration::from_secs(1));
    let steps = plan(&Script { pace: Some(Duration::from_secs(1)), ..Script::default() });
    assert_eq!(steps, [send("data: one\n\n"), pause.clone(), send("data: two\n\n"), pause, send("data: three\n\n")]);
}

#[test]
fn pieces_are_of_the_size_asked_for() {
    let steps = plan(&Script { split: Some(4), ..Script::default() });
    assert_eq!(steps[..3], [send("data"), Step::Pause(Duration::ZERO), send(": on")]);
    assert_eq!(sent(&steps), ALL.as_bytes());
    assert_eq!(sent(&plan(&Script { split: Some(0), ..Script::default() })), ALL.as_bytes());
}

#[test]
fn a_compressed_stream_decodes_to_the_events() {
    for encoding in [Encoding::Gzip, Encoding::Brotli, Encoding::Zstd, Encoding::Deflate] {
        let steps = plan(&Script { encoding: Some(encoding), split: Some(5), ..Script::default() });
        let bytes = sent(&steps);
        let mut text = String::new();
        let mut reader: Box<dyn std::io::Read> = match encoding {
            Encoding::Gzip => Box::new(flate2::read::GzDecoder::new(&bytes[..])),
            Encoding::Deflate => Box::new(flate2::read::ZlibDecoder::new(&bytes[..])),
            Encoding::Brotli => Box::new(brotli::Decompressor::new(&bytes[..], 4096)),
            Encoding::Zstd => Box::new(zstd::stream::read::Decoder::new(&bytes[..]).unwrap()),
        };
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, ALL, "{encoding:?}");
    }
}

#[test]
fn each_compressed_event_can_be_read_as_soon_as_it_is_there() {
    let steps = plan(&Script { encoding: Some(Encoding::Gzip), stall_after: Some(1), ..Script::default() });
    let bytes = sent(&steps);
    let mut first = [0; 11];
    flate2::read::GzDecoder::new(&bytes[..]).read_exact(&mut first).unwrap();
    assert_eq!(&first, b"data: one\n\n");
}

#[test]
fn a_whole_answer_is_cut_in_its_middle() {
    let planned = |script: &Script| {
        let (steps, length) = whole(b"0123456789", script).unwrap();
        (Vec::from(steps), length)
    };
    let cut = planned(&Script { cut_after: Some(7), ..Script::default() });
    assert_eq!(cut, (vec![send("01234"), Step::Pause(LEAVE), Step::Cut], Some(10)));
    assert_eq!(planned(&Script::default()), (vec![send("0123456789")], Some(10)));
    let trailers = planned(&Script { trailers: true, ..Script::default() });
    assert_eq!(trailers, (vec![send("0123456789"), Step::Trailers], None));
}
