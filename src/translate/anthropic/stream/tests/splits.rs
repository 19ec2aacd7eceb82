//! Any split of the bytes gives the same deltas, and no cut or damaged stream looks like one that ended.

use proptest::prelude::*;

use super::through;

fn recorded() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/anthropic/stream");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let inputs = entries.filter(|path| path.extension().is_some_and(|extension| extension == "sse"));
    inputs.map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect()
}

#[test]
fn a_stream_that_is_split_anywhere_is_the_same_stream() {
    for (name, stream) in recorded() {
        let whole = through(&[&stream]);
        for split in 0..=stream.len() {
            let (head, tail) = stream.split_at(split);
            assert!(through(&[head, tail]) == whole, "{name} split at {split}");
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert!(through(&bytes) == whole, "{name} byte by byte");
    }
}

#[test]
fn a_stream_that_is_cut_anywhere_does_not_end() {
    for (name, stream) in recorded() {
        // The last event may lack its blank line.
        let end = stream.windows(12).rposition(|window| window == b"message_stop").unwrap_or(stream.len());
        for cut in 0..end {
            let (_, out, _) = through(&[&stream[..cut]]);
            assert!(!String::from_utf8(out).unwrap().contains("message_stop"), "{name} cut at {cut}");
        }
    }
}

proptest! {
    #[test]
    fn a_damaged_stream_never_panics(pick in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut recorded = recorded();
        let (_, stream) = &mut recorded[pick.index(7)];
        let at = at.index(stream.len());
        stream[at] = byte;
        let _ = through(&[stream]);
    }

    #[test]
    fn random_events_never_panic(kind in 0_usize..8, json in "[{}\\[\\]\":,a-z0-9]{0,40}") {
        let kinds = ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
            "message_stop", "error", "other"];
        let stream = format!("event: {}\ndata: {json}\n\n", kinds[kind]);
        let _ = through(&[stream.as_bytes()]);
    }
}
