//! The limiter: reserve and settle, as every request does.

#[path = "../tests/support/redis.rs"]
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
#[path = "limit/shared.rs"]
mod shared;

use std::hint::black_box;
use std::sync::LazyLock;

use criterion::{Criterion, criterion_group, criterion_main};
use kanmon::config::model::{Calendar, Cost, Decimal, Duration, Limit, Match, Patterns, Per};
use kanmon::limit::{Ask, Limiter, Rules, Spent, estimate_input_tokens};
use kanmon::usage::{Price, Rate, Rates, Tokens};
use tokio::time::Instant;

fn limit(name: &str, per: Per) -> Limit {
    Limit { name: name.to_owned(), per: vec![per], every: Some(Duration::seconds(60)), ..Limit::default() }
}

fn tokens(name: &str, per: Per) -> Limit {
    Limit { total_tokens: Some(1_000_000_000_000), ..limit(name, per) }
}

fn requests(name: &str, per: Per) -> Limit {
    Limit { requests: Some(4_000_000_000), every: Some(Duration::seconds(1)), ..limit(name, per) }
}

fn ask(key: &str) -> Ask<'_> {
    Ask {
        key,
        tenant: Some("red"),
        model: "gpt-4o-mini",
        route: "gpt",
        provider: "openai",
        input_tokens: 500,
        output_tokens: Some(1_000),
        headers: &[Some("red team")],
        claims: &[Some("somebody")],
        price: Some(*PRICE),
    }
}

/// A config has its prices parsed once.
static PRICE: LazyLock<Price> = LazyLock::new(|| {
    let rate = |text| Rate::parse(text).unwrap_or_default();
    let rates = Rates { input: rate("0.15"), cached_input: rate("0.075"), cache_write: rate("0.15"), output: rate("0.60") };
    Price { rates, long: None }
});

fn used() -> Spent<'static> {
    Spent::At { provider: "openai", price: Some(*PRICE), tokens: Tokens { input: 480, output: 220, ..Tokens::default() } }
}

fn five() -> [Limit; 5] {
    [
        tokens("tokens of a key", Per::Key),
        tokens("tokens of a tenant", Per::Tenant),
        tokens("tokens of a model", Per::Model),
        requests("requests of a key", Per::Key),
        requests("requests of a tenant", Per::Tenant),
    ]
}

/// Ten rules that count everything that can be counted, in every kind of window, for requests with a header.
fn ten() -> [Limit; 10] {
    let lots = 1_000_000_000_000;
    let month = |name, per| Limit { every: None, calendar: Some(Calendar::Month), ..limit(name, per) };
    let filter = Match { model: Patterns(vec!["claude-*".into(), "gpt-*".into()]), ..Match::default() };
    [
        tokens("tokens of a key", Per::Key),
        tokens("tokens of a provider", Per::Provider),
        requests("requests of a route", Per::Route),
        Limit { filter, ..requests("requests of a tenant for some models", Per::Tenant) },
        Limit { input_tokens: Some(lots), ..limit("input of a team", Per::Header("x-team".into())) },
        Limit { output_tokens: Some(lots), ..month("output of a claim", Per::Claim("sub".into())) },
        Limit { reasoning_tokens: Some(lots), shadow: true, ..limit("thinking of a key", Per::Key) },
        Limit { money: Some(Decimal("1000000".into())), ..month("money of a tenant", Per::Tenant) },
        cost("cost of a key"),
        Limit { in_flight: Some(1_000), every: None, ..limit("in flight of a key", Per::Key) },
    ]
}

fn cost(name: &str) -> Limit {
    let cost = Cost { expression: "input_tokens + 4 * output_tokens".into(), amount: 1_000_000_000_000 };
    Limit { cost: Some(cost), ..limit(name, Per::Key) }
}

fn reserve_and_settle(c: &mut Criterion) {
    let (five, ten) = (five(), ten());
    let money = Limit { money: Some(Decimal("1000000".into())), ..limit("money", Per::Key) };
    let mut group = c.benchmark_group("limit");
    for (name, rules) in [
        ("no rule", Rules::default()),
        ("1 token rule", Rules::new(&five[..1])),
        ("1 request rule", Rules::new(&five[3..4])),
        ("5 rules", Rules::new(&five)),
        ("1 money rule", Rules::new(&[money])),
        ("1 cost rule", Rules::new(&[cost("cost")])),
        ("10 rules of all kinds", Rules::new(&ten)),
        ("10 rules of all kinds but a cost", Rules::new(&[&ten[..8], &ten[9..]].concat())),
    ] {
        let limiter = Limiter::new();
        group.bench_function(format!("reserve and settle, {name}"), |b| {
            b.iter(|| {
                // One reading for both: an exchange reads the clock anyway when it begins and when it ends.
                let now = Instant::now();
                match limiter.reserve(&rules, black_box(&ask("red-ci")), now) {
                    Ok(reservation) => reservation.settle(black_box(used()), black_box(now)),
                    Err(exceeded) => unreachable!("{exceeded}"),
                }
            });
        });
    }
    group.finish();
}

fn many_keys(c: &mut Criterion) {
    let rules = Rules::new(&[tokens("tokens of a key", Per::Key)]);
    let limiter = Limiter::new();
    let keys: Vec<String> = (0..100_000).map(|i| format!("key-{i}")).collect();
    let mut next = keys.iter().cycle();
    c.bench_function("limit/reserve and settle, 1 token rule, 100,000 keys", |b| {
        b.iter(|| {
            let key = next.next().map_or("", String::as_str);
            let now = Instant::now();
            limiter.reserve(&rules, black_box(&ask(key)), now).map(|reservation| reservation.settle(used(), now))
        });
    });
}

fn rejection(c: &mut Criterion) {
    let rules =
        Rules::new(&[Limit { total_tokens: Some(2_000), every: Some(Duration::seconds(86_400)), ..limit("small", Per::Key) }]);
    let limiter = Limiter::new();
    let held = limiter.reserve(&rules, &ask("red-ci"), Instant::now());
    c.bench_function("limit/rejection, 1 token rule", |b| {
        b.iter(|| limiter.reserve(&rules, black_box(&ask("red-ci")), Instant::now()).is_err());
    });
    drop(held);
}

fn headers(c: &mut Criterion) {
    let rules = Rules::new(&[tokens("tokens of a key", Per::Key), requests("requests of a key", Per::Key)]);
    if let Ok(reservation) = Limiter::new().reserve(&rules, &ask("red-ci"), Instant::now()) {
        c.bench_function("limit/headers", |b| b.iter(|| reservation.headers()));
    }
}

fn estimate(c: &mut Criterion) {
    let text = "The quick brown fox jumps over the lazy dog. ".repeat(445);
    let picture = format!("{text}\"{}\"", "iVBORw0KGgoAAAANSUhEUgAA".repeat(50_000));
    c.bench_function("limit/estimate input, 20 KB of text", |b| b.iter(|| estimate_input_tokens(black_box(text.as_bytes()))));
    c.bench_function("limit/estimate input, 1.2 MB with a picture", |b| {
        b.iter(|| estimate_input_tokens(black_box(picture.as_bytes())));
    });
}

#[cfg(feature = "redis")]
use shared::reserve_and_settle as shared_reserve_and_settle;

#[cfg(not(feature = "redis"))]
fn shared_reserve_and_settle(_: &mut Criterion) {}

criterion_group!(benches, reserve_and_settle, shared_reserve_and_settle, many_keys, rejection, headers, estimate);
criterion_main!(benches);
