//! A provider's stream, taken apart into events, whatever frames them.

mod chunks;

use self::chunks::Chunks;
use super::{AnswerError, Framing};
use crate::codec::aws_events;
use crate::codec::sse::{Event, Parser};

/// Takes a stream apart into its events. A decoder of any framing keeps what [`Parser`] promises: any split of the bytes gives the
/// same events, and what is held back is bounded.
#[derive(Debug)]
pub struct Frames(Decoder);

#[derive(Debug)]
enum Decoder {
    Sse(Parser),
    AwsEvents(aws_events::Parser),
    AwsChunks(Chunks),
}

impl Frames {
    /// For one stream. `limit` is the size of an event in bytes.
    pub fn new(framing: Framing, limit: usize) -> Self {
        Self(match framing {
            Framing::Sse => Decoder::Sse(Parser::new(limit)),
            Framing::AwsEvents => Decoder::AwsEvents(aws_events::Parser::new(limit)),
            Framing::AwsChunks => Decoder::AwsChunks(Chunks::new(limit)),
        })
    }

    /// For a stream whose events go on to the client: where frames hold them, they are made into server-sent events.
    pub(super) fn to_pass(framing: Framing, limit: usize) -> Self {
        match framing {
            Framing::AwsChunks => Self(Decoder::AwsChunks(Chunks::to_pass(limit))),
            Framing::Sse | Framing::AwsEvents => Self::new(framing, limit),
        }
    }

    /// Takes the next bytes of the stream and calls `each` for every event that they complete.
    ///
    /// # Errors
    /// The bytes are no frames, or an event is too large, or what `each` returned. Nothing may be pushed after an error.
    pub fn push(&mut self, chunk: &[u8], each: &mut dyn FnMut(Event<'_>) -> Result<(), AnswerError>) -> Result<(), AnswerError> {
        match &mut self.0 {
            Decoder::Sse(parser) => parser.push(chunk, each),
            Decoder::AwsEvents(parser) => parser.push(chunk, each),
            Decoder::AwsChunks(chunks) => chunks.push(chunk, each),
        }
    }

    /// As [`Self::push`], but need not take more than completes one event. Gives how many bytes it took.
    ///
    /// # Errors
    /// As for [`Self::push`].
    pub(super) fn push_event(
        &mut self,
        chunk: &[u8],
        each: &mut dyn FnMut(Event<'_>) -> Result<(), AnswerError>,
    ) -> Result<usize, AnswerError> {
        match &mut self.0 {
            Decoder::Sse(parser) => parser.push_event(chunk, each),
            Decoder::AwsEvents(_) | Decoder::AwsChunks(_) => self.push(chunk, each).map(|()| chunk.len()),
        }
    }

    /// Ends the stream: an event that lacks nothing but its end counts.
    ///
    /// # Errors
    /// What `each` returned.
    pub fn finish(&mut self, each: &mut dyn FnMut(Event<'_>) -> Result<(), AnswerError>) -> Result<(), AnswerError> {
        match &mut self.0 {
            Decoder::Sse(parser) => parser.finish(each),
            // A frame counts when it is complete.
            Decoder::AwsEvents(_) | Decoder::AwsChunks(_) => Ok(()),
        }
    }

    /// Whether the events' `raw` are the stream's own bytes, so that a piece of it can be passed on as it is.
    pub(super) fn are_sse(&self) -> bool {
        matches!(self.0, Decoder::Sse(_))
    }

    /// Where the next byte begins a server-sent event, the most bytes that it may have.
    pub(super) fn room(&self) -> Option<usize> {
        match &self.0 {
            Decoder::Sse(parser) => parser.room(),
            Decoder::AwsEvents(_) | Decoder::AwsChunks(_) => None,
        }
    }

    /// The bytes since the last event that a client of server-sent events could be given: none of those in frames.
    pub fn residue(&self) -> &[u8] {
        match &self.0 {
            Decoder::Sse(parser) => parser.residue(),
            Decoder::AwsEvents(_) | Decoder::AwsChunks(_) => &[],
        }
    }
}
