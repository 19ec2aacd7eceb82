//! Where an issuer's keys come from, and those that are known: shared by the configs that follow each other, by the requests, which
//! only look, and by the task that fetches (`keyring`).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Serialize, Serializer};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::keys::KeySet;

/// A key that is not known makes keys be fetched anew at most once in this time, whoever asks with whatever tokens.
const BETWEEN_ASKS: Duration = Duration::from_secs(60);

/// Where keys are fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The URL.
    pub uri: String,
    /// A PEM file with the certificate authorities to trust, instead of the system's.
    pub ca_file: Option<PathBuf>,
}

/// An issuer's keys.
#[derive(Debug)]
pub struct KeySource {
    /// `None`: they stand in a file, and change with the config.
    location: Option<Location>,
    current: ArcSwapOption<KeySet>,
    state: Mutex<State>,
    wanted: Notify,
    tries: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    asked: Option<Instant>,
    is_fetching: bool,
    fetched: Option<Timestamp>,
    error: Option<String>,
}

/// Whether a key that is not known may be known soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hope {
    /// Keys are being fetched.
    Coming,
    /// They were fetched not long ago, and it was not among them.
    None,
}

/// How an issuer's keys do, for the person on call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceStatus {
    /// How many keys are known.
    pub keys: usize,
    /// When they were last fetched. `None`: never, or they stand in a file.
    #[serde(serialize_with = "time")]
    pub fetched: Option<Timestamp>,
    /// Why the last try to fetch them failed. `None`: it did not.
    pub error: Option<String>,
}

impl KeySource {
    /// Keys that stand in a file.
    pub fn fixed(keys: KeySet) -> Arc<Self> {
        Self::new(None, Some(Arc::new(keys)))
    }

    /// Keys that are fetched. None is known yet.
    pub fn at(location: Location) -> Arc<Self> {
        Self::new(Some(location), None)
    }

    fn new(location: Option<Location>, keys: Option<Arc<KeySet>>) -> Arc<Self> {
        let (current, state, wanted) = (ArcSwapOption::new(keys), Mutex::default(), Notify::new());
        Arc::new(Self { location, current, state, wanted, tries: watch::Sender::new(0) })
    }

    /// Where they are fetched. `None`: nowhere.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }

    /// Whether both are fetched from the same place.
    pub(super) fn is_where(&self, other: &Self) -> bool {
        self.location.is_some() && self.location == other.location
    }

    /// The keys that are known.
    pub(super) fn current(&self) -> Option<Arc<KeySet>> {
        self.current.load_full()
    }

    /// Which keys are known.
    pub(crate) fn version(&self) -> Option<u64> {
        self.current.load().as_ref().map(|keys| keys.version)
    }

    /// Asks for a key that is not known. It makes the keys be fetched, unless that was done for such a reason not long ago.
    pub(crate) fn ask(&self, now: Instant) -> Hope {
        if self.location.is_none() {
            return Hope::None;
        }
        let mut state = self.state.lock();
        if state.is_fetching {
            return Hope::Coming;
        }
        if state.asked.is_some_and(|asked| now.saturating_duration_since(asked) < BETWEEN_ASKS) {
            return Hope::None;
        }
        state.asked = Some(now);
        state.is_fetching = true;
        self.wanted.notify_one();
        Hope::Coming
    }

    /// Resolves when somebody has asked for a key that is not known.
    pub async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// A fetch begins.
    pub fn begin(&self) {
        self.state.lock().is_fetching = true;
    }

    /// A fetch has brought keys. Returns the error of the one before, if it had failed.
    pub fn learn(&self, keys: KeySet) -> Option<String> {
        if self.version() != Some(keys.version) {
            self.current.store(Some(Arc::new(keys)));
        }
        let before = self.end(|state| {
            state.fetched = Some(Timestamp::now());
            state.error.take()
        });
        self.tries.send_modify(|tries| *tries += 1);
        before
    }

    /// A fetch has failed: the keys that are known stay. Whether that is news: the one before had not.
    pub fn fail(&self, error: String) -> bool {
        let is_news = self.end(|state| state.error.replace(error).is_none());
        self.tries.send_modify(|tries| *tries += 1);
        is_news
    }

    fn end<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock();
        state.is_fetching = false;
        change(&mut state)
    }

    /// Resolves when so many fetches have ended, well or not. At once, where nothing is fetched.
    pub async fn tried(&self, times: u64) {
        if self.location.is_some() {
            // The sender lives as long as this.
            let _ = self.tries.subscribe().wait_for(|tries| *tries >= times).await;
        }
    }

    /// How they do.
    pub fn status(&self) -> SourceStatus {
        let keys = self.current.load().as_ref().map_or(0, |keys| keys.len());
        let state = self.state.lock();
        SourceStatus { keys, fetched: state.fetched, error: state.error.clone() }
    }
}

fn time<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| format!("{time:.3}")).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Arc<KeySource> {
        KeySource::at(Location { uri: "https://idp.example/jwks".to_owned(), ca_file: None })
    }

    #[tokio::test(start_paused = true)]
    async fn a_storm_of_unknown_keys_makes_one_fetch_in_a_minute() {
        let source = source();
        assert!((0..1_000).all(|_| source.ask(Instant::now()) == Hope::Coming), "while it lasts, all are told to try again");
        source.wanted().await;
        source.fail("down".to_owned());
        for _ in 0..59 {
            tokio::time::advance(Duration::from_secs(1)).await;
            assert_eq!(source.ask(Instant::now()), Hope::None);
        }
        let waits = tokio::time::timeout(Duration::from_millis(1), source.wanted()).await;
        assert!(waits.is_err(), "nobody is woken in vain");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(source.ask(Instant::now()), Hope::Coming);
        source.wanted().await;
    }

    #[test]
    fn only_a_change_between_well_and_not_well_is_news() {
        let source = source();
        assert!(source.fail("a".to_owned()));
        assert!(!source.fail("b".to_owned()));
        assert_eq!(source.status().error.as_deref(), Some("b"));
    }
}
