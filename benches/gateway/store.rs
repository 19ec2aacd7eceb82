//! The Redis of a setup whose limits are kept in one: on a Unix socket, without persistence, with its CPU time told apart.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::process::Process;
use crate::redis;

/// How long it may take until it listens.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a gateway names it.
pub(crate) fn url(folder: &Path) -> String {
    format!("redis+unix://{}", socket(folder).display())
}

/// Starts it, and waits until it listens.
pub(crate) async fn start(folder: &Path, logs: &Path) -> Result<Process> {
    let mut command = Command::from(redis::command(folder, &socket(folder)));
    let mut process = Process::start("redis", &mut command, logs)?;
    let deadline = Instant::now() + PATIENCE;
    while UnixStream::connect(socket(folder)).await.is_err() {
        process.check(logs)?;
        ensure!(Instant::now() < deadline, "Redis does not listen");
        sleep(Duration::from_millis(20)).await;
    }
    Ok(process)
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("redis.sock")
}
