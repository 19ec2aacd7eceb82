//! Each kind of limit, reserved and settled.

use std::time::Duration as Time;

use proptest::prelude::*;
use tokio::time::advance;

use super::*;
use crate::config::model::{Calendar, Cost, Decimal, Match, Patterns};
use crate::usage::{Price, Rate, Rates};

const TOKENS: Tokens = Tokens { input: 100, cached_input: 40, cache_write: 20, output: 10, reasoning: 5 };

fn cost(expression: &str, amount: u64) -> Limit {
    Limit { cost: Some(Cost { expression: expression.to_owned(), amount }), ..limit() }
}

fn money(amount: &str) -> Limit {
    Limit { money: Some(Decimal(amount.to_owned())), ..limit() }
}

fn dollars(limits: &[Limit]) -> Rules {
    Rules::new(limits).priced(&"USD".into(), false)
}

/// A dollar for a million tokens of input, two for output.
fn price() -> Price {
    let rate = |text| Rate::parse(text).unwrap();
    Price { rates: Rates { input: rate("1"), cached_input: rate("1"), cache_write: rate("1"), output: rate("2") }, long: None }
}

fn at(tokens: Tokens) -> Spent<'static> {
    Spent::At { provider: "provider", price: Some(price()), tokens }
}

/// What is used of the first rule's budget.
fn in_use(limiter: &Arc<Limiter>, rules: &Rules, ask: &Ask<'_>) -> u64 {
    let now = limiter.clock.at(Instant::now());
    let mut claims = rules.claims(ask, limiter.names, now);
    limiter.memory.look(&mut claims, now);
    claims[0].budget.used(claims[0].answer.before)
}

#[tokio::test(start_paused = true)]
async fn every_kind_is_charged_what_was_used_whatever_was_reserved() {
    let ask = Ask { input_tokens: 300, output_tokens: Some(200), price: Some(price()), ..ask() };
    for (limit, reserved, used) in [
        (Limit { input_tokens: Some(1_000), ..limit() }, 300, 100),
        (Limit { output_tokens: Some(1_000), ..limit() }, 200, 10),
        (Limit { total_tokens: Some(1_000), ..limit() }, 500, 110),
        (Limit { cached_input_tokens: Some(1_000), ..limit() }, 0, 40),
        (Limit { cache_write_tokens: Some(1_000), ..limit() }, 0, 20),
        (Limit { reasoning_tokens: Some(1_000), ..limit() }, 200, 5),
        (cost("input_tokens + 4 * output_tokens", 10_000), 1_100, 140),
        (money("1"), 700_000, 120_000),
        (Limit { requests: Some(10), ..limit() }, 1, 1),
        (Limit { in_flight: Some(10), every: None, ..limit() }, 1, 0),
    ] {
        for every in [limit.every, None] {
            let calendar = (every.is_none() && limit.in_flight.is_none()).then_some(Calendar::Month);
            let (limiter, rules) = (Limiter::new(), dollars(&[Limit { every, calendar, ..limit.clone() }]));
            let reservation = limiter.reserve(&rules, &ask, Instant::now()).unwrap();
            assert_eq!(in_use(&limiter, &rules, &ask), reserved, "{limit:?}");
            reservation.settle(at(TOKENS), Instant::now());
            assert_eq!(in_use(&limiter, &rules, &ask), used, "{limit:?}");
            let counted = limiter.reserve(&rules, &ask, Instant::now()).unwrap();
            counted.refund();
            let kept = if limit.requests.is_some() { 2 } else { used };
            assert_eq!(in_use(&limiter, &rules, &ask), kept, "a refund of {limit:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_are_in_flight_than_may_be_and_each_that_ends_makes_room_for_one() {
    let rules = Rules::new(&[Limit { in_flight: Some(2), every: None, ..limit() }]);
    let limiter = Limiter::new();
    let reserve = || limiter.reserve(&rules, &ask(), Instant::now());
    let (one, two) = (reserve().unwrap(), reserve().unwrap());
    let exceeded = reserve().unwrap_err();
    assert_eq!(exceeded.retry_after(), Some(Time::from_secs(1)));
    assert!(limiter.reserve(&rules, &Ask { key: "other", ..ask() }, Instant::now()).is_ok());
    advance(Time::from_secs(86_400)).await;
    assert!(reserve().is_err(), "time alone makes no room");
    one.settle(at(TOKENS), Instant::now());
    let three = reserve().unwrap();
    assert!(reserve().is_err());
    drop((two, three));
    assert_eq!(in_use(&limiter, &rules, &ask()), 0);
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_the_most_at_once_and_the_rate_stays() {
    let (limiter, rules) = (Limiter::new(), Rules::new(&[Limit { burst: Some(Decimal("10".into())), ..total(60) }]));
    assert!(limiter.reserve(&rules, &prompt(11), Instant::now()).unwrap_err().retry_after().is_none());
    limiter.reserve(&rules, &prompt(10), Instant::now()).unwrap().settle(used(10, 0), Instant::now());
    let exceeded = limiter.reserve(&rules, &prompt(10), Instant::now()).unwrap_err();
    assert_eq!(exceeded.retry_after(), Some(Time::from_secs(10)));
    advance(Time::from_secs(60)).await;
    assert_eq!(left(&limiter, &rules), 10, "what was not used does not pile up");
}

#[tokio::test(start_paused = true)]
async fn money_is_counted_to_the_billionth() {
    let (limiter, rules) =
        (Limiter::new(), dollars(&[Limit { every: None, calendar: Some(Calendar::Month), ..money("0.00012") }]));
    let ask = Ask { input_tokens: 100, output_tokens: Some(10), price: Some(price()), ..ask() };
    limiter.reserve(&rules, &ask, Instant::now()).unwrap().settle(at(TOKENS), Instant::now());
    let exceeded = limiter.reserve(&rules, &Ask { input_tokens: 1, output_tokens: Some(0), ..ask }, Instant::now()).unwrap_err();
    assert!(exceeded.to_string().contains("0.00012 USD are used, this request needs about 0.000001 USD"), "{exceeded}");
}

#[tokio::test(start_paused = true)]
async fn a_model_without_a_price_counts_as_nothing_or_is_refused() {
    let unpriced = Ask { input_tokens: 1_000_000, ..ask() };
    let limiter = Limiter::new();
    let allowed = dollars(&[money("1")]);
    limiter
        .reserve(&allowed, &unpriced, Instant::now())
        .unwrap()
        .settle(Spent::At { provider: "provider", price: None, tokens: TOKENS }, Instant::now());
    assert_eq!(in_use(&limiter, &allowed, &unpriced), 0);
    let denied = Rules::new(&[money("1")]).priced(&"USD".into(), true);
    let rejection: crate::rejection::Rejection = limiter.reserve(&denied, &unpriced, Instant::now()).unwrap_err().into();
    assert_eq!(rejection.kind, crate::rejection::Kind::Unpriced);
    assert!(rejection.message.contains("`model` costs at provider `provider` is not known"), "{}", rejection.message);
    assert!(limiter.reserve(&denied, &Ask { price: Some(price()), ..ask() }, Instant::now()).is_ok());
    let elsewhere = Limit { filter: Match { key: Patterns(vec!["other".into()]), ..Match::default() }, ..money("1") };
    for limit in [elsewhere, Limit { shadow: true, ..money("1") }, total(2_000_000)] {
        let rules = Rules::new(&[limit]).priced(&"USD".into(), true);
        assert!(limiter.reserve(&rules, &unpriced, Instant::now()).is_ok(), "{rules:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_in_the_shadow_counts_and_turns_nobody_away() {
    let shadow = Limit { name: "shadow".into(), shadow: true, ..requests(1) };
    let (limiter, rules) = (Limiter::new(), Rules::new(&[requests(3), shadow]));
    let reserve = || limiter.reserve(&rules, &ask(), Instant::now());
    let told = |reservation: &Reservation| reservation.would_exceed().iter().map(ToString::to_string).collect::<Vec<_>>();
    let (one, two, _three) = (reserve().unwrap(), reserve().unwrap(), reserve().unwrap());
    assert_eq!(told(&one), [""; 0]);
    assert_eq!(told(&two), ["shadow"]);
    assert_eq!(two.headers()[0].1, "3", "clients are told of the rule that is enforced");
    assert_eq!(reserve().unwrap_err().rule(), "requests 3");
}

#[tokio::test(start_paused = true)]
async fn a_rule_is_not_counted_for_requests_that_it_is_not_for() {
    let only = Limit { filter: Match { model: Patterns(vec!["gpt-*".into()]), ..Match::default() }, ..requests(1) };
    let (limiter, rules) = (Limiter::new(), Rules::new(&[only, Limit { name: "all".into(), ..requests(3) }]));
    let reserve = |model| limiter.reserve(&rules, &Ask { model, ..ask() }, Instant::now());
    assert!(reserve("claude").is_ok());
    assert_eq!(reserve("claude").unwrap().headers()[1].1, "1");
    assert!(reserve("gpt-4o").is_ok());
    assert_eq!(reserve("claude").unwrap_err().rule(), "all");
    let both = limiter.reserve(&rules, &Ask { key: "other", model: "gpt-5", ..ask() }, Instant::now()).unwrap();
    assert_eq!(both.headers()[0].1, "1", "the tighter of both");
}

#[derive(Debug, Clone)]
struct Step {
    output: Option<u64>,
    input: u64,
    used: Tokens,
    ends: u8,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let used = (0_u64..2_000, 0_u64..2_000, 0_u64..100, 0_u64..100).prop_map(|(input, output, part, write)| Tokens {
        input,
        cached_input: input * part / 200,
        cache_write: input * write / 200,
        output,
        reasoning: output * part / 100,
    });
    let step = (proptest::option::of(0_u64..2_000), 0_u64..2_000, used, 0_u8..4);
    proptest::collection::vec(step.prop_map(|(output, input, used, ends)| Step { output, input, used, ends }), 1..60)
}

/// What a request with these tokens costs.
type Counted = fn(&Tokens) -> u64;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever was reserved, in whatever order requests end: a budget of a month has been charged the sum of what was used.
    #[test]
    fn nothing_is_lost_and_nothing_is_charged_twice(steps in steps()) {
        let month = |limit: Limit| Limit { every: None, calendar: Some(Calendar::Month), ..limit };
        let most = 1 << 50;
        let all: [(Limit, Counted); 8] = [
            (Limit { input_tokens: Some(most), ..limit() }, |tokens| tokens.input),
            (Limit { output_tokens: Some(most), ..limit() }, |tokens| tokens.output),
            (Limit { total_tokens: Some(most), ..limit() }, |tokens| tokens.input + tokens.output),
            (Limit { cached_input_tokens: Some(most), ..limit() }, |tokens| tokens.cached_input),
            (Limit { cache_write_tokens: Some(most), ..limit() }, |tokens| tokens.cache_write),
            (Limit { reasoning_tokens: Some(most), ..limit() }, |tokens| tokens.reasoning),
            (cost("3 * input_tokens + 5 * output_tokens", most), |tokens| 3 * tokens.input + 5 * tokens.output),
            (money("1000000"), |tokens| 1_000 * tokens.input + 2_000 * tokens.output),
        ];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let _entered = runtime.enter();
        for (limit, counted) in all {
            let (limiter, rules) = (Limiter::new(), dollars(&[month(limit)]));
            let (mut open, mut sum) = (Vec::new(), 0);
            for step in &steps {
                let ask = Ask { input_tokens: step.input, output_tokens: step.output, price: Some(price()), ..ask() };
                open.push((limiter.reserve(&rules, &ask, Instant::now()).unwrap(), step));
                if step.ends > 0 {
                    let (reservation, step): (Reservation, &Step) = open.swap_remove(usize::from(step.ends) % open.len());
                    if step.ends == 3 {
                        drop(reservation);
                    } else {
                        sum += counted(&step.used);
                        reservation.settle(at(step.used), Instant::now());
                    }
                }
            }
            for (reservation, step) in open {
                sum += counted(&step.used);
                reservation.settle(at(step.used), Instant::now());
            }
            prop_assert_eq!(in_use(&limiter, &rules, &ask()), sum);
        }
    }
}
