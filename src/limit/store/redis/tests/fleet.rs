//! Several gateways on one Redis.

use super::*;
use crate::limit::budget::Verdict;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_admit_together_exactly_what_one_would() {
    let server = Server::start().await;
    let gateways = [Arc::new(Gateway::start(&config(&server)).await), Arc::new(Gateway::start(&config(&server)).await)];
    for (name, budget, cost, fit) in [
        (1, Budget::flow(1_000, LONG, None), 10, 100),
        (2, Budget::calendar(999, i64::MAX / 2), 10, 99),
        (3, Budget::flight(100), 1, 100),
    ] {
        let tasks: Vec<_> = (0..1_000)
            .map(|i| {
                let gateway = Arc::clone(&gateways[i % 2]);
                let claim = Claim::new(name, name, budget, cost);
                tokio::spawn(async move { gateway.take(vec![claim]).await })
            })
            .collect();
        let mut holds = Vec::new();
        for task in tasks {
            holds.extend(task.await.unwrap());
        }
        assert_eq!(holds.len(), fit, "{budget:?}");
        // What is dropped without a word comes back, from both.
        drop(holds);
        for gateway in &gateways {
            gateway.until_used(&Claim::new(name, name, budget, cost), 0).await;
        }
    }
}

#[tokio::test]
async fn all_claims_of_a_request_are_met_or_none_is() {
    let server = Server::start().await;
    let gateway = Gateway::start(&config(&server)).await;
    let claims = |cost| vec![claim(1, 100, cost), claim(2, 1_000, cost), Claim::new(3, 3, Budget::flight(7), 1)];
    let first = gateway.take(claims(60)).await.unwrap();
    assert!(gateway.take(claims(60)).await.is_none());
    for (claim, used) in claims(60).iter().zip([60, 60, 1]) {
        assert_eq!(gateway.used(claim).await, used);
    }
    drop(first);
    gateway.until_used(&claims(60)[2], 0).await;
}

#[tokio::test]
async fn a_claim_in_the_shadow_is_charged_where_it_fits_and_refuses_nobody() {
    let server = Server::start().await;
    let gateway = Gateway::start(&config(&server)).await;
    let claims = || vec![Claim { shadow: true, ..claim(1, 10, 6) }, claim(2, 100, 6)];
    let (first, second) = (gateway.take(claims()).await.unwrap(), gateway.take(claims()).await.unwrap());
    assert!(first.claims[0].fits() && !second.claims[0].fits());
    assert_eq!((gateway.used(&claims()[0]).await, gateway.used(&claims()[1]).await), (6, 12));
    drop(second);
    gateway.until_used(&claims()[1], 6).await;
    assert_eq!(gateway.used(&claims()[0]).await, 6, "what was not charged is not given back");
}

#[tokio::test]
async fn what_is_settled_by_one_gateway_is_seen_by_the_other_and_a_debt_too() {
    let server = Server::start().await;
    let gateways = [Gateway::start(&config(&server)).await, Gateway::start(&config(&server)).await];
    for (used, seen) in [(3, 3), (250, 250)] {
        let bucket = claim(used.into(), 100, 50);
        let mut hold = gateways[0].take(vec![bucket.clone()]).await.unwrap();
        hold.claims[0].used = used;
        hold.settle(Instant::now);
        gateways[1].until_used(&bucket, seen).await;
    }
    let Decision::Told(Told::Refused(claims, _)) = gateways[1].decide(vec![claim(250, 100, 50)]).await else { panic!() };
    assert!(matches!(claims[0].answer.verdict, Verdict::Wait(_)));
}

#[tokio::test]
async fn a_request_that_is_dropped_while_it_asks_leaves_nothing_reserved() {
    let server = Server::start().await;
    let gateway = Gateway::start(&config(&server)).await;
    let mut other = connect(&server).await;
    let _: () = redis::cmd("CLIENT").arg("PAUSE").arg(300).query_async(&mut other).await.unwrap();
    let dropped = tokio::time::timeout(Duration::from_millis(30), gateway.take(vec![claim(1, 100, 50)])).await;
    assert!(dropped.is_err(), "Redis was to be paused");
    // It is taken after the pause, and given back.
    tokio::time::sleep(Duration::from_millis(400)).await;
    gateway.until_used(&claim(1, 100, 50), 0).await;
    let exists: bool = redis::cmd("EXISTS").arg(format!("{{test}}:{:032x}", 1)).query_async(&mut other).await.unwrap();
    assert!(exists, "it was taken at all");
}

#[tokio::test]
async fn all_that_was_settled_has_arrived_when_a_gateway_has_flushed() {
    let server = Server::start().await;
    let (leaving, staying) = (Gateway::start(&config(&server)).await, Gateway::start(&config(&server)).await);
    let mut holds = Vec::new();
    for _ in 0..500 {
        holds.push(leaving.take(vec![claim(1, 100_000, 100)]).await.unwrap());
    }
    for mut hold in holds {
        hold.claims[0].used = 7;
        hold.settle(Instant::now);
    }
    leaving.limiter.flush().await;
    drop(leaving);
    assert_eq!(staying.used(&claim(1, 100_000, 100)).await, 3_500);
}
