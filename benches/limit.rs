//! The limiter: reserve and settle, as every request does.

#[path = "../tests/support/redis.rs"]
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
#[path = "limit/shared.rs"]
mod shared;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kanmon::config::model::{Duration, Limit, Per};
use kanmon::limit::{Ask, Limiter, Rules, Spent, estimate_input_tokens};
use kanmon::usage::Tokens;
use tokio::time::Instant;

fn limit(name: &str, per: Per) -> Limit {
    Limit {
        name: name.to_owned(),
        per: vec![per],
        requests: None,
        input_tokens: None,
        output_tokens: None,
        total_tokens: None,
        every: Duration::seconds(60),
        reserve_output_at_most: None,
    }
}

fn tokens(name: &str, per: Per) -> Limit {
    Limit { total_tokens: Some(1_000_000_000_000), ..limit(name, per) }
}

fn requests(name: &str, per: Per) -> Limit {
    Limit { requests: Some(4_000_000_000), every: Duration::seconds(1), ..limit(name, per) }
}

fn ask(key: &str) -> Ask<'_> {
    Ask { key, tenant: Some("red"), model: "gpt-4o-mini", input_tokens: 500, output_tokens: Some(1_000) }
}

fn used() -> Spent {
    Spent::Tokens(Tokens { input: 480, output: 220, ..Tokens::default() })
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

fn reserve_and_settle(c: &mut Criterion) {
    let five = five();
    let mut group = c.benchmark_group("limit");
    for (name, rules) in [
        ("no rule", Rules::default()),
        ("1 token rule", Rules::new(&five[..1])),
        ("1 request rule", Rules::new(&five[3..4])),
        ("5 rules", Rules::new(&five)),
    ] {
        let limiter = Limiter::new();
        group.bench_function(format!("reserve and settle, {name}"), |b| {
            b.iter(|| match limiter.reserve(&rules, black_box(&ask("red-ci")), Instant::now()) {
                Ok(reservation) => reservation.settle(black_box(used())),
                Err(exceeded) => unreachable!("{exceeded}"),
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
            limiter.reserve(&rules, black_box(&ask(key)), Instant::now()).map(|reservation| reservation.settle(used()))
        });
    });
}

fn rejection(c: &mut Criterion) {
    let rules = Rules::new(&[Limit { total_tokens: Some(2_000), every: Duration::seconds(86_400), ..limit("small", Per::Key) }]);
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
