//! Where a caller stands with the limits, told in OpenAI's headers (`x-ratelimit-*`): limit, what is left, and when the budget is
//! full again, for requests and for tokens, each of the rule that has the least left.
//! Source: OpenAI's rate limit guide, section on headers.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::claim::{Against, Claim};
use super::clock::Moment;
use super::rules::{Counts, Rules};

/// Headers, to be added to an answer.
pub(super) type Headers = Vec<(HeaderName, HeaderValue)>;

const REQUESTS: [HeaderName; 3] = [
    HeaderName::from_static("x-ratelimit-limit-requests"),
    HeaderName::from_static("x-ratelimit-remaining-requests"),
    HeaderName::from_static("x-ratelimit-reset-requests"),
];
const TOKENS: [HeaderName; 3] = [
    HeaderName::from_static("x-ratelimit-limit-tokens"),
    HeaderName::from_static("x-ratelimit-remaining-tokens"),
    HeaderName::from_static("x-ratelimit-reset-tokens"),
];

/// Where a caller stands with one rule.
#[derive(Debug, Clone, Copy)]
struct Standing {
    kind: Kind,
    limit: u64,
    left: u64,
    /// Microseconds until the bucket is full.
    reset: u64,
}

/// What OpenAI's headers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Requests,
    Tokens,
}

impl Kind {
    /// Money, costs, parts of tokens and what is in flight have no header: whoever reads these would take them for something else.
    fn of(counts: Counts) -> Option<Self> {
        match counts {
            Counts::Requests => Some(Self::Requests),
            Counts::InputTokens | Counts::OutputTokens | Counts::TotalTokens => Some(Self::Tokens),
            Counts::CachedInputTokens
            | Counts::CacheWriteTokens
            | Counts::ReasoningTokens
            | Counts::Cost
            | Counts::Money
            | Counts::InFlight => None,
        }
    }
}

/// The headers for all rules that apply and are counted. A rule in the shadow is not the client's business.
pub(super) fn headers(rules: &Rules, claims: &[Claim], now: Moment) -> Headers {
    let counted = claims.iter().filter(|claim| !claim.shadow && claim.answer.counts != Against::Nothing);
    tell(counted.filter_map(|claim| {
        let kind = Kind::of(rules.of(claim)?.counts)?;
        let (budget, level) = (&claim.budget, claim.level());
        Some(Standing { kind, limit: budget.amount, left: budget.left(level), reset: budget.reset(level, now) })
    }))
}

fn tell(standings: impl Iterator<Item = Standing> + Clone) -> Headers {
    let mut headers = Headers::with_capacity(6);
    for (kind, names) in [(Kind::Requests, &REQUESTS), (Kind::Tokens, &TOKENS)] {
        let of_kind = standings.clone().filter(|standing| standing.kind == kind);
        let Some(tightest) = of_kind.min_by_key(|standing| (standing.left, u64::MAX - standing.reset)) else { continue };
        let [limit, left, reset] = names.clone();
        headers.push((limit, HeaderValue::from(tightest.limit)));
        headers.push((left, HeaderValue::from(tightest.left)));
        // The text is of digits and unit letters, which every header value may have.
        if let Ok(time) = HeaderValue::try_from(span(Duration::from_micros(tightest.reset), &HOURS)) {
            headers.push((reset, time));
        }
    }
    headers
}

/// Units of time, for messages.
pub const DAYS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
/// Units of time, for headers: Go's notation, which OpenAI's headers have, knows no days.
const HOURS: [(u64, &str); 3] = [(3_600, "h"), (60, "m"), (1, "s")];

/// A span of time such as `250ms`, `12s` or `1h30m`, rounded up: to milliseconds below a second, else to seconds.
pub fn span(time: Duration, units: &[(u64, &str)]) -> String {
    let milliseconds = time.as_nanos().div_ceil(1_000_000);
    if milliseconds < 1_000 {
        return if milliseconds == 0 { "0s".to_owned() } else { format!("{milliseconds}ms") };
    }
    let mut seconds = u64::try_from(milliseconds.div_ceil(1_000)).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (unit, letter) in units {
        if seconds >= *unit {
            text.push_str(&format!("{}{letter}", seconds / unit));
            seconds %= unit;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_read_as_people_write_them() {
        let text = |ms| span(Duration::from_millis(ms), &DAYS);
        assert_eq!(text(0), "0s");
        assert_eq!(text(250), "250ms");
        assert_eq!(text(999), "999ms");
        assert_eq!(text(1_001), "2s");
        assert_eq!(text(60_000), "1m");
        assert_eq!(text(5_400_000), "1h30m");
        assert_eq!(text(31 * 86_400_000), "31d");
        assert_eq!(span(Duration::from_secs(90_061), &HOURS), "25h1m1s");
        assert_eq!(span(Duration::from_nanos(1), &DAYS), "1ms");
        assert_eq!(span(Duration::from_nanos(999_000_001), &DAYS), "1s");
        assert!(!span(Duration::MAX, &DAYS).is_empty());
    }

    #[test]
    fn the_rule_with_the_least_left_is_told_of_each_kind() {
        let standing = |kind, left| Standing { kind, limit: 10 * left, left, reset: left * 1_000_000 };
        let all =
            [standing(Kind::Tokens, 500), standing(Kind::Requests, 7), standing(Kind::Tokens, 30), standing(Kind::Requests, 9)];
        let headers = tell(all.iter().copied());
        let text: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        assert_eq!(
            text,
            [
                "x-ratelimit-limit-requests: 70",
                "x-ratelimit-remaining-requests: 7",
                "x-ratelimit-reset-requests: 7s",
                "x-ratelimit-limit-tokens: 300",
                "x-ratelimit-remaining-tokens: 30",
                "x-ratelimit-reset-tokens: 30s",
            ]
        );
    }

    #[test]
    fn without_rules_there_are_no_headers() {
        assert!(tell(std::iter::empty()).is_empty());
    }
}
