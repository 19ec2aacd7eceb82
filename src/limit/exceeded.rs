//! What a caller is told who has reached a limit: which, whose budget, how much, and when to come back.
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
use super::rules::{Counts, Rule, Rules, Window};
use super::standing::{self, DAYS, Headers, span};
use crate::config::Shown;
use crate::config::model::Calendar;
use crate::rejection::{Kind, Rejection};
use crate::usage::Money;

/// A limit does not admit the request. Nothing was charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded(Box<Facts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Facts {
    rule: Arc<str>,
    counts: Counts,
    limit: u64,
    room: u64,
    window: Window,
    currency: Arc<str>,
    /// Whose budget: ` for key "red-ci"`.
    whose: String,
    asked: u64,
    used: u64,
    reason: Reason,
    about_providers: bool,
    headers: Headers,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    /// There is too little at the moment.
    Wait(Duration),
    /// A full bucket has less. With how much output it would fit, if with any.
    Never { prompt: u64, output: Option<u64>, most_output: Option<u64> },
    /// What it costs is not known.
    Unpriced { model: String, provider: String },
}

impl Exceeded {
    /// Of several rules that do not admit the request, one that it can never fit is told first, then the one with the longest
    /// wait.
    pub(super) fn new(rules: &Rules, claims: &[Claim], ask: &Ask<'_>, now: Moment) -> Option<Self> {
        let refusing = || claims.iter().filter(|claim| claim.refuses()).filter_map(|claim| Some((rules.of(claim)?, claim)));
        let (rule, claim) = refusing().max_by_key(|(_, claim)| claim.answer.verdict)?;
        let reason = match claim.answer.verdict {
            Verdict::Fits(_) => Reason::Wait(Duration::ZERO),
            Verdict::Wait(microseconds) => Reason::Wait(Duration::from_micros(microseconds)),
            Verdict::Never => never(rule, ask),
        };
        let mut facts = Facts::of(rules, rule, ask, reason);
        facts.asked = claim.cost;
        facts.used = claim.budget.used(claim.answer.before);
        facts.about_providers = refusing().all(|(rule, _)| rule.is_about_providers());
        facts.headers = standing::headers(rules, claims, now);
        Some(Self(Box::new(facts)))
    }

    /// A rule would have to count money, and does not know how much.
    pub(super) fn unpriced(rules: &Rules, rule: &Rule, ask: &Ask<'_>) -> Self {
        let reason = Reason::Unpriced { model: Shown(ask.model).to_string(), provider: ask.provider.to_owned() };
        // Another provider's price may be known.
        Self(Box::new(Facts { about_providers: true, ..Facts::of(rules, rule, ask, reason) }))
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

    /// When the request fits if nobody else comes; `None`: it never does.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.0.reason {
            Reason::Wait(wait) => Some(wait),
            Reason::Never { .. } | Reason::Unpriced { .. } => None,
        }
    }

    /// Whether it might fit if another provider came first.
    pub fn is_about_the_provider(&self) -> bool {
        self.0.about_providers
    }

    /// OpenAI's `x-ratelimit-*` headers.
    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.0.headers
    }
}

impl Facts {
    fn of(rules: &Rules, rule: &Rule, ask: &Ask<'_>, reason: Reason) -> Self {
        Self {
            rule: Arc::clone(&rule.name),
            counts: rule.counts,
            limit: rule.amount,
            room: rule.room,
            window: rule.window,
            currency: Arc::clone(rules.currency()),
            whose: rule.scope.words(ask),
            asked: 0,
            used: 0,
            reason,
            about_providers: rule.is_about_providers(),
            headers: Headers::new(),
        }
    }

    /// So much of what is counted: `1000 tokens`, `12.50 USD`.
    fn amount(&self, amount: u64) -> String {
        match self.counts {
            Counts::Money => format!("{} {}", Money::from_nanos(amount), self.currency),
            counts => format!("{amount} {}", counts.name()),
        }
    }

    /// So much, where it is plain of what.
    fn short(&self, amount: u64) -> String {
        if self.counts == Counts::Money { self.amount(amount) } else { amount.to_string() }
    }

    /// `this gateway's limit "tokens" of 1000 tokens every 1m for key "red-ci"`.
    fn bound(&self) -> String {
        let every = match self.window {
            Window::Rolling(every) => format!(" every {}", span(every, &DAYS)),
            Window::Calendar(Calendar::Day) => " a day (UTC)".to_owned(),
            Window::Calendar(Calendar::Month) => " a month (UTC)".to_owned(),
            Window::InFlight => String::new(),
        };
        let burst = if self.room == self.limit { String::new() } else { format!(", at most {} at once,", self.short(self.room)) };
        format!("this gateway's limit `{}` of {}{every}{burst}{}", self.rule, self.amount(self.limit), self.whose)
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = &*self.0;
        let bound = facts.bound();
        match (&facts.reason, facts.counts) {
            (Reason::Never { .. }, _) => write!(f, "This request can never fit into {bound}: {}", self.advice()),
            (Reason::Unpriced { model, provider }, _) => write!(
                f,
                "What `{model}` costs at provider `{provider}` is not known, and {bound} counts money. Whoever runs the gateway can add \
                 the model to its price table."
            ),
            (Reason::Wait(wait), Counts::Requests) => {
                write!(f, "You have reached {bound}. Try again in {}.", span(*wait, &DAYS))
            }
            (Reason::Wait(_), Counts::InFlight) => {
                write!(f, "You have reached {bound}: so many are under way. Try again when one of them has ended.")
            }
            (Reason::Wait(wait), _) => {
                let (used, asked) = (facts.short(facts.used), facts.short(facts.asked));
                let wait = span(*wait, &DAYS);
                write!(f, "You have reached {bound}: {used} are used, this request needs about {asked}. Try again in {wait}.")
            }
        }
    }
}

impl std::error::Error for Exceeded {}

/// What stands in the way of a request that a full bucket does not hold.
fn never(rule: &Rule, ask: &Ask<'_>) -> Reason {
    let bare = rule.reserves_for(ask, 0);
    let output = ask.output_tokens.filter(|_| bare < rule.room);
    // Of what is no plain sum of tokens nobody can say how many would fit.
    let most_output = match rule.counts {
        Counts::OutputTokens | Counts::TotalTokens | Counts::ReasoningTokens => Some(rule.room - bare.min(rule.room)),
        _ => None,
    };
    Reason::Never { prompt: ask.input_tokens, output, most_output }
}

impl Exceeded {
    /// What to make smaller.
    fn advice(&self) -> String {
        let facts = &*self.0;
        let Reason::Never { prompt, output, most_output } = facts.reason else { return String::new() };
        match (facts.counts, output, most_output) {
            (Counts::Requests | Counts::InFlight, ..) => "it allows none.".to_owned(),
            (Counts::OutputTokens | Counts::ReasoningTokens, Some(output), Some(most)) => {
                format!("it asks for {output} tokens of output. Lower `max_tokens` to at most {most}.")
            }
            (_, Some(output), Some(most)) => format!(
                "it needs about {prompt} tokens for the prompt and {output} for the output. Lower `max_tokens` to at most {most}."
            ),
            (_, Some(output), None) => format!(
                "it needs about {} for a prompt of {prompt} tokens and {output} tokens of output. Lower `max_tokens`.",
                facts.amount(facts.asked)
            ),
            (Counts::Cost | Counts::Money, None, _) => {
                format!(
                    "its prompt alone, of about {prompt} tokens, is too dear already: this request needs about {}. Make the prompt shorter.",
                    facts.amount(facts.asked)
                )
            }
            (_, None, _) => format!("its prompt alone is about {prompt} tokens. Make the prompt shorter."),
        }
    }

    /// Whether it is the output asked for that does not fit.
    fn blames_output(&self) -> bool {
        matches!(self.0.reason, Reason::Never { output: Some(_), .. })
    }
}

impl From<Exceeded> for Rejection {
    /// With `retry_after` in whole seconds, rounded up: coming back then, the request fits unless others were faster.
    fn from(exceeded: Exceeded) -> Self {
        let kind = match exceeded.0.reason {
            Reason::Wait(_) => Kind::RateLimited,
            Reason::Never { .. } => Kind::InvalidRequest,
            Reason::Unpriced { .. } => Kind::Unpriced,
        };
        let mut rejection = Self::new(kind, exceeded.to_string());
        if exceeded.blames_output() {
            rejection = rejection.param("max_tokens");
        }
        rejection.retry_after = exceeded.retry_after().map(whole_seconds);
        rejection.headers = exceeded.0.headers;
        rejection
    }
}

fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0)).max(1))
}
