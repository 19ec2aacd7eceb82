//! The measurements: each row several times, the setups in turn, so that whatever else happens on the machine hits all alike.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::args::{Args, Kind, Load};
use crate::load::Outcome;
use crate::process::{Process, machine_cpu};
use crate::requests::{self, EVERY_5_MS, SIZES};
use crate::setup::{Setup, Stage};

/// Connections for the rates; Envoy's one thread is busy with as many.
const MANY: usize = 32;
/// Connections for the latency of single events: far from busy.
const FEW: usize = 4;

/// How long everything is measured.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Plan {
    /// Whether it is a try-out.
    pub(crate) quick: bool,
    /// How often each row is measured.
    pub(crate) rounds: usize,
    warm_up_ms: u64,
    window_ms: u64,
    single_ms: u64,
    events_ms: u64,
    /// Streams that are open at the same time.
    pub(crate) open_streams: usize,
}

impl Plan {
    pub(crate) fn new(args: &Args) -> Self {
        let full = Self {
            quick: args.quick,
            rounds: args.rounds.unwrap_or(if args.quick { 1 } else { 5 }),
            warm_up_ms: 500,
            window_ms: 2500,
            single_ms: 800,
            events_ms: 2500,
            open_streams: 1000,
        };
        if args.quick { Self { warm_up_ms: 200, window_ms: 800, single_ms: 300, events_ms: 1000, ..full } } else { full }
    }

    fn load(&self, setup: &Setup, row: Row) -> Load {
        Load {
            target: setup.address,
            model: requests::model(setup.model_prefix(), None),
            body_bytes: row.body_bytes,
            streamed: row.streamed,
            connections: MANY,
            warm_up_ms: self.warm_up_ms,
            window_ms: self.window_ms,
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub(crate) body_bytes: usize,
    pub(crate) streamed: bool,
}

/// All rows.
pub(crate) fn rows() -> impl Iterator<Item = Row> {
    [false, true].into_iter().flat_map(|streamed| SIZES.map(|body_bytes| Row { body_bytes, streamed }))
}

/// One slice of load on one setup.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sample {
    pub(crate) setup: Kind,
    pub(crate) row: Row,
    pub(crate) round: usize,
    pub(crate) outcome: Outcome,
    /// With one connection instead of many: the time of one undisturbed request.
    pub(crate) single: Outcome,
    pub(crate) cpu: Cpu,
    /// Of the processor, after the slice; of Envoy where there is none.
    pub(crate) rss_mib: f64,
    pub(crate) envoy_rss_mib: f64,
}

/// CPU time that was spent within a window, in seconds.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Cpu {
    pub(crate) envoy: f64,
    pub(crate) processor: f64,
    pub(crate) backend: f64,
    pub(crate) load: f64,
    /// By anything else on the machine; interrupts that the kernel could not attribute are in it.
    pub(crate) others: f64,
}

/// Requests per second, latencies and CPU times of all rows.
pub(crate) async fn throughput(plan: &Plan, stage: &mut Stage) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for round in 0..plan.rounds {
        for row in rows() {
            for setup in in_turn(round, stage.setups.len()) {
                samples.push(sample(plan, stage, setup, row, round).await?);
            }
        }
        eprintln!("round {} of {} is done", round + 1, plan.rounds);
    }
    Ok(samples)
}

async fn sample(plan: &Plan, stage: &mut Stage, setup: usize, row: Row, round: usize) -> Result<Sample> {
    let setup = stage.setups.get(setup).context("no such setup")?;
    setup.take_usage_records()?;
    let load = plan.load(setup, row);
    let what = || format!("{}, {} bytes, streamed: {}", setup.kind.name(), row.body_bytes, row.streamed);
    let (outcome, cpu) = watched(&load, setup, &stage.backend, &stage.logs).await?;
    judge(&outcome).with_context(what)?;
    let single = Load { connections: 1, warm_up_ms: plan.warm_up_ms / 2, window_ms: plan.single_ms, ..load };
    let single = run_load(&single, &stage.logs).await?;
    judge(&single).with_context(what)?;
    setup.await_usage_records(outcome.completed + single.completed).await.with_context(what)?;
    let envoy_rss_mib = setup.envoy.rss_mib()?;
    let rss_mib = setup.processor.as_ref().map_or(Ok(envoy_rss_mib), Process::rss_mib)?;
    Ok(Sample { setup: setup.kind, row, round, outcome, single, cpu, rss_mib, envoy_rss_mib })
}

/// How late events of a stream are that come one every few milliseconds.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EventSample {
    pub(crate) setup: Kind,
    pub(crate) round: usize,
    pub(crate) outcome: Outcome,
}

/// The latency of single events.
pub(crate) async fn events(plan: &Plan, stage: &mut Stage) -> Result<Vec<EventSample>> {
    let mut samples = Vec::new();
    for round in 0..plan.rounds {
        for setup in in_turn(round, stage.setups.len()) {
            let setup = stage.setups.get(setup).context("no such setup")?;
            let row = Row { body_bytes: SIZES[0], streamed: true };
            let model = requests::model(setup.model_prefix(), Some(EVERY_5_MS));
            let load = Load { model, connections: FEW, window_ms: plan.events_ms, ..plan.load(setup, row) };
            let outcome = run_load(&load, &stage.logs).await?;
            judge(&outcome).with_context(|| format!("{}, paced", setup.kind.name()))?;
            samples.push(EventSample { setup: setup.kind, round, outcome });
        }
    }
    Ok(samples)
}

/// Fails on any answer that was not right.
pub(crate) fn judge(outcome: &Outcome) -> Result<()> {
    let first = outcome.first_wrong.as_deref().unwrap_or_default();
    ensure!(outcome.wrong == 0, "{} wrong answers, the first: {first}", outcome.wrong);
    Ok(())
}

/// Each round begins with another setup, and every other round goes backwards.
fn in_turn(round: usize, setups: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..setups).map(|index| (index + round) % setups).collect();
    if round % 2 == 1 {
        order.reverse();
    }
    order
}

/// Runs one slice of load.
pub(crate) async fn run_load(load: &Load, logs: &Path) -> Result<Outcome> {
    Running::start(load, logs)?.outcome().await
}

async fn watched(load: &Load, setup: &Setup, backend: &Process, logs: &Path) -> Result<(Outcome, Cpu)> {
    let mut running = Running::start(load, logs)?;
    running.line("counting").await?;
    let before = Times::read(setup, backend, &running.process)?;
    running.line("over").await?;
    let after = Times::read(setup, backend, &running.process)?;
    Ok((running.outcome().await?, after.since(before)))
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

/// CPU times at one moment.
struct Times {
    envoy: Duration,
    processor: Duration,
    backend: Duration,
    load: Duration,
    machine: Duration,
}

impl Times {
    fn read(setup: &Setup, backend: &Process, load: &Process) -> Result<Self> {
        Ok(Self {
            envoy: setup.envoy.cpu()?,
            processor: setup.processor.as_ref().map_or(Ok(Duration::ZERO), Process::cpu)?,
            backend: backend.cpu()?,
            load: load.cpu()?,
            machine: machine_cpu()?,
        })
    }

    fn since(&self, before: Self) -> Cpu {
        let spent = |now: Duration, then: Duration| now.saturating_sub(then).as_secs_f64();
        let envoy = spent(self.envoy, before.envoy);
        let processor = spent(self.processor, before.processor);
        let (backend, load) = (spent(self.backend, before.backend), spent(self.load, before.load));
        let others = (spent(self.machine, before.machine) - envoy - processor - backend - load).max(0.0);
        Cpu { envoy, processor, backend, load, others }
    }
}
