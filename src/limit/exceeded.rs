//! What a caller is told who has reached a limit: which, how much, and when to come back.
//!
//! A request that is more than a full bucket holds would be turned away for ever. It is no 429, which clients send again, but a
//! 400 that says what to make smaller.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::Ask;
use super::budget::Verdict;
use super::claim::Claim;
use super::clock::Moment;
use super::rules::{Counts, Rule, Rules};
use super::standing::{self, DAYS, Headers, span};
use crate::rejection::{Kind, Rejection};

/// A limit does not admit the request. Nothing was charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded(Box<Facts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Facts {
    rule: Arc<str>,
    counts: Counts,
    limit: u64,
    every: Duration,
    per: &'static str,
    asked: u64,
    prompt: u64,
    left: u64,
    retry_after: Option<Duration>,
    headers: Headers,
}

impl Exceeded {
    /// Of several rules that do not admit the request, one that it can never fit is told first, then the one with the longest
    /// wait.
    pub(super) fn new(rules: &Rules, claims: &[Claim], ask: &Ask<'_>, now: Moment) -> Option<Self> {
        let refusing = rules.iter().zip(claims).filter(|(_, claim)| claim.refuses());
        let (rule, claim) = refusing.max_by_key(|(_, claim)| claim.answer.verdict)?;
        Some(Self::of(rule, claim, ask, standing::headers(rules, claims, now)))
    }

    fn of(rule: &Rule, claim: &Claim, ask: &Ask<'_>, headers: Headers) -> Self {
        let retry_after = match claim.answer.verdict {
            Verdict::Fits(_) => Some(Duration::ZERO),
            Verdict::Wait(microseconds) => Some(Duration::from_micros(microseconds)),
            Verdict::Never => None,
        };
        Self(Box::new(Facts {
            rule: Arc::clone(&rule.name),
            counts: rule.counts,
            limit: claim.budget.amount,
            every: rule.window,
            per: rule.scope.words(),
            asked: claim.cost,
            prompt: ask.input_tokens,
            left: claim.budget.left(claim.answer.before),
            retry_after,
            headers,
        }))
    }

    /// The name of the rule.
    pub fn rule(&self) -> &str {
        &self.0.rule
    }

    /// What the rule counts.
    pub fn counts(&self) -> Counts {
        self.0.counts
    }

    /// The amount of the rule.
    pub fn limit(&self) -> u64 {
        self.0.limit
    }

    /// The window of the rule.
    pub fn every(&self) -> Duration {
        self.0.every
    }

    /// When the request fits if nobody else comes; `None`: it never does.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// OpenAI's `x-ratelimit-*` headers.
    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.0.headers
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Facts { rule, counts, limit, every, per, asked, left, .. } = &*self.0;
        let (counted, every) = (counts.name(), span(*every, &DAYS));
        let bound = format!("this gateway's limit `{rule}` of {limit} {counted} every {every}{per}");
        match (self.0.retry_after, counts) {
            (None, _) => write!(f, "This request can never fit into {bound}: {}", self.advice()),
            (Some(wait), Counts::Requests) => write!(f, "You have reached {bound}. Try again in {}.", span(wait, &DAYS)),
            (Some(wait), _) => write!(
                f,
                "You have reached {bound}: this request needs about {asked}, {left} are left. Try again in {}.",
                span(wait, &DAYS)
            ),
        }
    }
}

impl std::error::Error for Exceeded {}

impl Exceeded {
    /// What to make smaller.
    fn advice(&self) -> String {
        let Facts { counts, limit, asked, prompt, .. } = &*self.0;
        match counts {
            Counts::Requests => "it allows none.".to_owned(),
            Counts::OutputTokens => format!("it asks for {asked} tokens of output. Lower `max_tokens` to at most {limit}."),
            Counts::TotalTokens if prompt < limit => format!(
                "it needs about {prompt} tokens for the prompt and {} for the output. Lower `max_tokens` to at most {}.",
                asked - prompt,
                limit - prompt
            ),
            Counts::InputTokens | Counts::TotalTokens => {
                format!("its prompt alone is about {prompt} tokens. Make the prompt shorter.")
            }
        }
    }

    /// Whether it is the output asked for that does not fit.
    fn blames_output(&self) -> bool {
        match self.0.counts {
            Counts::OutputTokens => true,
            Counts::TotalTokens => self.0.prompt < self.0.limit,
            Counts::Requests | Counts::InputTokens => false,
        }
    }
}

impl From<Exceeded> for Rejection {
    /// With `retry_after` in whole seconds, rounded up: coming back then, the request fits unless others were faster.
    fn from(exceeded: Exceeded) -> Self {
        let kind = if exceeded.0.retry_after.is_some() { Kind::RateLimited } else { Kind::InvalidRequest };
        let mut rejection = Self::new(kind, exceeded.to_string());
        if kind == Kind::InvalidRequest && exceeded.blames_output() {
            rejection = rejection.param("max_tokens");
        }
        rejection.retry_after = exceeded.0.retry_after.map(whole_seconds);
        rejection.headers = exceeded.0.headers;
        rejection
    }
}

fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0)).max(1))
}
