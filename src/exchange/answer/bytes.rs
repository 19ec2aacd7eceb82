//! An answer that nobody here reads: sound, subtitles, plain text. It passes as it comes, decompressed where it was compressed
//! unasked.

use super::{Answering, Broken, ChunkStep};
use crate::codec::encoding::Decoder;
use crate::exchange::Exchange;
use crate::exchange::fields::Edits;
use crate::translate::Seen;
use crate::usage::Outcome;

/// An answer that passes byte by byte.
#[derive(Debug)]
pub(in crate::exchange) struct Passing {
    decoder: Option<Decoder>,
    seen: Seen,
}

impl Passing {
    pub(super) fn new(decoder: Option<Decoder>) -> Self {
        Self { decoder, seen: Seen::default() }
    }

    /// What was seen so far.
    pub(in crate::exchange) fn seen(&self) -> &Seen {
        &self.seen
    }
}

impl Exchange {
    pub(super) fn bytes_chunk(&mut self, mut passing: Box<Passing>, chunk: &[u8], end: bool) -> Result<ChunkStep, Broken> {
        passing.seen.started |= !chunk.is_empty();
        if self.first_token.is_none() && passing.seen.started {
            self.first_token = Some(self.began.elapsed());
        }
        let body = match passing.decoder.as_mut().map(|decoder| decoded(decoder, chunk, end)).transpose() {
            Ok(body) => body,
            Err(broken) => {
                self.bytes_ended(*passing, Outcome::ProviderError);
                return Err(broken);
            }
        };
        if end {
            passing.seen.complete = true;
            self.bytes_ended(*passing, Outcome::Ok);
        } else {
            self.answering = Answering::Bytes(passing);
        }
        Ok(ChunkStep { edits: Edits::default(), body })
    }

    /// Envoy resets the stream when an answer is shorter than it was announced, so one that ends with trailers is whole.
    pub(super) fn bytes_trailers(&mut self, mut passing: Passing) -> Result<(), Broken> {
        let whole = passing.decoder.as_mut().is_none_or(|decoder| decoder.finish(&mut Vec::new()).is_ok());
        passing.seen.complete = whole;
        self.bytes_ended(passing, if whole { Outcome::Ok } else { Outcome::ProviderError });
        if whole { Ok(()) } else { Err(Broken) }
    }

    fn bytes_ended(&mut self, passing: Passing, outcome: Outcome) {
        self.answering = Answering::Seen(Box::new(passing.seen));
        self.finish(outcome, None);
        self.answering = Answering::Done;
    }
}

/// Bytes cannot tell an error: where they cannot be decompressed, the client must see them break off.
fn decoded(decoder: &mut Decoder, chunk: &[u8], end: bool) -> Result<Vec<u8>, Broken> {
    let mut plain = Vec::new();
    decoder.push(chunk, &mut plain).map_err(|_| Broken)?;
    if end {
        decoder.finish(&mut plain).map_err(|_| Broken)?;
    }
    Ok(plain)
}
