//! The tables on the terminal.

use super::targets::Target;
use super::{EventLine, LimitsLine, Line, RowDetails};
use crate::memory::Memory;

/// What interrupts and the orchestrator take, as a share of a core, and a little more.
const QUIET: f64 = 0.15;

pub(super) fn rows(lines: &[Line], details: &[RowDetails]) {
    let mut last = None;
    for (line, details) in lines.iter().zip(details) {
        if last != Some((line.body_bytes, line.streamed)) {
            last = Some((line.body_bytes, line.streamed));
            let answer = if line.streamed { "100 streamed events" } else { "a plain answer" };
            println!("\nRequests of {} KB, {answer}", line.body_bytes / 1024);
            println!(
                "{:<19} {:>9} {:>8} {:>9} {:>9} {:>10} {:>10} {:>10} {:>8}",
                "setup", "req/s", "to noop", "p50 ms", "p99 ms", "single us", "Envoy us", "proc. us", "RSS MiB"
            );
        }
        let ratio = line.ratio_to_noop.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        println!(
            "{:<19} {:>9.0} {:>8} {:>9.2} {:>9.2} {:>10.0} {:>10.1} {:>10.1} {:>8.1}",
            line.setup,
            line.requests_per_second,
            ratio,
            line.p50_ms,
            line.p99_ms,
            details.single_p50_us,
            line.envoy_cpu_us,
            line.processor_cpu_us,
            line.rss_mib
        );
    }
    println!("(single: p50 with one connection; Envoy, proc.: CPU time per request; RSS: of the processor, or of Envoy alone)");
}

/// What else was going on.
pub(super) fn noise(details: &[RowDetails]) {
    let most = details.iter().map(|row| row.others_share).fold(0.0, f64::max);
    if most > QUIET {
        println!("\nThe machine was not quiet: other processes took up to {most:.2} of a core. Do not compare these figures.");
    }
}

pub(super) fn limits(lines: &[LimitsLine]) {
    if lines.is_empty() {
        return;
    }
    println!("\nTen limits, compared with the two of pass_through");
    println!(
        "{:<19} {:>9} {:>9} {:>8} {:>14} {:>15} {:>11} {:>9}",
        "setup", "body KB", "answer", "req/s", "of the rounds", "added single us", "added proc.", "Redis us"
    );
    for line in lines {
        let answer = if line.streamed { "streamed" } else { "plain" };
        let lowest = line.ratio_by_round.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = line.ratio_by_round.iter().copied().fold(0.0, f64::max);
        println!(
            "{:<19} {:>9} {answer:>9} {:>8.2} {:>14} {:>15.0} {:>11.1} {:>9.1}",
            line.setup,
            line.body_bytes / 1024,
            line.ratio_to_pass_through,
            format!("{lowest:.2} to {highest:.2}"),
            line.added_single_p50_us,
            line.added_processor_cpu_us,
            line.store_cpu_us
        );
    }
    println!("(req/s: as a ratio; added single: to the p50 with one connection; added proc. and Redis: CPU time per request)");
}

pub(super) fn events(lines: &[EventLine]) {
    println!("\nAn event each 5 ms: how late it arrives");
    println!("{:<19} {:>9} {:>9} {:>9} {:>14}", "setup", "p50 us", "p99 us", "added us", "added to noop");
    let or_dash =
        |value: Option<f64>, decimals: usize| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"));
    for line in lines {
        let (added, ratio) = (or_dash(line.added_p50_us, 0), or_dash(line.added_to_noop, 2));
        println!("{:<19} {:>9.0} {:>9.0} {added:>9} {ratio:>14}", line.setup, line.p50_us, line.p99_us);
    }
}

pub(super) fn memory(memory: &[Memory]) {
    println!("\nResident memory of the processor, MiB");
    println!("{:<19} {:>9} {:>9} {:>11} {:>14}", "setup", "body KB", "at rest", "after load", "open streams");
    for line in memory {
        let (name, body, open) = (line.setup.name(), line.body_bytes / 1024, line.with_open_streams_mib);
        let open = format!("{open:.1} ({})", line.open_streams);
        println!("{name:<19} {body:>9} {:>9.1} {:>11.1} {open:>14}", line.at_rest_mib, line.after_load_mib);
    }
}

pub(super) fn targets(targets: &[Target]) {
    println!("\nTargets");
    for target in targets {
        let verdict = if target.reached { "reached" } else { "MISSED" };
        println!("{verdict:<8} {} (measured: {})", target.what, target.measured);
    }
}
