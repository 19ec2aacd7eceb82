//! What the figures depend on.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

/// The machine and the programs of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    cpu: String,
    cores: usize,
    memory_mib: u64,
    kernel: String,
    envoy: String,
    kanmon: &'static str,
    /// Load average over a minute, at the end of the run.
    load_average: String,
}

impl Machine {
    pub(super) fn read(envoy: &str) -> Self {
        let file = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let memory = field(&file("/proc/meminfo"), "MemTotal");
        Self {
            cpu: field(&file("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_mib: memory.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024,
            kernel: file("/proc/sys/kernel/osrelease").trim().to_owned(),
            envoy: envoy.to_owned(),
            kanmon: env!("CARGO_PKG_VERSION"),
            load_average: file("/proc/loadavg").split_whitespace().next().unwrap_or_default().to_owned(),
        }
    }
}

impl Display for Machine {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { cpu, cores, memory_mib, kernel, envoy, kanmon, load_average } = self;
        writeln!(formatter, "{cpu}, {cores} cores, {memory_mib} MiB, Linux {kernel}, load average {load_average}")?;
        write!(formatter, "Envoy {envoy} with --concurrency 1, Kanmon {kanmon}")
    }
}
