//! An answer that nobody here reads: sound, subtitles, plain text. It passes as it comes, decompressed where it was compressed
//! unasked.

use super::whole::credential_refused;
use super::{AnswerHead, Answering, BodyMode, Broken, ChunkStep, HeadStep};
use crate::codec::encoding::Decoder;
use crate::exchange::Exchange;
use crate::exchange::fields::Edits;
use crate::rejection::{Kind, Rejection};
use crate::translate::Seen;
use crate::usage::Outcome;

/// An answer that passes byte by byte.
#[derive(Debug)]
pub(in crate::exchange) struct Passing {
    decoder: Option<Decoder>,
    seen: Seen,
    /// What it was if it comes whole.
    outcome: Outcome,
}

impl Passing {
    pub(super) fn new(decoder: Option<Decoder>) -> Self {
        Self { decoder, seen: Seen::default(), outcome: Outcome::Ok }
    }

    /// An answer of which nothing is changed, compressed or not.
    pub(super) fn unread(outcome: Outcome) -> Self {
        Self { decoder: None, seen: Seen::default(), outcome }
    }

    /// What was seen so far.
    pub(in crate::exchange) fn seen(&self) -> &Seen {
        &self.seen
    }
}

impl Exchange {
    /// An answer to what was passed on unread goes back as it came: status, body, whatever it is. Two kinds do not: what the provider
    /// says of the gateway's credential is none of the client's business, and where a redirect leads the client's key must not go.
    pub(super) fn passed_back(&mut self, head: &AnswerHead, status: u16) -> Result<HeadStep, Rejection> {
        match status {
            401 | 407 if !self.has_own_key(head) => return Err(credential_refused()),
            304 => {}
            300..=399 => {
                return Err(Rejection::new(Kind::BadAnswer, format!("the provider answered with a redirect ({status})")));
            }
            _ => {}
        }
        let edits = self.answer_headers(head);
        let outcome = if status < 400 { Outcome::Ok } else { Outcome::ProviderError };
        if head.end {
            self.answering = Answering::Done;
            self.finish(outcome, None);
            return Ok(HeadStep::Continue(edits, BodyMode::None));
        }
        self.answering = Answering::Bytes(Box::new(Passing::unread(outcome)));
        Ok(HeadStep::Continue(edits, BodyMode::Streamed))
    }

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
            let outcome = passing.outcome;
            self.bytes_ended(*passing, outcome);
        } else {
            self.answering = Answering::Bytes(passing);
        }
        Ok(ChunkStep { edits: Edits::default(), body })
    }

    /// Envoy resets the stream when an answer is shorter than it was announced, so one that ends with trailers is whole.
    pub(super) fn bytes_trailers(&mut self, mut passing: Passing) -> Result<(), Broken> {
        let whole = passing.decoder.as_mut().is_none_or(|decoder| decoder.finish(&mut Vec::new()).is_ok());
        passing.seen.complete = whole;
        let outcome = if whole { passing.outcome } else { Outcome::ProviderError };
        self.bytes_ended(passing, outcome);
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
