//! Wires the parts together and takes them down in order: first no new requests, then those under way to their end, then the
//! usage records to the disk.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::admin::{self, Readiness};
use crate::config::Live;
use crate::config::model::LimitStore;
use crate::exchange::Engine;
use crate::exchange::shared::Registry;
use crate::extproc::server::{self, Address, Listener};
use crate::keyring;
use crate::limit::Limiter;
use crate::route::Health;
use crate::upstream::Keeper;
use crate::usage::Sink;

/// How long exchanges under way may take to end when the process is told to stop.
pub const DRAIN: Duration = Duration::from_secs(30);

/// How long credentials that are fetched may take, at start and before a new config comes into force: after that, their providers are
/// out until they are there.
const FETCH: Duration = Duration::from_secs(10);

/// How long the disk may take for the last usage records.
const FLUSH: Duration = Duration::from_secs(10);

/// How long the store of the budgets may take for the last settlements.
const SETTLE: Duration = Duration::from_secs(5);

/// How often the wall clock is read again, by which days and months begin.
const CLOCK: Duration = Duration::from_secs(60);

/// A running processor, with its admin address.
#[derive(Debug)]
pub struct App {
    /// What all exchanges share.
    pub engine: Arc<Engine>,
    /// Whether it takes requests.
    pub readiness: Readiness,
    /// Where the admin address is bound.
    pub admin: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// Talks to the store of the budgets until the last request is settled there.
    store: Option<AbortOnDropHandle<()>>,
}

impl App {
    /// Binds the processor's socket and the admin address, and serves both. Not ready yet: that is the caller's to say.
    ///
    /// # Errors
    /// An address is in use, the usage file cannot be opened.
    pub async fn start(live: Arc<Live>, processor: &Address, admin: SocketAddr) -> anyhow::Result<Self> {
        let snapshot = live.current();
        let sink = Sink::open(&snapshot.usage).context("cannot open the file for usage records")?;
        let health = Arc::new(Health::new(Instant::now()));
        health.keep(&snapshot.providers);
        let (limiter, store) = limiter(&snapshot.limit_store).await;
        let engine = Arc::new(Engine { live, limiter, health, registry: Registry::default(), sink });
        let listener = Listener::bind(processor).await.with_context(|| format!("cannot listen on {processor}"))?;
        let admin_listener = TcpListener::bind(admin).await.with_context(|| format!("cannot listen on {admin} (admin)"))?;
        let admin = admin_listener.local_addr().context("the admin address has no local address")?;
        let (readiness, stop, tasks) = (Readiness::default(), CancellationToken::new(), TaskTracker::new());
        let app = Self { engine, readiness, admin, stop, tasks, store };
        let stopped = app.stop.clone().cancelled_owned();
        let processor = Arc::clone(&app.engine);
        app.spawn("processor", async move {
            server::serve(processor, listener, &snapshot.bounds, stopped).await;
            Ok::<_, Infallible>(())
        });
        app.spawn("admin", until(app.stop.clone(), admin::serve(admin_listener, Arc::clone(&app.engine), app.readiness.clone())));
        app.spawn("config watch", until(app.stop.clone(), watch(Arc::clone(&app.engine))));
        app.spawn("config changes", until(app.stop.clone(), follow(Arc::clone(&app.engine))));
        app.spawn("clock", until(app.stop.clone(), clock(Arc::clone(&app.engine))));
        app.spawn("keyring", until(app.stop.clone(), keys(Arc::clone(&app.engine))));
        app.spawn("signals", until(app.stop.clone(), hang_ups(Arc::clone(&app.engine))));
        keyring::first(&app.engine.live.current()).await;
        app.keep_credentials().await;
        Ok(app)
    }

    /// Fetches the credentials that are to be fetched, and keeps them fresh from now on, those of new configs too.
    async fn keep_credentials(&self) {
        let keeper = Keeper::new(self.tasks.clone(), self.stop.clone());
        let (runtime, of_new) = (tokio::runtime::Handle::current(), keeper.clone());
        self.engine.live.prepare_with(move |snapshot| runtime.block_on(of_new.obtain(&snapshot.providers, FETCH)));
        keeper.obtain(&self.engine.live.current().providers, FETCH).await;
    }

    /// Runs a part. One that fails takes the process down: half a gateway is worse than none.
    fn spawn<E: std::fmt::Display + Send>(&self, name: &'static str, part: impl Future<Output = Result<(), E>> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            if let Err(error) = part.await {
                tracing::error!(part = name, %error, "stopped");
            }
            stop.cancel();
        });
    }

    /// Takes no more streams from now on.
    pub fn interrupt(&self) {
        self.stop.cancel();
    }

    /// Resolves when a part has failed.
    pub async fn failed(&self) {
        self.stop.cancelled().await;
    }

    /// Stops: waits for the exchanges under way, at most [`DRAIN`], and for every usage record to be written.
    pub async fn stop(self) {
        self.readiness.set(false);
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(DRAIN, self.tasks.wait()).await.is_err() {
            tracing::warn!(exchanges = self.engine.registry.len(), "exchanges were cut: they did not end in time");
        }
        if self.store.is_some() && tokio::time::timeout(SETTLE, self.engine.limiter.flush()).await.is_err() {
            tracing::error!("the limit store does not answer: settlements that it has not taken are lost");
        }
        if tokio::time::timeout(FLUSH, self.engine.sink.flush()).await.is_err() {
            tracing::error!("usage records were lost: the disk does not take them");
        }
    }
}

/// The budgets, where the config wants them, and the task that talks to their store.
#[cfg(feature = "redis")]
async fn limiter(store: &LimitStore) -> (Arc<Limiter>, Option<AbortOnDropHandle<()>>) {
    let LimitStore::Redis(config) = store else { return (Limiter::new(), None) };
    let (limiter, mut line) = Limiter::shared(config);
    line.find().await;
    (limiter, Some(AbortOnDropHandle::new(tokio::spawn(line.run()))))
}

/// The same without Redis, of which a valid config then knows nothing.
#[cfg(not(feature = "redis"))]
async fn limiter(_: &LimitStore) -> (Arc<Limiter>, Option<AbortOnDropHandle<()>>) {
    (Limiter::new(), None)
}

async fn clock(engine: Arc<Engine>) -> std::io::Result<()> {
    loop {
        tokio::time::sleep(CLOCK).await;
        engine.limiter.put_clock_right();
    }
}

async fn until<E>(stop: CancellationToken, part: impl Future<Output = Result<(), E>>) -> Result<(), E> {
    tokio::select! {
        ended = part => ended,
        () = stop.cancelled() => Ok(()),
    }
}

/// SIGHUP: the config is read again, and the usage file opened anew, for log rotation.
async fn hang_ups(engine: Arc<Engine>) -> std::io::Result<()> {
    let mut hang_up = signal(SignalKind::hangup())?;
    while hang_up.recv().await.is_some() {
        engine.sink.reopen();
        let live = Arc::clone(&engine.live);
        if let Ok(outcome) = tokio::task::spawn_blocking(move || live.reload()).await {
            outcome.log(true);
        }
    }
    Ok(())
}

/// What a new config means for the state that outlives it.
async fn follow(engine: Arc<Engine>) -> std::io::Result<()> {
    let mut changes = engine.live.changes();
    let store = engine.live.current().limit_store.clone();
    while changes.changed().await.is_ok() {
        let snapshot = Arc::clone(&changes.borrow_and_update());
        engine.health.keep(&snapshot.providers);
        if !snapshot.limit_store.is_same(&store) {
            tracing::warn!("`limit_store` has changed: budgets stay where they are until the next start");
        }
    }
    Ok(())
}

async fn keys(engine: Arc<Engine>) -> std::io::Result<()> {
    keyring::follow(Arc::clone(&engine.live)).await;
    Ok(())
}

async fn watch(engine: Arc<Engine>) -> std::io::Result<()> {
    Arc::clone(&engine.live).watch().await;
    Ok(())
}
