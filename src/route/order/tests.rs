use std::time::Duration;

use super::*;
use crate::config::model::{self, Rest};
use crate::translate::{Dialect, Hosting};
use crate::upstream::kept::Identity;
use crate::upstream::source::{Fetching, Source};
use crate::upstream::{Credential, Endpoint, Kept, Provider};

fn fallback() -> Fallback {
    Fallback {
        statuses: vec![429],
        server_errors: true,
        connect: true,
        reset: true,
        first_byte_timeout: None,
        timeout: true,
        repeats: 0,
    }
}

pub(crate) fn provider(name: &str) -> Arc<Provider> {
    provider_with(name, Credential::None)
}

/// A provider whose credential, if it is kept fresh, is of a kind that ends.
pub(crate) fn provider_with(name: &str, credential: Credential) -> Arc<Provider> {
    Arc::new(Provider {
        name: name.into(),
        dialect: Dialect::OpenAi,
        serves: Default::default(),
        hosting: Hosting::Owner,
        endpoint: Endpoint::parse("http://127.0.0.1:1", Dialect::OpenAi).unwrap(),
        credential_ends: credential.kept().is_some(),
        credential,
        headers: Vec::new(),
        ca_file: None,
        http2: None,
        default_max_tokens: 4096,
        peek: false,
        passthrough: false,
        rest: Rest::default(),
    })
}

pub(crate) fn route(model: &str, providers: &[(&str, Option<u32>)]) -> Route {
    route_to(model, providers.iter().map(|(name, weight)| (provider(name), *weight)).collect())
}

fn route_to(model: &str, providers: Vec<(Arc<Provider>, Option<u32>)>) -> Route {
    let targets = targets(providers.iter().map(|(provider, _)| &*provider.name));
    let choice = |((provider, weight), target): ((Arc<Provider>, Option<u32>), Arc<str>)| Choice {
        target,
        provider,
        model: None,
        weight,
        headers: Vec::new(),
        overrides: Vec::new(),
    };
    let choices: Vec<_> = providers.clone().into_iter().zip(targets).map(choice).collect();
    let orders = orders(&choices, &fallback());
    Route { name: model.into(), model: model.to_owned(), choices, fallback: fallback(), orders, touched_headers: Vec::new() }
}

fn health(names: &[&str], resting: &[(&str, u64)], now: Instant) -> Health {
    let health = Health::new(now);
    health.keep(&names.iter().map(|name| provider(name)).collect::<Vec<_>>());
    for (name, seconds) in resting {
        health.failed(name, &Rest::default(), Some(Duration::from_secs(*seconds)), now);
    }
    health
}

/// How often each choice is first in 1,000 requests, the lots evenly spread.
fn shares(providers: &[(&str, Option<u32>)], resting: &[(&str, u64)]) -> Vec<usize> {
    let now = Instant::now();
    let route = route("m", providers);
    let names: Vec<&str> = providers.iter().map(|(name, _)| *name).collect();
    let health = health(&names, resting, now);
    let mut shares = vec![0; providers.len()];
    for lot in 0..1_000 {
        shares[route.pick(&health, now, lot * (u64::MAX / 1_000) + u64::MAX / 2_000)] += 1;
    }
    shares
}

#[test]
fn a_provider_that_stands_twice_has_two_targets() {
    let names: Vec<String> = targets(["a", "b", "a", "a"]).iter().map(|name| name.to_string()).collect();
    assert_eq!(names, ["a", "b", "a#2", "a#3"]);
}

#[test]
fn each_choice_leads_an_order_and_the_others_follow_as_written() {
    let route = route("m", &[("a", None), ("b", None), ("c", None)]);
    let orders: Vec<_> = route.orders.iter().map(|order| (&*order.cluster, &*order.choices)).collect();
    assert_eq!(orders, [("order:a,b,c", &[0, 1, 2][..]), ("order:b,a,c", &[1, 0, 2]), ("order:c,a,b", &[2, 0, 1])]);
}

/// A provider whose credential was never fetched.
fn out(name: &str) -> Arc<Provider> {
    struct Never;

    impl Source for Never {
        fn fetch(&self) -> Fetching<'_> {
            Box::pin(std::future::pending())
        }
    }

    provider_with(name, Credential::Kept(Arc::new(Kept::new("test", name, Identity::of(&[name]), Box::new(Never)))))
}

fn through(providers: Vec<Arc<Provider>>) -> Route {
    route_to("m", providers.into_iter().map(|provider| (provider, None)).collect())
}

fn ready(name: &str) -> Arc<Provider> {
    let Ok(mut provider) = Arc::try_unwrap(provider(name)) else { unreachable!() };
    provider.credential_ends = true;
    Arc::new(provider)
}

#[test]
fn who_may_be_without_a_credential_stands_in_every_order_and_is_left_out_of_as_many() {
    let route = through(vec![provider("a"), ready("b"), provider("c"), ready("b")]);
    let orders: Vec<_> = route.orders.iter().map(|order| &*order.cluster).collect();
    let whole = ["order:a,b,c,b#2", "order:b,a,c,b#2", "order:c,a,b,b#2", "order:b#2,a,b,c"];
    assert_eq!(orders, [&whole[..], &["order:a,c", "order:c,a"]].concat());
    let alone = through(vec![ready("a")]);
    assert_eq!(alone.orders.len(), 1, "an order without anybody leads nowhere");
    let names = ["a", "b", "c", "d", "e"];
    let many = through(names.map(ready).to_vec());
    let without = many.orders.iter().filter(|order| order.choices.len() < names.len()).count();
    assert_eq!(without, 3 * 4 + 3 * 3 + 2, "of one, of two and of all three that may be left out");
}

#[test]
fn whoever_has_no_credential_is_passed_over_and_nobody_else() {
    let now = Instant::now();
    let order = |providers: Vec<Arc<Provider>>, first| {
        let route = through(providers);
        route.orders[route.order(first, now)].cluster.to_string()
    };
    assert_eq!(order(vec![ready("a"), ready("b"), provider("c")], 0), "order:a,b,c");
    assert_eq!(order(vec![provider("a"), out("b"), provider("c")], 0), "order:a,c");
    assert_eq!(order(vec![provider("a"), out("b"), provider("c")], 2), "order:c,a");
    assert_eq!(order(vec![ready("a"), out("b"), ready("c"), out("d")], 2), "order:c,a,d", "the fourth that may be out stays");
    assert_eq!(order(vec![out("a"), out("b"), ready("c")], 2), "order:c");
    assert_eq!(order(vec![out("a"), out("b")], 0), "order:a", "where nobody has one, the first tells why");
}

#[test]
fn equal_orders_with_equal_fallback_share_a_name_and_others_do_not() {
    let choices = route("m", &[("a", None), ("b", None)]).choices;
    let names = |fallback: &Fallback| orders(&choices, fallback)[0].envoy_route.clone();
    let same = names(&fallback());
    assert_eq!(&*same, "order:a,b~384915f314a0");
    assert_eq!(names(&fallback()), same);
    let slower = Fallback { first_byte_timeout: Some(Duration::from_secs(1)), ..fallback() };
    let fewer = Fallback { reset: false, ..fallback() };
    let again = Fallback { repeats: 1, ..fallback() };
    for other in [slower, fewer, again] {
        assert_ne!(names(&other), same);
    }
}

#[test]
fn without_weights_the_first_that_is_awake_is_first() {
    let providers = [("a", None), ("b", None), ("c", None)];
    assert_eq!(shares(&providers, &[]), [1_000, 0, 0]);
    assert_eq!(shares(&providers, &[("a", 10)]), [0, 1_000, 0]);
    assert_eq!(shares(&providers, &[("a", 10), ("b", 10)]), [0, 0, 1_000]);
}

#[test]
fn where_all_rest_the_one_that_wakes_first_is_tried() {
    assert_eq!(shares(&[("a", None), ("b", Some(1)), ("c", Some(9))], &[("a", 30), ("b", 20), ("c", 25)]), [0, 1_000, 0]);
}

#[test]
fn neighbours_with_weights_share_by_weight() {
    assert_eq!(shares(&[("a", Some(3)), ("b", Some(1)), ("c", None)], &[]), [750, 250, 0]);
    assert_eq!(shares(&[("a", Some(3)), ("b", Some(1)), ("c", Some(1))], &[("a", 10)]), [0, 500, 500]);
    assert_eq!(shares(&[("a", Some(3)), ("b", Some(1)), ("c", None)], &[("a", 10), ("b", 10)]), [0, 0, 1_000]);
}

#[test]
fn weights_do_not_reach_over_a_choice_without_one() {
    assert_eq!(shares(&[("a", None), ("b", Some(1)), ("c", Some(3))], &[]), [1_000, 0, 0]);
    assert_eq!(shares(&[("a", None), ("b", Some(1)), ("c", Some(3))], &[("a", 10)]), [0, 250, 750]);
}

#[test]
fn the_greatest_lot_and_the_greatest_weights_do_not_overflow() {
    let now = Instant::now();
    let route = route("m", &[("a", Some(u32::MAX)), ("b", Some(u32::MAX))]);
    let health = health(&["a", "b"], &[], now);
    assert_eq!((route.pick(&health, now, u64::MAX), route.pick(&health, now, 0)), (1, 0));
}

#[test]
fn the_default_of_the_config_is_the_fallback_of_these_tests() {
    assert_eq!(model::Fallback::default().on, ["429", "5xx", "connect", "reset", "timeout"]);
}
