//! Golden streams, streams split at every byte, and pieces that no single provider sends in this order.

mod pieces;
mod splits;

use crate::codec::sse;
use crate::translate::answer::Delta;
use crate::translate::anthropic::golden::golden;
use crate::translate::anthropic::stream::{Reader, Writer};
use crate::translate::{AnswerError, openai};

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

/// A reader of either dialect.
trait Read: Default {
    fn read(&mut self, event: &sse::Event<'_>, emit: &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError>;
}

impl Read for Reader {
    fn read(&mut self, event: &sse::Event<'_>, emit: &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError> {
        self.event(event, emit)
    }
}

impl Read for openai::stream::Reader {
    fn read(&mut self, event: &sse::Event<'_>, emit: &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError> {
        self.event(event, emit)
    }
}

/// Reads a stream that comes in these chunks and writes it for a client; tells the deltas and what was written.
fn through<R: Read>(chunks: &[&[u8]]) -> (Vec<String>, Vec<u8>, Result<(), Failed>) {
    let (mut deltas, mut out) = (Vec::new(), Vec::new());
    let (mut parser, mut reader) = (sse::Parser::new(1 << 20), R::default());
    let mut writer = Writer::new("asked", true);
    let mut each = |event: sse::Event<'_>| {
        let mut emit = |delta: Delta<'_>| {
            deltas.push(format!("{delta:?}"));
            writer.delta(&delta, &mut out);
        };
        reader.read(&event, &mut emit).map_err(Failed::Answer)
    };
    let mut outcome = Ok(());
    for chunk in chunks {
        outcome = outcome.and_then(|()| parser.push(chunk, &mut each));
    }
    let outcome = outcome.and_then(|()| parser.finish(&mut each));
    (deltas, out, outcome)
}

fn told<R: Read>(input: &[u8]) -> String {
    let (deltas, out, outcome) = through::<R>(&[input]);
    assert_eq!(outcome, Ok(()));
    format!("{}\n\n{}", deltas.join("\n"), String::from_utf8(out).unwrap())
}

#[test]
fn streams_of_anthropic_become_what_the_golden_files_say() {
    golden("stream", told::<Reader>);
}

#[test]
fn streams_of_openai_become_what_the_golden_files_say() {
    golden("stream_from_openai", told::<openai::stream::Reader>);
}
