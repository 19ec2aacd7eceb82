//! Stage 2, who calls: client certificates, API keys and tokens of identity providers, in this order.
//!
//! A certificate was verified by Envoy and cannot be forged or left behind, so whoever has one that the config knows is that
//! caller, whatever stands in the headers: most SDKs cannot be told to send no key. API keys are known by their SHA-256 only. What is
//! no known key and looks like a token is checked as one.
//!
//! Nothing here tells which keys exist: whether a key has expired or is switched off is said only to whoever presents that very
//! key. Digests are looked up, never keys, so the time of a look-up tells nothing about a key.

pub mod certificate;
pub mod forward;
pub mod jwt;
pub mod key;
pub mod presented;
mod principal;
mod recent;
mod refusal;
#[cfg(test)]
mod tests;
mod throttle;

use core::net::IpAddr;
use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use jiff::Timestamp;

use crate::rejection::Rejection;
use crate::route::glob::Glob;

use certificate::{Certificate, Certificates, Told};
use jwt::{Issuers, KeySource, SourceStatus};
use throttle::Throttle;

pub use forward::Forward;
pub use presented::{GATEWAY_KEY, Presented, in_query, presented};
pub use principal::{Principal, is_name};
pub use throttle::{Allowance, ThrottleStatus};

/// The longest key or token that is looked at, in bytes.
const LONGEST: usize = jwt::LONGEST_TOKEN;

/// What a request shows of who sends it.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The key or token in its headers.
    pub presented: Presented<'a>,
    /// The client certificate, if Envoy tells of one.
    pub certificate: Option<&'a Certificate>,
    /// The address that it comes from, if Envoy tells it.
    pub source: Option<IpAddr>,
}

/// Everybody who may call. Built by `config::validate`; the default lets nobody in.
#[derive(Debug, Default)]
pub struct Callers {
    keys: HashMap<key::Digest, Entry>,
    certificates: Option<Certificates>,
    issuers: Option<Issuers>,
    anonymous: Option<Arc<Principal>>,
    open_paths: Vec<String>,
    forward: Forward,
    throttle: Option<Arc<Throttle>>,
}

/// A key.
#[derive(Debug)]
pub struct Entry {
    /// Whose it is.
    pub principal: Arc<Principal>,
    /// From when on it is refused.
    pub expires: Option<Timestamp>,
    /// Whether it is refused now.
    pub disabled: bool,
}

/// How authentication does, for the person on call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Each issuer of tokens, by name.
    pub issuers: Vec<(String, SourceStatus)>,
    /// Tokens that were checked lately and are not checked again.
    pub verified_tokens: usize,
    /// Failures by source.
    pub throttle: ThrottleStatus,
}

impl Callers {
    /// Callers with these keys.
    pub fn with_keys(keys: impl IntoIterator<Item = (key::Digest, Entry)>) -> Self {
        Self { keys: keys.into_iter().collect(), ..Self::default() }
    }

    /// Lets everybody in, as the one principal `anonymous`.
    pub fn anyone() -> Self {
        let passthrough = Glob::parse("*").into_iter().collect();
        let anonymous = Principal { passthrough, ..Principal::new("anonymous", None) };
        Self { anonymous: Some(Arc::new(anonymous)), ..Self::default() }
    }

    /// Adds those who have client certificates.
    #[must_use]
    pub fn certificates(mut self, certificates: Certificates) -> Self {
        self.certificates = Some(certificates);
        self
    }

    /// Adds those who have tokens of these issuers.
    #[must_use]
    pub fn issuers(mut self, issuers: Issuers) -> Self {
        self.issuers = Some(issuers);
        self
    }

    /// Holds back sources that fail more often than this.
    #[must_use]
    pub fn throttled(mut self, allowance: Allowance) -> Self {
        self.throttle = Throttle::new(allowance).map(Arc::new);
        self
    }

    /// Adds paths that need no key.
    #[must_use]
    pub fn open_paths(mut self, paths: Vec<String>) -> Self {
        self.open_paths = paths;
        self
    }

    /// Adds headers that tell the provider side who calls.
    #[must_use]
    pub fn forward(mut self, forward: Forward) -> Self {
        self.forward = forward;
        self
    }

    /// Everybody who is known by a key of their own, each once.
    pub fn principals(&self) -> impl Iterator<Item = &Arc<Principal>> {
        self.keys.values().map(|entry| &entry.principal).chain(&self.anonymous)
    }

    /// What each of the headers that tell the provider side who calls must be on a request of `principal`: set, or removed
    /// (`None`), whatever the client sent.
    pub fn forward_headers(&self, principal: &Principal) -> impl Iterator<Item = (HeaderName, Option<HeaderValue>)> {
        self.forward.headers(principal)
    }

    /// Whether a path (without its query) needs no key.
    pub fn is_open(&self, path: &str) -> bool {
        self.open_paths.iter().any(|open| open == path)
    }

    /// Where Envoy shall tell of client certificates. `None`: nowhere, nobody comes in with one.
    pub fn told_certificates(&self) -> Option<Told> {
        self.certificates.as_ref().map(Certificates::told)
    }

    /// The keys of issuers that are to be fetched.
    pub fn key_sources(&self) -> impl Iterator<Item = &Arc<KeySource>> {
        let issuers = self.issuers.iter().flat_map(Issuers::iter);
        issuers.map(|issuer| &issuer.keys).filter(|keys| keys.location().is_some())
    }

    /// Goes on with what outlives a change of the config: fetched keys, and failures.
    pub fn inherit(&mut self, before: &Self) {
        if let (Some(issuers), Some(before)) = (&mut self.issuers, &before.issuers) {
            issuers.inherit(before);
        }
        if let (Some(throttle), Some(before)) = (&mut self.throttle, &before.throttle)
            && throttle.allowance() == before.allowance()
        {
            *throttle = Arc::clone(before);
        }
    }

    /// How authentication does.
    pub fn status(&self) -> Status {
        let issuers = self.issuers.iter().flat_map(Issuers::iter);
        Status {
            issuers: issuers.map(|issuer| (issuer.name.clone(), issuer.keys.status())).collect(),
            verified_tokens: self.issuers.as_ref().map_or(0, Issuers::remembered),
            throttle: self.throttle.as_ref().map(|throttle| throttle.status()).unwrap_or_default(),
        }
    }

    /// Whether everybody may call, so that no key is for the gateway.
    pub fn anyone_may(&self) -> bool {
        self.anonymous.is_some()
    }

    /// Who shows this, at this time. The rejection says what is wrong with what was shown.
    pub fn identify(&self, evidence: &Evidence<'_>, now: Timestamp) -> Result<Arc<Principal>, Rejection> {
        if let Some(anonymous) = &self.anonymous {
            return Ok(Arc::clone(anonymous));
        }
        let certified = self.certificates.as_ref().zip(evidence.certificate);
        if let Some(principal) = certified.and_then(|(certificates, certificate)| certificates.find(certificate)) {
            return Ok(principal);
        }
        self.by_secret(evidence, now).map_err(|refusal| self.refuse(evidence, refusal))
    }

    fn by_secret(&self, evidence: &Evidence<'_>, now: Timestamp) -> Result<Arc<Principal>, Rejection> {
        let secret = match evidence.presented {
            Presented::Key(secret) if secret.len() <= LONGEST => secret,
            Presented::Key(_) => return Err(refusal::unknown()),
            Presented::Missing(family) => return Err(refusal::missing(family)),
            Presented::NotBearer => return Err(refusal::not_bearer()),
            Presented::Conflicting => return Err(refusal::conflicting()),
        };
        let digest = key::digest(secret);
        if let Some(entry) = self.keys.get(&digest) {
            return entry.open(now);
        }
        let may_check = || match (&self.throttle, evidence.source) {
            (Some(throttle), Some(source)) => throttle.allows(source),
            _ => Ok(()),
        };
        let bearer = self.issuers.as_ref().and_then(|issuers| issuers.identify(secret, digest, now, may_check));
        bearer.unwrap_or_else(|| Err(refusal::unknown()))
    }

    /// Counts a failure of its source, and tells one who fails too often to wait.
    fn refuse(&self, evidence: &Evidence<'_>, refusal: Rejection) -> Rejection {
        match (&self.throttle, evidence.source) {
            (Some(throttle), Some(source)) if refusal.kind.row().status == http::StatusCode::UNAUTHORIZED => {
                throttle.failed(source).err().unwrap_or(refusal)
            }
            _ => refusal,
        }
    }
}

impl Entry {
    fn open(&self, now: Timestamp) -> Result<Arc<Principal>, Rejection> {
        if self.disabled {
            return Err(refusal::disabled());
        }
        match self.expires {
            Some(expires) if expires <= now => Err(refusal::expired(expires)),
            _ => Ok(Arc::clone(&self.principal)),
        }
    }
}
