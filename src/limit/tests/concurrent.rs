//! Real threads against one limiter, and its memory.

use std::sync::Barrier;

use super::*;

/// Lets so many threads ask at once, each as often as told; returns what was admitted.
fn storm(
    limiter: &Arc<Limiter>,
    rules: &Rules,
    threads: usize,
    each: usize,
    ask: impl Fn(usize) -> Ask<'static> + Sync,
) -> Vec<Reservation> {
    let start = Barrier::new(threads);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let (start, ask) = (&start, &ask);
                scope.spawn(move || {
                    start.wait();
                    (0..each).filter_map(|_| limiter.reserve(rules, &ask(thread), Instant::now()).ok()).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

/// So long that nothing drains while a test runs.
fn daily(limit: Limit) -> Limit {
    Limit { every: Some(Duration::seconds(31 * 86_400)), ..limit }
}

#[test]
fn two_hundred_at_once_against_a_limit_that_admits_ten_admit_ten() {
    for rules in [[daily(requests(10))], [daily(total(1_000))]].map(|limits| Rules::new(&limits)) {
        for _ in 0..20 {
            let admitted = storm(&Limiter::new(), &rules, 200, 1, |_| prompt(100));
            assert_eq!(admitted.len(), 10);
        }
    }
}

#[test]
fn a_rule_that_rejects_takes_nothing_from_the_others_not_even_for_a_moment() {
    // The threads of one key are turned away by its request rule; meanwhile the other key needs the last token of the budget that
    // both share. With a take that is rolled back, it would now and then be turned away.
    let shared = Limit { per: vec![], ..daily(total(1_000)) };
    let rules = Rules::new(&[shared, daily(requests(5))]);
    for _ in 0..20 {
        let limiter = Limiter::new();
        let keys = ["a", "b"];
        let admitted = storm(&limiter, &rules, 64, 4, |thread| Ask { key: keys[thread % 2], ..prompt(100) });
        assert_eq!(admitted.len(), 10);
    }
}

#[test]
fn a_thousand_rejections_leave_every_bucket_as_it_was() {
    let limiter = Limiter::new();
    let rules = Rules::new(&[daily(total(1_000)), daily(requests(2)), Limit { per: vec![Per::Model], ..daily(requests(1_000)) }]);
    let one = limiter.reserve(&rules, &prompt(300), Instant::now()).unwrap();
    let before = limiter.memory.all();
    let admitted = storm(&limiter, &rules, 10, 100, |_| prompt(701));
    assert!(admitted.is_empty());
    assert_eq!(limiter.memory.all(), before);
    one.refund();
}

#[test]
fn many_threads_that_reserve_settle_and_drop_lose_no_token() {
    let limiter = Limiter::new();
    let rules = Rules::new(&[daily(total(1_000_000_000_000))]);
    std::thread::scope(|scope| {
        for thread in 0..8_u64 {
            let (limiter, rules) = (&limiter, &rules);
            scope.spawn(move || {
                for i in 0..2_000 {
                    let reservation = limiter.reserve(rules, &prompt(500), Instant::now()).unwrap();
                    match (i + thread) % 4 {
                        0 => reservation.settle(used(700, 0), Instant::now()),
                        1 => reservation.settle(used(300, 0), Instant::now()),
                        2 => reservation.settle(used(100, 0), Instant::now()),
                        _ => reservation.refund(),
                    }
                }
            });
        }
    });
    // A little has drained since: less than a minute of 31 days.
    let spent = 1_000_000_000_000 - left(&limiter, &rules);
    let charged = 8 * 500 * (700 + 300 + 100);
    assert!(spent <= charged, "{spent} of {charged}");
    let drained = 1_000_000_000_000 / (31 * 24 * 60);
    assert!(spent + drained >= charged, "{spent} of {charged}");
}

#[tokio::test(start_paused = true)]
async fn a_million_keys_do_not_stay() {
    let limiter = Limiter::new();
    let rules = Rules::new(&[Limit { every: Some(Duration::seconds(1)), ..requests(1) }]);
    let mut most = 0;
    for i in 0..1_000_000_u32 {
        if i % 1_000 == 0 {
            tokio::time::advance(std::time::Duration::from_millis(100)).await;
            most = most.max(limiter.buckets());
        }
        let key = format!("key {i}");
        drop(limiter.reserve(&rules, &Ask { key: &key, ..ask() }, Instant::now()));
    }
    assert!(most < 40_000, "{most} buckets");
}

#[tokio::test(start_paused = true)]
async fn when_memory_is_full_newcomers_share_a_bucket_and_nobody_else_is_affected() {
    let limiter = Limiter::with_room_for(100);
    let rules = Rules::new(&[daily(requests(2))]);
    let names: Vec<_> = (0..1_000).map(|i| format!("key {i}")).collect();
    let admitted: Vec<_> =
        names.iter().filter(|key| limiter.reserve(&rules, &Ask { key, ..ask() }, Instant::now()).is_ok()).collect();
    assert_eq!(admitted.len(), 102);
    assert_eq!(limiter.buckets(), 101);
    assert!(limiter.reserve(&rules, &Ask { key: &names[0], ..ask() }, Instant::now()).is_ok());
    assert!(limiter.reserve(&rules, &Ask { key: &names[0], ..ask() }, Instant::now()).is_err());
}
