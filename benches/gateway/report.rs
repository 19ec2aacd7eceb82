//! What is told of a run: the table, the targets, `summary.json` and `details.json`.

mod limits;
mod machine;
mod table;
mod targets;

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::args::Kind;
use crate::measure::{self, EventSample, Plan, Row, Sample};
use crate::memory::Memory;
use limits::LimitsLine;
use targets::Target;

/// A row of `summary.json`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Line {
    pub(crate) setup: &'static str,
    pub(crate) body_bytes: usize,
    pub(crate) streamed: bool,
    pub(crate) requests_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) envoy_cpu_us: f64,
    pub(crate) processor_cpu_us: f64,
    pub(crate) rss_mib: f64,
    /// Of the requests per second: the median of the rounds' ratios. `None` where the no-op processor was not measured.
    pub(crate) ratio_to_noop: Option<f64>,
}

/// What stands in `details.json` for a row, beside what is in the summary.
#[derive(Debug, Serialize)]
struct RowDetails {
    setup: &'static str,
    body_bytes: usize,
    streamed: bool,
    /// With one connection.
    single_p50_us: f64,
    single_p99_us: f64,
    backend_cpu_us: f64,
    load_cpu_us: f64,
    /// CPU time of everything else on the machine, as a share of one core.
    others_share: f64,
    /// How busy Envoy's one thread was, as a share of one core.
    envoy_share: f64,
    requests_per_second_by_round: Vec<f64>,
    ratio_to_noop_by_round: Vec<f64>,
}

/// How late the events of a stream are.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EventLine {
    pub(crate) setup: &'static str,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// What the setup adds to Envoy alone, at the median.
    pub(crate) added_p50_us: Option<f64>,
    /// That, in relation to what the no-op processor adds.
    pub(crate) added_to_noop: Option<f64>,
}

/// All of it.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    machine: machine::Machine,
    plan: Plan,
    targets: Vec<Target>,
    limits: Vec<LimitsLine>,
    event_latency: Vec<EventLine>,
    memory: Vec<Memory>,
    rows: Vec<RowDetails>,
    samples: Vec<Sample>,
    event_samples: Vec<EventSample>,
    #[serde(skip)]
    summary: Vec<Line>,
}

impl Report {
    pub(crate) fn new(
        plan: &Plan,
        envoy_version: &str,
        samples: Vec<Sample>,
        event_samples: Vec<EventSample>,
        memory: Vec<Memory>,
    ) -> Self {
        let groups = groups(&samples);
        let summary: Vec<Line> = groups.iter().map(|group| line(group, &groups)).collect();
        let rows = groups.iter().map(|group| details(group, &groups)).collect();
        let limits = limits::compare(&groups);
        let event_latency = event_lines(&event_samples);
        let targets = targets::judge(&summary, &event_latency, &memory);
        let (machine, plan) = (machine::Machine::read(envoy_version), plan.clone());
        Self { machine, plan, targets, limits, event_latency, memory, rows, samples, event_samples, summary }
    }

    /// The table, and whether each target was reached.
    pub(crate) fn print(&self) {
        println!("{}", self.machine);
        table::rows(&self.summary, &self.rows);
        table::limits(&self.limits);
        table::events(&self.event_latency);
        table::memory(&self.memory);
        table::targets(&self.targets);
        table::noise(&self.rows);
        if self.plan.quick {
            println!("\nThis was a quick run: one round. Figures to compare come from a full one.");
        }
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        for (name, json) in [
            ("summary.json", serde_json::to_string_pretty(&self.summary)?),
            ("details.json", serde_json::to_string_pretty(self)?),
        ] {
            let file = folder.join(name);
            std::fs::write(&file, json + "\n").with_context(|| format!("cannot write {}", file.display()))?;
            println!("written: {}", file.display());
        }
        Ok(())
    }
}

/// The samples of one setup and row, a round each.
struct Group<'a> {
    setup: Kind,
    row: Row,
    samples: Vec<&'a Sample>,
}

impl Group<'_> {
    fn median(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        median(self.samples.iter().map(|sample| of(sample)).collect())
    }

    /// Microseconds per request, over all rounds: the kernel counts CPU time in steps of 10 ms.
    fn cpu_us(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        let seconds: f64 = self.samples.iter().map(|sample| of(sample)).sum();
        let requests: usize = self.samples.iter().map(|sample| sample.outcome.completed).sum();
        seconds * 1e6 / requests.max(1) as f64
    }

    fn share(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        self.median(|sample| of(sample) / sample.outcome.seconds)
    }
}

fn groups(samples: &[Sample]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for row in measure::rows() {
        for sample in samples.iter().filter(|sample| sample.row == row) {
            match groups.iter_mut().find(|group| group.setup == sample.setup && group.row == row) {
                Some(group) => group.samples.push(sample),
                None => groups.push(Group { setup: sample.setup, row, samples: vec![sample] }),
            }
        }
    }
    groups
}

/// What another setup did in the same row.
fn other<'a, 'b>(setup: Kind, group: &Group<'_>, groups: &'b [Group<'a>]) -> Option<&'b Group<'a>> {
    groups.iter().find(|other| other.setup == setup && other.row == group.row)
}

/// A group's requests per second in relation to another's, round by round.
fn ratios_by_round(own: &Group<'_>, other: &Group<'_>) -> Vec<f64> {
    own.samples.iter().zip(&other.samples).map(|(own, other)| rounded(rate(own) / rate(other))).collect()
}

/// The median of these: a machine that changes its speed from round to round changes it for both.
fn ratio(own: &Group<'_>, other: &Group<'_>) -> f64 {
    rounded(median(ratios_by_round(own, other)))
}

fn line(group: &Group<'_>, groups: &[Group<'_>]) -> Line {
    Line {
        setup: group.setup.name(),
        body_bytes: group.row.body_bytes,
        streamed: group.row.streamed,
        requests_per_second: rounded(group.median(rate)),
        p50_ms: rounded(group.median(|sample| sample.outcome.p50_ms)),
        p99_ms: rounded(group.median(|sample| sample.outcome.p99_ms)),
        envoy_cpu_us: rounded(group.cpu_us(|sample| sample.cpu.envoy)),
        processor_cpu_us: rounded(group.cpu_us(|sample| sample.cpu.processor)),
        rss_mib: rounded(group.median(|sample| sample.rss_mib)),
        ratio_to_noop: other(Kind::Noop, group, groups).map(|noop| ratio(group, noop)),
    }
}

fn details(group: &Group<'_>, groups: &[Group<'_>]) -> RowDetails {
    let noop = other(Kind::Noop, group, groups);
    RowDetails {
        setup: group.setup.name(),
        body_bytes: group.row.body_bytes,
        streamed: group.row.streamed,
        single_p50_us: rounded(group.median(|sample| sample.single.p50_ms * 1e3)),
        single_p99_us: rounded(group.median(|sample| sample.single.p99_ms * 1e3)),
        backend_cpu_us: rounded(group.cpu_us(|sample| sample.cpu.backend)),
        load_cpu_us: rounded(group.cpu_us(|sample| sample.cpu.load)),
        others_share: rounded(group.share(|sample| sample.cpu.others)),
        envoy_share: rounded(group.share(|sample| sample.cpu.envoy)),
        requests_per_second_by_round: group.samples.iter().map(|sample| rounded(rate(sample))).collect(),
        ratio_to_noop_by_round: noop.map(|noop| ratios_by_round(group, noop)).unwrap_or_default(),
    }
}

fn event_lines(samples: &[EventSample]) -> Vec<EventLine> {
    let median_of = |setup: Kind, of: fn(&EventSample) -> f64| {
        let values: Vec<f64> = samples.iter().filter(|sample| sample.setup == setup).map(of).collect();
        (!values.is_empty()).then(|| median(values))
    };
    let p50 = |setup| median_of(setup, |sample| sample.outcome.event_p50_us);
    let p99 = |setup| median_of(setup, |sample| sample.outcome.event_p99_us);
    let added = |setup| Some(p50(setup)? - p50(Kind::Envoy)?);
    let lines = Kind::UNASKED.into_iter().chain(Kind::TEN_LIMITS).filter_map(|setup| {
        Some(EventLine {
            setup: setup.name(),
            p50_us: rounded(p50(setup)?),
            p99_us: rounded(p99(setup)?),
            added_p50_us: added(setup).map(rounded),
            added_to_noop: added(setup).and_then(|own| Some(rounded(own / added(Kind::Noop)?))),
        })
    });
    lines.collect()
}

fn rate(sample: &Sample) -> f64 {
    sample.outcome.completed as f64 / sample.outcome.seconds
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.get(middle) {
        Some(upper) if values.len().is_multiple_of(2) => values.get(middle - 1).map_or(*upper, |lower| (lower + upper) / 2.0),
        Some(middle) => *middle,
        None => 0.0,
    }
}

/// Three decimals: more is noise.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
