//! What was to be reached, and whether it was. Nothing fails because of it: a busy machine is not a bug.

use serde::Serialize;

use super::{EventLine, Line};
use crate::args::Kind;
use crate::memory::Memory;
use crate::requests::SIZES;

/// The setups that have targets: requests per second, in relation to the no-op processor's.
const RATES: [(Kind, f64); 2] = [(Kind::PassThrough, 0.90), (Kind::Translated, 0.80)];
/// Added latency of an event, in relation to what the no-op processor adds.
const ADDED_LATENCY: f64 = 1.5;
/// Resident memory, in MiB.
const AT_REST: f64 = 25.0;
const WITH_OPEN_STREAMS: f64 = 80.0;

/// A target, and what was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Target {
    pub(crate) what: String,
    pub(crate) measured: f64,
    pub(crate) reached: bool,
}

impl Target {
    fn at_least(what: String, measured: f64, least: f64) -> Self {
        Self { what, measured, reached: measured >= least }
    }

    fn below(what: String, measured: f64, bound: f64) -> Self {
        Self { what, measured, reached: measured < bound }
    }
}

pub(super) fn judge(lines: &[Line], events: &[EventLine], memory: &[Memory]) -> Vec<Target> {
    let mut targets = Vec::new();
    for (kind, least) in RATES {
        for line in lines.iter().filter(|line| line.setup == kind.name()) {
            let Some(ratio) = line.ratio_to_noop else { continue };
            let answer = if line.streamed { "streamed" } else { "plain" };
            let what = format!("{}, {} KB, {answer}: at least {least:.2} of noop", line.setup, line.body_bytes / 1024);
            targets.push(Target::at_least(what, ratio, least));
        }
    }
    for line in events.iter().filter(|line| RATES.iter().any(|(kind, _)| kind.name() == line.setup)) {
        let Some(ratio) = line.added_to_noop else { continue };
        let what = format!("{}: latency added to an event, less than {ADDED_LATENCY} times noop's", line.setup);
        targets.push(Target::below(what, ratio, ADDED_LATENCY));
    }
    let memory = || memory.iter().filter(|line| RATES.iter().any(|(kind, _)| *kind == line.setup));
    for line in memory().filter(|line| line.body_bytes == SIZES[1]) {
        let what = format!("{}: less than {AT_REST} MiB at rest", line.setup.name());
        targets.push(Target::below(what, line.at_rest_mib, AT_REST));
    }
    for line in memory() {
        let (name, streams, body) = (line.setup.name(), line.open_streams, line.body_bytes / 1024);
        let what = format!("{name}: less than {WITH_OPEN_STREAMS} MiB with {streams} open streams, {body} KB requests");
        targets.push(Target::below(what, line.with_open_streams_mib, WITH_OPEN_STREAMS));
    }
    targets
}
