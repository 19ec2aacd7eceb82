//! The clients of one slice, as the orchestrator sees them: a process that says when it counts and, at its end, what it has seen.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::args::Load;
use crate::load::Outcome;
use crate::process::Process;

/// Runs one slice of load.
pub(crate) async fn run_load(load: &Load, logs: &Path) -> Result<Outcome> {
    Running::start(load, logs)?.outcome().await
}

/// A slice of load under way.
pub(crate) struct Running {
    process: Process,
    lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
}

impl Running {
    pub(crate) fn start(load: &Load, logs: &Path) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["load", "--target", &load.target.to_string(), "--model", &load.model]);
        for (option, number) in [
            ("--body-bytes", load.body_bytes as u64),
            ("--connections", load.connections as u64),
            ("--warm-up-ms", load.warm_up_ms),
            ("--window-ms", load.window_ms),
        ] {
            command.arg(option).arg(number.to_string());
        }
        if load.streamed {
            command.arg("--streamed");
        }
        let mut process = Process::start("load", command.stdout(Stdio::piped()), logs)?;
        let lines = BufReader::new(process.take_stdout()?).lines();
        Ok(Self { process, lines })
    }

    pub(crate) fn process(&self) -> &Process {
        &self.process
    }

    /// Waits for a line.
    pub(crate) async fn line(&mut self, wanted: &str) -> Result<()> {
        let line = self.lines.next_line().await?;
        ensure!(line.as_deref() == Some(wanted), "the clients said {line:?} instead of {wanted}");
        Ok(())
    }

    /// Waits for the end.
    pub(crate) async fn outcome(mut self) -> Result<Outcome> {
        let mut last = None;
        while let Some(line) = self.lines.next_line().await? {
            last = Some(line);
        }
        self.process.wait().await?;
        Ok(serde_json::from_str(&last.context("the clients said nothing")?)?)
    }
}
