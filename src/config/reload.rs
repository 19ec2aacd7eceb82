//! The config in force, and its renewal when the file, or one that it names, changes.
//!
//! A config with errors never comes into force: the old one stays, and each distinct error is told once. Files are compared by
//! content, so that a replaced symlink (a mounted Kubernetes Secret) counts and a touched file does not; a change is taken up when
//! the files held still for a moment, so that a half-written one is not.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::load::{Content, Files, environment};
use super::{Errors, Snapshot};
use crate::upstream::Shelf;

/// How often files are looked at.
const PERIOD: Duration = Duration::from_secs(2);

/// How long they must hold still.
const STILL: Duration = Duration::from_millis(200);

type Environment = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;
type Prepare = Box<dyn Fn(&Snapshot) + Send + Sync>;

/// The config in force.
pub struct Live {
    current: ArcSwap<Snapshot>,
    changes: watch::Sender<Arc<Snapshot>>,
    envoy: OnceLock<u64>,
    file: Option<(PathBuf, Environment)>,
    state: Mutex<State>,
    /// The credentials of the configs in use, so that a reload fetches none of them again.
    shelf: Shelf,
    prepare: OnceLock<Prepare>,
    /// Held for a whole reload, by a thread that may block: one after the other.
    reloading: Mutex<()>,
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct State {
    files: Files,
    refused: Option<String>,
}

/// What came of a look at the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// They hold what they held.
    Unchanged,
    /// A new config is in force.
    Applied,
    /// The new config is not used, for this reason; the old one stays in force.
    Refused {
        /// What is wrong, a line for each error.
        reason: String,
        /// Whether this is another reason than last time.
        new: bool,
    },
}

impl Live {
    /// Loads a file.
    pub fn open(path: &Path) -> Result<Self, Errors> {
        Self::open_with(path, environment)
    }

    /// Like [`Live::open`], with variables from elsewhere.
    pub fn open_with(path: &Path, environment: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Result<Self, Errors> {
        let (mut files, shelf) = (Files::default(), Shelf::default());
        let snapshot = files.load(path, &environment, &shelf)?;
        let file = Some((path.to_owned(), Box::new(environment) as Environment));
        let state = Mutex::new(State { files, refused: None });
        Ok(Self { file, state, shelf, ..Self::without_file(snapshot) })
    }

    /// A config that stands in no file and never changes.
    pub fn without_file(snapshot: Snapshot) -> Self {
        let snapshot = Arc::new(snapshot);
        Self {
            current: ArcSwap::new(snapshot.clone()),
            changes: watch::Sender::new(snapshot),
            envoy: OnceLock::new(),
            file: None,
            state: Mutex::default(),
            shelf: Shelf::default(),
            prepare: OnceLock::new(),
            reloading: Mutex::default(),
        }
    }

    /// From now on only configs that fit this Envoy configuration come into force: [`Snapshot::envoy_fingerprint`]. The first
    /// call counts.
    pub fn fix_envoy(&self, fingerprint: u64) {
        self.envoy.get_or_init(|| fingerprint);
    }

    /// From now on every config is shown to this before it comes into force, so that what it needs can be made ready. It may block,
    /// for a while. The first call counts.
    pub fn prepare_with(&self, prepare: impl Fn(&Snapshot) + Send + Sync + 'static) {
        self.prepare.get_or_init(|| Box::new(prepare));
    }

    /// The config in force. An exchange asks once and keeps it.
    pub fn current(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Tells of every config that comes into force, for what must follow it (health, limits).
    pub fn changes(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.changes.subscribe()
    }

    /// Why the files' present content is not in force, if it is not.
    pub fn refused(&self) -> Option<String> {
        self.state.lock().refused.clone()
    }

    /// Loads the files now, changed or not (SIGHUP). Reads files: not for an async task.
    pub fn reload(&self) -> Outcome {
        let Some((path, environment)) = &self.file else { return Outcome::Unchanged };
        let _one_at_a_time = self.reloading.lock();
        let mut files = Files::default();
        let loaded = files.load(path, environment, &self.shelf).map_err(|errors| errors.to_string());
        let loaded = loaded.and_then(|new| self.fits_envoy(new));
        if let (Ok(snapshot), Some(prepare)) = (&loaded, self.prepare.get()) {
            prepare(snapshot);
        }
        let mut state = self.state.lock();
        state.files = files;
        match loaded {
            Ok(mut snapshot) => {
                state.refused = None;
                snapshot.callers.inherit(&self.current.load().callers);
                let snapshot = Arc::new(snapshot);
                self.current.store(snapshot.clone());
                self.changes.send_replace(snapshot);
                Outcome::Applied
            }
            Err(reason) => {
                let new = state.refused.as_ref() != Some(&reason);
                state.refused = Some(reason.clone());
                Outcome::Refused { reason, new }
            }
        }
    }

    fn fits_envoy(&self, new: Snapshot) -> Result<Snapshot, String> {
        if self.envoy.get().is_none_or(|fixed| *fixed == new.envoy_fingerprint()) {
            return Ok(new);
        }
        let difference = self.current.load().envoy_difference(&new);
        let mut reason = "this change needs another Envoy configuration: restart, and render it anew where Envoy is not started \
                          by `kanmon run`"
            .to_owned();
        for line in difference.iter().take(20) {
            reason.push_str("\n  ");
            reason.push_str(line);
        }
        Err(reason)
    }

    /// Looks at the files for ever, and takes up what has changed.
    pub async fn watch(self: Arc<Self>) {
        if self.file.is_none() {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(PERIOD).await;
            let outcome = self.look().await;
            outcome.log(false);
        }
    }

    /// Looks at the files once, and takes up what has changed and holds still.
    async fn look(self: &Arc<Self>) -> Outcome {
        let Some(first) = self.blocking(Self::changed).await.flatten() else { return Outcome::Unchanged };
        tokio::time::sleep(STILL).await;
        if self.blocking(Self::changed).await.flatten() != Some(first) {
            return Outcome::Unchanged;
        }
        self.blocking(Self::reload).await.unwrap_or(Outcome::Unchanged)
    }

    /// What the files hold, if that has changed since they were loaded.
    fn changed(&self) -> Option<Vec<Content>> {
        let state = self.state.lock();
        let now = state.files.now();
        state.files.differ(&now).then_some(now)
    }

    async fn blocking<T: Send + 'static>(self: &Arc<Self>, work: fn(&Self) -> T) -> Option<T> {
        let live = self.clone();
        tokio::task::spawn_blocking(move || work(&live)).await.ok()
    }
}

impl Outcome {
    /// Tells the log. `asked`: somebody asked for a reload and wants an answer, even one that was told before.
    pub fn log(&self, asked: bool) {
        match self {
            Self::Applied => tracing::info!("the new config is in force"),
            Self::Refused { reason, new } if *new || asked => {
                tracing::error!("the new config is not used, the old one stays in force:");
                for line in reason.lines() {
                    tracing::error!("{line}");
                }
            }
            Self::Unchanged if asked => tracing::info!("there is no config file to load again"),
            Self::Refused { .. } | Self::Unchanged => {}
        }
    }
}

#[cfg(test)]
mod tests;
