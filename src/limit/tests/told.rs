//! What the caller is told.

use std::time::Duration as Time;

use super::*;
use crate::config::model::{Calendar, Cost, Decimal};
use crate::rejection::{Kind, Rejection};

fn rejected(limits: &[Limit], asks: &[Ask<'_>]) -> Rejection {
    let (limiter, rules) = (Limiter::new(), Rules::new(limits).priced(&"USD".into(), false));
    let mut held = Vec::new();
    for ask in asks {
        match limiter.reserve(&rules, ask, Instant::now()) {
            Ok(reservation) => held.push(reservation),
            Err(exceeded) => return exceeded.into(),
        }
    }
    panic!("all were admitted");
}

fn texts(headers: &[(http::HeaderName, http::HeaderValue)]) -> Vec<String> {
    headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_rejection_names_the_rule_the_limit_and_when_to_come_back() {
    let rejection = rejected(&[total(1_000)], &[prompt(900), prompt(200)]);
    assert_eq!(rejection.kind, Kind::RateLimited);
    assert_eq!(
        rejection.message,
        "You have reached this gateway's limit `total 1000` of 1000 tokens every 1m for key `key`: 900 are used, this request needs \
         about 200. Try again in 6s."
    );
    assert_eq!(rejection.retry_after, Some(Time::from_secs(6)));
    assert_eq!(
        texts(&rejection.headers),
        ["x-ratelimit-limit-tokens: 1000", "x-ratelimit-remaining-tokens: 100", "x-ratelimit-reset-tokens: 54s"]
    );

    let rejection = rejected(&[Limit { per: vec![], ..requests(7) }], &[ask(); 8]);
    assert_eq!(rejection.message, "You have reached this gateway's limit `requests 7` of 7 requests every 1m. Try again in 9s.");
    assert_eq!(rejection.retry_after, Some(Time::from_secs(9)), "8.57 seconds, rounded up");
}

#[tokio::test(start_paused = true)]
async fn a_rejection_says_whose_budget_it_is_and_when_it_begins_anew() {
    let twice = |limit: Limit, ask: Ask<'static>| rejected(&[limit], &[ask; 2]);
    let price = |text| crate::usage::Rate::parse(text).unwrap();
    let rates = crate::usage::Rates { input: price("1"), output: price("1"), ..Default::default() };
    let price = Some(crate::usage::Price { rates, long: None });
    let per = vec![Per::Claim("org".into()), Per::Tenant, Per::Model, Per::Header("x-team".into())];
    let ask = Ask { input_tokens: 600, tenant: None, headers: &[Some("a`b\n")], claims: &[None], price, ..ask() };
    let day = |limit: Limit| Limit { every: None, calendar: Some(Calendar::Day), ..limit };
    let message = twice(day(Limit { per, ..total(1_000) }), ask).message;
    let begins = "You have reached this gateway's limit `total 1000` of 1000 tokens a day (UTC) for those without a tenant, model `model`, \
                  header x-team `a`b\\n` and those without a claim org: 600 are used, this request needs about 600. Try again in ";
    assert!(message.starts_with(begins), "{message}");

    let money = Limit { money: Some(Decimal("0.001".into())), calendar: Some(Calendar::Month), every: None, ..limit() };
    let rejection = twice(money.clone(), ask);
    let begins = "You have reached this gateway's limit `test` of 0.001 USD a month (UTC) for key `key`: 0.0006 USD are used, this request \
                  needs about 0.0006 USD. Try again in ";
    assert!(rejection.message.starts_with(begins), "{}", rejection.message);
    assert!(rejection.retry_after.unwrap() <= Time::from_secs(31 * 86_400) && rejection.headers.is_empty());

    let burst = Limit { burst: Some(Decimal("1000".into())), ..total(60_000) };
    let message = twice(burst, ask).message;
    assert!(message.contains("of 60000 tokens every 1m, at most 1000 at once, for key `key`: 600 are used"), "{message}");

    let rejection = twice(Limit { in_flight: Some(1), every: None, ..limit() }, ask);
    assert_eq!(
        rejection.message,
        "You have reached this gateway's limit `test` of 1 requests in flight for key `key`: so many are under way. Try again when one \
         of them has ended."
    );
    assert_eq!((rejection.kind, rejection.retry_after), (Kind::RateLimited, Some(Time::from_secs(1))));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_can_never_fit_is_told_what_to_make_smaller_and_not_to_come_back() {
    let asked = |input_tokens, output| Ask { input_tokens, output_tokens: Some(output), ..ask() };
    for (limit, ask, advice, param) in [
        (
            total(1_000),
            asked(300, 4_000),
            "it needs about 300 tokens for the prompt and 4000 for the output. Lower `max_tokens` to at most 700.",
            Some("max_tokens"),
        ),
        (total(1_000), asked(1_001, 1), "its prompt alone is about 1001 tokens. Make the prompt shorter.", None),
        (
            Limit { output_tokens: Some(100), ..limit() },
            asked(5, 101),
            "it asks for 101 tokens of output. Lower `max_tokens` to at most 100.",
            Some("max_tokens"),
        ),
        (
            Limit { input_tokens: Some(100), ..limit() },
            asked(101, 1),
            "its prompt alone is about 101 tokens. Make the prompt shorter.",
            None,
        ),
        (requests(0), asked(1, 1), "it allows none.", None),
        (
            Limit { reasoning_tokens: Some(100), ..limit() },
            asked(5, 101),
            "it asks for 101 tokens of output. Lower `max_tokens` to at most 100.",
            Some("max_tokens"),
        ),
        (
            Limit { cost: Some(Cost { expression: "input_tokens + 4 * output_tokens".into(), amount: 1_000 }), ..limit() },
            asked(100, 300),
            "it needs about 1300 units of cost for a prompt of 100 tokens and 300 tokens of output. Lower `max_tokens`.",
            Some("max_tokens"),
        ),
        (
            Limit { cost: Some(Cost { expression: "input_tokens + 4 * output_tokens".into(), amount: 1_000 }), ..limit() },
            asked(1_001, 300),
            "its prompt alone, of about 1001 tokens, is too dear already: this request needs about 2201 units of cost. Make the prompt \
             shorter.",
            None,
        ),
    ] {
        let rejection = rejected(&[limit], &[ask]);
        assert_eq!(rejection.kind, Kind::InvalidRequest);
        assert!(rejection.message.ends_with(advice), "{}", rejection.message);
        assert_eq!(rejection.param.as_deref(), param);
        assert_eq!(rejection.retry_after, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_as_large_as_the_limit_fits_a_full_bucket() {
    let (limiter, rules) = (Limiter::new(), Rules::new(&[total(1_000)]));
    assert!(limiter.reserve(&rules, &prompt(1_000), Instant::now()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn without_max_tokens_a_request_is_never_too_large_because_of_its_output() {
    let (limiter, rules) = (Limiter::new(), Rules::new(&[total(500)]));
    let ask = Ask { input_tokens: 100, output_tokens: None, ..ask() };
    assert!(limiter.reserve(&rules, &ask, Instant::now()).is_ok());
    let rules = Rules::new(&[requests(1)]);
    assert!(limiter.reserve(&rules, &ask, Instant::now()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn of_several_rules_that_reject_the_one_with_the_longest_wait_is_told() {
    let hourly = Limit { name: "hourly".into(), every: Some(Duration::seconds(3_600)), ..requests(2) };
    let rejection = rejected(&[requests(2), hourly, total(10_000)], &[ask(); 3]);
    assert!(rejection.message.contains("`hourly` of 2 requests every 1h"), "{}", rejection.message);
    assert_eq!(rejection.retry_after, Some(Time::from_secs(1_800)));
}

#[tokio::test(start_paused = true)]
async fn an_admitted_request_is_told_where_it_stands() {
    let (limiter, rules) = (Limiter::new(), Rules::new(&[total(1_000), requests(10), requests(20)]));
    let reservation = limiter.reserve(&rules, &prompt(250), Instant::now()).unwrap();
    assert_eq!(
        texts(&reservation.headers()),
        [
            "x-ratelimit-limit-requests: 10",
            "x-ratelimit-remaining-requests: 9",
            "x-ratelimit-reset-requests: 6s",
            "x-ratelimit-limit-tokens: 1000",
            "x-ratelimit-remaining-tokens: 750",
            "x-ratelimit-reset-tokens: 15s",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn without_rules_everything_is_admitted_and_no_header_is_sent() {
    let limiter = Limiter::new();
    let reservation = limiter.reserve(&Rules::default(), &prompt(u64::MAX), Instant::now()).unwrap();
    assert!(reservation.headers().is_empty());
    assert_eq!(limiter.buckets(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_counts_as_one_even_if_its_tokens_are_given_back() {
    let (limiter, rules) = (Limiter::new(), Rules::new(&[requests(2)]));
    limiter.reserve(&rules, &ask(), Instant::now()).unwrap().refund();
    limiter.reserve(&rules, &ask(), Instant::now()).unwrap().refund();
    assert!(limiter.reserve(&rules, &ask(), Instant::now()).is_err());
}

#[tokio::test(start_paused = true)]
async fn each_key_tenant_and_model_has_a_budget_of_its_own() {
    let limiter = Limiter::new();
    let rules = Rules::new(&[Limit { per: vec![Per::Key, Per::Model], ..requests(1) }]);
    for (key, model) in [("a", "x"), ("a", "y"), ("b", "x")] {
        let ask = Ask { key, model, ..ask() };
        assert!(limiter.reserve(&rules, &ask, Instant::now()).is_ok());
        assert!(limiter.reserve(&rules, &ask, Instant::now()).is_err());
    }
}
