//! A config's limits, ready to use: which requests each is for, what it counts, who shares a budget.
//!
//! A bucket belongs to a rule's identity: its name, what it counts, amount, window and scope. So a rule that a reload leaves as it was
//! keeps its buckets, and one of which any of these was changed begins with full ones. Its conditions, burst, reservations and whether
//! it is in the shadow are not part of it: they may be changed without resetting anybody.

mod counts;
mod filter;
mod part;
mod rule;
mod scope;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(super) use self::part::Part;
use self::part::Wanted;
use super::claim::Claim;
use super::clock::Moment;
use super::names::Names;
use super::{Ask, Exceeded, Spent};
use crate::config::model::Limit;
use crate::usage::Price;

pub use counts::Counts;
pub use rule::UNASKED_OUTPUT;
pub(super) use rule::{Rule, Window};

/// All limits of a config.
#[derive(Debug, Clone, Default)]
pub struct Rules(Arc<Set>);

#[derive(Debug, Clone, Default)]
struct Set {
    rules: Arc<[Rule]>,
    wanted: Wanted,
    currency: Arc<str>,
    count_money: bool,
    deny_unpriced: bool,
    /// Whether settling needs more than tokens: whose request it was, and who served it.
    remember: bool,
}

impl Rules {
    /// Prepares a config's limits. A rule that is there twice counts once.
    pub fn new(limits: &[Limit]) -> Self {
        let mut wanted = Wanted::default();
        let mut rules: Vec<Rule> = Vec::with_capacity(limits.len());
        for rule in limits.iter().filter_map(|limit| Rule::new(limit, &mut wanted)) {
            if rules.iter().all(|other| other.identity != rule.identity) {
                rules.push(rule);
            }
        }
        let remember = rules.iter().any(Rule::wants_to_know_who);
        let count_money = rules.iter().any(|rule| rule.counts == Counts::Money);
        Self(Arc::new(Set { rules: rules.into(), wanted, count_money, remember, ..Set::default() }))
    }

    /// Says in which currency money is counted, and whether a request without a price is refused where money is counted.
    #[must_use]
    pub fn priced(self, currency: &Arc<str>, deny_unpriced: bool) -> Self {
        let currency = Arc::clone(currency);
        Self(Arc::new(Set { currency, deny_unpriced, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.rules.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.rules.is_empty()
    }

    /// Whether there is a rule of this name.
    pub fn has(&self, name: &str) -> bool {
        self.iter().any(|rule| *rule.name == *name)
    }

    /// The headers that rules look at, in lower case: [`Ask::headers`] has what a request says under these, in this order.
    pub fn wanted_headers(&self) -> &[Box<str>] {
        &self.0.wanted.headers
    }

    /// The claims that rules look at: [`Ask::claims`] has what the caller's token says under these, in this order.
    pub fn wanted_claims(&self) -> &[Box<str>] {
        &self.0.wanted.claims
    }

    /// Whether any rule counts money, so that [`Ask::price`] is of interest.
    pub fn count_money(&self) -> bool {
        self.0.count_money
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Rule> {
        self.0.rules.iter()
    }

    pub(super) fn currency(&self) -> &Arc<str> {
        &self.0.currency
    }

    /// The rule that a claim was made by.
    pub(super) fn of(&self, claim: &Claim) -> Option<&Rule> {
        self.0.rules.get(claim.rule)
    }

    /// Whether it is known what the request costs, where a rule must know.
    pub(super) fn can_price(&self, ask: &Ask<'_>) -> Result<(), Exceeded> {
        if !self.0.deny_unpriced || ask.price.is_some() {
            return Ok(());
        }
        let counts_money = |rule: &&Rule| rule.counts == Counts::Money && !rule.shadow && rule.filter.matches(ask);
        self.iter().find(counts_money).map_or(Ok(()), |rule| Err(Exceeded::unpriced(self, rule, ask)))
    }

    /// What a request claims.
    pub(super) fn claims(&self, ask: &Ask<'_>, names: Names, now: Moment) -> Vec<Claim> {
        let mut claims = Vec::with_capacity(self.len());
        for (index, rule) in self.iter().enumerate() {
            if rule.filter.matches(ask) {
                claims.push(rule.claim(index, ask, rule.reserves(ask), names, now));
            }
        }
        claims
    }

    /// What has to be remembered of a request until it is settled, if anything.
    pub(super) fn remember(&self, ask: &Ask<'_>) -> Option<Box<Subject>> {
        self.0.remember.then(|| Box::new(Subject::new(ask)))
    }

    /// Notes what each claim has used, when a request has ended. Where another provider than the first one served it, what rules about
    /// providers have taken for the first is given back, and what was used is charged to the one that served: by claims that are
    /// added, of nothing, and so go into debt. `now` is when the claims were made.
    pub(super) fn note_used(
        &self,
        claims: &mut Vec<Claim>,
        subject: Option<&Subject>,
        spent: &Spent<'_>,
        (names, now): (Names, Moment),
    ) {
        let Spent::At { provider, price, tokens } = *spent else {
            return claims.iter_mut().for_each(|claim| claim.used = self.unused(claim));
        };
        let headers = subject.map(Subject::headers).unwrap_or_default();
        let claimed = subject.map(Subject::claims).unwrap_or_default();
        let ask = match subject {
            Some(subject) => subject.ask(&headers, &claimed, provider, price),
            None => Ask { provider, price, ..Ask::nobody() },
        };
        let spent = |claim: &Claim| self.of(claim).map_or(0, |rule| rule.spent(&ask, &tokens));
        if subject.is_none_or(|subject| *subject.provider == *provider) {
            return claims.iter_mut().for_each(|claim| claim.used = spent(claim));
        }
        let leaves = |claim: &Claim| self.of(claim).is_some_and(|rule| rule.leaves(claim, &ask, names, now));
        for claim in claims.iter_mut() {
            claim.used = if leaves(claim) { self.unused(claim) } else { spent(claim) };
        }
        for (index, rule) in self.iter().enumerate().filter(|(_, rule)| rule.moves(&ask)) {
            if claims.iter().all(|claim| claim.rule != index || leaves(claim)) {
                let used = rule.spent(&ask, &tokens);
                claims.push(Claim { used, ..rule.claim(index, &ask, 0, names, now).into_debt() });
            }
        }
    }

    /// What a claim keeps of a request that has used nothing: the request itself.
    fn unused(&self, claim: &Claim) -> u64 {
        let settled = self.of(claim).is_none_or(|rule| rule.counts.are_settled());
        if settled { 0 } else { claim.cost }
    }
}

/// Whose request it was and what it was for, kept until it is settled.
#[derive(Debug)]
pub(super) struct Subject {
    key: Box<str>,
    tenant: Option<Box<str>>,
    model: Box<str>,
    route: Box<str>,
    provider: Box<str>,
    headers: Vec<Option<Box<str>>>,
    claims: Vec<Option<Box<str>>>,
}

impl Subject {
    fn new(ask: &Ask<'_>) -> Self {
        let owned = |values: &[Option<&str>]| values.iter().map(|value| value.map(Box::from)).collect();
        Self {
            key: ask.key.into(),
            tenant: ask.tenant.map(Box::from),
            model: ask.model.into(),
            route: ask.route.into(),
            provider: ask.provider.into(),
            headers: owned(ask.headers),
            claims: owned(ask.claims),
        }
    }

    fn headers(&self) -> Vec<Option<&str>> {
        self.headers.iter().map(Option::as_deref).collect()
    }

    fn claims(&self) -> Vec<Option<&str>> {
        self.claims.iter().map(Option::as_deref).collect()
    }

    /// The same request, as if it had been for the provider that served it.
    fn ask<'a>(
        &'a self,
        headers: &'a [Option<&'a str>],
        claims: &'a [Option<&'a str>],
        provider: &'a str,
        price: Option<Price>,
    ) -> Ask<'a> {
        Ask {
            key: &self.key,
            tenant: self.tenant.as_deref(),
            model: &self.model,
            route: &self.route,
            provider,
            headers,
            claims,
            price,
            ..Ask::nobody()
        }
    }
}
