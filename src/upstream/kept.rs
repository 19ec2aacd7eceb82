//! A credential that is fetched from elsewhere and ends: what it is now, until when, and how the last fetch went.
//!
//! A request reads it without a lock and never waits for it; `keeper` fetches it anew before it ends. Configs that name the same
//! credential share it, so that a reload fetches nothing twice: a [`Shelf`] finds it again by its [`Identity`].
//!
//! Invariants: one that has ended is never given out; nothing here prints a secret.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use aws_credential_types::Credentials;
use http::HeaderValue;
use jiff::Timestamp;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::source::{FetchError, Fetched, Source};

/// What proves who sends a request.
#[derive(Clone)]
pub enum Proof {
    /// A value of `authorization`: `Bearer …`, marked sensitive.
    Token(HeaderValue),
    /// Keys to sign with.
    Keys(Credentials),
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token(…)",
            Self::Keys(_) => "Keys(…)",
        })
    }
}

/// What was fetched last.
#[derive(Debug)]
pub struct Held {
    /// The proof.
    pub proof: Proof,
    /// When it ends.
    until: Option<Instant>,
}

/// What tells one credential from another: a digest of everything that it is made of, secrets included.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Identity([u8; 32]);

impl Identity {
    /// The identity of what has these parts, in this order.
    pub fn of(parts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        Self(digest.finalize().into())
    }
}

/// A credential that is kept fresh.
pub struct Kept {
    /// Where it comes from, in the words of the config: `aws`, `azure`, `google`.
    pub kind: &'static str,
    /// Whose it is in the log: the first provider that has it.
    pub owner: Box<str>,
    identity: Identity,
    source: Box<dyn Source>,
    held: ArcSwapOption<Held>,
    last: Mutex<Last>,
    fetched: Notify,
    /// Somebody wants it fetched now, or nobody needs it any more.
    wanted: Arc<Notify>,
    tended: AtomicBool,
}

/// How the last fetches went.
#[derive(Debug, Clone, Default)]
struct Last {
    fetched_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    error: Option<String>,
    doubted: Option<Instant>,
}

/// How a credential does, for whoever looks after the gateway. Shows no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Whether requests can be sent with it.
    pub valid: bool,
    /// When it was fetched last.
    pub fetched_at: Option<Timestamp>,
    /// When that ends. `None`: never, or there is none.
    pub expires_at: Option<Timestamp>,
    /// Why the last fetch failed, if it did.
    pub error: Option<String>,
}

/// How often a provider's refusal has a credential fetched before its time, at most.
const DOUBT: Duration = Duration::from_secs(60);

impl Kept {
    /// A credential that is not fetched yet.
    pub fn new(kind: &'static str, owner: &str, identity: Identity, source: Box<dyn Source>) -> Self {
        Self {
            kind,
            owner: owner.into(),
            identity,
            source,
            held: ArcSwapOption::empty(),
            last: Mutex::default(),
            fetched: Notify::new(),
            wanted: Arc::default(),
            tended: AtomicBool::new(false),
        }
    }

    /// What proves who sends a request, if there is anything that holds now.
    pub fn proof(&self, now: Instant) -> Option<Arc<Held>> {
        self.held.load_full().filter(|held| held.holds(now))
    }

    /// Whether requests can be sent with it.
    pub fn is_valid(&self, now: Instant) -> bool {
        self.held.load().as_ref().is_some_and(|held| held.holds(now))
    }

    /// How it does.
    pub fn status(&self, now: Instant) -> Status {
        let last = self.last.lock().clone();
        let valid = self.is_valid(now);
        Status { valid, fetched_at: last.fetched_at, expires_at: last.expires_at, error: last.error }
    }

    /// A provider refused it: it is fetched again soon, in case it was withdrawn. Until then it stays in use: who refused it may
    /// be wrong.
    pub fn doubt(&self, now: Instant) {
        let mut last = self.last.lock();
        if last.doubted.is_none_or(|before| now.saturating_duration_since(before) >= DOUBT) {
            last.doubted = Some(now);
            self.wanted.notify_one();
        }
    }

    /// Waits until it has been fetched once.
    pub async fn obtained(&self) {
        loop {
            let fetched = self.fetched.notified();
            if self.held.load().is_some() {
                return;
            }
            fetched.await;
        }
    }

    /// Whether nobody fetched it until now; whoever asks first does from now on.
    pub(super) fn adopt(&self) -> bool {
        !self.tended.swap(true, Ordering::Relaxed)
    }

    pub(super) fn wanted(&self) -> Arc<Notify> {
        Arc::clone(&self.wanted)
    }

    pub(super) fn source(&self) -> &dyn Source {
        &*self.source
    }

    /// Takes what was fetched into use.
    pub(super) fn take(&self, fetched: Fetched, now: Instant) {
        let wall = Timestamp::now();
        let until = fetched.lasts.and_then(|lasts| now.checked_add(lasts));
        let expires_at = fetched.lasts.and_then(|lasts| wall.checked_add(lasts).ok());
        self.held.store(Some(Arc::new(Held { proof: fetched.proof, until })));
        let mut last = self.last.lock();
        (last.fetched_at, last.expires_at, last.error) = (Some(wall), expires_at, None);
        drop(last);
        self.fetched.notify_waiters();
    }

    /// Notes why nothing was fetched.
    pub(super) fn note(&self, error: &FetchError) {
        self.last.lock().error = Some(error.to_string());
    }

    /// How long what is held still holds. `None`: there is nothing that ends.
    pub(super) fn left(&self, now: Instant) -> Option<Duration> {
        self.held.load().as_ref()?.until.map(|until| until.saturating_duration_since(now))
    }
}

/// Whoever fetches it looks up, sees that it is gone, and ends.
impl Drop for Kept {
    fn drop(&mut self) {
        self.wanted.notify_one();
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("kind", &self.kind).field("owner", &self.owner).finish_non_exhaustive()
    }
}

impl Held {
    fn holds(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// The kept credentials of all configs that are in use.
#[derive(Debug, Default)]
pub struct Shelf(Mutex<Vec<Weak<Kept>>>);

impl Shelf {
    /// Finds a credential.
    pub fn find(&self, identity: Identity) -> Option<Arc<Kept>> {
        self.0.lock().iter().filter_map(Weak::upgrade).find(|kept| kept.identity == identity)
    }

    /// The credential that is there already, or this one from now on. Forgets those that nobody has any more.
    pub fn keep(&self, kept: Kept) -> Arc<Kept> {
        let mut all = self.0.lock();
        all.retain(|other| other.strong_count() > 0);
        if let Some(same) = all.iter().filter_map(Weak::upgrade).find(|other| other.identity == kept.identity) {
            return same;
        }
        let kept = Arc::new(kept);
        all.push(Arc::downgrade(&kept));
        kept
    }
}
