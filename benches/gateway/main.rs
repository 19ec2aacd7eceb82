//! `make bench`: what the road through Envoy costs, with and without Kanmon, measured in one run on one machine.
//!
//! This file is the order of events; `benches/README.md` says how and why. The program starts itself again for the parts that
//! must be processes of their own, so that the CPU time of each can be told apart: the provider (`backend`), the no-op processor
//! (`noop`) and the clients (`load`). It never fails on a missed target, only on a wrong answer.

mod answers;
mod args;
mod backend;
mod check;
mod config;
mod envoy;
mod load;
mod measure;
mod memory;
mod noop;
mod process;
#[path = "../../tests/support/redis.rs"]
mod redis;
mod report;
mod requests;
mod setup;
mod store;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use args::{Args, Role};

/// What Kanmon itself allocates with: the no-op processor shall not lose by its allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The argument that `cargo bench` gives, and nobody else.
const TOLD_BY_CARGO: &str = "--bench";

fn main() -> ExitCode {
    if !asked() {
        println!("nothing is measured without `--bench`: use `make bench`");
        return ExitCode::SUCCESS;
    }
    let args = Args::parse_from(std::env::args().filter(|arg| arg != TOLD_BY_CARGO));
    let logs = args.out.join("logs");
    let orchestrates = args.role.is_none();
    match start(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            if orchestrates && logs.is_dir() {
                eprintln!("what each process said is in {}", logs.display());
            }
            ExitCode::FAILURE
        }
    }
}

/// `cargo test --all-targets` runs every bench target, with options of its own; this one takes minutes.
fn asked() -> bool {
    let mut args = std::env::args().skip(1).peekable();
    let role = args.peek().is_some_and(|first| args::ROLES.contains(&first.as_str()));
    role || args.any(|arg| arg == TOLD_BY_CARGO)
}

fn start(args: Args) -> Result<()> {
    // One thread each: there are few cores, and every role here is faster without a scheduler that steals.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
    runtime.block_on(async {
        match args.role {
            Some(Role::Backend) => backend::run().await,
            Some(Role::Noop(args)) => noop::run(args).await,
            Some(Role::Load(args)) => load::run(args).await,
            None => tokio::select! {
                result = orchestrate(&args) => result,
                result = told_to_stop() => result,
            },
        }
    })
}

/// Brings everything up, measures, reports. What it started ends with it.
async fn orchestrate(args: &Args) -> Result<()> {
    let plan = measure::Plan::new(args);
    std::fs::create_dir_all(&args.out).with_context(|| format!("cannot create {}", args.out.display()))?;
    let mut stage = setup::Stage::build(args).await?;
    let measured = measured(&plan, &stage).await;
    if measured.is_err() {
        // That a process has died says more than that its clients had no answer.
        stage.check()?;
    }
    stage.stop().await;
    let report = measured?;
    report.print();
    report.write(&args.out)
}

async fn measured(plan: &measure::Plan, stage: &setup::Stage) -> Result<report::Report> {
    let at_rest = memory::at_rest(stage)?;
    let throughput = measure::throughput(plan, stage).await?;
    let events = measure::events(plan, stage).await?;
    let memory = memory::with_open_streams(plan, stage, at_rest).await?;
    Ok(report::Report::new(plan, &stage.envoy_version, throughput, events, memory))
}

async fn told_to_stop() -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    bail!("stopped by a signal; nothing was written")
}
