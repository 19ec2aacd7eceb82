//! What ten limits cost, in memory and in Redis, compared with the two of `pass_through`.

use serde::Serialize;

use super::{Group, other, ratio, ratios_by_round, rounded};
use crate::args::Kind;

/// A setup with ten limits in one row.
#[derive(Debug, Serialize)]
pub(crate) struct LimitsLine {
    pub(super) setup: &'static str,
    pub(super) body_bytes: usize,
    pub(super) streamed: bool,
    /// Requests per second, in relation to `pass_through`: the median of the rounds' ratios.
    pub(super) ratio_to_pass_through: f64,
    /// How far that is noise can be seen in how the rounds differ.
    pub(super) ratio_by_round: Vec<f64>,
    /// What is added to the median of `pass_through` with one connection.
    pub(super) added_single_p50_us: f64,
    pub(super) added_processor_cpu_us: f64,
    /// CPU time of Redis per request.
    pub(super) store_cpu_us: f64,
}

/// Nothing where `pass_through` was not measured, too.
pub(super) fn compare(groups: &[Group<'_>]) -> Vec<LimitsLine> {
    let ten = groups.iter().filter(|group| Kind::TEN_LIMITS.contains(&group.setup));
    ten.filter_map(|group| Some(line(group, other(Kind::PassThrough, group, groups)?))).collect()
}

fn line(ten: &Group<'_>, two: &Group<'_>) -> LimitsLine {
    let single_us = |group: &Group<'_>| group.median(|sample| sample.single.p50_ms * 1e3);
    let processor_us = |group: &Group<'_>| group.cpu_us(|sample| sample.cpu.processor);
    LimitsLine {
        setup: ten.setup.name(),
        body_bytes: ten.row.body_bytes,
        streamed: ten.row.streamed,
        ratio_to_pass_through: ratio(ten, two),
        ratio_by_round: ratios_by_round(ten, two),
        added_single_p50_us: rounded(single_us(ten) - single_us(two)),
        added_processor_cpu_us: rounded(processor_us(ten) - processor_us(two)),
        store_cpu_us: rounded(ten.cpu_us(|sample| sample.cpu.store)),
    }
}
