//! Threads, signals and the log of a process that serves.

use anyhow::Context as _;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Builds the runtime. One thread serves a small machine best: Envoy needs the other core more.
///
/// # Errors
/// The system gives no threads.
pub(super) fn build(threads: Option<usize>) -> anyhow::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = threads.unwrap_or((cores / 2).clamp(1, 8));
    let mut builder = if threads == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    if threads > 1 {
        builder.worker_threads(threads);
    }
    builder.enable_all().build().context("cannot start the runtime")
}

/// Lets this process, and an Envoy that it starts, have as many connections as the system allows: 1,024 open files, the usual soft
/// limit, are some 500 streams.
pub(super) fn raise_file_limit() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files cannot be raised");
    }
}

/// Logs to standard error, as `KANMON_LOG` says (`info`, `debug`, `kanmon::route=debug`).
pub(super) fn init_logging(default: &str) {
    let filter = EnvFilter::try_from_env("KANMON_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).try_init();
}

/// Resolves at SIGTERM or SIGINT.
pub(super) async fn terminated() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        // Without handlers the signals end the process by themselves.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
