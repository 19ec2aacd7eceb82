//! Golden streams, streams split at every byte, and pieces that no single provider sends in this order.

mod pieces;
mod splits;

use crate::codec::sse;
use crate::translate::AnswerError;
use crate::translate::answer::Delta;
use crate::translate::anthropic::golden::golden;
use crate::translate::anthropic::stream::{Reader, Writer};

/// An error of either layer.
#[derive(Debug, PartialEq)]
enum Failed {
    TooLarge,
    Answer(AnswerError),
}

impl From<sse::TooLarge> for Failed {
    fn from(_: sse::TooLarge) -> Self {
        Self::TooLarge
    }
}

/// Reads a stream that comes in these chunks and writes it again; tells the deltas and what was written.
fn through(chunks: &[&[u8]]) -> (Vec<String>, Vec<u8>, Result<(), Failed>) {
    let (mut deltas, mut out) = (Vec::new(), Vec::new());
    let (mut parser, mut reader) = (sse::Parser::new(1 << 20), Reader::default());
    let mut writer = Writer::new("asked", true);
    let mut each = |event: sse::Event<'_>| {
        let mut emit = |delta: Delta<'_>| {
            deltas.push(format!("{delta:?}"));
            writer.delta(&delta, &mut out);
        };
        reader.event(&event, &mut emit).map_err(Failed::Answer)
    };
    let mut outcome = Ok(());
    for chunk in chunks {
        outcome = outcome.and_then(|()| parser.push(chunk, &mut each));
    }
    let outcome = outcome.and_then(|()| parser.finish(&mut each));
    (deltas, out, outcome)
}

#[test]
fn streams_become_what_the_golden_files_say() {
    golden("stream", |input| {
        let (deltas, out, outcome) = through(&[input]);
        assert_eq!(outcome, Ok(()));
        format!("{}\n\n{}", deltas.join("\n"), String::from_utf8(out).unwrap())
    });
}
