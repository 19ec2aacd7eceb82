//! The measurements: each row several times, the setups in turn, so that whatever else happens on the machine hits all alike.

mod clients;
mod cpu;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use crate::args::{Args, Kind, Load};
use crate::load::Outcome;
use crate::process::Process;
use crate::requests::{self, EVERY_5_MS, SIZES};
use crate::setup::{Setup, Stage};
pub(crate) use clients::{Running, run_load};
use cpu::{Cpu, Times};

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
        Self {
            quick: args.quick,
            rounds: args.rounds.unwrap_or(if args.quick { 1 } else { 15 }),
            warm_up_ms: 200,
            window_ms: 800,
            single_ms: 300,
            events_ms: 1000,
            open_streams: 1000,
        }
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

/// Requests per second, latencies and CPU times of all rows.
pub(crate) async fn throughput(plan: &Plan, stage: &Stage) -> Result<Vec<Sample>> {
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

async fn sample(plan: &Plan, stage: &Stage, setup: usize, row: Row, round: usize) -> Result<Sample> {
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
pub(crate) async fn events(plan: &Plan, stage: &Stage) -> Result<Vec<EventSample>> {
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

async fn watched(load: &Load, setup: &Setup, backend: &Process, logs: &Path) -> Result<(Outcome, Cpu)> {
    let mut running = Running::start(load, logs)?;
    running.line("counting").await?;
    let before = Times::read(setup, backend, running.process())?;
    running.line("over").await?;
    let after = Times::read(setup, backend, running.process())?;
    Ok((running.outcome().await?, after.since(before)))
}
