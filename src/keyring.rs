//! The keys of issuers of tokens, fetched in the background: a task for each place, for as long as the config names it.
//!
//! Requests only look at what is here and never wait. Keys that are known stay known while their issuer cannot be reached. A fetch is
//! tried again sooner when it has failed, and at once (though not often: see [`KeySource`]) when a token names a key that is
//! not known. Each change from well to not well and back is one line of the log.

mod fetch;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::auth::jwt::{KeySource, Location};
use crate::config::{Live, Snapshot};

use fetch::Fetcher;

/// How long the start waits for keys. Later ones come in the background.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// After a failure it is tried again after this time, after another one after twice as long …
const SOON: Duration = Duration::from_secs(1);
/// … up to this.
const LATEST: Duration = Duration::from_secs(60);

/// Fetches the keys of the config in force and of every one that comes after it, for ever.
pub async fn follow(live: Arc<Live>) {
    let mut changes = live.changes();
    let mut tasks = JoinSet::new();
    let mut kept = Vec::new();
    loop {
        let wanted: Vec<_> = distinct(&changes.borrow_and_update());
        let (still, gone): (Vec<_>, Vec<_>) =
            kept.into_iter().partition(|(source, _)| wanted.iter().any(|wanted| Arc::ptr_eq(wanted, source)));
        gone.iter().for_each(|(_, task): &(_, tokio::task::AbortHandle)| task.abort());
        kept = still;
        for source in wanted {
            if !kept.iter().any(|(known, _)| Arc::ptr_eq(known, &source)) {
                let task = tasks.spawn(keep(Arc::clone(&source)));
                kept.push((source, task));
            }
        }
        while tasks.try_join_next().is_some() {}
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// Waits until the keys of every issuer were tried to be fetched once, but not longer than [`PATIENCE`].
pub async fn first(snapshot: &Snapshot) {
    let all = async {
        for source in distinct(snapshot) {
            source.tried(1).await;
        }
    };
    if tokio::time::timeout(PATIENCE, all).await.is_err() {
        tracing::warn!("the keys of some issuers of tokens are not there yet: their tokens are refused until they are");
    }
}

/// The places of a config's keys, each once.
fn distinct(snapshot: &Snapshot) -> Vec<Arc<KeySource>> {
    let mut sources: Vec<Arc<KeySource>> = Vec::new();
    for source in snapshot.callers.key_sources() {
        if !sources.iter().any(|known| Arc::ptr_eq(known, source)) {
            sources.push(Arc::clone(source));
        }
    }
    sources
}

/// Keeps the keys of one place fresh.
async fn keep(source: Arc<KeySource>) {
    let Some(location) = source.location().cloned() else { return };
    let mut failures = 0;
    let mut fetcher = None;
    loop {
        source.begin();
        let next = match attempt(&source, &location, &mut fetcher).await {
            Ok(fresh_for) => {
                failures = 0;
                // A little before its end, and not all gateways at once.
                fresh_for.mul_f64(rand::rng().random_range(0.8..1.0))
            }
            Err(error) => {
                failures += 1;
                if source.fail(error.to_string()) {
                    tracing::warn!(uri = %location.uri, %error, "the keys of an issuer of tokens cannot be fetched");
                }
                SOON.saturating_mul(1 << failures.min(10)).min(LATEST).mul_f64(rand::rng().random_range(0.5..1.0))
            }
        };
        let due = Instant::now() + next;
        tokio::select! {
            () = tokio::time::sleep_until(due) => {}
            () = source.wanted() => {}
        }
    }
}

/// Fetches once. Returns for how long the keys are fresh.
async fn attempt(source: &KeySource, location: &Location, fetcher: &mut Option<Fetcher>) -> Result<Duration, fetch::FetchError> {
    let fetcher = match fetcher {
        Some(fetcher) => fetcher,
        none => none.insert(Fetcher::new(location).await?),
    };
    let (keys, fresh_for) = fetcher.fetch(&location.uri).await?;
    if source.learn(keys).is_some() {
        tracing::info!(uri = %location.uri, "the keys of an issuer of tokens can be fetched again");
    }
    Ok(fresh_for)
}
