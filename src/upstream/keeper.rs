//! Keeps credentials fresh, in the background: each is fetched anew when four fifths of its time are over, and after a failure
//! again and again, ever more slowly, until it can be had.
//!
//! One line in the log for each change: it cannot be renewed (the old one is used while it holds), it has ended (its providers
//! are out), it is back.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Provider;
use super::kept::Kept;
use super::source::FetchError;

/// How long one fetch may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The least time between two fetches that go well: some endpoints give out the same token until shortly before its end.
const OFTEN: Duration = Duration::from_secs(5);
/// How often what does not end is looked after: its source (a profile, say) may have changed.
const SELDOM: Duration = Duration::from_secs(300);
/// The wait after the first failure; doubled with each.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait after a failure.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Starts the tasks that keep credentials fresh.
#[derive(Debug, Clone)]
pub struct Keeper {
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Keeper {
    /// A keeper whose tasks are tracked there, and end when they are told to stop.
    pub fn new(tasks: TaskTracker, stop: CancellationToken) -> Self {
        Self { tasks, stop }
    }

    /// Keeps the credentials of these providers fresh from now on, as long as any config has them.
    pub fn tend(&self, providers: &[Arc<Provider>]) {
        for kept in providers.iter().filter_map(|provider| provider.credential.kept()).filter(|kept| kept.adopt()) {
            let task = tend(Arc::downgrade(kept));
            let stop = self.stop.clone().cancelled_owned();
            self.tasks.spawn(async move {
                tokio::select! {
                    () = task => {}
                    () = stop => {}
                }
            });
        }
    }

    /// The same, and waits until each has been fetched once, or until this long has passed.
    pub async fn obtain(&self, providers: &[Arc<Provider>], patience: Duration) {
        self.tend(providers);
        let all = join_all(providers.iter().filter_map(|provider| provider.credential.kept()).map(|kept| kept.obtained()));
        if timeout(patience, all).await.is_err() {
            for provider in providers.iter().filter(|provider| !provider.credential.is_ready(Instant::now())) {
                tracing::error!(provider = %provider.name, "serving without this provider: its credential is not there yet");
            }
        }
    }
}

/// What was said last of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It is, or is about to be.
    Good,
    /// It cannot be renewed.
    Failing,
    /// It has ended, or never was.
    Out,
}

async fn tend(kept: Weak<Kept>) {
    let (mut phase, mut failures) = (Phase::Good, 0);
    while let Some(kept) = kept.upgrade() {
        let fetched = timeout(PATIENCE, kept.source().fetch()).await;
        let now = Instant::now();
        let wait = match fetched.unwrap_or_else(|_| Err(FetchError::new("no answer within 30 seconds"))) {
            Ok(fetched) => {
                let lasts = fetched.lasts;
                kept.take(fetched, now);
                failures = 0;
                tell(&kept, &mut phase, Phase::Good, None);
                until_next(lasts, rand::random())
            }
            Err(error) => {
                kept.note(&error);
                failures += 1;
                let next = if kept.is_valid(now) { Phase::Failing } else { Phase::Out };
                tell(&kept, &mut phase, next, Some(&error));
                let left = kept.left(now).filter(|left| !left.is_zero());
                let wait = after_failure(failures, rand::random());
                left.map_or(wait, |left| wait.min(left))
            }
        };
        let wanted = kept.wanted();
        drop(kept);
        tokio::select! {
            () = sleep(wait) => {}
            () = wanted.notified() => {}
        }
    }
}

/// After four fifths of its time, a little earlier by chance, so that many gateways do not ask at once.
fn until_next(lasts: Option<Duration>, chance: f64) -> Duration {
    lasts.map_or(SELDOM, |lasts| lasts.mul_f64(0.8 - 0.05 * chance)).max(OFTEN)
}

/// Twice as long after each failure, half of it by chance.
fn after_failure(failures: u32, chance: f64) -> Duration {
    let whole = FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST_WAIT);
    whole.mul_f64(0.5 + 0.5 * chance)
}

fn tell(kept: &Kept, phase: &mut Phase, next: Phase, error: Option<&FetchError>) {
    if *phase == next {
        return;
    }
    *phase = next;
    let (kind, provider) = (kept.kind, &*kept.owner);
    let error = error.map(tracing::field::display);
    match next {
        Phase::Good => tracing::info!(kind, provider, "the credential is there again"),
        Phase::Failing => {
            tracing::warn!(kind, provider, error, "the credential cannot be renewed, the old one is used to its end")
        }
        Phase::Out => tracing::error!(kind, provider, error, "there is no valid credential: the provider is out until there is"),
    }
}

#[cfg(test)]
mod tests;
