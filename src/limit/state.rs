//! Where budgets stand now, for the person on call.
//!
//! Buckets do not know their names, so that they cost nothing but a number. What is shown are the budgets of everybody who is known
//! (keys, tenants, models, providers, routes of the config) or asked for by name.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde::Serialize;

use super::claim::Claim;
use super::clock::Moment;
use super::rules::{Counts, Part, Rule, Rules, Window};
use super::{Ask, Limiter};
use crate::config::model::Calendar;
use crate::usage::Money;

/// The most budgets that are shown at once.
const MOST: usize = 1_000;

/// So many are looked up at once.
const CHUNK: usize = 100;

/// Who is known, by name.
#[derive(Debug, Default)]
pub struct Known {
    /// Callers: names of keys, with their tenants.
    pub callers: Vec<(String, Option<String>)>,
    /// Names of models.
    pub models: Vec<String>,
    /// Names of providers.
    pub providers: Vec<String>,
    /// Names of routes.
    pub routes: Vec<String>,
    /// Values of headers, by name in lower case.
    pub headers: BTreeMap<String, String>,
    /// Values of claims, by name.
    pub claims: BTreeMap<String, String>,
}

/// Where budgets stand.
#[derive(Debug, Serialize)]
pub struct States {
    /// The budgets, in the order of the rules.
    pub limits: Vec<State>,
    /// Whether there are more than are shown.
    pub more: bool,
}

/// Where a budget stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct State {
    /// The rule's name.
    pub rule: Arc<str>,
    /// What it counts, by its name in the config.
    pub counts: &'static str,
    /// Whose budget it is.
    pub of: BTreeMap<String, Option<String>>,
    /// When what was used comes back: `1m`, `day`, `month`, or nothing.
    pub window: Option<String>,
    /// The amount of the rule.
    pub limit: Amount,
    /// What is used or reserved; more than the limit is debt.
    pub used: Amount,
    /// What is left now.
    pub left: Amount,
    /// Seconds until nothing is used any more, if nothing else is. Unknown for what is in flight.
    pub resets_in_seconds: Option<f64>,
    /// Whether the rule only counts.
    pub shadow: bool,
}

/// So much of what is counted.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Amount {
    /// A count.
    Count(u64),
    /// Money, with its currency.
    Money(String),
}

impl Limiter {
    /// Where the budgets of those who are known stand, of one rule or of all. `None`: the store of the budgets is away.
    pub async fn states(&self, rules: &Rules, rule: Option<&str>, known: &Known) -> Option<States> {
        let now = self.clock.at(tokio::time::Instant::now());
        let named = |name: &[Box<str>], values: &BTreeMap<String, String>| -> Vec<Option<String>> {
            name.iter().map(|name| values.get(&**name).cloned()).collect()
        };
        let headers = named(rules.wanted_headers(), &known.headers);
        let claims = named(rules.wanted_claims(), &known.claims);
        let headers: Vec<_> = headers.iter().map(Option::as_deref).collect();
        let claims: Vec<_> = claims.iter().map(Option::as_deref).collect();
        let anybody = Ask { headers: &headers, claims: &claims, ..Ask::nobody() };
        let mut shown = Vec::new();
        let mut more = false;
        for (index, rule) in rules.iter().enumerate().filter(|(_, known)| rule.is_none_or(|name| name == &*known.name)) {
            let mut seen = HashSet::new();
            for ask in asks(rule, known, anybody) {
                if !rule.filter.may_match(&ask, &rule.scope) {
                    continue;
                }
                let claim = rule.claim(index, &ask, 0, self.names, now);
                if !seen.insert(claim.bucket) {
                    continue;
                }
                more = shown.len() == MOST;
                if more {
                    break;
                }
                shown.push((rule, ask, claim));
            }
        }
        let mut limits = Vec::with_capacity(shown.len());
        for chunk in shown.chunks(CHUNK) {
            let (claims, now) = self.look(chunk.iter().map(|(_, _, claim)| claim.clone()).collect()).await?;
            let states = chunk.iter().zip(&claims).map(|((rule, ask, _), claim)| State::new(rules, rule, ask, claim, now));
            limits.extend(states);
        }
        Some(States { limits, more })
    }
}

/// A request of everybody who has a budget of their own.
fn asks<'a>(rule: &'a Rule, known: &'a Known, anybody: Ask<'a>) -> impl Iterator<Item = Ask<'a>> {
    fn or_nobody<T>(list: Vec<T>, nobody: T) -> Vec<T> {
        if list.is_empty() { vec![nobody] } else { list }
    }
    let per = move |part: Part| rule.scope.has(&part);
    let names =
        |part, list: &'a [String]| or_nobody(if per(part) { list.iter().map(String::as_str).collect() } else { Vec::new() }, "");
    let callers: Vec<(&str, Option<&str>)> = if per(Part::Key) || per(Part::Tenant) {
        known.callers.iter().map(|(key, tenant)| (key.as_str(), tenant.as_deref())).collect()
    } else {
        Vec::new()
    };
    let callers = or_nobody(callers, ("", None));
    let models = names(Part::Model, &known.models);
    let providers = names(Part::Provider, &known.providers);
    let routes = names(Part::Route, &known.routes);
    let (width, depth, height) = (models.len(), providers.len(), routes.len());
    // No more than are shown, and one: many of them may be the same.
    let all = callers.len().saturating_mul(width).saturating_mul(depth).saturating_mul(height).min(100 * MOST);
    (0..all).filter_map(move |place| {
        let (key, tenant) = *callers.get(place / height / depth / width)?;
        Some(Ask {
            key,
            tenant,
            model: models.get(place / height / depth % width)?,
            provider: providers.get(place / height % depth)?,
            route: routes.get(place % height)?,
            ..anybody
        })
    })
}

impl State {
    fn new(rules: &Rules, rule: &Rule, ask: &Ask<'_>, claim: &Claim, now: Moment) -> Self {
        let (budget, level) = (&claim.budget, claim.answer.before);
        let amount = |amount: u64| match rule.counts {
            Counts::Money => Amount::Money(format!("{} {}", Money::from_nanos(amount), rules.currency())),
            _ => Amount::Count(amount),
        };
        let window = match rule.window {
            Window::Rolling(every) => Some(crate::config::model::Duration(every).to_string()),
            Window::Calendar(Calendar::Day) => Some("day".to_owned()),
            Window::Calendar(Calendar::Month) => Some("month".to_owned()),
            Window::InFlight => None,
        };
        let of = rule.scope.parts().iter().map(|part| (part.to_string(), part.of(ask).map(str::to_owned)));
        Self {
            rule: Arc::clone(&rule.name),
            counts: rule.counts.field(),
            of: of.collect(),
            limit: amount(rule.amount),
            used: amount(budget.used(level)),
            left: amount(budget.left(level)),
            resets_in_seconds: window.is_some().then(|| budget.reset(level, now) as f64 / 1e6),
            window,
            shadow: rule.shadow,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::config::model::{Calendar, Decimal, Duration, Limit, Match, Patterns, Per};
    use crate::limit::Spent;
    use crate::limit::tests::{ask, limit};
    use crate::usage::Tokens;

    fn known() -> Known {
        let callers = [("a", Some("red")), ("b", Some("red")), ("c", None)];
        Known {
            callers: callers.map(|(key, tenant)| (key.to_owned(), tenant.map(str::to_owned))).to_vec(),
            models: vec!["gpt".into(), "claude".into()],
            providers: vec!["one".into(), "two".into()],
            routes: vec!["route".into()],
            ..Known::default()
        }
    }

    fn told(states: &States) -> Vec<String> {
        let of = |state: &State| state.of.values().map(|value| value.as_deref().unwrap_or("-")).collect::<Vec<_>>().join(" ");
        states
            .limits
            .iter()
            .map(|state| format!("{} [{}] {:?} of {:?}", state.rule, of(state), state.used, state.limit))
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn every_budget_of_those_who_are_known_is_shown_once() {
        let model = Match { model: Patterns(vec!["gpt".into()]), ..Match::default() };
        let rules = Rules::new(&[
            Limit { name: "keys".into(), total_tokens: Some(1_000), ..limit() },
            Limit { name: "tenants".into(), requests: Some(10), per: vec![Per::Tenant], ..limit() },
            Limit { name: "all".into(), in_flight: Some(3), every: None, per: vec![], filter: model.clone(), ..limit() },
            Limit { name: "models".into(), requests: Some(9), per: vec![Per::Model, Per::Provider], filter: model, ..limit() },
        ]);
        let limiter = Limiter::new();
        let ask = Ask { key: "a", tenant: Some("red"), model: "gpt", provider: "two", input_tokens: 400, ..ask() };
        let _held = limiter.reserve(&rules, &ask, Instant::now()).unwrap();
        let states = limiter.states(&rules, None, &known()).await.unwrap();
        assert_eq!(
            told(&states),
            [
                "keys [a] Count(400) of Count(1000)",
                "keys [b] Count(0) of Count(1000)",
                "keys [c] Count(0) of Count(1000)",
                "tenants [red] Count(1) of Count(10)",
                "tenants [-] Count(0) of Count(10)",
                "all [] Count(1) of Count(3)",
                "models [gpt one] Count(0) of Count(9)",
                "models [gpt two] Count(1) of Count(9)",
            ]
        );
        assert_eq!(limiter.states(&rules, Some("all"), &known()).await.unwrap().limits.len(), 1);
        assert_eq!((states.limits[0].resets_in_seconds, states.limits[5].resets_in_seconds), (Some(24.0), None));
        assert!(!states.more);
    }

    #[tokio::test(start_paused = true)]
    async fn looking_takes_nothing() {
        let rules = Rules::new(&[Limit { requests: Some(1), ..limit() }, Limit { in_flight: Some(1), every: None, ..limit() }]);
        let limiter = Limiter::new();
        for _ in 0..10 {
            limiter.states(&rules, None, &known()).await.unwrap();
        }
        assert_eq!(limiter.buckets(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn headers_and_debt_and_money_are_shown() {
        let money = Limit { money: Some(Decimal("0.5".into())), every: None, calendar: Some(Calendar::Day), ..limit() };
        let rules = Rules::new(&[
            Limit { total_tokens: Some(100), per: vec![Per::Header("X-Team".into())], ..limit() },
            Limit { name: "money".into(), per: vec![], ..money },
        ]);
        let (rules, limiter) = (rules.priced(&"USD".into(), false), Limiter::new());
        let ask = Ask { headers: &[Some("red")], ..ask() };
        let tokens = Tokens { input: 250, ..Tokens::default() };
        limiter
            .reserve(&rules, &ask, Instant::now())
            .unwrap()
            .settle(Spent::At { provider: "provider", price: None, tokens }, Instant::now());
        let headers = [("x-team".to_owned(), "red".to_owned())].into();
        let states = limiter.states(&rules, None, &Known { headers, ..known() }).await.unwrap();
        assert_eq!(
            serde_json::to_value(&states.limits[0]).unwrap(),
            serde_json::json!({"rule": "test", "counts": "total_tokens", "of": {"header x-team": "red"}, "window": "1m", "limit": 100,
                "used": 250, "left": 0, "resets_in_seconds": 150.0, "shadow": false})
        );
        assert_eq!(
            (&states.limits[1].limit, states.limits[1].window.as_deref()),
            (&Amount::Money("0.50 USD".into()), Some("day"))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_are_shown_than_somebody_would_read() {
        let rules = Rules::new(&[Limit { requests: Some(1), every: Some(Duration::seconds(1)), ..limit() }]);
        let callers = (0..5_000).map(|i| (format!("key {i}"), None)).collect();
        let states = Limiter::new().states(&rules, None, &Known { callers, ..known() }).await.unwrap();
        assert_eq!((states.limits.len(), states.more), (1_000, true));
    }
}
