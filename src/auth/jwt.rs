//! Tokens of identity providers (JWT, RFC 7519): whose a token is, by the signature of an issuer that the config names.
//!
//! A token is read within bounds, told apart by its issuer, checked in time and audience, and only then is its signature checked,
//! by a key of that very issuer, with an algorithm that both the config and the key allow, and never a symmetric one. What was
//! checked is remembered for minutes, until the token ends or the issuer's keys change, so that the work is not done for each
//! request. A request never waits for keys: they are fetched in the background (`keyring`), and what is fetched is shared by the
//! configs that follow each other.

mod algorithm;
mod claims;
mod fault;
mod keys;
mod source;
#[cfg(test)]
mod tests;
mod token;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::Principal;
use super::key::Digest;
use super::recent::Recent;
use crate::rejection::Rejection;

pub use algorithm::Algorithm;
pub use claims::{ClaimPath, Identity, Models, Tenant};
pub use keys::{KeySet, KeySetError};
pub use source::{KeySource, Location, SourceStatus};
pub use token::LONGEST_TOKEN;

use fault::Fault;
use source::Hope;
use token::Token;

/// Tokens that are remembered once they were checked.
const MOST_VERIFIED: usize = 10_000;
/// How long, in seconds, at most.
const REMEMBERED: i64 = 300;

/// An identity provider.
#[derive(Debug)]
pub struct Issuer {
    /// Its name, exactly as `iss` of its tokens has it.
    pub name: String,
    /// Tokens must be meant for one of these (`aud`).
    pub audiences: Vec<String>,
    /// The algorithms that are accepted.
    pub algorithms: Vec<Algorithm>,
    /// How far its clock may be from ours.
    pub leeway: Duration,
    /// Its public keys.
    pub keys: Arc<KeySource>,
    /// Who the bearer of a token is.
    pub identity: Identity,
}

/// All identity providers of a config, and the tokens of theirs that were checked lately.
#[derive(Debug)]
pub struct Issuers {
    list: Vec<Issuer>,
    /// Names of callers that no token may take.
    taken: HashSet<Arc<str>>,
    verified: Recent<Digest, Verified>,
}

/// A token that was checked.
#[derive(Debug, Clone)]
struct Verified {
    principal: Arc<Principal>,
    issuer: usize,
    /// The keys that it was checked with.
    version: Option<u64>,
    /// In seconds since 1970.
    until: i64,
}

impl Issuers {
    /// These issuers. No token makes its bearer one of those who are `taken`.
    pub fn new(list: Vec<Issuer>, taken: HashSet<Arc<str>>) -> Self {
        Self { list, taken, verified: Recent::new(MOST_VERIFIED) }
    }

    /// The issuers, in the order of the config.
    pub fn iter(&self) -> impl Iterator<Item = &Issuer> {
        self.list.iter()
    }

    /// How many tokens are remembered.
    pub(super) fn remembered(&self) -> usize {
        self.verified.len()
    }

    /// Goes on with the keys that another config's issuers have.
    pub(super) fn inherit(&mut self, others: &Self) {
        for issuer in &mut self.list {
            if let Some(other) = others.list.iter().find(|other| other.keys.is_where(&issuer.keys)) {
                issuer.keys = Arc::clone(&other.keys);
            }
        }
    }

    /// Whose token this is; `None`: it is no token at all. `may_check` is asked before a signature is checked.
    pub(super) fn identify(
        &self,
        text: &str,
        digest: Digest,
        now: Timestamp,
        may_check: impl FnOnce() -> Result<(), Rejection>,
    ) -> Option<Result<Arc<Principal>, Rejection>> {
        let known = self.verified.get(&digest, |verified| self.still_holds(verified, now));
        if let Some(verified) = known {
            return Some(Ok(verified.principal));
        }
        let token = Token::split(text)?;
        Some(match may_check() {
            Ok(()) => self.check(&token, digest, now).map_err(Rejection::from),
            Err(rejection) => Err(rejection),
        })
    }

    fn still_holds(&self, verified: &Verified, now: Timestamp) -> bool {
        let version = self.list.get(verified.issuer).and_then(|issuer| issuer.keys.version());
        now.as_second() < verified.until && version == verified.version
    }

    fn check(&self, token: &Token<'_>, digest: Digest, now: Timestamp) -> Result<Arc<Principal>, Fault> {
        let (header, claims) = (token.header()?, token.claims()?);
        let named = |issuer: &&Issuer| claims.text("iss").is_some_and(|name| name == issuer.name);
        let (index, issuer) = self.list.iter().enumerate().find(|(_, issuer)| named(issuer)).ok_or(Fault::UnknownIssuer)?;
        let end = claims.check_times(now, issuer.leeway)?;
        claims.check_audience(&issuer.audiences)?;
        let version = issuer.verify(token, &header)?;
        let principal = Arc::new(issuer.identity.principal(&claims)?);
        if self.taken.contains(&principal.key) {
            return Err(Fault::NameTaken);
        }
        let until = end.min(now.as_second().saturating_add(REMEMBERED));
        let verified = Verified { principal: Arc::clone(&principal), issuer: index, version: Some(version), until };
        self.verified.put(digest, verified);
        Ok(principal)
    }
}

impl Issuer {
    /// Checks the signature. Returns the version of the keys that it was checked with.
    fn verify(&self, token: &Token<'_>, header: &token::Header) -> Result<u64, Fault> {
        let algorithm = Algorithm::of_header(&header.algorithm).filter(|algorithm| self.algorithms.contains(algorithm));
        let algorithm = algorithm.ok_or(Fault::Algorithm)?;
        let keys = self.keys.current().ok_or(Fault::Unreachable)?;
        let mut fitting = keys.fitting(algorithm, header.key_id.as_deref()).peekable();
        if fitting.peek().is_none() {
            return Err(match self.keys.ask(Instant::now()) {
                Hope::Coming => Fault::Refreshing,
                Hope::None => Fault::Signature,
            });
        }
        if fitting.any(|key| key.verifies(token.signed, token.signature, algorithm)) {
            Ok(keys.version)
        } else {
            Err(Fault::Signature)
        }
    }
}
