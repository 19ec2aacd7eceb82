//! A config's limits, ready to use: what each counts, who shares a budget, and what a request costs it.
//!
//! A bucket belongs to a rule's identity: its name and its definition. So a rule that a reload leaves as it was keeps its buckets,
//! and one whose amount, window or scope was changed begins with full ones. `reserve_output_at_most` is not part of it.

use std::sync::Arc;
use std::time::Duration;

use super::Ask;
use super::budget::Budget;
use super::claim::Claim;
use super::clock::Moment;
use super::names::Names;
use crate::config::model::{Limit, Per};
use crate::usage::Tokens;

/// The output tokens that are reserved for a request that does not say how many it wants, where the rule does not say either.
/// Less where the limit itself has less room: not asking never makes a request too large.
pub const UNASKED_OUTPUT: u64 = 1024;

/// All limits of a config.
#[derive(Debug, Clone, Default)]
pub struct Rules(Arc<[Rule]>);

impl Rules {
    /// Prepares a config's limits. A rule that is there twice counts once.
    pub fn new(limits: &[Limit]) -> Self {
        let mut rules: Vec<Rule> = Vec::with_capacity(limits.len());
        for rule in limits.iter().filter_map(Rule::new) {
            if rules.iter().all(|other| other.identity != rule.identity) {
                rules.push(rule);
            }
        }
        Self(rules.into())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Rule> {
        self.0.iter()
    }
}

/// What a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counts {
    /// Requests.
    Requests,
    /// Prompt tokens.
    InputTokens,
    /// Tokens of answers.
    OutputTokens,
    /// Both.
    TotalTokens,
}

impl Counts {
    /// The name, as it stands in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::InputTokens => "input tokens",
            Self::OutputTokens => "output tokens",
            Self::TotalTokens => "tokens",
        }
    }

    /// What a request that has used these tokens costs.
    pub(super) fn spent(self, tokens: &Tokens) -> u64 {
        match self {
            Self::Requests => 1,
            Self::InputTokens => tokens.input,
            Self::OutputTokens => tokens.output,
            Self::TotalTokens => tokens.total(),
        }
    }
}

/// A limit.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) name: Arc<str>,
    pub(super) counts: Counts,
    pub(super) budget: Budget,
    pub(super) window: Duration,
    pub(super) scope: Scope,
    reserve_output_at_most: u64,
    unasked_output: u64,
    identity: u128,
}

/// Who shares a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    key: bool,
    tenant: bool,
    model: bool,
}

impl Scope {
    fn new(per: &[Per]) -> Self {
        Self { key: per.contains(&Per::Key), tenant: per.contains(&Per::Tenant), model: per.contains(&Per::Model) }
    }

    /// ` per key and model`; nothing where everybody shares one budget.
    pub(super) fn words(self) -> &'static str {
        match (self.key, self.tenant, self.model) {
            (false, false, false) => "",
            (true, false, false) => " per key",
            (false, true, false) => " per tenant",
            (false, false, true) => " per model",
            (true, true, false) => " per key and tenant",
            (true, false, true) => " per key and model",
            (false, true, true) => " per tenant and model",
            (true, true, true) => " per key, tenant and model",
        }
    }
}

impl Rule {
    /// `None` for a limit without an amount, which a validated config does not have.
    fn new(limit: &Limit) -> Option<Self> {
        let (counts, amount) = None
            .or(limit.requests.map(|amount| (Counts::Requests, amount)))
            .or(limit.input_tokens.map(|amount| (Counts::InputTokens, amount)))
            .or(limit.output_tokens.map(|amount| (Counts::OutputTokens, amount)))
            .or(limit.total_tokens.map(|amount| (Counts::TotalTokens, amount)))?;
        let window = limit.every.0;
        let budget = Budget::flow(amount, window, None);
        let scope = Scope::new(&limit.per);
        let mut identity = Names::fleet().begin();
        identity.text(&limit.name).text(counts.name()).number(amount).number(budget.one);
        identity.text(scope.words());
        let identity = identity.finish();
        let reserve_output_at_most = limit.reserve_output_at_most.unwrap_or(u64::MAX);
        let unasked_output = limit.reserve_output_at_most.unwrap_or(UNASKED_OUTPUT);
        Some(Self {
            name: limit.name.as_str().into(),
            counts,
            budget,
            window,
            scope,
            reserve_output_at_most,
            unasked_output,
            identity,
        })
    }

    /// What a request reserves.
    pub(super) fn cost(&self, ask: &Ask<'_>) -> u64 {
        let output = |room: u64| match ask.output_tokens {
            Some(asked) => asked.min(self.reserve_output_at_most),
            None => self.unasked_output.min(room),
        };
        match self.counts {
            Counts::Requests => 1,
            Counts::InputTokens => ask.input_tokens,
            Counts::OutputTokens => output(self.budget.amount),
            Counts::TotalTokens => ask.input_tokens.saturating_add(output(self.budget.amount.saturating_sub(ask.input_tokens))),
        }
    }

    /// What a request wants of this rule's budget.
    pub(super) fn claim(&self, ask: &Ask<'_>, names: Names, _now: Moment) -> Claim {
        Claim::new(self.bucket(ask, names), self.identity, self.budget, self.cost(ask))
    }

    /// The name of the bucket that this request shares.
    fn bucket(&self, ask: &Ask<'_>, names: Names) -> u128 {
        let mut name = names.begin();
        name.name(self.identity);
        if self.scope.key {
            name.text(ask.key);
        }
        if self.scope.tenant {
            name.optional(ask.tenant);
        }
        if self.scope.model {
            name.text(ask.model);
        }
        name.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::tests::{ask, limit};

    fn rule(limit: &Limit) -> Rule {
        Rule::new(limit).unwrap()
    }

    #[test]
    fn output_reserves_what_was_asked_up_to_the_cap() {
        let capped = rule(&Limit { total_tokens: Some(10_000), reserve_output_at_most: Some(500), ..limit() });
        let open = rule(&Limit { total_tokens: Some(10_000), ..limit() });
        assert_eq!(capped.cost(&Ask { input_tokens: 100, output_tokens: Some(4_000), ..ask() }), 600);
        assert_eq!(open.cost(&Ask { input_tokens: 100, output_tokens: Some(4_000), ..ask() }), 4_100);
        assert_eq!(capped.cost(&Ask { input_tokens: 100, output_tokens: Some(20), ..ask() }), 120);
    }

    #[test]
    fn output_that_nobody_asked_for_reserves_the_default_and_never_more_than_there_can_be() {
        let unasked = Ask { input_tokens: 100, output_tokens: None, ..ask() };
        assert_eq!(rule(&Limit { total_tokens: Some(10_000), ..limit() }).cost(&unasked), 1_124);
        assert_eq!(rule(&Limit { output_tokens: Some(10_000), ..limit() }).cost(&unasked), 1_024);
        assert_eq!(rule(&Limit { total_tokens: Some(500), ..limit() }).cost(&unasked), 500);
        assert_eq!(rule(&Limit { output_tokens: Some(500), ..limit() }).cost(&unasked), 500);
        assert_eq!(rule(&Limit { input_tokens: Some(500), ..limit() }).cost(&unasked), 100);
        let capped = rule(&Limit { total_tokens: Some(10_000), reserve_output_at_most: Some(7), ..limit() });
        assert_eq!(capped.cost(&unasked), 107);
    }

    #[test]
    fn a_bucket_is_told_apart_by_what_the_rule_is_per_and_by_nothing_else() {
        let names = Names::random();
        let rule = rule(&Limit { requests: Some(1), per: vec![Per::Key, Per::Tenant], ..limit() });
        let name = |ask: &Ask<'_>| rule.bucket(ask, names);
        let one = Ask { key: "ab", tenant: Some("c"), ..ask() };
        assert_eq!(name(&one), name(&Ask { model: "other", input_tokens: 7, ..one }));
        assert_ne!(name(&one), name(&Ask { key: "a", tenant: Some("bc"), ..ask() }));
        assert_ne!(name(&Ask { tenant: None, ..one }), name(&Ask { tenant: Some(""), ..one }));
        assert_ne!(name(&one), name(&Ask { key: "x", ..one }));
    }

    #[test]
    fn names_are_read_to_a_bound_only() {
        let names = Names::random();
        let rule = rule(&Limit { requests: Some(1), per: vec![Per::Model], ..limit() });
        let long = "é".repeat(1_000_000);
        let longer = format!("{long}x");
        assert_eq!(rule.bucket(&Ask { model: &long, ..ask() }, names), rule.bucket(&Ask { model: &longer, ..ask() }, names));
    }

    #[test]
    fn identity_is_name_and_definition_but_not_the_cap_on_reservations() {
        let base = Limit { total_tokens: Some(10), ..limit() };
        let same = rule(&Limit { reserve_output_at_most: Some(3), ..base.clone() });
        let others = [
            Limit { name: "other".into(), ..base.clone() },
            Limit { total_tokens: Some(11), ..base.clone() },
            Limit { total_tokens: None, input_tokens: Some(10), ..base.clone() },
            Limit { per: vec![Per::Model], ..base.clone() },
            Limit { every: crate::config::model::Duration::seconds(61), ..base.clone() },
        ];
        let base = rule(&base).identity;
        assert_eq!(same.identity, base);
        assert!(others.iter().all(|other| rule(other).identity != base));
    }

    #[test]
    fn a_rule_that_is_there_twice_counts_once() {
        let twice = [Limit { requests: Some(10), ..limit() }, Limit { requests: Some(10), ..limit() }];
        assert_eq!(Rules::new(&twice).iter().len(), 1);
    }
}
