use std::num::NonZeroU32;
use std::time::Duration;

use http::header::WWW_AUTHENTICATE;

use super::certificate::{Field, Rule};
use super::*;
use crate::rejection::Kind;
use crate::translate::Family;

const NOW: &str = "2026-11-21T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn callers() -> Callers {
    let key = |name: &str, expires: Option<&str>, disabled| {
        let principal = Arc::new(Principal::new(name, Some("red")));
        (key::digest(name), Entry { principal, expires: expires.map(|time| time.parse().unwrap()), disabled })
    };
    Callers::with_keys([
        key("good", None, false),
        key("until-tomorrow", Some("2026-11-22T00:00:00Z"), false),
        key("until-now", Some(NOW), false),
        key("off", None, true),
        key("off-and-expired", Some(NOW), true),
    ])
}

/// What somebody shows who has no certificate and comes from nowhere.
fn only(presented: Presented<'_>) -> Evidence<'_> {
    Evidence { presented, certificate: None, source: None }
}

fn identify<'a>(callers: &Callers, presented: Presented<'a>) -> Result<Arc<Principal>, Rejection> {
    callers.identify(&only(presented), now())
}

fn refused(presented: Presented<'_>) -> (Kind, String) {
    let rejection = identify(&callers(), presented).unwrap_err();
    let [(name, challenge)] = &*rejection.headers else { panic!("{:?}", rejection.headers) };
    assert_eq!(name, WWW_AUTHENTICATE);
    assert_eq!(rejection.kind.row().status, 401);
    (rejection.kind, challenge.to_str().unwrap().to_owned())
}

#[test]
fn a_key_names_its_principal() {
    let callers = callers();
    assert_eq!(&*identify(&callers, Presented::Key("good")).unwrap().key, "good");
    assert_eq!(&*identify(&callers, Presented::Key("until-tomorrow")).unwrap().key, "until-tomorrow");
}

#[test]
fn a_key_that_has_expired_is_told_so_and_so_is_one_that_is_off() {
    let (kind, challenge) = refused(Presented::Key("until-now"));
    assert_eq!(kind, Kind::KeyExpired);
    assert_eq!(challenge, r#"Bearer realm="kanmon", error="invalid_token", error_description="the API key has expired""#);
    assert_eq!(refused(Presented::Key("off")).0, Kind::KeyDisabled);
    assert_eq!(refused(Presented::Key("off-and-expired")).0, Kind::KeyDisabled);
}

#[test]
fn an_unknown_key_and_a_long_one_get_the_same_answer() {
    let unknown = identify(&callers(), Presented::Key("Good")).unwrap_err();
    let long = "x".repeat(1 << 20);
    assert_eq!(unknown.kind, Kind::KeyUnknown);
    assert_eq!(identify(&callers(), Presented::Key(&long)).unwrap_err(), unknown);
}

#[test]
fn no_key_at_all_is_told_where_to_put_one() {
    assert_eq!(refused(Presented::Missing(Family::OpenAi)), (Kind::KeyMissing, r#"Bearer realm="kanmon""#.to_owned()));
    let anthropic = identify(&callers(), Presented::Missing(Family::Anthropic)).unwrap_err();
    assert!(anthropic.message.contains("x-api-key"));
    assert_eq!(refused(Presented::NotBearer).0, Kind::KeyMissing);
    assert_eq!(refused(Presented::Conflicting).0, Kind::KeyUnknown);
}

#[test]
fn without_keys_nobody_comes_in_unless_everybody_may() {
    assert!(identify(&Callers::default(), Presented::Key("good")).is_err());
    for presented in [Presented::Missing(Family::OpenAi), Presented::Key("anything"), Presented::Conflicting] {
        assert_eq!(&*identify(&Callers::anyone(), presented).unwrap().key, "anonymous");
    }
}

#[test]
fn a_principal_may_use_what_its_globs_fit() {
    let globs = |patterns: &[&str]| Some(patterns.iter().map(|pattern| Glob::parse(pattern).unwrap()).collect());
    let some = Principal { models: globs(&["gpt-*", "claude-haiku-4-5"]), ..Principal::new("k", None) };
    assert!(some.may_use("gpt-4o") && some.may_use("claude-haiku-4-5"));
    assert!(!some.may_use("claude-sonnet-4-5"));
    assert!(Principal::new("k", None).may_use("anything"));
    assert!(!Principal { models: globs(&[]), ..some }.may_use("gpt-4o"));
}

#[test]
fn open_paths_are_exact() {
    let callers = callers().open_paths(vec!["/health".to_owned()]);
    assert!(callers.is_open("/health"));
    assert!(!callers.is_open("/health/../v1/chat/completions") && !callers.is_open("/healthz"));
}

fn certified(told: Told) -> Callers {
    let principal = Arc::new(Principal::new("mesh-app", Some("red")));
    let pattern = Glob::of_text("spiffe://mesh.example/*").unwrap();
    let rule = Rule { field: Field::Uri, pattern, principal, is_named: true };
    callers().certificates(Certificates::new(told, vec![rule]))
}

#[test]
fn a_certificate_says_who_it_is_whatever_key_is_sent() {
    let certificate = Certificate { uris: vec!["spiffe://mesh.example/app".to_owned()], ..Certificate::default() };
    for presented in
        [Presented::Missing(Family::OpenAi), Presented::Key("unused"), Presented::Key("good"), Presented::Conflicting]
    {
        let evidence = Evidence { certificate: Some(&certificate), ..only(presented) };
        assert_eq!(&*certified(Told::ByAttributes).identify(&evidence, now()).unwrap().key, "mesh-app");
        assert!(callers().identify(&Evidence { ..evidence }, now()).is_err() || presented == Presented::Key("good"));
    }
}

#[test]
fn who_has_a_certificate_of_nobody_needs_a_key() {
    let certificate = Certificate { uris: vec!["spiffe://other.example/app".to_owned()], ..Certificate::default() };
    let with = |presented| Evidence { certificate: Some(&certificate), ..only(presented) };
    assert_eq!(&*certified(Told::ByAttributes).identify(&with(Presented::Key("good")), now()).unwrap().key, "good");
    assert!(certified(Told::ByAttributes).identify(&with(Presented::Missing(Family::OpenAi)), now()).is_err());
}

fn from(source: &str, key: &'static str) -> Evidence<'static> {
    Evidence { source: Some(source.parse().unwrap()), ..only(Presented::Key(key)) }
}

fn throttled() -> Callers {
    callers().throttled(Allowance { failures: NonZeroU32::new(3).unwrap(), every: Duration::from_secs(60) })
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_too_often_is_told_to_wait_and_its_good_keys_come_in() {
    let callers = throttled();
    let fail = |source| callers.identify(&from(source, "wrong"), now()).unwrap_err();
    for _ in 0..3 {
        assert_eq!(fail("192.0.2.1").kind, Kind::KeyUnknown);
    }
    let refused = fail("192.0.2.1");
    assert_eq!((refused.kind, refused.retry_after), (Kind::TooManyFailures, Some(Duration::from_secs(20))));
    assert!(callers.identify(&from("192.0.2.1", "good"), now()).is_ok());
    assert_eq!(fail("192.0.2.2").kind, Kind::KeyUnknown);
    tokio::time::advance(Duration::from_secs(20)).await;
    assert_eq!(fail("192.0.2.1").kind, Kind::KeyUnknown);
    assert_eq!(callers.status().throttle, ThrottleStatus { sources: 2, refused: 1 });
}

#[tokio::test(start_paused = true)]
async fn failures_are_remembered_over_a_change_of_the_config() {
    let before = throttled();
    (0..3).for_each(|_| assert!(before.identify(&from("192.0.2.1", "wrong"), now()).is_err()));
    let mut after = throttled();
    after.inherit(&before);
    assert_eq!(after.identify(&from("192.0.2.1", "wrong"), now()).unwrap_err().kind, Kind::TooManyFailures);
    let mut other = callers().throttled(Allowance { failures: NonZeroU32::new(4).unwrap(), every: Duration::from_secs(60) });
    other.inherit(&before);
    assert_eq!(
        other.identify(&from("192.0.2.1", "wrong"), now()).unwrap_err().kind,
        Kind::KeyUnknown,
        "another allowance begins anew"
    );
}
