use super::*;

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

fn refused(presented: Presented<'_>) -> (Kind, String) {
    let rejection = callers().identify(presented, now()).unwrap_err();
    let [(name, challenge)] = &*rejection.headers else { panic!("{:?}", rejection.headers) };
    assert_eq!(name, WWW_AUTHENTICATE);
    assert_eq!(rejection.kind.row().status, 401);
    (rejection.kind, challenge.to_str().unwrap().to_owned())
}

#[test]
fn a_key_names_its_principal() {
    let callers = callers();
    assert_eq!(&*callers.identify(Presented::Key("good"), now()).unwrap().key, "good");
    assert_eq!(&*callers.identify(Presented::Key("until-tomorrow"), now()).unwrap().key, "until-tomorrow");
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
    let unknown = callers().identify(Presented::Key("Good"), now()).unwrap_err();
    let long = "x".repeat(1 << 20);
    assert_eq!(unknown.kind, Kind::KeyUnknown);
    assert_eq!(callers().identify(Presented::Key(&long), now()).unwrap_err(), unknown);
}

#[test]
fn no_key_at_all_is_told_where_to_put_one() {
    assert_eq!(refused(Presented::Missing(Family::OpenAi)), (Kind::KeyMissing, r#"Bearer realm="kanmon""#.to_owned()));
    let anthropic = callers().identify(Presented::Missing(Family::Anthropic), now()).unwrap_err();
    assert!(anthropic.message.contains("x-api-key"));
    assert_eq!(refused(Presented::NotBearer).0, Kind::KeyMissing);
    assert_eq!(refused(Presented::Conflicting).0, Kind::KeyUnknown);
}

#[test]
fn without_keys_nobody_comes_in_unless_everybody_may() {
    assert!(Callers::default().identify(Presented::Key("good"), now()).is_err());
    for presented in [Presented::Missing(Family::OpenAi), Presented::Key("anything"), Presented::Conflicting] {
        assert_eq!(&*Callers::anyone().identify(presented, now()).unwrap().key, "anonymous");
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
