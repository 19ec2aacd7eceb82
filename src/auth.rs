//! Stage 2, who calls: API keys, known by their SHA-256 only.
//!
//! Nothing here tells which keys exist: whether a key has expired or is switched off is said only to whoever presents that very
//! key. Digests are looked up, never keys, so the time of a look-up tells nothing about a key.

pub mod forward;
pub mod key;
pub mod presented;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use http::header::WWW_AUTHENTICATE;
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;

use crate::rejection::{Kind, Rejection};
use crate::route::glob::Glob;
use crate::translate::Family;

pub use forward::Forward;
pub use presented::{GATEWAY_KEY, Presented, in_query, presented};

/// The longest key that is looked at, in bytes.
const LONGEST_KEY: usize = 1024;

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The key's name.
    pub key: Arc<str>,
    /// Who the key belongs to.
    pub tenant: Option<Arc<str>>,
    /// The models that it may use. `None`: all.
    pub models: Option<Vec<Glob>>,
    /// The providers that it may ask for what the gateway does not know.
    pub passthrough: Vec<Glob>,
}

impl Principal {
    /// Somebody who may use every model, and nothing that the gateway does not know.
    pub fn new(key: &str, tenant: Option<&str>) -> Self {
        Self { key: key.into(), tenant: tenant.map(Into::into), models: None, passthrough: Vec::new() }
    }

    /// Whether this key may use a model, by the name that clients know.
    pub fn may_use(&self, model: &str) -> bool {
        self.models.as_ref().is_none_or(|globs| globs.iter().any(|glob| glob.matches(model)))
    }

    /// Whether this key may ask a provider for what the gateway does not know.
    pub fn may_pass_to(&self, provider: &str) -> bool {
        self.passthrough.iter().any(|glob| glob.matches(provider))
    }
}

/// Everybody who may call. Built by `config::validate`; the default lets nobody in.
#[derive(Debug, Default)]
pub struct Callers {
    keys: HashMap<key::Digest, Entry>,
    anonymous: Option<Arc<Principal>>,
    open_paths: Vec<String>,
    forward: Forward,
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

    /// What each of the headers that tell the provider side who calls must be on a request of `principal`: set, or removed
    /// (`None`), whatever the client sent.
    pub fn forward_headers(&self, principal: &Principal) -> impl Iterator<Item = (HeaderName, Option<HeaderValue>)> {
        self.forward.headers(principal)
    }

    /// Whether a path (without its query) needs no key.
    pub fn is_open(&self, path: &str) -> bool {
        self.open_paths.iter().any(|open| open == path)
    }

    /// Whether everybody may call, so that no key is for the gateway.
    pub fn anyone_may(&self) -> bool {
        self.anonymous.is_some()
    }

    /// Who presents this key, at this time. The rejection is 401 and says what is wrong with the key.
    pub fn identify(&self, presented: Presented<'_>, now: Timestamp) -> Result<&Arc<Principal>, Rejection> {
        if let Some(anonymous) = &self.anonymous {
            return Ok(anonymous);
        }
        let key = match presented {
            Presented::Key(key) => key,
            Presented::Missing(family) => return Err(missing(family)),
            Presented::NotBearer => return Err(not_bearer()),
            Presented::Conflicting => return Err(conflicting()),
        };
        let entry = (key.len() <= LONGEST_KEY).then(|| self.keys.get(&key::digest(key))).flatten().ok_or_else(unknown)?;
        if entry.disabled {
            return Err(disabled());
        }
        match entry.expires {
            Some(expires) if expires <= now => Err(expired(expires)),
            _ => Ok(&entry.principal),
        }
    }
}

fn missing(family: Family) -> Rejection {
    let message = format!("No API key was sent. Send it as `{}`.", family.key_place());
    // RFC 6750, section 3.1: no error code where no credentials were sent.
    unauthorized(Kind::KeyMissing, message, HeaderValue::from_static(r#"Bearer realm="kanmon""#))
}

fn not_bearer() -> Rejection {
    let message = "The `authorization` header has no bearer token. Send the API key as `authorization: Bearer KEY`.";
    unauthorized(Kind::KeyMissing, message, challenge("the authorization header has no bearer token"))
}

fn conflicting() -> Rejection {
    let message = "Two different API keys were sent, in two headers. Send only one of them.";
    unauthorized(Kind::KeyUnknown, message, challenge("two different API keys were sent"))
}

fn unknown() -> Rejection {
    let message = "This API key is not known. Check that it is complete and meant for this gateway.";
    unauthorized(Kind::KeyUnknown, message, challenge("the API key is not known"))
}

fn disabled() -> Rejection {
    let message = "This API key is switched off. Ask whoever runs the gateway.";
    unauthorized(Kind::KeyDisabled, message, challenge("the API key is switched off"))
}

fn expired(at: Timestamp) -> Rejection {
    let message = format!("This API key expired on {at}. Ask whoever runs the gateway for a new one.");
    unauthorized(Kind::KeyExpired, message, challenge("the API key has expired"))
}

fn challenge(description: &'static str) -> HeaderValue {
    let value = format!(r#"Bearer realm="kanmon", error="invalid_token", error_description="{description}""#);
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static(r#"Bearer realm="kanmon", error="invalid_token""#))
}

fn unauthorized(kind: Kind, message: impl Into<String>, challenge: HeaderValue) -> Rejection {
    let mut rejection = Rejection::new(kind, message);
    rejection.headers.push((WWW_AUTHENTICATE, challenge));
    rejection
}
