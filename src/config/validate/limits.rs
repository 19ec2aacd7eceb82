//! What callers may spend.

use std::collections::HashSet;

use super::{name, unique};
use crate::config::errors::Check;
use crate::config::model::Limit;
use crate::config::node::Path;

/// The longest window: a leap year.
const LONGEST: std::time::Duration = std::time::Duration::from_secs(366 * 24 * 3_600);

/// The greatest amount: sums and products of amounts and times stay far from overflow.
const MOST: u64 = 1 << 53;

/// The most limits: every request is counted against each.
const MOST_LIMITS: usize = 1_000;

/// Validates the limits.
pub(super) fn limits(check: &mut Check<'_>, limits: &[Limit]) {
    let path = Path::Root.field("limits");
    check.require(limits.len() <= MOST_LIMITS, &path, "has more than 1000 limits");
    let mut names = HashSet::new();
    for (index, limit) in limits.iter().enumerate() {
        let path = path.item(index);
        name(check, &path.field("name"), &limit.name);
        unique(check, &path.field("name"), &limit.name, &mut names);
        self::limit(check, &path, limit);
    }
}

fn limit(check: &mut Check<'_>, path: &Path<'_>, limit: &Limit) {
    let amounts = [
        ("requests", limit.requests),
        ("input_tokens", limit.input_tokens),
        ("output_tokens", limit.output_tokens),
        ("total_tokens", limit.total_tokens),
    ];
    let given = amounts.into_iter().filter_map(|(name, amount)| Some((name, amount?)));
    if given.clone().count() != 1 {
        let message = "must have exactly one of `requests`, `input_tokens`, `output_tokens`, `total_tokens`";
        check.error(path, message);
    }
    for (name, amount) in given {
        check.require((1..=MOST).contains(&amount), &path.field(name), "must be from 1 to 9007199254740992");
    }
    let window = !limit.every.0.is_zero() && limit.every.0 <= LONGEST;
    check.require(window, &path.field("every"), "must be more than 0 and at most 366 days");
    let mut per = limit.per.iter().enumerate();
    if let Some((index, _)) = per.find(|(index, per)| limit.per[..*index].contains(per)) {
        check.error(&path.field("per").item(index), "stands here twice: keep one of them");
    }
    let cap = path.field("reserve_output_at_most");
    let counts_output = limit.output_tokens.is_some() || limit.total_tokens.is_some();
    check.require(
        limit.reserve_output_at_most.is_none() || counts_output,
        &cap,
        "is only for `output_tokens` and `total_tokens`",
    );
    check.require(limit.reserve_output_at_most.is_none_or(|cap| cap <= MOST), &cap, "must be at most 9007199254740992");
}
