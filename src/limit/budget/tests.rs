use super::*;
use proptest::prelude::*;

const MONTH: Duration = Duration::from_secs(31 * 86_400);

fn moment(us: u64) -> Moment {
    Moment { steady: us, wall: i64::try_from(us).unwrap() }
}

const START: Moment = Moment { steady: 0, wall: 0 };

fn fits(verdict: Verdict) -> i128 {
    let Verdict::Fits(level) = verdict else { panic!("{verdict:?}") };
    level
}

fn wait(verdict: Verdict) -> u64 {
    let Verdict::Wait(us) = verdict else { panic!("{verdict:?}") };
    us
}

#[test]
fn amounts_from_one_to_a_million_millions_are_exact_in_any_window() {
    for amount in [1, 3, 7, 999_983, 1_000_000_007, 999_999_999_989, 1_000_000_000_000] {
        for window in [Duration::from_secs(1), Duration::from_secs(61), MONTH] {
            let budget = Budget::flow(amount, window, None);
            let full = fits(budget.admit(0, amount, START));
            assert_eq!(budget.left(full), 0);
            let wait = wait(budget.admit(full, 1, START));
            let then = |us| full - budget.at(moment(us));
            assert!(matches!(budget.admit(then(wait), 1, START), Verdict::Fits(_)), "{amount} per {window:?}");
            assert!(matches!(budget.admit(then(wait - 1), 1, START), Verdict::Wait(_)), "{amount} per {window:?}");
            assert_eq!(u128::from(budget.reset(full, START)), window.as_micros());
        }
    }
}

#[test]
fn a_burst_is_what_fits_at_once_and_the_amount_what_comes_back() {
    let budget = Budget::flow(60, Duration::from_secs(60), Some(5));
    let full = fits(budget.admit(0, 5, START));
    assert_eq!((budget.left(0), budget.left(full)), (5, 0));
    assert_eq!(wait(budget.admit(full, 1, START)), 1_000_000);
    assert_eq!(budget.admit(0, 6, START), Verdict::Never);
    let wide = Budget::flow(60, Duration::from_secs(60), Some(600));
    assert_eq!(budget.reset(full, START), 5_000_000);
    assert_eq!(wide.left(0), 600);
}

#[test]
fn a_thousand_years_of_uptime_and_absurd_charges_do_not_overflow() {
    let end = Moment { steady: u64::MAX, wall: i64::MAX };
    for budget in [
        Budget::flow(u64::MAX, Duration::MAX, Some(u64::MAX)),
        Budget::flow(0, Duration::ZERO, None),
        Budget::flow(1, Duration::MAX, None),
        Budget::calendar(u64::MAX, i64::MAX),
        Budget::calendar(0, i64::MIN),
        Budget::flight(u64::MAX),
    ] {
        let now = budget.at(end);
        assert!(now >= 0);
        let level = budget.stretch(u64::MAX).saturating_mul(3);
        assert!(!matches!(budget.admit(level, u64::MAX, end), Verdict::Fits(_)));
        assert_eq!(budget.left(i128::MAX), 0);
        assert!(budget.reset(i128::MAX, end) > 0);
        for number in [None, Some(now)] {
            let absurd = Settlement { taken: START, after: level, cost: 1, used: u64::MAX };
            assert!(budget.settled(number, &absurd, end).is_none_or(|number| number >= 0));
        }
        for gateways in [0, 1, 7, u32::MAX] {
            assert!(budget.share(gateways).capacity <= budget.capacity);
        }
    }
}

#[test]
fn an_amount_of_zero_admits_nothing() {
    for budget in [Budget::flow(0, MONTH, None), Budget::calendar(0, 1), Budget::flight(0)] {
        assert_eq!(budget.admit(0, 1, START), Verdict::Never);
        assert!(!budget.holds(1));
        assert_eq!(budget.share(3).admit(0, 1, START), Verdict::Never);
    }
}

#[test]
fn a_day_is_used_up_until_it_ends() {
    let budget = Budget::calendar(10, 1_000);
    let level = fits(budget.admit(0, 7, moment(400)));
    assert_eq!((budget.left(level), budget.used(level), budget.reset(level, moment(400))), (3, 7, 600));
    assert_eq!(budget.admit(level, 4, moment(400)), Verdict::Wait(600));
    assert_eq!(budget.admit(level, 11, moment(400)), Verdict::Never);
    let settle =
        |number, used, now| budget.settled(number, &Settlement { taken: moment(400), after: level, cost: 7, used }, moment(now));
    assert_eq!(settle(Some(7), 2, 500), Some(2));
    assert_eq!(settle(Some(7), 20, 500), Some(20));
    assert_eq!(settle(Some(3), 0, 500), Some(0), "never less than nothing");
    assert_eq!(settle(None, 20, 500), Some(13), "a budget that was lost begins with the rest");
    assert_eq!(settle(None, 20, 1_000), None, "the day is over");
}

#[test]
fn what_is_in_flight_comes_back_when_it_lands() {
    let budget = Budget::flight(2);
    let level = fits(budget.admit(1, 1, START));
    assert_eq!((budget.left(level), budget.reset(level, START)), (0, 1_000_000));
    assert_eq!(budget.admit(level, 1, START), Verdict::Wait(1_000_000));
    let landed = Settlement { taken: START, after: level, cost: 1, used: 1 };
    assert_eq!(budget.settled(Some(2), &landed, START), Some(1));
    assert_eq!(budget.settled(Some(0), &landed, START), Some(0));
    assert_eq!(budget.settled(None, &landed, START), None);
}

#[test]
fn the_shares_of_all_gateways_are_not_more_than_the_whole() {
    let whole = Budget::flow(1_000, Duration::from_secs(60), Some(500));
    let share = whole.share(4);
    assert_eq!((share.amount, share.left(0)), (250, 125));
    assert_eq!(wait(share.admit(share.capacity, 1, START)), 240_000);
    assert_eq!(whole.share(1), whole);
    assert_eq!(Budget::calendar(10, 1).share(4).left(0), 2);
    assert_eq!(Budget::flight(3).share(4).left(0), 1, "but never nothing");
}

proptest! {
    #[test]
    fn what_is_told_to_wait_fits_after_the_wait_and_not_before(
        amount in 1_u64..1_000_000_000_000,
        seconds in 1_u64..2_678_400,
        level in 0_u64..2_000_000,
        share in 1_u64..1_000,
    ) {
        let budget = Budget::flow(amount, Duration::from_secs(seconds), None);
        let count = (amount / share).max(1);
        let level = budget.capacity / 1_000_000 * i128::from(level);
        if let Verdict::Wait(wait) = budget.admit(level, count, START) {
            let then = |us| (level - budget.at(moment(us))).max(0);
            prop_assert!(matches!(budget.admit(then(wait), count, START), Verdict::Fits(_)));
            prop_assert!(!matches!(budget.admit(then(wait - 1), count, START), Verdict::Fits(_)));
        }
    }
}
