//! A real Envoy on a rendered configuration, between a client and a scripted processor.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use kanmon::config::Snapshot;
use kanmon::envoy::supervise::{Child, Launch, RuntimeDir, StartError};
use kanmon::envoy::{self, Admin, Options};
use serde_json::Value;

use crate::processor::{Processor, Reply, Seen};

/// Longer than Envoy ever takes to start, on a busy machine too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The world of a test.
pub(crate) struct World {
    /// Envoy.
    pub(crate) envoy: Child,
    /// Where clients go.
    pub(crate) address: SocketAddr,
    /// The processor.
    pub(crate) processor: Processor,
    /// The folder with the access log.
    pub(crate) runtime: RuntimeDir,
}

impl World {
    /// Starts everything.
    pub(crate) async fn start(snapshot: &Snapshot, script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_with(snapshot, |_| {}, script).await
    }

    /// Starts everything, with options changed.
    pub(crate) async fn start_with(
        snapshot: &Snapshot,
        change: impl FnOnce(&mut Options),
        script: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let runtime = RuntimeDir::create().unwrap();
        let processor = Processor::serve(&runtime.processor_socket(), script);
        let mut options = options(&runtime);
        change(&mut options);
        let mut envoy = launch(&envoy::render(snapshot, &options).unwrap(), &options, &runtime).await.unwrap();
        let address = envoy.wait_ready(PATIENCE).await.unwrap();
        Self { envoy, address, processor, runtime }
    }

    /// A request with a body that is no real one.
    pub(crate) fn ask(&self) -> reqwest::RequestBuilder {
        self.ask_at("/v1/chat/completions")
    }

    /// A request to a path.
    pub(crate) fn ask_at(&self, path: &str) -> reqwest::RequestBuilder {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        client.post(format!("http://{}{path}", self.address)).body("original")
    }

    /// What the processor saw since the last call, in short.
    pub(crate) fn phases(&self) -> Vec<String> {
        self.processor.take().iter().map(Seen::phase).collect()
    }

    /// Stops Envoy and reads the access log.
    pub(crate) async fn log(self) -> Vec<Value> {
        self.envoy.stop(Duration::from_secs(5)).await;
        let text = std::fs::read_to_string(self.runtime.path().join("access.log")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Options for a world: any port of this machine, and an access log.
pub(crate) fn options(runtime: &RuntimeDir) -> Options {
    let listen = "127.0.0.1:0".parse().unwrap();
    let processor = envoy::Processor::Uds(runtime.processor_socket());
    let mut options = Options::new(listen, processor, Admin::Pipe(runtime.admin_socket()));
    options.access_log = Some(runtime.path().join("access.log"));
    options
}

/// Starts Envoy on a configuration.
pub(crate) async fn launch(config: &Value, options: &Options, runtime: &RuntimeDir) -> Result<Child, StartError> {
    let binary = binary().await;
    Child::start(&Launch { binary, config, listen: options.listen, runtime, concurrency: Some(1) })
}

/// The Envoy to test with.
pub(crate) async fn binary() -> PathBuf {
    envoy::find::find().await.map_err(|error| error.to_string()).unwrap().path
}
