//! An answer that comes as one piece: an answer that was not streamed, or a provider's error.
//!
//! Envoy holds its headers until the body is settled, so that an answer that turns out to be wrong still gets an honest status.

use http::HeaderValue;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};

use super::{AnswerHead, Answering, ChunkStep};
use crate::codec::encoding::{Decoder, EncodingError};
use crate::exchange::Exchange;
use crate::exchange::fields::Edits;
use crate::exchange::reply::Reply;
use crate::rejection::{Kind, Rejection};
use crate::translate::{self, AnswerContext, Seen};
use crate::usage::Outcome;

const JSON: &str = "application/json";

/// An answer that comes as one piece.
#[derive(Debug)]
pub(in crate::exchange) struct Holding {
    context: AnswerContext,
    decoder: Option<Decoder>,
    told: Told,
    limit: usize,
    /// Whether the provider was asked with the caller's own key.
    own_key: bool,
}

/// What the provider says of an answer before its body.
#[derive(Debug, Clone, Copy)]
struct Told {
    status: u16,
    /// Of the body as it comes, in bytes.
    length: Option<usize>,
    /// Whether its type is written as Kanmon writes it.
    is_json: bool,
}

/// What came of it.
struct Settled {
    status: u16,
    /// `None`: the body as it came.
    body: Option<Vec<u8>>,
    seen: Seen,
    outcome: Outcome,
    error: Option<String>,
}

impl Holding {
    /// `limit`: the longest body that is taken, in bytes.
    pub(super) fn new(
        context: AnswerContext,
        decoder: Option<Decoder>,
        head: &AnswerHead,
        status: u16,
        limit: usize,
        own_key: bool,
    ) -> Self {
        let length = head.fields.get(CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok());
        let is_json = head.fields.get(CONTENT_TYPE.as_str()) == Some(JSON);
        Self { context, decoder, told: Told { status, length, is_json }, limit, own_key }
    }

    fn settle(mut self, body: &[u8]) -> Settled {
        match self.translated(body) {
            Ok(settled) => settled,
            Err(rejection) => Settled {
                status: rejection.kind.row().status.as_u16(),
                body: Some(translate::rejection(self.context.api.family(), &rejection)),
                seen: Seen::default(),
                outcome: Outcome::ProviderError,
                error: Some(rejection.message),
            },
        }
    }

    fn translated(&mut self, body: &[u8]) -> Result<Settled, Rejection> {
        if body.len() > self.limit {
            return Err(Rejection::new(Kind::BadAnswer, format!("the provider's answer is larger than {} bytes", self.limit)));
        }
        let plain = self.plain(body)?;
        let body = plain.as_deref().unwrap_or(body);
        match self.told.status {
            200..=299 => {
                let whole = translate::whole(&self.context, body)?;
                let body = whole.body.map(Vec::from).or(plain);
                Ok(Settled { status: self.told.status, body, seen: whole.seen, outcome: Outcome::Ok, error: None })
            }
            400..=599 => {
                let answer = translate::provider_error(&self.context, self.told.status, body);
                // The client's key was right; it is the gateway's that the provider refuses.
                if answer.refuses_credential && !self.own_key {
                    return Err(credential_refused());
                }
                Ok(Settled {
                    status: answer.status,
                    body: answer.body.map(Vec::from).or(plain),
                    seen: Seen::default(),
                    outcome: Outcome::ProviderError,
                    error: Some(answer.message),
                })
            }
            status => Err(Rejection::new(
                Kind::BadAnswer,
                format!("the provider answered with status {status}, which its API does not have"),
            )),
        }
    }

    /// The body decompressed, where it was compressed.
    fn plain(&mut self, body: &[u8]) -> Result<Option<Vec<u8>>, Rejection> {
        let Some(decoder) = &mut self.decoder else { return Ok(None) };
        let mut plain = Vec::with_capacity(body.len().saturating_mul(4).min(self.limit));
        decoder.push(body, &mut plain).and_then(|()| decoder.finish(&mut plain)).map_err(|error| undecodable(&error))?;
        Ok(Some(plain))
    }
}

impl Exchange {
    pub(super) fn whole_body(&mut self, holding: Holding, body: &[u8]) -> ChunkStep {
        let told = holding.told;
        let mut settled = holding.settle(body);
        let mut edits = Edits::default();
        if settled.status != told.status {
            edits.pseudo(":status", settled.status.to_string());
        }
        if settled.body.is_some() && !told.is_json {
            edits.set(CONTENT_TYPE, HeaderValue::from_static(JSON));
        }
        let length = settled.body.as_ref().map_or(body.len(), Vec::len);
        if told.length != Some(length) {
            edits.set(CONTENT_LENGTH, HeaderValue::from(length));
        }
        let body = settled.body.take();
        self.settled(settled);
        ChunkStep { edits, body }
    }

    /// An answer without a body.
    pub(super) fn empty_body(&mut self, holding: Holding, edits: Edits) -> Reply {
        let mut settled = holding.settle(&[]);
        let mut reply = Reply::json(settled.status, settled.body.take().unwrap_or_default(), "empty_answer");
        reply.headers.extend(edits.set);
        self.settled(settled);
        reply
    }

    fn settled(&mut self, settled: Settled) {
        self.status = Some(settled.status);
        self.answering = Answering::Seen(Box::new(settled.seen));
        self.finish(settled.outcome, settled.error);
        self.answering = Answering::Done;
    }
}

pub(super) fn credential_refused() -> Rejection {
    let message = "the provider refused the gateway's credential: tell the gateway's operator";
    Rejection::new(Kind::CredentialRefused, message)
}

pub(super) fn undecodable(error: &EncodingError) -> Rejection {
    Rejection::new(Kind::BadAnswer, format!("the provider's answer cannot be decompressed: {error}"))
}
