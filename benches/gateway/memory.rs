//! Resident memory: of a Kanmon that has served nothing but its first requests, and of one that has all of the run behind it and
//! a thousand streams open.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::time::sleep;

use crate::args::{Kind, Load};
use crate::measure::{Plan, Running, judge};
use crate::process::Process;
use crate::requests::{self, OPEN, SIZES};
use crate::setup::{Setup, Stage};

/// Resident memory of a processor, in MiB.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Memory {
    pub(crate) setup: Kind,
    /// Size of the requests whose answers were open. What is kept of a request while its answer streams would show.
    pub(crate) body_bytes: usize,
    /// Ready, before the load.
    pub(crate) at_rest_mib: f64,
    /// After the load, at rest again: before these streams were opened.
    pub(crate) after_load_mib: f64,
    /// The most that was seen while the streams were open.
    pub(crate) with_open_streams_mib: f64,
    pub(crate) open_streams: usize,
}

/// Resident memory of each processor before the load.
pub(crate) fn at_rest(stage: &Stage) -> Result<Vec<(Kind, f64)>> {
    let processors = stage.setups.iter().filter_map(|setup| Some((setup.kind, setup.processor.as_ref()?)));
    processors.map(|(kind, processor)| Ok((kind, processor.rss_mib()?))).collect()
}

/// Resident memory of the no-op processor and of Kanmon with many streams open.
pub(crate) async fn with_open_streams(plan: &Plan, stage: &Stage, at_rest: Vec<(Kind, f64)>) -> Result<Vec<Memory>> {
    let mut memory = Vec::new();
    for (kind, at_rest_mib) in at_rest {
        // The second no-op says nothing new.
        let Some(setup) = stage.setups.iter().find(|setup| setup.kind == kind && kind != Kind::NoopTwoStreams) else { continue };
        let processor = setup.processor.as_ref().context("no processor")?;
        for body_bytes in SIZES.into_iter().skip(usize::from(plan.quick)) {
            let after_load_mib = processor.rss_mib()?;
            let measured = open(plan, stage, setup, processor, body_bytes).await;
            let (with_open_streams_mib, open_streams) = measured.with_context(|| format!("{}, open streams", kind.name()))?;
            memory.push(Memory { setup: kind, body_bytes, at_rest_mib, after_load_mib, with_open_streams_mib, open_streams });
        }
    }
    Ok(memory)
}

async fn open(plan: &Plan, stage: &Stage, setup: &Setup, processor: &Process, body_bytes: usize) -> Result<(f64, usize)> {
    let load = Load {
        target: setup.address,
        model: requests::model(setup.model_prefix(), Some(OPEN)),
        body_bytes,
        streamed: true,
        connections: plan.open_streams,
        warm_up_ms: 4000,
        window_ms: 2000,
    };
    let mut running = Running::start(&load, &stage.logs)?;
    let mut most = 0.0_f64;
    running.line("counting").await?;
    {
        let over = running.line("over");
        tokio::pin!(over);
        loop {
            most = most.max(processor.rss_mib()?);
            tokio::select! {
                over = &mut over => break over?,
                () = sleep(Duration::from_millis(100)) => {}
            }
        }
    }
    let outcome = running.outcome().await?;
    judge(&outcome)?;
    ensure!(outcome.open_at_the_end >= plan.open_streams, "only {} streams were open", outcome.open_at_the_end);
    Ok((most, outcome.open_at_the_end))
}
