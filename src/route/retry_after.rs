//! What a provider says about when to come back.

use std::time::Duration;

use jiff::Timestamp;

/// The longest that is understood: whoever says more says never.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3_600);

/// How long to wait, from `retry-after-ms` (OpenAI's and Azure's finer header) or else `retry-after`. `headers` finds a header
/// by its lower-case name.
pub fn from_headers<'a>(headers: impl Fn(&str) -> Option<&'a str>, now: Timestamp) -> Option<Duration> {
    let milliseconds = headers("retry-after-ms").and_then(parse_milliseconds);
    milliseconds.or_else(|| headers("retry-after").and_then(|value| parse(value, now)))
}

/// Reads `retry-after` (RFC 9110, section 10.2.3): seconds, or an HTTP date. A date that has passed is no wait.
pub fn parse(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    number(value).and_then(seconds).or_else(|| {
        let date = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(value).ok()?;
        let wait = Duration::try_from(date.duration_since(now)).unwrap_or_default();
        Some(wait.min(LONGEST))
    })
}

/// Reads `retry-after-ms`: milliseconds.
pub fn parse_milliseconds(value: &str) -> Option<Duration> {
    number(value.trim()).and_then(|milliseconds| seconds(milliseconds / 1_000.0))
}

/// A plain number, not negative, perhaps with a fraction.
fn number(value: &str) -> Option<f64> {
    let plain = value.len() <= 32 && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then(|| value.parse().ok()).flatten()
}

fn seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds.min(LONGEST.as_secs_f64())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(value: &str) -> Option<u128> {
        parse(value, "2026-11-21T12:00:00Z".parse().unwrap()).map(|wait| wait.as_millis())
    }

    #[test]
    fn seconds_and_dates_are_understood() {
        assert_eq!(parsed("120"), Some(120_000));
        assert_eq!(parsed(" 1.5 "), Some(1_500));
        assert_eq!(parsed("0"), Some(0));
        assert_eq!(parsed("Sat, 21 Nov 2026 12:00:30 GMT"), Some(30_000));
        assert_eq!(parsed("Sat, 21 Nov 2026 11:00:00 GMT"), Some(0));
    }

    #[test]
    fn what_is_too_long_is_cut() {
        for value in ["99999999999999999999999999999999", "Tue, 31 Dec 2999 23:59:59 GMT"] {
            assert_eq!(parsed(value), Some(LONGEST.as_millis()), "{value}");
        }
    }

    #[test]
    fn what_is_neither_is_nothing() {
        for value in ["", "soon", "-1", "1e9", "NaN", "inf", "1.2.3", ".", "+5", "é", &"9".repeat(400)] {
            assert_eq!(parsed(value), None, "{value}");
        }
    }

    #[test]
    fn milliseconds_win_over_seconds() {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let both = |name: &str| match name {
            "retry-after-ms" => Some("250"),
            "retry-after" => Some("1"),
            _ => None,
        };
        assert_eq!(from_headers(both, now), Some(Duration::from_millis(250)));
        let seconds = |name: &str| (name == "retry-after").then_some("1");
        assert_eq!(from_headers(seconds, now), Some(Duration::from_secs(1)));
        assert_eq!(from_headers(|_| None, now), None);
    }
}
