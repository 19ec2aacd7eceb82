//! One limit: what a request reserves, what it has used, and in which bucket.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::counts::Counts;
use super::filter::Filter;
use super::part::{Part, Wanted};
use super::scope::Scope;
use crate::config::model::{Calendar, Limit, WhenAway};
use crate::limit::budget::{Budget, Kind};
use crate::limit::claim::Claim;
use crate::limit::clock::Moment;
use crate::limit::names::{Name, Names};
use crate::limit::period::Period;
use crate::limit::{Ask, Expression};
use crate::usage::{Money, Tokens};

/// The output tokens that are reserved for a request that does not say how many it wants, where the rule does not say either.
/// Less where the limit itself has less room: not asking never makes a request too large.
pub const UNASKED_OUTPUT: u64 = 1024;

/// A limit.
#[derive(Debug)]
pub(in crate::limit) struct Rule {
    pub(in crate::limit) name: Arc<str>,
    pub(in crate::limit) counts: Counts,
    /// How much per window, in what is counted.
    pub(in crate::limit) amount: u64,
    /// The most that fits at once.
    pub(in crate::limit) room: u64,
    pub(in crate::limit) window: Window,
    pub(in crate::limit) scope: Scope,
    pub(in crate::limit) filter: Filter,
    pub(in crate::limit) shadow: bool,
    pub(in crate::limit) identity: u128,
    /// The arithmetic of its buckets. Of a day or a month it lacks when that ends.
    budget: Budget,
    reserve_output_at_most: u64,
    unasked_output: u64,
    expression: Option<Expression>,
    when_away: Option<WhenAway>,
    complained: AtomicBool,
}

/// When what was used comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::limit) enum Window {
    /// Bit by bit, all of it in this time.
    Rolling(std::time::Duration),
    /// All at once, when a day or month begins.
    Calendar(Calendar),
    /// With the end of the request.
    InFlight,
}

impl Rule {
    /// `None` for a limit without an amount, which a validated config does not have.
    pub(super) fn new(limit: &Limit, wanted: &mut Wanted) -> Option<Self> {
        let (counts, amount) = Counts::of(limit)?;
        let window = match (counts, limit.every, limit.calendar) {
            (Counts::InFlight, ..) => Window::InFlight,
            (_, _, Some(calendar)) => Window::Calendar(calendar),
            (_, every, None) => Window::Rolling(every?.0),
        };
        let burst = limit.burst.as_ref().and_then(|burst| match counts {
            Counts::Money => Money::parse(&burst.0).map(Money::nanos),
            _ => burst.0.parse().ok(),
        });
        let expression = match &limit.cost {
            Some(cost) => Some(Expression::compile(&cost.expression).ok()?),
            None => None,
        };
        let room = burst.unwrap_or(amount);
        let scope = Scope::new(&limit.per, wanted);
        let filter = Filter::new(&limit.filter, wanted);
        Some(Self {
            name: limit.name.as_str().into(),
            counts,
            amount,
            room,
            window,
            budget: match window {
                Window::Rolling(window) => Budget::flow(amount, window, Some(room)),
                Window::Calendar(_) => Budget::calendar(amount, 0),
                Window::InFlight => Budget::flight(amount),
            },
            identity: identity(limit, counts, amount, window, &scope),
            scope,
            filter,
            shadow: limit.shadow,
            reserve_output_at_most: limit.reserve_output_at_most.unwrap_or(u64::MAX),
            unasked_output: limit.reserve_output_at_most.unwrap_or(UNASKED_OUTPUT),
            expression,
            when_away: limit.when_away,
            complained: AtomicBool::new(false),
        })
    }

    /// A claim of a request on its bucket.
    pub(in crate::limit) fn claim(&self, index: usize, ask: &Ask<'_>, cost: u64, names: Names, now: Moment) -> Claim {
        let period = self.period(now);
        let mut claim = Claim::new(self.bucket_of(period, ask, names), self.common(period), self.budget_of(period), cost);
        claim.rule = index;
        claim.shadow = self.shadow;
        claim.when_away = self.when_away;
        claim
    }

    /// The name of the bucket that this request shares.
    pub(in crate::limit) fn bucket(&self, ask: &Ask<'_>, names: Names, now: Moment) -> u128 {
        self.bucket_of(self.period(now), ask, names)
    }

    /// A bucket of a day or a month is of that day or month only.
    fn bucket_of(&self, period: Option<Period>, ask: &Ask<'_>, names: Names) -> u128 {
        let mut name = names.begin();
        name.name(self.identity);
        if let Some(period) = period {
            name.number(period.begins.unsigned_abs());
        }
        self.scope.name(&mut name, ask);
        name.finish()
    }

    /// The name of the bucket of all who find no room for one of their own.
    fn common(&self, period: Option<Period>) -> u128 {
        self.identity.wrapping_add(period.map_or(0, |period| period.begins.unsigned_abs().into()))
    }

    fn budget_of(&self, period: Option<Period>) -> Budget {
        match period {
            Some(Period { ends, .. }) => Budget { kind: Kind::Calendar { ends }, ..self.budget },
            None => self.budget,
        }
    }

    /// The day or month that it is, if the rule is one of a day or a month.
    fn period(&self, now: Moment) -> Option<Period> {
        match self.window {
            Window::Calendar(calendar) => Some(Period::of(calendar, now.wall)),
            Window::Rolling(_) | Window::InFlight => None,
        }
    }

    /// What a request reserves: what it uses if the answer is as long as it may be. What will come out of a provider's cache or go into
    /// it nobody knows beforehand: nothing. All of the answer may be thinking.
    pub(super) fn reserves(&self, ask: &Ask<'_>) -> u64 {
        if !self.counts.are_settled() {
            return 1;
        }
        match ask.output_tokens {
            Some(asked) => self.reserves_for(ask, asked.min(self.reserve_output_at_most)),
            None => {
                let cost = self.reserves_for(ask, self.unasked_output);
                if cost <= self.room { cost } else { self.room.max(self.reserves_for(ask, 0)) }
            }
        }
    }

    /// What it would reserve with so many tokens of output.
    pub(in crate::limit) fn reserves_for(&self, ask: &Ask<'_>, output: u64) -> u64 {
        let tokens = Tokens { input: ask.input_tokens, cached_input: 0, cache_write: 0, output, reasoning: output };
        self.spent(ask, &tokens)
    }

    /// What a request that has used these tokens costs. A model without a price costs no money. Where an expression has no value
    /// after all, each token costs 1: nothing is free because of a mistake.
    pub(in crate::limit) fn spent(&self, ask: &Ask<'_>, tokens: &Tokens) -> u64 {
        match (self.counts, &self.expression) {
            (Counts::Requests | Counts::InFlight, _) => 1,
            (Counts::Money, _) => ask.price.map_or(0, |price| price.of(tokens).nanos()),
            (Counts::Cost, Some(expression)) => expression.evaluate(tokens, ask).unwrap_or_else(|error| {
                self.complain(&error);
                tokens.total()
            }),
            (counts, _) => counts.among(tokens).unwrap_or_default(),
        }
    }

    fn complain(&self, error: &str) {
        if !self.complained.swap(true, Ordering::Relaxed) {
            tracing::error!(limit = %self.name, error, "the cost expression has no value for a request: each token counts as 1");
        }
    }

    /// Whether the provider makes a difference to who shares a budget, or to whether the rule is for a request at all.
    fn looks_at_the_provider(&self) -> bool {
        self.scope.has(&Part::Provider) || self.filter.has(&Part::Provider)
    }

    /// Whether another provider may have room where this one has none. Money and costs are the caller's: who has none left is not sent to
    /// where it is cheaper, or where nobody knows the price.
    pub(in crate::limit) fn is_about_providers(&self) -> bool {
        self.looks_at_the_provider()
    }

    /// Whether the cost depends on whose request it is, or where it goes.
    fn speaks_of_names(&self) -> bool {
        self.expression.as_ref().is_some_and(Expression::speaks_of_names)
    }

    /// Whether more than tokens and their price must be known to settle.
    pub(super) fn wants_to_know_who(&self) -> bool {
        self.looks_at_the_provider() || self.speaks_of_names()
    }

    /// Whether a request that another provider has served is charged there. A place in flight stays with the first one.
    pub(super) fn moves(&self, served: &Ask<'_>) -> bool {
        self.counts != Counts::InFlight && self.looks_at_the_provider() && self.filter.matches(served)
    }

    /// Whether a claim is not on the budget of the provider that has served. All who found no room share one wherever they go.
    pub(super) fn leaves(&self, claim: &Claim, served: &Ask<'_>, names: Names, now: Moment) -> bool {
        let elsewhere = || !self.filter.matches(served) || self.bucket(served, names, now) != claim.bucket;
        self.looks_at_the_provider() && !claim.answer.common && elsewhere()
    }
}

fn identity(limit: &Limit, counts: Counts, amount: u64, window: Window, scope: &Scope) -> u128 {
    let mut name = Names::fleet().begin();
    name.text(&limit.name).text(counts.field()).number(amount);
    match window {
        Window::Rolling(window) => name.text("rolling").number(u64::try_from(window.as_nanos()).unwrap_or(u64::MAX)),
        Window::Calendar(Calendar::Day) => name.text("day"),
        Window::Calendar(Calendar::Month) => name.text("month"),
        Window::InFlight => name.text("in flight"),
    };
    name.optional(limit.cost.as_ref().map(|cost| cost.expression.as_str()));
    scope.parts().iter().fold(&mut name, |name: &mut Name, part| name.text(&part.to_string())).finish()
}
