//! An answer that is streamed: translated event by event, never held back.

use super::{Answering, Broken, ChunkStep};
use crate::codec::encoding::Decoder;
use crate::exchange::Exchange;
use crate::exchange::fields::Edits;
use crate::rejection::Rejection;
use crate::translate::{self, AnswerContext, End, Kept, Seen};
use crate::usage::Outcome;

/// An answer that is translated event by event.
#[derive(Debug)]
pub(in crate::exchange) struct Streaming {
    stream: translate::Stream,
    decoder: Option<Decoder>,
    /// What came out of the decoder for the piece at hand.
    plain: Vec<u8>,
}

impl Streaming {
    pub(super) fn new(context: AnswerContext, decoder: Option<Decoder>) -> Self {
        Self { stream: translate::Stream::new(context), decoder, plain: Vec::new() }
    }

    /// What was seen so far.
    pub(in crate::exchange) fn seen(&self) -> &Seen {
        self.stream.seen()
    }

    /// A piece in, what the client gets out; `None`: the piece as it is.
    fn push(&mut self, chunk: &[u8], end: bool, out: &mut Vec<u8>) -> Result<Kept, Rejection> {
        let Some(decoder) = &mut self.decoder else {
            return self.stream.push(chunk, out).map_err(Rejection::from);
        };
        self.plain.clear();
        decoder.push(chunk, &mut self.plain).map_err(|error| super::undecodable(&error))?;
        if end {
            decoder.finish(&mut self.plain).map_err(|error| super::undecodable(&error))?;
        }
        if self.stream.push(&self.plain, out)? == Kept::AsIs {
            out.extend_from_slice(&self.plain);
        }
        Ok(Kept::Rewritten)
    }
}

impl Exchange {
    pub(super) fn stream_chunk(&mut self, mut streaming: Box<Streaming>, chunk: &[u8], end: bool) -> ChunkStep {
        let mut out = Vec::new();
        let pushed = streaming.push(chunk, end, &mut out);
        if self.first_token.is_none() && streaming.seen().started {
            self.first_token = Some(self.began.elapsed());
        }
        match pushed {
            Err(rejection) => self.stream_failed(streaming, &rejection, out),
            Ok(Kept::AsIs) if end => {
                let ended = streaming.stream.end(&mut out);
                self.stream_ended(streaming, ended);
                let body = (!out.is_empty()).then(|| [chunk, &out].concat());
                ChunkStep { edits: Edits::default(), body }
            }
            Ok(kept) => {
                if end {
                    let ended = streaming.stream.end(&mut out);
                    self.stream_ended(streaming, ended);
                } else {
                    self.answering = Answering::Stream(streaming);
                }
                ChunkStep { edits: Edits::default(), body: (kept == Kept::Rewritten).then_some(out) }
            }
        }
    }

    /// The provider's stream cannot be read any further: the client is told so in its own API's shape.
    fn stream_failed(&mut self, mut streaming: Box<Streaming>, rejection: &Rejection, mut out: Vec<u8>) -> ChunkStep {
        streaming.stream.fail(rejection, &mut out);
        self.answering = Answering::Stream(streaming);
        self.finish(Outcome::ProviderError, Some(rejection.message.clone()));
        self.answering = Answering::Failed;
        ChunkStep { edits: Edits::default(), body: Some(out) }
    }

    fn stream_ended(&mut self, streaming: Box<Streaming>, ended: End) {
        let error = streaming.seen().error.clone();
        let outcome = match ended {
            _ if error.is_some() => Outcome::ProviderError,
            End::Complete => Outcome::Ok,
            End::Cut => Outcome::Cut,
        };
        self.answering = Answering::Stream(streaming);
        self.finish(outcome, error);
    }

    /// The stream ended with trailers. What `end` would add can no longer be said, so a cut stream has to break.
    pub(super) fn stream_trailers(&mut self, mut streaming: Box<Streaming>) -> Result<(), Broken> {
        let mut out = Vec::new();
        let ended = streaming.stream.end(&mut out);
        self.stream_ended(streaming, ended);
        if out.is_empty() { Ok(()) } else { Err(Broken) }
    }
}
