//! The processes of a run, and what the kernel knows of them: CPU time and resident memory.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::{Child, Command};

/// The unit of CPU times in `/proc`, fixed on Linux whatever the kernel's own clock is.
const TICK: Duration = Duration::from_millis(10);

/// A process that ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    pid: u32,
    child: Child,
}

impl Process {
    /// Starts a process that writes its errors to `logs/NAME.log`. Standard output goes nowhere unless the command says else.
    pub(crate) fn start(name: &str, command: &mut Command, logs: &Path) -> Result<Self> {
        let log = logs.join(format!("{name}.log"));
        let log = File::create(&log).with_context(|| format!("cannot create {}", log.display()))?;
        let child = command.stdin(Stdio::null()).stderr(log).kill_on_drop(true).spawn();
        let child = child.with_context(|| format!("cannot start {name} ({:?})", command.as_std().get_program()))?;
        let pid = child.id().with_context(|| format!("{name} has ended at once"))?;
        Ok(Self { name: name.to_owned(), pid, child })
    }

    /// Its standard output, where the command has piped it.
    pub(crate) fn take_stdout(&mut self) -> Result<tokio::process::ChildStdout> {
        self.child.stdout.take().with_context(|| format!("{} has no output", self.name))
    }

    /// Fails if it has ended.
    pub(crate) fn check(&mut self, logs: &Path) -> Result<()> {
        let Some(status) = self.child.try_wait()? else { return Ok(()) };
        let log = std::fs::read_to_string(logs.join(format!("{}.log", self.name))).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let end = lines.get(lines.len().saturating_sub(10)..).unwrap_or_default().join("\n");
        bail!("{} has ended ({status}); its last words:\n{end}", self.name)
    }

    /// Waits for its end.
    pub(crate) async fn wait(&mut self) -> Result<()> {
        let status = self.child.wait().await?;
        if status.success() { Ok(()) } else { bail!("{} has failed: {status}", self.name) }
    }

    /// Ends it.
    pub(crate) async fn stop(mut self) {
        let _ = self.child.kill().await;
    }

    /// CPU time of all its threads so far, user and system.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let stat = self.proc("stat")?;
        // The second field is the program's name in parentheses, which may contain anything.
        let fields = stat.rsplit_once(')').map(|(_, fields)| fields).unwrap_or_default();
        let mut times = fields.split_whitespace().skip(11).map(str::parse::<u32>);
        match (times.next(), times.next()) {
            (Some(Ok(user)), Some(Ok(system))) => Ok(TICK * (user + system)),
            _ => bail!("/proc says nothing of the CPU time of {}", self.name),
        }
    }

    /// Resident memory, in MiB.
    pub(crate) fn rss_mib(&self) -> Result<f64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).context("/proc says nothing of resident memory")?;
        Ok(kib.trim().parse::<f64>()? / 1024.0)
    }

    fn proc(&self, file: &str) -> Result<String> {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.pid)).with_context(|| format!("{} has ended", self.name))
    }
}

/// CPU time that the whole machine has spent so far, whoever spent it. The time that a hypervisor took is not in it.
pub(crate) fn machine_cpu() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let fields: Vec<u64> = stat.lines().next().unwrap_or_default().split_whitespace().flat_map(str::parse).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal
    let busy = [0, 1, 2, 5, 6].iter().filter_map(|field| fields.get(*field)).sum::<u64>();
    Ok(TICK * u32::try_from(busy).unwrap_or(u32::MAX))
}
