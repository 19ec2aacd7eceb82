//! The stage of a run: one backend, and for each setup an Envoy and a processor of its own, all started before the first
//! measurement. Those that are not being measured wait for connections and cost nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::args::{Args, Kind, Load};
use crate::load::Outcome;
use crate::process::Process;
use crate::{config, envoy, measure, requests, store};

/// The key with which the clients call.
pub(crate) const CLIENT_KEY: &str = "sk-kanmon-bench";

/// How long a setup may take until it gives its first right answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long after an answer its usage record may be written.
const PATIENCE_FOR_RECORDS: Duration = Duration::from_secs(3);

/// Everything that runs.
pub(crate) struct Stage {
    pub(crate) backend: Process,
    pub(crate) setups: Vec<Setup>,
    pub(crate) envoy_version: String,
    pub(crate) logs: PathBuf,
    /// Holds the sockets, the gateway configs and the usage files.
    _folder: TempDir,
}

/// An Envoy, and what it asks.
pub(crate) struct Setup {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    pub(crate) envoy: Process,
    pub(crate) processor: Option<Process>,
    /// The Redis in which the processor keeps its limits.
    pub(crate) store: Option<Process>,
    /// Where Kanmon writes its usage records.
    pub(crate) usage: Option<PathBuf>,
}

impl Stage {
    /// Starts everything and waits until each setup gives right answers.
    pub(crate) async fn build(args: &Args) -> Result<Self> {
        let logs = args.out.join("logs");
        std::fs::create_dir_all(&logs).with_context(|| format!("cannot create {}", logs.display()))?;
        let folder = tempfile::tempdir()?;
        let envoy = kanmon::envoy::find::find().await?;
        let envoy_version = envoy.version.to_string();
        let (backend, backend_address) = start_backend(&logs).await?;
        let builder = Builder { args, envoy: envoy.path, logs: &logs, folder: folder.path(), backend: backend_address };
        let mut setups = Vec::new();
        for kind in &args.setups {
            setups.push(builder.setup(*kind).await.with_context(|| format!("setup {}", kind.name()))?);
        }
        let mut stage = Self { backend, setups, envoy_version, logs: logs.clone(), _folder: folder };
        for setup in &mut stage.setups {
            setup.wait_until_ready(&logs).await.with_context(|| format!("setup {}", setup.kind.name()))?;
        }
        Ok(stage)
    }

    /// Fails if a process has ended by itself, with its last words.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.backend.check(&self.logs)?;
        for setup in &mut self.setups {
            setup.check(&self.logs)?;
        }
        Ok(())
    }

    /// Ends everything.
    pub(crate) async fn stop(self) {
        for setup in self.setups {
            setup.envoy.stop().await;
            for process in setup.processor.into_iter().chain(setup.store) {
                process.stop().await;
            }
        }
        self.backend.stop().await;
    }
}

impl Setup {
    /// Where the model names of its route begin.
    pub(crate) fn model_prefix(&self) -> &'static str {
        if self.kind == Kind::Translated { "anthropic" } else { "openai" }
    }

    fn check(&mut self, logs: &Path) -> Result<()> {
        self.envoy.check(logs)?;
        self.processor.iter_mut().chain(&mut self.store).try_for_each(|process| process.check(logs))
    }

    async fn wait_until_ready(&mut self, logs: &Path) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.check(logs)?;
            let outcome = self.try_it(logs).await?;
            match outcome.first_wrong {
                None if outcome.completed > 0 => return Ok(()),
                wrong if Instant::now() > deadline => bail!("no right answer: {}", wrong.unwrap_or_default()),
                _ => sleep(Duration::from_millis(200)).await,
            }
        }
    }

    async fn try_it(&self, logs: &Path) -> Result<Outcome> {
        let load = Load {
            target: self.address,
            model: requests::model(self.model_prefix(), None),
            body_bytes: 2048,
            streamed: false,
            connections: 1,
            warm_up_ms: 0,
            window_ms: 100,
        };
        measure::run_load(&load, logs).await
    }

    /// Waits until Kanmon has written as many usage records: a gateway that saves itself the trouble must not look fast.
    pub(crate) async fn await_usage_records(&self, wanted: usize) -> Result<()> {
        let deadline = Instant::now() + PATIENCE_FOR_RECORDS;
        let mut records = self.take_usage_records()?;
        while records.is_some_and(|records| records < wanted) {
            ensure!(Instant::now() < deadline, "{records:?} usage records for {wanted} answers");
            sleep(Duration::from_millis(50)).await;
            records = records.zip(self.take_usage_records()?).map(|(before, more)| before + more);
        }
        Ok(())
    }

    /// The usage records since the last call. The file is emptied, so that a long run does not fill the disk.
    pub(crate) fn take_usage_records(&self) -> Result<Option<usize>> {
        let Some(file) = &self.usage else { return Ok(None) };
        let records = std::fs::read(file).with_context(|| format!("no usage records: {}", file.display()))?;
        std::fs::OpenOptions::new().write(true).open(file)?.set_len(0)?;
        Ok(Some(memchr::memchr_iter(b'\n', &records).count()))
    }
}

/// What the setups are built from.
struct Builder<'a> {
    args: &'a Args,
    envoy: PathBuf,
    logs: &'a Path,
    folder: &'a Path,
    backend: SocketAddr,
}

impl Builder<'_> {
    async fn setup(&self, kind: Kind) -> Result<Setup> {
        let name = kind.name();
        let (socket, usage) = (self.folder.join(format!("{name}.sock")), self.folder.join(format!("{name}.jsonl")));
        let config = config::write(kind, self.backend, &usage, self.folder)?;
        let address = free_address().await?;
        let mut rendered = envoy::render(&self.args.kanmon, &config, address, &socket).await?;
        let metadata = envoy::route_metadata(&mut rendered)?;
        let store = match kind {
            Kind::TenRulesInRedis => Some(store::start(self.folder, self.logs).await?),
            _ => None,
        };
        let (envoy_config, processor) = match kind {
            Kind::Envoy => (envoy::alone(rendered, self.backend)?, None),
            Kind::Noop => (rendered, Some(self.start_noop(name, &socket, &metadata)?)),
            Kind::NoopTwoStreams => (envoy::two_streams(rendered)?, Some(self.start_noop(name, &socket, &metadata)?)),
            Kind::PassThrough | Kind::Translated | Kind::TenRules | Kind::TenRulesInRedis => {
                (rendered, Some(self.start_kanmon(name, &config, &socket)?))
            }
        };
        let envoy = envoy::start(&self.envoy, &format!("{name}-envoy"), &envoy_config, self.logs)?;
        Ok(Setup { kind, address, envoy, processor, store, usage: kind.is_kanmon().then_some(usage) })
    }

    fn start_noop(&self, name: &str, socket: &Path, metadata: &serde_json::Value) -> Result<Process> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("noop").arg("--socket").arg(socket).arg("--metadata").arg(metadata.to_string());
        Process::start(&format!("{name}-processor"), command.stdout(Stdio::null()), self.logs)
    }

    fn start_kanmon(&self, name: &str, config: &Path, socket: &Path) -> Result<Process> {
        let mut command = Command::new(&self.args.kanmon);
        command.arg("serve").arg("--config").arg(config);
        command.arg("--processor").arg(format!("unix:{}", socket.display())).args(["--admin", "127.0.0.1:0"]);
        Process::start(&format!("{name}-processor"), command.stdout(Stdio::null()), self.logs)
    }
}

async fn start_backend(logs: &Path) -> Result<(Process, SocketAddr)> {
    let mut command = Command::new(std::env::current_exe()?);
    let mut backend = Process::start("backend", command.arg("backend").stdout(Stdio::piped()), logs)?;
    let mut lines = BufReader::new(backend.take_stdout()?).lines();
    let address = lines.next_line().await?.context("the backend did not say its address")?;
    Ok((backend, address.parse()?))
}

/// An address that was free a moment ago.
async fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?)
}
