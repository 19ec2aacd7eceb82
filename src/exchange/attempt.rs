//! Attempts after the first, and attempts that land elsewhere than the gate translated for: seen by streams of their own.
//!
//! The request is made anew from the client's own, for the provider whose host Envoy has chosen.

use std::time::Duration;

use tokio::time::Instant;

use super::Engine;
use super::attempts::End;
use super::forward::{Forward, forward};
use super::reply::Reply;
use super::shared::{Original, Shared};
use crate::rejection::{Kind, Rejection};
use crate::route::{Choice, retry_after};
use crate::translate::{Api, Format, Framing, Task};

/// The stream must fail, so that Envoy sends nothing: whom the request is for, or what it was, is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the exchange of this attempt is not known or has ended")]
pub struct Unknown;

/// An error status of a provider, on its way to the gate or to Envoy's next attempt.
#[derive(Debug)]
pub struct Failure<'a> {
    /// The target whose host answered.
    pub target: &'a str,
    /// HTTP status.
    pub status: u16,
    /// `retry-after` or `retry-after-ms`, in time from now.
    pub retry_after: Option<Duration>,
}

impl Engine {
    /// Attempt `number` of an exchange begins at a host of `target`: what it gets, or what the client is told instead.
    ///
    /// # Errors
    /// [`Unknown`]: nothing may be sent.
    pub fn attempt(&self, id: u64, target: &str, number: u32) -> Result<Result<Forward, Reply>, Unknown> {
        let shared = self.registry.find(id).ok_or(Unknown)?;
        if shared.api.task() == Task::Opaque {
            // It goes to one provider, once, and only as the gate has sent it.
            return Err(Unknown);
        }
        let original = shared.original().ok_or(Unknown)?;
        let (index, choice) = shared.choice(target).ok_or(Unknown)?;
        let now = Instant::now();
        let failed = shared.attempts.lock().next(index, number, now);
        if let Some(failed) = failed.and_then(|failed| shared.route.choices.get(failed)) {
            self.health.failed(&failed.provider.name, &failed.provider.rest, None, now);
        }
        match remake(&shared, &original, choice) {
            Ok(mut forward) => {
                shared.attempts.lock().dropped(std::mem::take(&mut forward.dropped));
                Ok(Ok(forward))
            }
            Err(rejection) => Ok(Err(gave_up(&shared, choice, &rejection, now))),
        }
    }

    /// A provider answered an attempt with an error status.
    pub fn failed(&self, id: u64, failure: &Failure<'_>) {
        let Some(shared) = self.registry.find(id) else { return };
        let Some((index, choice)) = shared.choice(failure.target) else { return };
        let now = Instant::now();
        // An error that a peek stream found passes a watch stream, too: it counts once.
        let is_news = shared.attempts.lock().answered(index, failure.status, now);
        if is_news && shared.route.fallback.counts(failure.status, choice.provider.dialect) {
            self.health.failed(&choice.provider.name, &choice.provider.rest, failure.retry_after, now);
        }
    }

    /// The format in which the hosts of a target answer an exchange, and how they frame a stream.
    pub fn answers_of(&self, id: u64, target: &str) -> Option<(Api, Format, Framing)> {
        let shared = self.registry.find(id)?;
        let (_, choice) = shared.choice(target)?;
        Some((shared.api, choice.provider.format_for(shared.api), choice.provider.dialect.framing()))
    }
}

impl<'a> Failure<'a> {
    /// Reads how long to wait from the provider's headers.
    pub fn new(target: &'a str, status: u16, fields: &super::fields::Fields) -> Self {
        let retry_after = retry_after::from_headers(|name| fields.get(name), jiff::Timestamp::now());
        Self { target, status, retry_after }
    }
}

fn remake(shared: &Shared, original: &Original, choice: &Choice) -> Result<Forward, Rejection> {
    let incoming = original.incoming(shared.api, shared.snapshot.bounds.json_depth)?;
    forward(shared, original, &incoming, choice, false)
}

/// This provider cannot take the request, and Envoy never retries an answer of ours: the client is told what went before.
fn gave_up(shared: &Shared, choice: &Choice, rejection: &Rejection, now: Instant) -> Reply {
    let mut attempts = shared.attempts.lock();
    attempts.close(End::NotSent, now);
    let before = attempts.last_status().map_or_else(|| "did not answer".to_owned(), |status| format!("answered with {status}"));
    let message = format!(
        "the provider asked first {before}, and the next one, `{}`, cannot take this request: {}",
        choice.target, rejection.message
    );
    Reply::rejection(shared.api.family(), &Rejection::new(Kind::Unreachable, message), None)
}
