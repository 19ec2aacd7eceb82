//! Threads, signals and the log of a process that serves.

use anyhow::Context as _;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

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
///
/// Whatever it says, libraries tell what went wrong at most, and those of AWS nothing: further down they write whole requests and
/// answers into the log, and secrets with them. What matters of it the gateway tells in its own words.
pub(super) fn init_logging(default: &str) {
    let filter = EnvFilter::try_from_env("KANMON_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let discreet = filter_fn(|event| is_discreet(event.target(), *event.level()));
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false).with_filter(discreet);
    let _ = tracing_subscriber::registry().with(filter).with(layer).try_init();
}

fn is_discreet(target: &str, level: Level) -> bool {
    let library = target.split("::").next().unwrap_or_default();
    library == "kanmon" || (level <= Level::WARN && !library.starts_with("aws_"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_tell_what_went_wrong_at_most() {
        for (target, level, told) in [
            ("kanmon::route", Level::TRACE, true),
            ("h2::codec::framed_read", Level::WARN, true),
            ("h2::codec::framed_read", Level::INFO, false),
            ("hyper_util::client", Level::TRACE, false),
            ("aws_config::web_identity_token", Level::WARN, false),
            ("aws_smithy_runtime::client", Level::ERROR, false),
        ] {
            assert_eq!(is_discreet(target, level), told, "{target} {level}");
        }
    }
}
