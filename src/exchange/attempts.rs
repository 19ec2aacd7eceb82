//! The attempts of an exchange, as they become known: from the gate stream (the first begins), from attempt streams (another
//! begins, so the one before has failed), from watch streams (a provider answered with an error status) and from the gate
//! stream again (an answer is committed).

use std::fmt::Write as _;
use std::time::Duration;

use tokio::time::Instant;

/// The attempts so far, oldest first.
#[derive(Debug, Default)]
pub struct Attempts(Vec<Attempt>);

/// One call of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Whom: an index into the route's choices.
    pub choice: usize,
    /// When it began.
    pub began: Instant,
    /// How it ended, and how long it took until that was known. `None`: still under way.
    pub end: Option<(End, Duration)>,
    /// Hints of the request that its provider has no place for.
    pub dropped: Vec<String>,
}

impl Attempt {
    fn new(choice: usize, began: Instant) -> Self {
        Self { choice, began, end: None, dropped: Vec::new() }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The provider's answer began with this status.
    Status(u16),
    /// No connection could be made.
    Connect,
    /// The connection was reset before the answer.
    Reset,
    /// The answer did not begin in time.
    Timeout,
    /// One of these three: Envoy tells which only of the last attempt.
    NoAnswer,
    /// Envoy found no usable host and went on to another provider; nothing was sent.
    Skipped,
    /// The gateway could not make the request for this provider; nothing was sent.
    NotSent,
}

impl Attempts {
    /// The first attempt begins.
    pub fn begin(choice: usize, now: Instant) -> Self {
        Self(vec![Attempt::new(choice, now)])
    }

    /// Another attempt begins. If the one before is still under way it has failed without an answer, or, where `number` says that
    /// this is still Envoy's first attempt, it never happened. Returns the choice that failed just now, if one did.
    pub fn next(&mut self, choice: usize, number: u32, now: Instant) -> Option<usize> {
        let never_happened = number <= 1;
        let failed = self.close(if never_happened { End::Skipped } else { End::NoAnswer }, now);
        self.0.push(Attempt::new(choice, now));
        failed
    }

    /// The provider of the attempt under way answered with this status. `false` if no attempt at this choice is under way.
    pub fn answered(&mut self, choice: usize, status: u16, now: Instant) -> bool {
        match self.0.last_mut() {
            Some(last) if last.choice == choice && last.end.is_none() => {
                last.end = Some((End::Status(status), now.saturating_duration_since(last.began)));
                true
            }
            _ => false,
        }
    }

    /// Ends the attempt under way. Returns its choice if there was one.
    pub fn close(&mut self, end: End, now: Instant) -> Option<usize> {
        let last = self.0.last_mut().filter(|last| last.end.is_none())?;
        last.end = Some((end, now.saturating_duration_since(last.began)));
        Some(last.choice)
    }

    /// What the provider of the attempt under way was not told.
    pub fn dropped(&mut self, hints: Vec<String>) {
        if let Some(last) = self.0.last_mut() {
            last.dropped = hints;
        }
    }

    /// All attempts, oldest first.
    pub fn list(&self) -> &[Attempt] {
        &self.0
    }

    /// The last status that a provider answered with.
    pub fn last_status(&self) -> Option<u16> {
        self.0.iter().rev().find_map(|attempt| match attempt.end {
            Some((End::Status(status), _)) => Some(status),
            _ => None,
        })
    }

    /// For the header `x-kanmon-attempts`: `openai;429;12ms, claude;200;340ms`.
    pub fn describe(&self, name: impl Fn(usize) -> String) -> String {
        let mut text = String::new();
        for attempt in &self.0 {
            if !text.is_empty() {
                text.push_str(", ");
            }
            let _ = write!(text, "{};", name(attempt.choice));
            match attempt.end {
                Some((end, took)) => {
                    let _ = write!(text, "{end};{}ms", took.as_millis());
                }
                None => text.push_str("under_way"),
            }
        }
        text
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(status) => write!(f, "{status}"),
            Self::Connect => f.write_str("connect"),
            Self::Reset => f.write_str("reset"),
            Self::Timeout => f.write_str("timeout"),
            Self::NoAnswer => f.write_str("no_answer"),
            Self::Skipped => f.write_str("skipped"),
            Self::NotSent => f.write_str("not_sent"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_without_an_answer_has_failed_when_the_next_begins() {
        let now = Instant::now();
        let mut attempts = Attempts::begin(0, now);
        assert_eq!(attempts.next(1, 2, now + Duration::from_millis(5)), Some(0));
        assert!(attempts.answered(1, 200, now + Duration::from_millis(7)));
        let told = attempts.describe(|choice| ["a", "b"][choice].to_owned());
        assert_eq!(told, "a;no_answer;5ms, b;200;2ms");
    }

    #[test]
    fn an_answer_that_was_watched_is_not_overwritten() {
        let now = Instant::now();
        let mut attempts = Attempts::begin(0, now);
        assert!(attempts.answered(0, 429, now));
        assert_eq!(attempts.next(1, 2, now), None);
        assert!(!attempts.answered(0, 500, now), "an answer of an earlier choice is late");
        assert_eq!(attempts.last_status(), Some(429));
    }

    #[test]
    fn a_first_attempt_that_lands_elsewhere_never_happened_at_the_first_choice() {
        let now = Instant::now();
        let mut attempts = Attempts::begin(0, now);
        attempts.next(1, 1, now);
        assert_eq!(attempts.list()[0].end.map(|(end, _)| end), Some(End::Skipped));
    }
}
