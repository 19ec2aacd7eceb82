//! A Redis that forgets, hangs, dies and comes back.

use super::*;
use crate::limit::claim::Against;

/// As in earnest.
const TIMEOUT: Duration = Duration::from_millis(50);

fn impatient(server: &Server, when_away: WhenAway) -> RedisStore {
    RedisStore { timeout: model::Duration(TIMEOUT), when_away, gateways: 4, ..config(server) }
}

#[tokio::test]
async fn scripts_that_redis_has_forgotten_are_told_again() {
    let server = Server::start().await;
    let gateway = Gateway::start(&config(&server)).await;
    let mut other = connect(&server).await;
    let _: () = redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut other).await.unwrap();
    let hold = gateway.take(vec![claim(1, 100, 50)]).await.unwrap();
    let _: () = redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut other).await.unwrap();
    drop(hold);
    gateway.until_used(&claim(1, 100, 50), 0).await;
    assert!(!gateway.limiter.store().unwrap().away);
}

#[tokio::test]
async fn a_redis_that_lost_its_data_begins_with_full_budgets_and_debts_are_charged_to_them() {
    let server = Server::start().await;
    let gateway = Gateway::start(&config(&server)).await;
    let [mut back, mut debt] =
        [gateway.take(vec![claim(1, 100, 50)]).await.unwrap(), gateway.take(vec![claim(2, 100, 50)]).await.unwrap()];
    let flight = Claim::new(3, 3, Budget::flight(5), 1);
    let flying = gateway.take(vec![flight.clone()]).await.unwrap();
    let _: () = redis::cmd("FLUSHALL").query_async(&mut connect(&server).await).await.unwrap();
    back.claims[0].used = 10;
    back.settle(Instant::now);
    debt.claims[0].used = 120;
    debt.settle(Instant::now);
    gateway.limiter.flush().await;
    assert_eq!(gateway.used(&claim(1, 100, 0)).await, 0);
    assert_eq!(gateway.used(&claim(2, 100, 0)).await, 70, "what went beyond the reservation");
    // Places that are still held are told again, within a third of their lease.
    gateway.until_renewed(&flight).await;
    drop(flying);
}

impl Gateway {
    async fn until_renewed(&self, flight: &Claim) {
        for _ in 0..1_500 {
            if self.used(flight).await == 1 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never renewed");
    }
}

#[tokio::test]
async fn while_redis_is_away_each_rule_does_what_it_says() {
    let mut server = Server::start().await;
    let gateway = Gateway::start(&impatient(&server, WhenAway::Local)).await;
    server.kill();
    gateway.until_away(true).await;
    let of = |when_away, cost| Claim { when_away, ..claim(1, 100, cost) };
    let began = Instant::now();
    let denied = vec![of(None, 1), Claim { rule: 1, ..of(Some(WhenAway::Deny), 1) }];
    assert!(matches!(gateway.decide(denied).await, Decision::Away(1)));
    assert!(gateway.take(vec![Claim { shadow: true, ..of(Some(WhenAway::Deny), 1) }]).await.is_some());
    let allowed = gateway.take(vec![of(Some(WhenAway::Allow), 1_000)]).await.unwrap();
    assert_eq!(allowed.claims[0].answer.counts, Against::Nothing);
    // A fourth of the budget, and what is more than that only if nothing of it is in use.
    let share = gateway.take(vec![of(None, 20)]).await.unwrap();
    assert_eq!(share.claims[0].budget.left(share.claims[0].level()), 5);
    assert!(gateway.take(vec![of(None, 6)]).await.is_none());
    drop(share);
    let larger = gateway.take(vec![of(None, 80)]).await.unwrap();
    assert!(gateway.take(vec![of(None, 1)]).await.is_none());
    assert!(gateway.take(vec![of(None, 101)]).await.is_none(), "what the whole could never hold");
    assert!(began.elapsed() < TIMEOUT, "a store that is known to be away is not waited for");

    server.restart().await;
    gateway.until_away(false).await;
    // What was taken here is settled here.
    drop(larger);
    let hold = gateway.take(vec![of(None, 60)]).await.unwrap();
    assert_eq!(gateway.used(&claim(1, 100, 0)).await, 60);
    drop(hold);
}

#[tokio::test]
async fn what_was_taken_from_redis_is_settled_there_when_it_is_back() {
    let mut server = Server::start().await;
    let gateway = Gateway::start(&impatient(&server, WhenAway::Local)).await;
    let mut hold = gateway.take(vec![claim(1, 100, 10)]).await.unwrap();
    server.kill();
    gateway.until_away(true).await;
    hold.claims[0].used = 90;
    hold.settle(Instant::now);
    assert_eq!(gateway.limiter.buckets(), 0, "not here");
    server.restart().await;
    gateway.until_used(&claim(1, 100, 0), 80).await;
    assert_eq!(gateway.limiter.store().unwrap().settlements_lost, 0);
}

#[tokio::test]
async fn a_redis_that_hangs_costs_a_few_requests_their_patience_and_the_others_nothing() {
    let server = Server::start().await;
    let gateway = Gateway::start(&impatient(&server, WhenAway::Allow)).await;
    let before = gateway.take(vec![claim(1, 100, 10)]).await.unwrap();
    server.freeze();
    let began = Instant::now();
    for _ in 0..200 {
        assert!(gateway.take(vec![claim(1, 100, 10)]).await.is_some());
    }
    assert!(began.elapsed() < TIMEOUT * 12, "{:?} for 200 requests", began.elapsed());
    assert!(gateway.limiter.store().unwrap().away);
    drop(before);
    server.thaw();
    gateway.until_away(false).await;
    // What was taken after nobody waited for it any more came back, and so did what was settled meanwhile.
    gateway.until_used(&claim(1, 100, 10), 0).await;
}

#[tokio::test]
async fn a_redis_that_only_reads_is_away() {
    let server = Server::start().await;
    let gateway = Gateway::start(&impatient(&server, WhenAway::Deny)).await;
    let mut other = connect(&server).await;
    let _: () = redis::cmd("REPLICAOF").arg("127.0.0.1").arg(1).query_async(&mut other).await.unwrap();
    assert!(gateway.take(vec![claim(1, 100, 10)]).await.is_none());
    gateway.until_away(true).await;
    let _: () = redis::cmd("REPLICAOF").arg("NO").arg("ONE").query_async(&mut other).await.unwrap();
    gateway.until_away(false).await;
    assert!(gateway.take(vec![claim(1, 100, 10)]).await.is_some());
}

#[tokio::test]
async fn a_gateway_that_starts_without_redis_finds_it_later() {
    let mut server = Server::start().await;
    server.kill();
    let gateway = Gateway::start(&impatient(&server, WhenAway::Deny)).await;
    assert!(gateway.take(vec![claim(1, 100, 10)]).await.is_none());
    server.restart().await;
    gateway.until_away(false).await;
    assert!(gateway.take(vec![claim(1, 100, 10)]).await.is_some());
}
