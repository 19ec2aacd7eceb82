//! Any split of the bytes gives the same deltas, and no cut or damaged stream looks like one that ended.

use proptest::prelude::*;

use super::Read;
use crate::translate::anthropic::stream::Reader;
use crate::translate::openai;

fn recorded(kind: &str) -> Vec<(String, Vec<u8>)> {
    let folder = format!("{}/tests/golden/anthropic/{kind}", env!("CARGO_MANIFEST_DIR"));
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let inputs = entries.filter(|path| path.extension().is_some_and(|extension| extension == "sse"));
    inputs.map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect()
}

fn is_the_same_wherever_it_is_split<R: Read>(kind: &str) {
    for (name, stream) in recorded(kind) {
        let whole = super::through::<R>(&[&stream]);
        for split in 0..=stream.len() {
            let (head, tail) = stream.split_at(split);
            assert!(super::through::<R>(&[head, tail]) == whole, "{name} split at {split}");
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert!(super::through::<R>(&bytes) == whole, "{name} byte by byte");
    }
}

#[test]
fn a_stream_that_is_split_anywhere_is_the_same_stream() {
    is_the_same_wherever_it_is_split::<Reader>("stream");
    is_the_same_wherever_it_is_split::<openai::stream::Reader>("stream_from_openai");
}

fn does_not_end_wherever_it_is_cut<R: Read>(kind: &str, end: &[u8]) {
    for (name, stream) in recorded(kind) {
        // The last event may lack its blank line.
        let end = stream.windows(end.len()).rposition(|window| window == end).unwrap_or(stream.len());
        for cut in 0..end {
            let (_, out, _) = super::through::<R>(&[&stream[..cut]]);
            assert!(!String::from_utf8(out).unwrap().contains("message_stop"), "{name} cut at {cut}");
        }
    }
}

#[test]
fn a_stream_that_is_cut_anywhere_does_not_end() {
    does_not_end_wherever_it_is_cut::<Reader>("stream", b"message_stop");
    does_not_end_wherever_it_is_cut::<openai::stream::Reader>("stream_from_openai", b"[DONE]");
}

fn through(stream: &[u8]) {
    let _ = super::through::<Reader>(&[stream]);
}

proptest! {
    #[test]
    fn a_damaged_stream_never_panics(pick in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut recorded = recorded("stream");
        let (_, stream) = &mut recorded[pick.index(7)];
        let at = at.index(stream.len());
        stream[at] = byte;
        through(stream);
    }

    #[test]
    fn random_events_never_panic(kind in 0_usize..8, json in "[{}\\[\\]\":,a-z0-9]{0,40}") {
        let kinds = ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
            "message_stop", "error", "other"];
        let stream = format!("event: {}\ndata: {json}\n\n", kinds[kind]);
        through(stream.as_bytes());
    }
}
