//! Reserve, then settle: refunds, debts, and the time between.

use std::time::Duration as Time;

use proptest::prelude::*;
use tokio::time::advance;

use super::*;

fn reserve(limiter: &Arc<Limiter>, rules: &Rules, tokens: u64) -> Reservation {
    limiter.reserve(rules, &prompt(tokens), Instant::now()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_was_not_used_is_given_back() {
    let (limiter, rules) = (Limiter::new(), Rules::new(&[total(1_000)]));
    let reservation = reserve(&limiter, &rules, 1_000);
    assert_eq!(left(&limiter, &rules), 0);
    reservation.settle(used(100, 50), Instant::now());
    assert_eq!(left(&limiter, &rules), 850);
}

#[tokio::test(start_paused = true)]
async fn what_was_used_beyond_the_reservation_becomes_debt_that_time_pays() {
    let (limiter, rules) = (Limiter::new(), Rules::new(&[total(1_000)]));
    reserve(&limiter, &rules, 10).settle(used(10, 2_990), Instant::now());
    let exceeded = limiter.reserve(&rules, &prompt(1), Instant::now()).unwrap_err();
    assert_eq!(exceeded.retry_after(), Some(Time::from_millis(120_060)));
    advance(Time::from_millis(120_059)).await;
    assert_eq!(left(&limiter, &rules), 0);
    advance(Time::from_millis(1)).await;
    assert_eq!(left(&limiter, &rules), 1);
}

#[tokio::test(start_paused = true)]
async fn every_way_to_end_without_use_leaves_nothing_reserved() {
    let (limiter, rules) = (Limiter::new(), Rules::new(&[total(1_000)]));
    reserve(&limiter, &rules, 400).refund();
    reserve(&limiter, &rules, 400).settle(Spent::Nothing, Instant::now());
    drop(reserve(&limiter, &rules, 400));
    assert_eq!(left(&limiter, &rules), 1_000);
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_rule_charges_its_own_kind_of_tokens() {
    for (limit, expected) in [
        (Limit { input_tokens: Some(1_000), ..limit() }, 900),
        (Limit { output_tokens: Some(1_000), ..limit() }, 970),
        (Limit { total_tokens: Some(1_000), ..limit() }, 870),
    ] {
        let (limiter, rules) = (Limiter::new(), Rules::new(&[limit]));
        let ask = Ask { input_tokens: 500, output_tokens: Some(400), ..ask() };
        limiter.reserve(&rules, &ask, Instant::now()).unwrap().settle(used(100, 30), Instant::now());
        let headers = limiter.reserve(&rules, &prompt(0), Instant::now()).unwrap().headers();
        assert_eq!(headers[1].1, expected.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn a_refund_gives_back_only_what_time_has_not_given_back_already() {
    let (limiter, rules) = (Limiter::new(), Rules::new(&[total(1_000)]));
    let slow = reserve(&limiter, &rules, 1_000);
    advance(Time::from_secs(60)).await;
    let next = reserve(&limiter, &rules, 1_000);
    slow.settle(used(10, 0), Instant::now());
    assert_eq!(left(&limiter, &rules), 0, "the refund came on top of a full budget that is in use again");
    next.refund();
    assert_eq!(left(&limiter, &rules), 1_000);
}

#[tokio::test(start_paused = true)]
async fn many_slow_requests_that_end_together_do_not_pile_up_a_burst() {
    let (limiter, rules) = (Limiter::new(), Rules::new(&[total(1_000)]));
    let mut slow = Vec::new();
    for _ in 0..10 {
        slow.push(reserve(&limiter, &rules, 1_000));
        advance(Time::from_secs(60)).await;
    }
    let mut admitted = 0;
    for reservation in slow {
        reservation.settle(used(1, 0), Instant::now());
        let tokens = left(&limiter, &rules);
        admitted += tokens;
        reserve(&limiter, &rules, tokens).settle(used(tokens, 0), Instant::now());
    }
    assert_eq!(admitted, 1_000);
}

#[tokio::test(start_paused = true)]
async fn a_refund_does_not_pay_for_what_others_overspend() {
    let (limiter, rules) = (Limiter::new(), Rules::new(&[total(1_000)]));
    let [first, second, third] = [480, 500, 20].map(|tokens| reserve(&limiter, &rules, tokens));
    first.refund();
    advance(Time::from_secs(30)).await;
    second.refund();
    third.settle(used(1_020, 0), Instant::now());
    assert_eq!(left(&limiter, &rules), 0);
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_within_the_rate_leaves_no_debt_and_one_beyond_it_does() {
    let (limiter, rules) = (Limiter::new(), Rules::new(&[total(1_000)]));
    let answer = reserve(&limiter, &rules, 10);
    advance(Time::from_secs(300)).await;
    answer.settle(used(10, 4_000), Instant::now());
    assert_eq!(left(&limiter, &rules), 1_000);
    let answer = reserve(&limiter, &rules, 10);
    advance(Time::from_secs(300)).await;
    answer.settle(used(10, 6_490), Instant::now());
    assert_eq!(limiter.reserve(&rules, &prompt(1_000), Instant::now()).unwrap_err().retry_after(), Some(Time::from_secs(90)));
}

#[tokio::test(start_paused = true)]
async fn a_debt_is_charged_even_if_the_bucket_was_forgotten_meanwhile() {
    let (limiter, rules) = (Limiter::new(), Rules::new(&[total(1_000)]));
    let answer = reserve(&limiter, &rules, 10);
    advance(Time::from_secs(61)).await;
    let other = Rules::new(&[Limit { name: "other".to_owned(), ..requests(1_000_000) }]);
    for _ in 0..256 * 64 {
        drop(limiter.reserve(&other, &ask(), Instant::now()));
    }
    assert_eq!(limiter.buckets(), 1, "only the other rule's");
    answer.settle(used(10, 2_100), Instant::now());
    assert!(limiter.reserve(&rules, &prompt(1), Instant::now()).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_steady_stream_within_the_limit_is_never_turned_away() {
    let limiter = Limiter::new();
    for limits in [requests(60), total(6_000)] {
        let rules = Rules::new(&[limits]);
        for _ in 0..10_000 {
            reserve(&limiter, &rules, 100).settle(used(100, 0), Instant::now());
            advance(Time::from_secs(1)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn coming_back_at_the_time_told_is_in_time() {
    for (limit, tokens) in [(requests(7), 0), (total(999), 998)] {
        let (limiter, rules) = (Limiter::new(), Rules::new(&[limit]));
        for _ in 0..50 {
            while let Ok(reservation) = limiter.reserve(&rules, &prompt(tokens), Instant::now()) {
                reservation.settle(used(tokens, 0), Instant::now());
            }
            let wait = limiter.reserve(&rules, &prompt(tokens), Instant::now()).unwrap_err().retry_after().unwrap();
            let just_before = Instant::now() + wait - Time::from_nanos(1);
            assert!(limiter.reserve(&rules, &prompt(tokens), just_before).is_err());
            assert!(limiter.reserve(&rules, &prompt(tokens), Instant::now() + wait).is_ok());
            advance(wait + Time::from_millis(1)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reload_keeps_the_buckets_of_rules_that_did_not_change() {
    let limiter = Limiter::new();
    let before = Rules::new(&[total(1_000)]);
    reserve(&limiter, &before, 600).settle(used(600, 0), Instant::now());
    let after = Rules::new(&[total(1_000), requests(5)]);
    assert_eq!(limiter.reserve(&after, &prompt(401), Instant::now()).unwrap_err().rule(), "total 1000");
    let raised = Rules::new(&[total(2_000)]);
    assert_eq!(left(&limiter, &raised), 2_000);
}

#[tokio::test(start_paused = true)]
async fn what_a_reservation_of_nothing_has_used_counts_from_now_not_from_when_the_bucket_was_last_used() {
    let (limiter, rules) = (Limiter::new(), Rules::new(&[total(1_000)]));
    reserve(&limiter, &rules, 1).settle(used(1, 0), Instant::now());
    advance(Time::from_secs(30)).await;
    reserve(&limiter, &rules, 0).settle(used(1_000, 0), Instant::now());
    assert_eq!(left(&limiter, &rules), 0);
}

#[tokio::test(start_paused = true)]
async fn absurd_usage_does_not_overflow() {
    let (limiter, rules) = (Limiter::new(), Rules::new(&[total(1_000_000_000_000)]));
    for _ in 0..1_000 {
        let Ok(reservation) = limiter.reserve(&rules, &prompt(1), Instant::now()) else { continue };
        reservation.settle(used(u64::MAX, u64::MAX), Instant::now());
    }
    let wait = limiter.reserve(&rules, &prompt(1), Instant::now()).unwrap_err().retry_after().unwrap();
    assert!(wait > Time::from_secs(900));
}

#[derive(Debug, Clone)]
struct Step {
    wait_ms: u64,
    tokens: u64,
    used: u64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0_u64..90_000, 0_u64..1_200, 0_u64..3_000).prop_map(|(wait_ms, tokens, used)| Step { wait_ms, tokens, used });
    proptest::collection::vec(step, 1..40)
}

/// Runs on paused time.
fn paused(test: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(test)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The bucket after a request has settled is the bucket of a request that had asked for exactly what it used.
    #[test]
    fn one_after_the_other_settles_to_what_was_used_and_nothing_else(steps in steps(), runs_ms in 0_u64..30_000) {
        paused(async {
            let (limiter, rules) = (Limiter::new(), Rules::new(&[total(1_000)]));
            let start = Instant::now();
            // An oracle in real numbers: milliseconds at 60 ms for each token.
            let mut mark = 0_f64;
            for step in steps {
                advance(Time::from_millis(step.wait_ms)).await;
                let now = start.elapsed().as_secs_f64() * 1e3;
                let fits = mark.max(now) + step.tokens as f64 * 60.0 <= now + 60_000.0 + 1e-3;
                let reservation = limiter.reserve(&rules, &prompt(step.tokens), Instant::now());
                prop_assert_eq!(reservation.is_ok(), fits);
                if let Ok(reservation) = reservation {
                    advance(Time::from_millis(runs_ms)).await;
                    reservation.settle(used(step.used, 0), Instant::now());
                    mark = mark.max(now) + step.used as f64 * 60.0;
                }
            }
            Ok(())
        })?;
    }

    /// However requests overlap: what they used in all is never more than what the rule has given out, and in no stretch of time
    /// is it more than two budgets and what has drained.
    #[test]
    fn overlapping_requests_never_spend_more_than_was_given_out(steps in steps()) {
        paused(async {
            let (limiter, rules) = (Limiter::new(), Rules::new(&[total(1_000)]));
            let (mut open, mut spent) = (Vec::new(), Vec::new());
            let start = Instant::now();
            for (i, step) in steps.into_iter().enumerate() {
                advance(Time::from_millis(step.wait_ms / 10)).await;
                if let Ok(reservation) = limiter.reserve(&rules, &prompt(step.tokens), Instant::now()) {
                    let tokens = step.used.min(step.tokens);
                    spent.push((start.elapsed().as_millis() as u64, tokens));
                    open.push((reservation, tokens));
                }
                if i % 3 == 2 && !open.is_empty() {
                    let (reservation, tokens) = open.swap_remove(i % open.len());
                    reservation.settle(used(tokens, 0), Instant::now());
                }
            }
            for (i, (from, _)) in spent.iter().enumerate() {
                let budgets = if i == 0 { 1 } else { 2 };
                let mut sum = 0;
                for (to, tokens) in &spent[i..] {
                    sum += tokens;
                    prop_assert!(sum <= budgets * 1_000 + (to - from) / 60 + 1);
                }
            }
            Ok(())
        })?;
    }
}
