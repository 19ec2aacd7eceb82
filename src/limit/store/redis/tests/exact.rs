//! The arithmetic in Redis is that in memory, to the last unit.

use proptest::prelude::*;

use super::*;
use crate::limit::clock::Moment;
use crate::limit::store::memory::Memory;
use crate::limit::store::redis::line::run;
use crate::limit::store::redis::script::{Mode, Naming, Scripts, understand};
use crate::limit::store::remote::{Change, Correction};

/// In the future, so that no key ends by the real clock while a test tells another time.
const START: u64 = 2_000_000_000_000_000;

#[derive(Debug, Clone)]
struct Step {
    wait_us: u64,
    /// The share of the whole budget that is asked for, in thousandths, of each of the buckets; 0: not this one.
    asks: [u64; 4],
    shadow: bool,
    /// Which of the open requests settles, and what it has used, in thousandths of what it asked.
    settles: Option<(usize, u64)>,
}

fn step() -> impl Strategy<Value = Step> {
    let asks = prop::array::uniform4(prop_oneof![Just(0_u64), 1_u64..300, 300_u64..1_100]);
    let wait = prop_oneof![Just(0_u64), 1_u64..2_000, 0_u64..9_000_000];
    (wait, asks, prop::bool::weighted(0.2), prop::option::weighted(0.6, (any::<usize>(), 0_u64..4_000)))
        .prop_map(|(wait_us, asks, shadow, settles)| Step { wait_us, asks, shadow, settles })
}

fn budgets() -> impl Strategy<Value = [Budget; 4]> {
    let amount = prop_oneof![1_u64..20, 20_u64..100_000, 999_999_000_000_u64..1_000_000_000_001, Just(u64::MAX)];
    let flow = (amount.clone(), 1_u64..100_000_000, prop::option::of(1_u64..10_000))
        .prop_map(|(amount, ms, burst)| Budget::flow(amount, Duration::from_millis(ms), burst));
    (flow.clone(), flow, amount, 20_000_000_u64..200_000_000, 1_u64..6).prop_map(|(one, two, amount, ends, most)| {
        [one, two, Budget::calendar(amount, i64::try_from(START + ends).unwrap()), Budget::flight(most)]
    })
}

/// A request's claims on some of the buckets.
fn claims(step: &Step, budgets: &[Budget; 4]) -> Vec<Claim> {
    let asked = step.asks.iter().zip(budgets).enumerate().filter(|(_, (share, _))| **share > 0);
    asked
        .map(|(index, (share, budget))| {
            let whole = budget.left(0).max(1);
            let cost = if index == 3 { 1 } else { u64::try_from(u128::from(whole) * u128::from(*share) / 1_000).unwrap() };
            Claim { shadow: step.shadow, ..Claim::new(index as u128, index as u128, *budget, cost) }
        })
        .collect()
}

struct Pair {
    memory: Memory,
    redis: MultiplexedConnection,
    scripts: Scripts,
    naming: Naming,
    batches: i64,
}

impl Pair {
    async fn take(&self, claims: &mut [Claim], flight: u64, now: Moment) -> Vec<Claim> {
        let call = self.naming.reserve(claims, flight, Mode::Take, Some(now.wall));
        let reply: Vec<i64> = run(self.redis.clone(), &self.scripts.reserve, call).await.unwrap();
        let mut others = claims.to_vec();
        let (_, admitted) = understand(&mut others, &reply).unwrap();
        others.iter_mut().for_each(|claim| claim.conclude(admitted));
        self.memory.take(claims, now);
        others
    }

    async fn settle(&mut self, claims: &[Claim], flight: u64, taken: Moment, now: Moment) {
        let corrections: Vec<_> = claims
            .iter()
            .filter_map(|claim| {
                let settlement = claim.settlement(taken)?;
                let is_flight = claim.budget == Budget::flight(claim.budget.amount);
                let change = if is_flight { Change::Land(flight) } else { Change::Settle(claim.budget, settlement) };
                Some(Correction { bucket: claim.bucket, change })
            })
            .collect();
        self.correct(&corrections, now).await;
        self.memory.settle(claims, taken, || now);
    }

    async fn correct(&mut self, corrections: &[Correction], now: Moment) {
        self.batches += 1;
        let call = self.naming.settle(corrections, self.batches, Some(now.wall));
        let news: i64 = run(self.redis.clone(), &self.scripts.settle, call).await.unwrap();
        assert_eq!(news, 1);
    }
}

fn moment(us: u64) -> Moment {
    Moment { steady: us, wall: i64::try_from(us).unwrap() }
}

async fn compare(server: &Server, budgets: [Budget; 4], steps: Vec<Step>) -> Result<(), TestCaseError> {
    let naming = Naming { prefix: format!("{:x}", rand::random::<u64>()), gateway: 1 };
    let redis = connect(server).await;
    let mut pair = Pair { memory: Memory::new(1_000), redis, scripts: Scripts::new(), naming, batches: 0 };
    let mut open: Vec<(u64, Vec<Claim>, Moment)> = Vec::new();
    let mut now = START;
    for (number, step) in steps.iter().enumerate() {
        now += step.wait_us;
        let at = moment(now);
        let flying: Vec<_> = open.iter().filter(|(_, claims, _)| claims.iter().any(|claim| claim.bucket == 3)).collect();
        let renewals: Vec<_> =
            flying.iter().map(|(flight, ..)| Correction { bucket: 3, change: Change::Renew(*flight) }).collect();
        pair.correct(&renewals, at).await;
        let mut claims = claims(step, &budgets);
        let others = pair.take(&mut claims, number as u64, at).await;
        for (claim, other) in claims.iter().zip(&others) {
            prop_assert_eq!(claim.answer, other.answer, "step {} of {:?}", number, budgets);
        }
        if claims.iter().any(|claim| claim.answer.taken) {
            open.push((number as u64, claims.into_iter().filter(|claim| claim.answer.taken).collect(), at));
        }
        if let Some((which, share)) = step.settles
            && !open.is_empty()
        {
            let (flight, mut claims, taken) = open.swap_remove(which % open.len());
            for claim in &mut claims {
                claim.used = u64::try_from(u128::from(claim.cost) * u128::from(share) / 1_000).unwrap_or(u64::MAX);
            }
            pair.settle(&claims, flight, taken, at).await;
        }
    }
    Ok(())
}

#[test]
fn memory_and_redis_come_to_the_same_levels_and_verdicts() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(Server::start());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(150));
    let steps = (budgets(), prop::collection::vec(step(), 1..40));
    let outcome = runner.run(&steps, |(budgets, steps)| runtime.block_on(compare(&server, budgets, steps)));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[tokio::test]
async fn a_batch_that_comes_twice_counts_once() {
    let server = Server::start().await;
    let naming = Naming { prefix: "twice".to_owned(), gateway: 7 };
    let redis = connect(&server).await;
    let pair = Pair { memory: Memory::new(10), redis, scripts: Scripts::new(), naming, batches: 0 };
    let mut claims = vec![claim(1, 100, 10)];
    let taken = moment(START);
    pair.take(&mut claims, 0, taken).await;
    let settlement = Claim { used: 30, ..claims[0].clone() }.settlement(taken).unwrap();
    let correction = Correction { bucket: 1, change: Change::Settle(claims[0].budget, settlement) };
    let mut news = Vec::new();
    for number in [5, 5, 6, 5] {
        let call = pair.naming.settle(std::slice::from_ref(&correction), number, Some(taken.wall));
        news.push(run::<i64>(pair.redis.clone(), &pair.scripts.settle, call).await.unwrap());
    }
    assert_eq!(news, [1, 0, 1, 0]);
    let call = pair.naming.reserve(&claims, 0, Mode::Look, Some(taken.wall));
    understand(&mut claims, &run::<Vec<i64>>(pair.redis.clone(), &pair.scripts.reserve, call).await.unwrap()).unwrap();
    assert_eq!(claims[0].budget.used(claims[0].answer.before), 50);
}

#[tokio::test]
async fn a_gateway_that_died_holds_its_places_no_longer_than_its_lease() {
    let server = Server::start().await;
    let naming = Naming { prefix: "lease".to_owned(), gateway: 7 };
    let redis = connect(&server).await;
    let mut pair = Pair { memory: Memory::new(10), redis, scripts: Scripts::new(), naming, batches: 0 };
    let flight = Claim::new(3, 3, Budget::flight(1), 1);
    let level = async |pair: &Pair, now: u64| {
        let mut claims = vec![flight.clone()];
        let call = pair.naming.reserve(&claims, 9, Mode::Look, Some(moment(now).wall));
        understand(&mut claims, &run::<Vec<i64>>(pair.redis.clone(), &pair.scripts.reserve, call).await.unwrap()).unwrap();
        claims[0].answer.before
    };
    pair.take(&mut [flight.clone()], 0, moment(START)).await;
    let lease = 30_000_000;
    assert_eq!(level(&pair, START + lease - 1).await, 1);
    pair.correct(&[Correction { bucket: 3, change: Change::Renew(0) }], moment(START + 10_000_000)).await;
    assert_eq!(level(&pair, START + lease).await, 1);
    assert_eq!(level(&pair, START + lease + 10_000_000).await, 0);
    assert!(pair.take(&mut [flight.clone()], 1, moment(START + lease + 10_000_000)).await[0].answer.taken);
}

#[tokio::test]
async fn keys_do_not_outlive_what_they_are_for() {
    let server = Server::start().await;
    let naming = Naming { prefix: "keys".to_owned(), gateway: 7 };
    let redis = connect(&server).await;
    let mut pair = Pair { memory: Memory::new(10), redis, scripts: Scripts::new(), naming, batches: 0 };
    let now = Moment { steady: START, wall: jiff::Timestamp::now().as_microsecond() };
    let minute = Budget::flow(60, Duration::from_secs(60), None);
    let hour = Budget::calendar(60, now.wall + 3_600_000_000);
    let mut claims = vec![Claim::new(1, 1, minute, 30), Claim::new(2, 2, hour, 30), Claim::new(3, 3, Budget::flight(9), 1)];
    pair.take(&mut claims, 0, moment(START)).await;
    pair.correct(&[], now).await;
    for (bucket, least, most) in [(1, 88_000, 91_000), (2, 3_650_000, 3_661_000), (3, 29_000, 31_000)] {
        let key = format!("{{keys}}:{bucket:032x}");
        let lives: i64 = redis::cmd("PTTL").arg(key).query_async(&mut pair.redis).await.unwrap();
        assert!((least..=most).contains(&lives), "{bucket} lives {lives} ms");
    }
    let lives: i64 = redis::cmd("PTTL").arg("{keys}:gateway:0000000000000007").query_async(&mut pair.redis).await.unwrap();
    assert!(lives > 600_000, "{lives}");
}
