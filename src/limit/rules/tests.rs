use super::*;
use crate::config::model::{Calendar, Cost, Decimal, Duration, Match, Patterns, Per};
use crate::limit::budget::Kind;
use crate::limit::tests::{ask, limit};
use crate::usage::{Price, Rate, Rates, Tokens};

const NOW: Moment = Moment { steady: 1_000_000, wall: 1_795_953_600_000_000 };

fn rule(limit: &Limit) -> Rule {
    Rule::new(limit, &mut Wanted::default()).unwrap()
}

fn reserved(limit: Limit, ask: &Ask<'_>) -> u64 {
    rule(&limit).reserves(ask)
}

fn price(input: &str, output: &str) -> Price {
    let rate = |text| Rate::parse(text).unwrap();
    Price { rates: Rates { input: rate(input), output: rate(output), ..Rates::default() }, long: None }
}

fn patterns(patterns: &[&str]) -> Patterns {
    Patterns(patterns.iter().map(|pattern| (*pattern).to_owned()).collect())
}

fn expression(text: &str) -> Option<Cost> {
    Some(Cost { expression: text.to_owned(), amount: 10_000 })
}

#[test]
fn output_reserves_what_was_asked_up_to_the_cap() {
    let capped = rule(&Limit { total_tokens: Some(10_000), reserve_output_at_most: Some(500), ..limit() });
    let open = rule(&Limit { total_tokens: Some(10_000), ..limit() });
    assert_eq!(capped.reserves(&Ask { input_tokens: 100, output_tokens: Some(4_000), ..ask() }), 600);
    assert_eq!(open.reserves(&Ask { input_tokens: 100, output_tokens: Some(4_000), ..ask() }), 4_100);
    assert_eq!(capped.reserves(&Ask { input_tokens: 100, output_tokens: Some(20), ..ask() }), 120);
}

#[test]
fn output_that_nobody_asked_for_reserves_the_default_and_never_more_than_there_can_be() {
    let unasked = Ask { input_tokens: 100, output_tokens: None, price: Some(price("1", "2")), ..ask() };
    let of = |limit: Limit| reserved(limit, &unasked);
    assert_eq!(of(Limit { total_tokens: Some(10_000), ..limit() }), 1_124);
    assert_eq!(of(Limit { output_tokens: Some(10_000), ..limit() }), 1_024);
    assert_eq!(of(Limit { total_tokens: Some(500), ..limit() }), 500);
    assert_eq!(of(Limit { output_tokens: Some(500), ..limit() }), 500);
    assert_eq!(of(Limit { total_tokens: Some(10_000), burst: Some(Decimal("500".into())), ..limit() }), 500);
    assert_eq!(of(Limit { input_tokens: Some(500), ..limit() }), 100);
    assert_eq!(of(Limit { input_tokens: Some(50), ..limit() }), 100, "the prompt is what it is");
    assert_eq!(of(Limit { total_tokens: Some(10_000), reserve_output_at_most: Some(7), ..limit() }), 107);
    assert_eq!(of(Limit { money: Some(Decimal("1".into())), ..limit() }), 100 * 1_000 + 1_024 * 2_000);
    assert_eq!(of(Limit { money: Some(Decimal("0.0001".into())), ..limit() }), 100_000);
    assert_eq!(of(Limit { cost: expression("input_tokens + 4 * output_tokens"), ..limit() }), 4_196);
    assert_eq!(of(Limit { cost: expression("input_tokens + 40 * output_tokens"), ..limit() }), 10_000);
}

#[test]
fn what_cannot_be_known_beforehand_is_not_reserved_but_thinking_is() {
    let ask = Ask { input_tokens: 100, output_tokens: Some(50), ..ask() };
    assert_eq!(reserved(Limit { cached_input_tokens: Some(10), ..limit() }, &ask), 0);
    assert_eq!(reserved(Limit { cache_write_tokens: Some(10), ..limit() }, &ask), 0);
    assert_eq!(reserved(Limit { reasoning_tokens: Some(10), ..limit() }, &ask), 50);
    assert_eq!(reserved(Limit { cost: expression("cached_input_tokens + 2 * reasoning_tokens"), ..limit() }, &ask), 100);
    assert_eq!(reserved(Limit { in_flight: Some(10), ..limit() }, &ask), 1);
    assert_eq!(reserved(Limit { money: Some(Decimal("1".into())), ..limit() }, &ask), 0, "without a price");
}

#[test]
fn each_kind_counts_its_own_tokens() {
    let tokens = Tokens { input: 100, cached_input: 40, cache_write: 20, output: 10, reasoning: 5 };
    let ask = Ask { price: Some(price("1", "3")), ..ask() };
    let spent = |limit: Limit| rule(&limit).spent(&ask, &tokens);
    assert_eq!(spent(Limit { input_tokens: Some(1), ..limit() }), 100);
    assert_eq!(spent(Limit { output_tokens: Some(1), ..limit() }), 10);
    assert_eq!(spent(Limit { total_tokens: Some(1), ..limit() }), 110);
    assert_eq!(spent(Limit { cached_input_tokens: Some(1), ..limit() }), 40);
    assert_eq!(spent(Limit { cache_write_tokens: Some(1), ..limit() }), 20);
    assert_eq!(spent(Limit { reasoning_tokens: Some(1), ..limit() }), 5);
    assert_eq!(spent(Limit { cost: expression("cached_input_tokens + 2 * reasoning_tokens"), ..limit() }), 50);
    assert_eq!(spent(Limit { money: Some(Decimal("1".into())), ..limit() }), 40 * 1_000 + 10 * 3_000);
    assert_eq!(spent(Limit { requests: Some(1), ..limit() }), 1);
    assert_eq!(spent(Limit { in_flight: Some(1), ..limit() }), 1);
}

#[test]
fn an_expression_that_has_no_value_after_all_costs_its_tokens() {
    let tokens = Tokens { input: 100, output: 10, ..Tokens::default() };
    let rule = rule(&Limit { cost: expression("model == 'model' ? 1 : 1 / (input_tokens - input_tokens)"), ..limit() });
    assert_eq!(rule.spent(&ask(), &tokens), 1);
    assert_eq!(rule.spent(&Ask { model: "other", ..ask() }, &tokens), 110);
}

#[test]
fn a_bucket_is_told_apart_by_what_the_rule_is_per_and_by_nothing_else() {
    let names = Names::random();
    let rule = rule(&Limit { requests: Some(1), per: vec![Per::Key, Per::Tenant], ..limit() });
    let name = |ask: &Ask<'_>| rule.bucket(ask, names, NOW);
    let one = Ask { key: "ab", tenant: Some("c"), ..ask() };
    assert_eq!(name(&one), name(&Ask { model: "other", provider: "other", route: "other", input_tokens: 7, ..one }));
    assert_ne!(name(&one), name(&Ask { key: "a", tenant: Some("bc"), ..ask() }));
    assert_ne!(name(&Ask { tenant: None, ..one }), name(&Ask { tenant: Some(""), ..one }));
    assert_ne!(name(&one), name(&Ask { key: "x", ..one }));
}

#[test]
fn a_bucket_can_be_of_anything_that_a_request_has() {
    let mut wanted = Wanted::default();
    let per = [Per::Provider, Per::Route, Per::Header("X-Team".into()), Per::Claim("org".into())];
    for part in per {
        let rule = Rule::new(&Limit { requests: Some(1), per: vec![part.clone()], ..limit() }, &mut wanted).unwrap();
        let name = |ask: &Ask<'_>| rule.bucket(ask, Names::fleet(), NOW);
        let full = Ask { headers: &[Some("red")], claims: &[Some("blue")], ..ask() };
        let others = [
            Ask { provider: "other", ..full },
            Ask { route: "other", ..full },
            Ask { headers: &[Some("other")], ..full },
            Ask { claims: &[Some("other")], ..full },
        ];
        let differ = others.iter().filter(|other| name(other) != name(&full)).count();
        assert_eq!(differ, 1, "{part:?}");
    }
    assert_eq!((wanted.headers, wanted.claims), (vec!["x-team".into()], vec!["org".into()]));
}

#[test]
fn names_are_read_to_a_bound_only() {
    let names = Names::random();
    let rule = rule(&Limit { requests: Some(1), per: vec![Per::Model], ..limit() });
    let long = "é".repeat(1_000_000);
    let longer = format!("{long}x");
    assert_eq!(
        rule.bucket(&Ask { model: &long, ..ask() }, names, NOW),
        rule.bucket(&Ask { model: &longer, ..ask() }, names, NOW)
    );
}

#[test]
fn the_buckets_of_a_day_are_not_those_of_the_next() {
    let rule = rule(&Limit { requests: Some(1), every: None, calendar: Some(Calendar::Day), ..limit() });
    let later = |hours: i64| Moment { wall: NOW.wall + hours * 3_600_000_000, ..NOW };
    let claim = |now| rule.claim(0, &ask(), 1, Names::fleet(), now);
    assert_eq!(NOW.wall % 86_400_000_000, 43_200_000_000, "noon");
    assert_eq!(claim(NOW).bucket, claim(later(11)).bucket);
    assert_ne!(claim(NOW).bucket, claim(later(13)).bucket);
    assert_ne!(claim(NOW).common, claim(later(13)).common);
    assert_eq!(claim(NOW).budget.kind, Kind::Calendar { ends: later(12).wall });
}

#[test]
fn a_rule_is_for_requests_that_meet_all_of_its_conditions() {
    let filter = Match {
        model: patterns(&["gpt-*", "o3"]),
        tenant: patterns(&["red"]),
        headers: [("X-Tier".to_owned(), patterns(&["gold", "team *"]))].into(),
        claims: [("org".to_owned(), patterns(&["*"]))].into(),
        ..Match::default()
    };
    let mut wanted = Wanted::default();
    let rule = Rule::new(&Limit { requests: Some(1), filter, ..limit() }, &mut wanted).unwrap();
    assert_eq!((wanted.headers, wanted.claims), (vec!["x-tier".into()], vec!["org".into()]));
    let one = Ask { model: "gpt-4o", tenant: Some("red"), headers: &[Some("team a b")], claims: &[Some("")], ..ask() };
    assert!(rule.filter.matches(&one) && rule.filter.matches(&Ask { model: "o3", headers: &[Some("gold")], ..one }));
    for other in [
        Ask { model: "o3-mini", ..one },
        Ask { tenant: None, ..one },
        Ask { headers: &[Some("silver")], ..one },
        Ask { headers: &[None], ..one },
        Ask { headers: &[], ..one },
        Ask { claims: &[None], ..one },
    ] {
        assert!(!rule.filter.matches(&other), "{other:?}");
    }
}

#[test]
fn identity_is_what_the_buckets_mean_and_nothing_else() {
    let base = Limit { total_tokens: Some(10), ..limit() };
    let same = [
        Limit { reserve_output_at_most: Some(3), ..base.clone() },
        Limit { shadow: true, ..base.clone() },
        Limit { burst: Some(Decimal("5".into())), ..base.clone() },
        Limit { filter: Match { model: patterns(&["gpt-*"]), ..Match::default() }, ..base.clone() },
        Limit { per: vec![Per::Key, Per::Key], ..base.clone() },
    ];
    let others = [
        Limit { name: "other".into(), ..base.clone() },
        Limit { total_tokens: Some(11), ..base.clone() },
        Limit { total_tokens: None, input_tokens: Some(10), ..base.clone() },
        Limit { total_tokens: None, cost: expression("1"), ..base.clone() },
        Limit { total_tokens: None, cost: expression("2"), ..base.clone() },
        Limit { per: vec![Per::Model], ..base.clone() },
        Limit { per: vec![Per::Key, Per::Header("a".into())], ..base.clone() },
        Limit { per: vec![Per::Key, Per::Claim("a".into())], ..base.clone() },
        Limit { every: Some(Duration::seconds(61)), ..base.clone() },
        Limit { every: None, calendar: Some(Calendar::Day), ..base.clone() },
        Limit { every: None, calendar: Some(Calendar::Month), ..base.clone() },
    ];
    let base = rule(&base).identity;
    assert!(same.iter().all(|same| rule(same).identity == base));
    let mut all: Vec<_> = others.iter().map(|other| rule(other).identity).chain([base]).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), others.len() + 1);
}

#[test]
fn the_order_of_what_a_rule_is_per_makes_no_difference() {
    let of = |per: [Per; 3]| {
        let mut wanted = Wanted::default();
        let earlier = Limit { requests: Some(1), per: vec![Per::Header("z".into())], ..limit() };
        Rule::new(&earlier, &mut wanted).unwrap();
        Rule::new(&Limit { requests: Some(1), per: per.to_vec(), ..limit() }, &mut wanted).unwrap().identity
    };
    let header = || Per::Header("a".into());
    assert_eq!(of([Per::Key, Per::Model, header()]), of([header(), Per::Model, Per::Key]));
}

#[test]
fn a_rule_that_is_there_twice_counts_once() {
    let twice = [Limit { requests: Some(10), ..limit() }, Limit { requests: Some(10), ..limit() }];
    assert_eq!(Rules::new(&twice).iter().len(), 1);
}

#[test]
fn what_no_rule_asks_for_is_not_remembered() {
    let remembers = |limit: Limit| Rules::new(&[limit]).remember(&ask()).is_some();
    assert!(!remembers(Limit { total_tokens: Some(1), per: vec![Per::Key, Per::Header("a".into())], ..limit() }));
    assert!(!remembers(Limit { money: Some(Decimal("1".into())), ..limit() }));
    assert!(!remembers(Limit { cost: expression("input_tokens"), ..limit() }));
    assert!(remembers(Limit { cost: expression("model == 'a' ? 1 : 2"), ..limit() }));
    assert!(remembers(Limit { requests: Some(1), per: vec![Per::Provider], ..limit() }));
    assert!(remembers(Limit { requests: Some(1), filter: Match { provider: patterns(&["a"]), ..Match::default() }, ..limit() }));
}
