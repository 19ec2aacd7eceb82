//! What callers may spend.

use std::collections::HashSet;

use super::{name, rules, unique};
use crate::config::errors::Check;
use crate::config::model::{Decimal, Limit, Match, Patterns, Per};
use crate::config::node::Path;
use crate::limit::Expression;
use crate::route::glob::Glob;
use crate::usage::Money;

/// The longest window: a leap year.
const LONGEST: std::time::Duration = std::time::Duration::from_secs(366 * 24 * 3_600);

/// The greatest amount: sums and products of amounts and times stay far from overflow.
const MOST: u64 = 1 << 53;
const MOST_WORDS: &str = "must be from 1 to 9007199254740992";

/// The most money, in billionths: a million.
const MOST_MONEY: u64 = 1_000_000_000_000_000;

/// The most limits: every request is counted against each.
const MOST_LIMITS: usize = 1_000;

/// The most patterns in a condition, and the longest.
const MOST_PATTERNS: usize = 100;
const LONGEST_CLAIM: usize = 256;

/// Validates the limits.
pub(super) fn limits(check: &mut Check<'_>, limits: &[Limit]) {
    let path = Path::Root.field("limits");
    check.require(limits.len() <= MOST_LIMITS, &path, "has more than 1000 limits");
    let mut names = HashSet::new();
    for (index, limit) in limits.iter().enumerate() {
        let path = path.item(index);
        name(check, &path.field("name"), &limit.name);
        unique(check, &path.field("name"), &limit.name, &mut names);
        amount(check, &path, limit);
        window(check, &path, limit);
        per(check, &path.field("per"), &limit.per);
        filter(check, &path.field("match"), &limit.filter);
        reservation(check, &path, limit);
    }
}

/// Exactly one amount, within bounds.
fn amount(check: &mut Check<'_>, path: &Path<'_>, limit: &Limit) {
    let whole = [
        ("requests", limit.requests),
        ("input_tokens", limit.input_tokens),
        ("output_tokens", limit.output_tokens),
        ("total_tokens", limit.total_tokens),
        ("cached_input_tokens", limit.cached_input_tokens),
        ("cache_write_tokens", limit.cache_write_tokens),
        ("reasoning_tokens", limit.reasoning_tokens),
        ("in_flight", limit.in_flight),
    ];
    let given = whole.into_iter().filter_map(|(name, amount)| Some((name, amount?)));
    let count = given.clone().count() + usize::from(limit.cost.is_some()) + usize::from(limit.money.is_some());
    if count != 1 {
        let message = "must have exactly one of `requests`, `input_tokens`, `output_tokens`, `total_tokens`, `cached_input_tokens`, \
                       `cache_write_tokens`, `reasoning_tokens`, `cost`, `money`, `in_flight`";
        check.error(path, message);
    }
    for (name, amount) in given {
        check.require((1..=MOST).contains(&amount), &path.field(name), MOST_WORDS);
    }
    if let Some(cost) = &limit.cost {
        let path = path.field("cost");
        check.require((1..=MOST).contains(&cost.amount), &path.field("amount"), MOST_WORDS);
        if let Err(error) = Expression::compile(&cost.expression) {
            check.error(&path.field("expression"), error.to_string());
        }
    }
    if let Some(amount) = &limit.money {
        let amount = Money::parse(&amount.0).map_or(0, Money::nanos);
        let message = "must be an amount of money such as `12.50`: more than 0, at most 1000000, with up to nine decimals";
        check.require((1..=MOST_MONEY).contains(&amount), &path.field("money"), message);
    }
}

/// Exactly one window, but for requests in flight, which have none.
fn window(check: &mut Check<'_>, path: &Path<'_>, limit: &Limit) {
    let windows = usize::from(limit.every.is_some()) + usize::from(limit.calendar.is_some());
    if limit.in_flight.is_some() {
        check.require(windows == 0, path, "`in_flight` has no window: remove `every` and `calendar`");
    } else {
        check.require(windows == 1, path, "must have exactly one of `every` and `calendar`");
    }
    if let Some(every) = limit.every {
        let fits = !every.0.is_zero() && every.0 <= LONGEST;
        check.require(fits, &path.field("every"), "must be more than 0 and at most 366 days");
    }
    let Some(burst) = &limit.burst else { return };
    let path = path.field("burst");
    check.require(limit.every.is_some(), &path, "is only for a rolling window (`every`)");
    if limit.money.is_some() {
        let fits = Money::parse(&burst.0).is_some_and(|burst| (1..=MOST_MONEY).contains(&burst.nanos()));
        check.require(fits, &path, "must be an amount of money such as `2.00`, as `money` is");
    } else {
        check.require(whole(burst).is_some_and(|burst| (1..=MOST).contains(&burst)), &path, MOST_WORDS);
    }
}

fn whole(number: &Decimal) -> Option<u64> {
    number.0.parse().ok()
}

fn per(check: &mut Check<'_>, path: &Path<'_>, per: &[Per]) {
    for (index, part) in per.iter().enumerate() {
        let path = path.item(index);
        check.require(!per.iter().take(index).any(|earlier| earlier == part), &path, "stands here twice: keep one of them");
        match part {
            Per::Header(name) => header(check, &path.field("header"), name),
            Per::Claim(name) => claim(check, &path.field("claim"), name),
            Per::Key | Per::Tenant | Per::Model | Per::Provider | Per::Route => {}
        }
    }
}

fn filter(check: &mut Check<'_>, path: &Path<'_>, filter: &Match) {
    let fields = [
        ("key", &filter.key),
        ("tenant", &filter.tenant),
        ("model", &filter.model),
        ("provider", &filter.provider),
        ("route", &filter.route),
    ];
    for (name, written) in fields {
        patterns(check, &path.field(name), written);
    }
    let headers = path.field("headers");
    for (name, written) in &filter.headers {
        header(check, &headers.field(name), name);
        patterns(check, &headers.field(name), written);
    }
    let claims = path.field("claims");
    for (name, written) in &filter.claims {
        claim(check, &claims.field(name), name);
        patterns(check, &claims.field(name), written);
    }
}

fn patterns(check: &mut Check<'_>, path: &Path<'_>, patterns: &Patterns) {
    check.require(patterns.0.len() <= MOST_PATTERNS, path, "has more than 100 names: use `*`");
    for pattern in &patterns.0 {
        let message = "must be names of 1 to 256 bytes without control characters, exact or with `*`";
        check.require(Glob::of_text(pattern).is_ok(), path, message);
    }
}

/// What a header with a credential says must not become part of a message.
fn header(check: &mut Check<'_>, path: &Path<'_>, name: &str) {
    if let Some(header) = rules::header_name(check, path, name)
        && let Some(_) = rules::credential(&header)
    {
        check.error(path, "this header carries credentials, which are nobody's name: use `key`");
    }
}

fn claim(check: &mut Check<'_>, path: &Path<'_>, name: &str) {
    let fits = !name.is_empty() && name.len() <= LONGEST_CLAIM && !name.chars().any(char::is_control);
    check.require(fits, path, "must be the name of a claim, at most 256 bytes");
}

fn reservation(check: &mut Check<'_>, path: &Path<'_>, limit: &Limit) {
    let Some(cap) = limit.reserve_output_at_most else { return };
    let path = path.field("reserve_output_at_most");
    let counts_output = limit.output_tokens.is_some()
        || limit.total_tokens.is_some()
        || limit.reasoning_tokens.is_some()
        || limit.cost.is_some()
        || limit.money.is_some();
    let message = "is only for `output_tokens`, `total_tokens`, `reasoning_tokens`, `cost` and `money`";
    check.require(counts_output, &path, message);
    check.require(cap <= MOST, &path, "must be at most 9007199254740992");
}
