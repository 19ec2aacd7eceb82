//! Budgets of providers: decided for the one that is tried first, charged to the one that served.

use super::*;
use crate::config::model::{Calendar, Cost, Match, Patterns};

fn monthly(limit: Limit) -> Limit {
    Limit { every: None, calendar: Some(Calendar::Month), ..limit }
}

fn only(provider: &str, limit: Limit) -> Limit {
    Limit { filter: Match { provider: Patterns(vec![provider.to_owned()]), ..Match::default() }, ..limit }
}

fn at(provider: &str, input: u64) -> Spent<'_> {
    Spent::At { provider, price: None, tokens: Tokens { input, ..Tokens::default() } }
}

fn first(provider: &'static str, tokens: u64) -> Ask<'static> {
    Ask { provider, ..prompt(tokens) }
}

/// What is used of each rule's budget of this provider, by the names of the rules.
fn in_use(limiter: &Arc<Limiter>, rules: &Rules, provider: &'static str) -> Vec<(String, u64)> {
    let now = limiter.clock.at(Instant::now());
    let mut claims = rules.claims(&first(provider, 0), limiter.names, now);
    limiter.memory.look(&mut claims, now);
    let name = |claim: &Claim| rules.of(claim).map(|rule| rule.name.to_string()).unwrap();
    claims.iter().map(|claim| (name(claim), claim.budget.used(claim.answer.before))).collect()
}

fn named(name: &str, used: u64) -> (String, u64) {
    (name.to_owned(), used)
}

#[tokio::test(start_paused = true)]
async fn what_another_provider_served_is_charged_there_and_given_back_here() {
    let tokens = monthly(Limit { name: "tokens".into(), per: vec![Per::Provider], ..total(1_000) });
    let requests = monthly(Limit { name: "requests".into(), per: vec![Per::Provider], ..requests(10) });
    let all = monthly(Limit { name: "all".into(), per: vec![], ..total(1_000) });
    let (limiter, rules) = (Limiter::new(), Rules::new(&[tokens, requests, all]));
    let reserve = || limiter.reserve(&rules, &first("a", 500), Instant::now()).unwrap();
    let (one, two) = (reserve(), reserve());
    one.settle(at("b", 70), Instant::now());
    two.settle(at("a", 30), Instant::now());
    assert_eq!(in_use(&limiter, &rules, "a"), [named("tokens", 30), named("requests", 2), named("all", 100)]);
    assert_eq!(in_use(&limiter, &rules, "b"), [named("tokens", 70), named("requests", 1), named("all", 100)]);
}

#[tokio::test(start_paused = true)]
async fn a_rule_for_some_providers_is_charged_when_one_of_them_served_and_only_then() {
    let rules = Rules::new(&[
        monthly(only("a", Limit { name: "of a".into(), ..total(1_000) })),
        monthly(only("b*", Limit { name: "of b".into(), ..total(1_000) })),
    ]);
    let limiter = Limiter::new();
    limiter.reserve(&rules, &first("a", 500), Instant::now()).unwrap().settle(at("b1", 70), Instant::now());
    limiter.reserve(&rules, &first("b2", 500), Instant::now()).unwrap().settle(at("b1", 7), Instant::now());
    assert_eq!(in_use(&limiter, &rules, "a"), [named("of a", 0)]);
    assert_eq!(in_use(&limiter, &rules, "b1"), [named("of b", 77)]);
    limiter.reserve(&rules, &first("a", 500), Instant::now()).unwrap().settle(at("c", 5_000), Instant::now());
    assert_eq!(in_use(&limiter, &rules, "a"), [named("of a", 0)]);
}

#[tokio::test(start_paused = true)]
async fn what_is_charged_to_the_provider_that_served_may_go_into_debt() {
    let (limiter, rules) = (Limiter::new(), Rules::new(&[Limit { per: vec![Per::Provider], ..total(100) }]));
    limiter.reserve(&rules, &first("b", 100), Instant::now()).unwrap().settle(at("b", 100), Instant::now());
    limiter.reserve(&rules, &first("a", 100), Instant::now()).unwrap().settle(at("b", 100), Instant::now());
    let exceeded = limiter.reserve(&rules, &first("b", 100), Instant::now()).unwrap_err();
    assert_eq!(exceeded.retry_after(), Some(std::time::Duration::from_secs(120)));
    assert!(exceeded.is_about_the_provider());
    assert!(limiter.reserve(&rules, &first("a", 100), Instant::now()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_place_in_flight_is_the_first_providers_until_the_end() {
    let rules = Rules::new(&[Limit { in_flight: Some(1), every: None, per: vec![Per::Provider], ..limit() }]);
    let limiter = Limiter::new();
    let reservation = limiter.reserve(&rules, &first("a", 0), Instant::now()).unwrap();
    assert!(limiter.reserve(&rules, &first("a", 0), Instant::now()).is_err());
    reservation.settle(at("b", 1), Instant::now());
    assert!(limiter.reserve(&rules, &first("a", 0), Instant::now()).is_ok());
    assert_eq!(in_use(&limiter, &rules, "b"), [named("test", 0)]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_moved_for_a_request_that_nobody_served() {
    let rules = Rules::new(&[monthly(Limit { per: vec![Per::Provider], ..total(1_000) })]);
    let limiter = Limiter::new();
    drop(limiter.reserve(&rules, &first("a", 500), Instant::now()).unwrap());
    assert_eq!(in_use(&limiter, &rules, "a"), [named("total 1000", 0)]);
    assert_eq!(in_use(&limiter, &rules, "b"), [named("total 1000", 0)]);
}

#[tokio::test(start_paused = true)]
async fn an_expression_that_speaks_of_the_provider_means_the_one_that_served() {
    let expression = "provider == 'dear' ? 10 * input_tokens : (key == 'key' ? input_tokens : 0)".to_owned();
    let rules = Rules::new(&[monthly(Limit { cost: Some(Cost { expression, amount: 10_000 }), ..limit() })]);
    let limiter = Limiter::new();
    limiter.reserve(&rules, &first("cheap", 100), Instant::now()).unwrap().settle(at("dear", 50), Instant::now());
    assert_eq!(in_use(&limiter, &rules, "cheap"), [named("test", 500)]);
    assert!(!limiter.reserve(&rules, &first("dear", 990), Instant::now()).unwrap_err().is_about_the_provider());
    assert!(limiter.reserve(&rules, &first("cheap", 990), Instant::now()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_caller_is_not_about_the_provider() {
    let rules = Rules::new(&[Limit { per: vec![Per::Provider], ..total(100) }, Limit { name: "key".into(), ..total(100) }]);
    let limiter = Limiter::new();
    let _held = limiter.reserve(&rules, &first("a", 100), Instant::now()).unwrap();
    assert!(!limiter.reserve(&rules, &first("a", 100), Instant::now()).unwrap_err().is_about_the_provider());
}
