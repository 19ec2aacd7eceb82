//! Runs Envoy as a child: starts it in a private folder, waits until clients can connect, tells why it died, stops it without
//! cutting answers.
//!
//! Envoy lives in a process group of its own, so that Ctrl-C in a terminal reaches Kanmon alone and Envoy is drained first. It
//! does not outlive Kanmon: dropping a [`Child`] kills it, and if Kanmon itself is killed, a watchdog ends it.

mod admin;
mod output;
mod runtime;
mod watchdog;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::Instant;

use admin::Admin;
use output::Output;
pub use runtime::RuntimeDir;
use watchdog::Watchdog;

/// How often Envoy is asked whether it is ready, or drained.
const ASK_EVERY: Duration = Duration::from_millis(25);

/// How long Envoy may take to exit once it is asked to.
const EXIT_PATIENCE: Duration = Duration::from_secs(5);

/// What Envoy gets of the environment. Kanmon's own may hold the keys of providers, which are none of Envoy's business.
const ENVIRONMENT: [&str; 9] =
    ["PATH", "HOME", "LD_LIBRARY_PATH", "TMPDIR", "TZ", "LANG", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"];

/// What to start.
#[derive(Debug)]
pub struct Launch<'a> {
    /// Envoy.
    pub binary: PathBuf,
    /// Its configuration, with the admin interface at `runtime.admin_socket()`.
    pub config: &'a Value,
    /// Where clients are awaited, as in the configuration.
    pub listen: SocketAddr,
    /// Where the configuration and the sockets go.
    pub runtime: &'a RuntimeDir,
    /// Worker threads. Default: one for each processor.
    pub concurrency: Option<u32>,
}

/// Why Envoy did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody listens there.
    #[error("{address} is already in use: stop what listens there, or choose another address with --listen")]
    InUse {
        /// The address.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}: choose another address with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The configuration cannot be written.
    #[error("cannot write `{path}`: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The binary cannot be run.
    #[error("cannot start Envoy (`{path}`): {source}")]
    Spawn {
        /// The binary.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It died.
    #[error(transparent)]
    Died(#[from] Died),
    /// It is not ready in time.
    #[error("Envoy is not ready after {} s{}", patience.as_secs(), tail(last_lines))]
    NotReady {
        /// How long it had.
        patience: Duration,
        /// Its last lines.
        last_lines: Vec<String>,
    },
}

/// Envoy ended though nobody had asked it to.
#[derive(Debug, thiserror::Error)]
#[error("Envoy died ({status}){}", tail(last_lines))]
pub struct Died {
    /// Its exit status, or what the system said instead.
    pub status: String,
    /// Its last lines.
    pub last_lines: Vec<String>,
}

fn tail(lines: &[String]) -> String {
    if lines.is_empty() { "; it said nothing".to_owned() } else { format!("; its last lines:\n  {}", lines.join("\n  ")) }
}

/// How Envoy ended after it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Every request had its answer.
    Drained,
    /// So many requests were still being answered.
    Cut(u64),
    /// It did not answer, or had to be killed.
    Killed,
}

/// A running Envoy.
#[derive(Debug)]
pub struct Child {
    process: tokio::process::Child,
    listen: SocketAddr,
    admin: Admin,
    output: Output,
    watchdog: Option<Watchdog>,
}

impl Child {
    /// Writes the configuration and starts Envoy on it. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the address is taken, the configuration cannot be written or the binary cannot be run.
    pub fn start(launch: &Launch<'_>) -> Result<Self, StartError> {
        probe(launch.listen)?;
        let path = launch.runtime.write_config(launch.config)?;
        let mut command = Command::new(&launch.binary);
        command.arg("--config-path").arg(path);
        command.args(["--log-level", "warning", "--log-format", "%l %n: %v", "--disable-hot-restart"]);
        if let Some(threads) = launch.concurrency {
            command.args(["--concurrency", &threads.to_string()]);
        }
        command.env_clear();
        command.envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.stdin(Stdio::null()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
        let mut process = command.spawn().map_err(|source| StartError::Spawn { path: launch.binary.clone(), source })?;
        let output = Output::capture(process.stderr.take());
        let watchdog = process.id().and_then(Watchdog::over);
        Ok(Self { process, listen: launch.listen, admin: Admin::new(launch.runtime.admin_socket()), output, watchdog })
    }

    /// Envoy's process id, as long as it runs.
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Waits until clients can connect, and says where: with port 0, Envoy has chosen one.
    ///
    /// # Errors
    /// When Envoy dies or takes longer than `patience`.
    pub async fn wait_ready(&mut self, patience: Duration) -> Result<SocketAddr, StartError> {
        let deadline = Instant::now() + patience;
        let ready = tokio::select! {
            ready = tokio::time::timeout_at(deadline, accepting(&self.admin)) => ready,
            died = exit(&mut self.process) => return Err(self.start_failure(died).await),
        };
        ready.map_err(|_| StartError::NotReady { patience, last_lines: self.output.last_lines() })
    }

    /// Resolves when Envoy ends though nobody has asked it to.
    pub async fn died(&mut self) -> Died {
        let status = exit(&mut self.process).await;
        self.obituary(status).await
    }

    /// Stops Envoy: no new connections, then up to `grace` for the answers that are on their way, then the end.
    pub async fn stop(mut self, grace: Duration) -> Stopped {
        let left = tokio::time::timeout(grace + EXIT_PATIENCE, self.drain(grace)).await.unwrap_or(None);
        let asked = self.admin.post("/quitquitquit");
        let _ = tokio::time::timeout(EXIT_PATIENCE, asked).await;
        match tokio::time::timeout(EXIT_PATIENCE, self.process.wait()).await {
            Ok(_) => left.map_or(Stopped::Killed, |left| if left == 0 { Stopped::Drained } else { Stopped::Cut(left) }),
            Err(_) => {
                // An error means that it has ended in the meantime.
                let _ = self.process.kill().await;
                Stopped::Killed
            }
        }
    }

    /// How many requests are left when no more are, or grace has ended. `None`: Envoy does not answer.
    async fn drain(&self, grace: Duration) -> Option<u64> {
        let deadline = Instant::now() + grace;
        // From now on every answer tells its client to connect anew.
        self.admin.post("/healthcheck/fail").await.ok()?;
        self.admin.post("/drain_listeners").await.ok()?;
        loop {
            let left = self.admin.active_requests().await.ok()?;
            if left == 0 || Instant::now() >= deadline {
                return Some(left);
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    async fn start_failure(&mut self, status: String) -> StartError {
        let died = self.obituary(status).await;
        if died.last_lines.iter().any(|line| line.contains("Address already in use")) {
            return StartError::InUse { address: self.listen };
        }
        died.into()
    }

    async fn obituary(&mut self, status: String) -> Died {
        // From now on the process id may become somebody else's.
        self.watchdog = None;
        Died { status, last_lines: self.output.finish().await }
    }
}

async fn exit(process: &mut tokio::process::Child) -> String {
    process.wait().await.map_or_else(|error| error.to_string(), |status: ExitStatus| status.to_string())
}

/// Fails if somebody listens there already. Envoy itself would not notice another Envoy: both bind with SO_REUSEPORT, and the
/// system deals clients out to the two.
fn probe(address: SocketAddr) -> Result<(), StartError> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(StartError::InUse { address }),
        Err(source) => Err(StartError::Listen { address, source }),
    }
}

/// Asks until Envoy is live and a client can connect. Envoy calls itself live shortly before its workers listen.
async fn accepting(admin: &Admin) -> SocketAddr {
    loop {
        if admin.live().await
            && let Ok(address) = admin.listener_address(super::listener::NAME).await
            && TcpStream::connect(reachable(address)).await.is_ok()
        {
            return address;
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// The address under which this machine reaches a listener on all addresses.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        other => other.ip(),
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests;
