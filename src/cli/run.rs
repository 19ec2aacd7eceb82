//! `kanmon run`: Envoy and the processor on this machine, over a Unix socket.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio::net::TcpListener;

use super::tls::TlsArgs;
use super::{banner, invalid, print, runtime};
use crate::app::{App, DRAIN};
use crate::auth::key::{self, NewKey};
use crate::config::{self, Live};
use crate::envoy::supervise::{Child, Launch, RuntimeDir};
use crate::envoy::{self, Admin, Options, Processor, find};
use crate::extproc::server::Address;
use crate::sim;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The gateway config. Default: a provider for each key in the environment, or a simulated one.
    #[arg(long, short, env = "KANMON_CONFIG")]
    config: Option<PathBuf>,
    /// Where clients connect (port 0: any that is free).
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Address for probes and status (port 0: any that is free).
    #[arg(long, default_value = "127.0.0.1:9902")]
    admin: SocketAddr,
    /// A file to write `{"address", "admin", "demo_key"}` to once everything is ready.
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// File for Envoy's access log (JSON lines). Default: none.
    #[arg(long)]
    access_log: Option<PathBuf>,
    /// Worker threads of Envoy. Default: one for each core.
    #[arg(long)]
    concurrency: Option<u32>,
    /// Threads of the processor. Default: half of the machine's cores.
    #[arg(long)]
    threads: Option<usize>,
    #[command(flatten)]
    tls: TlsArgs,
}

/// The variables that set up a provider.
const PROVIDER_KEYS: [&str; 2] = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"];

/// How long Envoy may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn run(args: Args) -> anyhow::Result<()> {
    runtime::init_logging("warn");
    runtime::raise_file_limit();
    runtime::build(args.threads)?.block_on(async move { Box::pin(start(args)).await })
}

async fn start(args: Args) -> anyhow::Result<()> {
    let binary = find::find().await?;
    let setup = Setup::of(args.config.as_deref()).await?;
    let directory = RuntimeDir::create().context("cannot make a folder for sockets")?;
    let mut options =
        Options::new(args.listen, Processor::Uds(directory.processor_socket()), Admin::Pipe(directory.admin_socket()));
    options.access_log = args.access_log.clone();
    options.tls = args.tls.options();
    let rendered = envoy::render(&setup.live.current(), &options)?;
    setup.live.fix_envoy(setup.live.current().envoy_fingerprint());
    let app = App::start(Arc::clone(&setup.live), &Address::Unix(directory.processor_socket()), args.admin).await?;
    let launch = Launch {
        binary: binary.path,
        config: &rendered,
        listen: args.listen,
        runtime: &directory,
        concurrency: args.concurrency,
    };
    let mut envoy = Child::start(&launch)?;
    let address = envoy.wait_ready(PATIENCE).await?;
    app.readiness.set(true);
    let url = format!("{}://{address}", if options.tls.is_some() { "https" } else { "http" });
    announce(&setup, &url, &app, args.ready_file.as_deref())?;
    let ended = tokio::select! {
        () = runtime::terminated() => Ok(()),
        () = app.failed() => Err(anyhow::anyhow!("the processor stopped")),
        died = envoy.died() => Err(died.into()),
    };
    app.readiness.set(false);
    if ended.is_ok() {
        envoy.stop(DRAIN).await;
    }
    app.stop().await;
    ended
}

/// The config, and what came with it.
struct Setup {
    live: Arc<Live>,
    demo_key: Option<NewKey>,
    simulated: bool,
}

impl Setup {
    async fn of(config: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(path) = config {
            let live = Live::open(path).map_err(invalid)?;
            return Ok(Self { live: Arc::new(live), demo_key: None, simulated: false });
        }
        let key = key::generate().context("the system gives no random numbers")?;
        let variable = |name: &str| std::env::var(name).ok();
        let simulated = PROVIDER_KEYS.iter().all(|name| variable(name).is_none_or(|value| value.is_empty()));
        let simulator = if simulated { Some(format!("http://{}", simulate().await?)) } else { None };
        let snapshot = config::auto(&variable, simulator.as_deref(), &key.sha256).map_err(invalid)?;
        Ok(Self { live: Arc::new(Live::without_file(snapshot)), demo_key: Some(key), simulated })
    }
}

/// Starts a simulated provider in this process.
async fn simulate() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("cannot listen for the simulated provider")?;
    let address = listener.local_addr().context("the simulated provider has no address")?;
    tokio::spawn(async move {
        if let Err(error) = sim::serve(listener, sim::Options::default(), std::future::pending::<()>()).await {
            tracing::error!(%error, "the simulated provider stopped");
        }
    });
    Ok(address)
}

fn announce(setup: &Setup, url: &str, app: &App, ready_file: Option<&Path>) -> anyhow::Result<()> {
    let key = setup.demo_key.as_ref().map(|key| key.text.expose_secret());
    print(&banner::banner(url, app.admin, key, &setup.live.current(), setup.simulated))?;
    if let Some(path) = ready_file {
        let ready = json!({"address": url, "admin": format!("http://{}", app.admin), "demo_key": key});
        write_whole(path, &ready.to_string()).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Writes a file so that nobody ever reads half of it.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, path)
}
