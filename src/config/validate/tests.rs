mod callers;
mod credentials;
#[cfg(feature = "redis")]
mod limit_store;
mod limits;
mod passthrough;
mod service;

use crate::config::{Errors, Snapshot, parse_with};

/// A config without errors; each test breaks it.
const GOOD: &str = r#"
auth:
  keys:
    - {name: ci, tenant: red, sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, models: ["gpt-*"]}
providers:
  openai: {dialect: openai, endpoint: "https://api.openai.com", credential: {bearer: "${KEY}"}}
  claude: {dialect: anthropic, endpoint: "https://api.anthropic.com", credential: {x_api_key: sk-inline}}
routes:
  - model: gpt-4o
    providers: [openai, {name: claude, model: claude-haiku-4-5}]
limits:
  - {name: requests, per: [key], requests: 10, every: 1m}
"#;

fn read(text: &str) -> Result<Snapshot, Errors> {
    parse_with(text, "gateway.yaml", &|name| match name {
        "KEY" => Some("sk-from-environment".to_owned()),
        "EMPTY" => Some(String::new()),
        "EVIL" => Some("x: {a: b}\nproviders: {}".to_owned()),
        _ => None,
    })
}

/// The error of the good config after a change of its text; it must be the only one.
#[track_caller]
fn broken(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    let error = read(&GOOD.replacen(from, to, 1)).map(|_| ()).expect_err(to);
    assert_eq!(error.list().len(), 1, "{error}");
    error.to_string()
}

#[track_caller]
fn breaks(from: &str, to: &str, start: &str, words: &str) {
    let error = broken(from, to);
    assert!(error.starts_with(&format!("gateway.yaml:{start}: ")), "{error}");
    assert!(error.contains(words), "{error}");
}

/// What somebody shows who has this key.
fn key(key: &str) -> crate::auth::Evidence<'_> {
    crate::auth::Evidence { presented: crate::auth::Presented::Key(key), certificate: None, source: None }
}

/// The config with a change is as good.
#[track_caller]
fn holds(from: &str, to: &str) -> Snapshot {
    assert!(GOOD.contains(from), "{from}");
    read(&GOOD.replacen(from, to, 1)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_good_config_becomes_a_snapshot() {
    let snapshot = read(GOOD).unwrap();
    let names: Vec<_> = snapshot.providers.iter().map(|provider| &*provider.name).collect();
    assert_eq!(names, ["claude", "openai"]);
    let crate::upstream::Credential::Bearer(value) = &snapshot.providers[1].credential else { panic!() };
    assert_eq!(value.as_bytes(), b"Bearer sk-from-environment");
    let route = snapshot.routes.find("gpt-4o").unwrap();
    assert_eq!(&*route.orders[1].cluster, "order:claude,openai");
    assert_eq!(route.choices[1].model.as_deref(), Some("claude-haiku-4-5"));
    assert_eq!(route.fallback.statuses, [429]);
}

#[test]
fn a_provider_that_is_not_there_is_told_with_the_one_that_was_meant() {
    let error = broken("{name: claude, model: claude-haiku-4-5}", "cladue");
    assert_eq!(error, r#"gateway.yaml:10:25: routes[0].providers[1]: there is no provider "cladue"; did you mean "claude"?"#);
    breaks("{name: claude,", "{name: mistral,", "10:32: routes[0].providers[1].name", "add it under `providers`");
}

#[test]
fn where_a_provider_is_follows_from_its_place_or_its_preset() {
    let at = |provider: &str| {
        let snapshot =
            holds(r#"{dialect: openai, endpoint: "https://api.openai.com", credential: {bearer: "${KEY}"}}"#, provider);
        let provider = snapshot.providers.iter().find(|provider| &*provider.name == "openai").unwrap();
        format!("{}{}", provider.endpoint.authority(), provider.endpoint.path_prefix)
    };
    assert_eq!(at("{dialect: openai}"), "api.openai.com/v1");
    assert_eq!(at("{preset: groq}"), "api.groq.com/openai/v1");
    assert_eq!(at("{preset: groq, dialect: openai, endpoint: 'https://proxy.example/groq/v1'}"), "proxy.example/groq/v1");
    assert_eq!(at("{preset: ollama}"), "127.0.0.1:11434/v1");
    let vertex = "{dialect: anthropic-vertex, project: p, location: LOCATION}";
    assert_eq!(at(&vertex.replace("LOCATION", "global")), "aiplatform.googleapis.com/v1");
    assert_eq!(at(&vertex.replace("LOCATION", "us-east5")), "us-east5-aiplatform.googleapis.com/v1");
    assert_eq!(at("{dialect: azure, endpoint: 'https://n.openai.azure.com', api_version: v1}"), "n.openai.azure.com");
}

#[test]
fn what_a_vendor_or_azure_serves_is_known_unless_the_config_says_otherwise() {
    let serves = |provider: &str| {
        let snapshot =
            holds(r#"{dialect: openai, endpoint: "https://api.openai.com", credential: {bearer: "${KEY}"}}"#, provider);
        let serves = snapshot.providers.iter().find(|provider| &*provider.name == "openai").unwrap().serves;
        (serves.responses, serves.completions)
    };
    assert_eq!(serves("{preset: groq}"), (true, false));
    assert_eq!(serves("{preset: groq, serves: {responses: false}}"), (false, false));
    assert_eq!(serves("{preset: deepseek}"), (false, false));
    let azure = "{dialect: azure, endpoint: 'https://a.example', api_version: ";
    assert_eq!(serves(&format!("{azure} v1}}")), (true, false));
    assert_eq!(serves(&format!("{azure} '2024-10-21'}}")), (false, false));
    assert_eq!(serves(&format!("{azure} '2025-04-01-preview', serves: {{responses: true}}}}")), (true, false));
}

#[test]
fn the_rules_of_a_preset_hold_unless_the_config_says_otherwise() {
    use crate::translate::{Hosting, OutputLimit};
    let limit = |provider: &str| {
        let snapshot =
            holds(r#"{dialect: openai, endpoint: "https://api.openai.com", credential: {bearer: "${KEY}"}}"#, provider);
        match snapshot.providers.iter().find(|provider| &*provider.name == "openai").unwrap().hosting.clone() {
            Hosting::Vendor(vendor) => Some((vendor.output_limit, vendor.tells_usage_unasked)),
            _ => None,
        }
    };
    assert_eq!(limit("{preset: mistral}"), Some((OutputLimit::MaxTokens, true)));
    assert_eq!(limit("{preset: mistral, output_limit: as_asked}"), Some((OutputLimit::AsAsked, true)));
    assert_eq!(limit("{preset: groq}"), None);
    assert_eq!(limit("{dialect: openai, output_limit: max_tokens}"), Some((OutputLimit::MaxTokens, false)));
}

#[test]
fn a_place_that_is_missing_wrong_or_of_no_use_is_told() {
    let good = r#"{dialect: anthropic, endpoint: "https://api.anthropic.com", credential: {x_api_key: sk-inline}}"#;
    for (provider, field, words) in [
        ("{endpoint: 'https://a.example'}", "claude", "`preset`"),
        ("{preset: groq, dialect: anthropic}", "claude.dialect", "must be `openai`"),
        ("{dialect: azure, api_version: v1}", "claude", "needs one"),
        ("{dialect: azure, endpoint: 'https://a.example'}", "claude", "has no `api_version`: give `v1`"),
        ("{dialect: azure, endpoint: 'https://a.example', api_version: '2024'}", "claude.api_version", "`2024-10-21`"),
        ("{dialect: azure, endpoint: 'https://a.example/openai/v1/', api_version: v1}", "claude.endpoint", "`/openai`"),
        ("{dialect: anthropic, project: p}", "claude.project", "remove it"),
        ("{dialect: anthropic-vertex, location: global}", "claude", "has no `project`"),
        ("{dialect: anthropic-vertex, project: p}", "claude", "has no `location`"),
        ("{dialect: anthropic-vertex, project: 'My Project', location: eu}", "claude.project", "display name"),
        ("{dialect: anthropic-vertex, project: p, location: a/b}", "claude.location", "region of Vertex AI"),
        (
            "{dialect: anthropic-vertex, project: p, location: eu, api_version: v1}",
            "claude.api_version",
            "`project` and `location`",
        ),
        ("{dialect: anthropic, output_limit: max_tokens}", "claude.output_limit", "chat completions"),
    ] {
        let error = broken(good, provider);
        assert!(error.contains(&format!("providers.{field}: ")) && error.contains(words), "{error}");
    }
}

#[test]
fn all_errors_are_told_at_once() {
    let text = GOOD
        .replace("name: claude,", "name: cladue,")
        .replace("requests: 10", "requests: 0")
        .replace("every: 1m", "every: 0s")
        .replace("${KEY}", "${GONE}")
        .replace("[\"gpt-*\"]", "[\"gpt-?\"]")
        .replace("https://api.anthropic.com", "https://u:p@api.anthropic.com");
    let error = read(&text).map(|_| ()).unwrap_err();
    let paths: Vec<_> = error.list().iter().map(|problem| &*problem.path).collect();
    let expected = [
        "auth.keys[0].models[0]",
        "providers.openai.credential.bearer",
        "providers.claude.endpoint",
        "routes[0].providers[1].name",
        "limits[0].requests",
        "limits[0].every",
    ];
    assert_eq!(paths, expected, "{error}");
}

#[test]
fn keys_are_checked() {
    let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    breaks(digest, "sk-a-real-key", "4:39: auth.keys[0].sha256", "64 hex digits");
    breaks("name: ci", "name: ''", "4:14: auth.keys[0].name", "printable");
    breaks("name: ci", "name: \"a\\nb\"", "4:14: auth.keys[0].name", "printable");
    breaks("tenant: red", "tenant: 'röt'", "4:26: auth.keys[0].tenant", "printable");
    breaks("models: [\"gpt-*\"]", "models: ['a b']", "4:114: auth.keys[0].models[0]", "only `*` is special");
    for expires in ["tomorrow", "2026-13-01", "2026-1-1", "2026-11-21T12:00:00", ""] {
        let error = broken("tenant: red", &format!("expires: '{expires}'"));
        assert!(error.contains("auth.keys[0].expires: must be a time like"), "{error}");
    }
    holds("tenant: red", "expires: 2020-01-31");
    holds("tenant: red", "expires: 2027-01-31T12:00:00+01:00");
}

#[test]
fn a_date_ends_a_key_when_it_begins() {
    let snapshot = holds("tenant: red", "expires: 2027-01-31");
    let at = |time: &str| snapshot.callers.identify(&key(""), time.parse().unwrap()).is_ok();
    assert!(at("2027-01-30T23:59:59Z") && !at("2027-01-31T00:00:00Z"));
}

#[test]
fn keys_and_names_must_differ() {
    let twice = |name: &str, sha256: &str| {
        let more = format!("keys:\n    - {{name: {name}, sha256: {sha256}}}");
        broken("keys:", &more)
    };
    assert!(twice("ci", &"0".repeat(64)).contains("the name `ci` stands here twice"));
    let same = twice("other", "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855");
    assert!(same.contains("this is the same key as `other`"), "{same}");
    breaks("limits:", "limits:\n  - {name: requests, requests: 1, every: 1s}", "13:12: limits[1].name", "stands here twice");
}

#[test]
fn without_keys_nothing_loads_unless_everybody_is_meant_to_come_in() {
    let (before, after) = (GOOD.find("auth:").unwrap(), GOOD.find("providers:").unwrap());
    let auth = &GOOD[before..after];
    breaks(auth, "", "2:1: auth", "there are no keys");
    breaks(auth, "auth: {keys: []}\n", "2:7: auth", "there are no keys");
    holds(auth, "auth: {anonymous: true}\n");
    breaks("auth:\n", "auth:\n  anonymous: true\n", "3:14: auth.anonymous", "keys have no effect");
}

#[test]
fn open_paths_never_open_the_api() {
    let with = |path: &str| broken("auth:\n", &format!("auth:\n  open_paths: ['{path}']\n"));
    for path in ["health", "/a?b", "/*", "/a b", ""] {
        assert!(with(path).contains("begins with `/`"), "{path}");
    }
    assert!(with("/v1/models").contains("needs a key"));
}

#[test]
fn forwarded_headers_are_headers_that_carry_nothing_else() {
    let with = |header: &str| broken("auth:\n", &format!("auth:\n  forward: {{tenant: '{header}'}}\n"));
    assert!(with("x team").contains("must be the name of a header"));
    assert!(with("Authorization").contains("carries credentials"));
    assert!(with("content-length").contains("belongs to Envoy"));
    let both = broken("auth:\n", "auth:\n  forward: {tenant: x-a, key: X-A}\n");
    assert!(both.contains("must be another header"));
}

#[test]
fn endpoints_are_checked() {
    breaks("https://api.openai.com", "api.openai.com", "6:39: providers.openai.endpoint", "must begin with `https://`");
    breaks("https://api.openai.com", "https://a/v1?x", "6:39: providers.openai.endpoint", "query");
    breaks("https://api.openai.com", "http://api.openai.com", "6:39: providers.openai.endpoint", "unencrypted");
    holds("https://api.openai.com", "http://vllm:8000");
    holds("endpoint: \"https://api.openai.com\"", "endpoint: \"http://api.openai.com\", allow_plaintext: true");
    holds("\"https://api.openai.com\", credential: {bearer: \"${KEY}\"}", "\"http://api.openai.com\"");
    let odd = GOOD.replace("  openai: {", "  open,ai: {").replace("[openai,", "['open,ai',");
    let error = read(&odd).map(|_| ()).unwrap_err().to_string();
    assert!(error.starts_with("gateway.yaml:6:12: providers.open,ai: a provider's name must have"), "{error}");
}

#[test]
fn openai_itself_serves_all_of_its_apis_and_others_what_they_say() {
    use crate::upstream::Serves;
    let serves = |from: &str, to: &str| holds(from, to).providers.iter().map(|provider| provider.serves).collect::<Vec<_>>();
    let (none, all) = (Serves::default(), Serves { responses: true, completions: true });
    assert_eq!(serves("api.openai.com", "api.openai.com"), [none, all]);
    assert_eq!(serves("api.openai.com", "openai.example.com"), [none, none]);
    let asked = "{dialect: openai, serves: {responses: false}";
    assert_eq!(serves("{dialect: openai", asked), [none, Serves { responses: false, completions: true }]);
    breaks(
        "{dialect: anthropic",
        "{serves: {responses: true}, dialect: anthropic",
        "7:20",
        "is for providers of the dialects `openai` and `azure`",
    );
}

#[test]
fn credentials_are_checked() {
    let path = "6:86: providers.openai.credential.bearer";
    breaks("${KEY}", "", path, "is empty");
    breaks("${KEY}", "${EMPTY}", path, "is empty");
    breaks("${KEY}", "${GONE}", path, "GONE is not set");
    breaks("${KEY}", " ${KEY}", path, "begins or ends with a space");
    breaks("${KEY}", "Bearer ${KEY}", path, "without `Bearer`");
    breaks("${KEY}", "a\\nb", path, "characters that no header may have");
    breaks("credential: {bearer: \"${KEY}\"}", "credential: {bearer: }", &path.replace("86", "84"), "has no value");
}

#[test]
fn header_rules_are_checked() {
    let with = |rules: &str| broken("dialect: openai,", &format!("dialect: openai, headers: {{{rules}}},"));
    assert!(with("set: {'x y': a}").contains("must be the name of a header"));
    assert!(with("set: {x-a: \"a\\nb\"}").contains("must be a header value"));
    assert!(with("set: {Authorization: a}").contains("use `credential`"));
    assert!(with("set: {content-length: '1'}").contains("belongs to Envoy"));
    assert!(with("remove: [Host]").contains("belongs to Envoy"));
    assert!(with("remove: [x-envoy-retry-on]").contains("steer Envoy"));
    assert!(with("set: {x-a: a, X-A: b}").contains("two rules"));
    assert!(with("set: {x-a: a}, remove: [x-a]").contains("two rules"));
    let snapshot = holds("dialect: openai,", "dialect: openai, headers: {set: {X-A: '${KEY}'}, remove: [cookie]},");
    let names: Vec<_> = snapshot.providers[1].headers.iter().map(|(name, value)| (name.as_str(), value.is_some())).collect();
    assert_eq!(names, [("x-a", true), ("cookie", false)]);
    let touched: Vec<_> = snapshot.routes.list[0].touched_headers.iter().map(|name| name.as_str()).collect();
    assert_eq!(touched, ["cookie", "x-a"]);
}

#[test]
fn body_rules_are_checked_and_keep_any_json() {
    let with = |rules: &str| GOOD.replacen("{name: claude,", &format!("{{name: claude, body: {{{rules}}},"), 1);
    for rules in ["set: {model: x}", "remove: [stream]", "set: {'': 1}", "set: {a: 1}, remove: [a]"] {
        assert!(read(&with(rules)).is_err(), "{rules}");
    }
    let snapshot = read(&with("set: {metadata: {a: [1, 2.5, null, x]}}, remove: [seed]")).unwrap();
    let overrides = &snapshot.routes.list[0].choices[1].overrides;
    let shown: Vec<_> = overrides.iter().map(|(name, json)| (&**name, json.as_ref().map(|json| json.get()))).collect();
    assert_eq!(shown, [("metadata", Some(r#"{"a":[1,2.5,null,"x"]}"#)), ("seed", None)]);
}

#[test]
fn routes_are_checked() {
    breaks("model: gpt-4o\n", "model: 'gpt [4]'\n", "9:12: routes[0].model", "only `*` is special");
    breaks("[openai, {name: claude, model: claude-haiku-4-5}]", "[]", "10:16: routes[0].providers", "no provider in this route");
    breaks("model: claude-haiku-4-5", "model: ''", "10:47: routes[0].providers[1].model", "must be a model's name");
    let many = format!("[{}]", vec!["openai"; 17].join(", "));
    breaks("[openai, {name: claude, model: claude-haiku-4-5}]", &many, "10:16: routes[0].providers", "more than 16");
    breaks(
        "routes:\n",
        "routes:\n  - {model: '*', providers: [openai]}\n",
        "10:12: routes[1].model",
        "the earlier route `*` takes all of it",
    );
    breaks("routes:\n", "routes:\n  - {model: gpt-4o, providers: [openai]}\n", "10:12: routes[1].model", "never reached");
    holds("routes:\n", "routes:\n  - {model: 'gpt-4o-*', providers: [openai]}\n");
}

#[test]
fn weights_are_checked() {
    let with = |weights: &str| broken("[openai, {name: claude, model: claude-haiku-4-5}]", weights);
    assert!(with("[{name: openai, weight: 0}, {name: claude, weight: 1}]").contains("must be at least 1"));
    assert!(with("[{name: openai, weight: 1}, claude]").contains("no provider next to this one"));
    assert!(
        with("[{name: openai, weight: 1}, claude, {name: openai, weight: 1}, {name: claude, weight: 1}]").contains("[0].weight")
    );
    holds("[openai, {name: claude, model: claude-haiku-4-5}]", "[{name: openai, weight: 3}, {name: claude, weight: 1}]");
}

#[test]
fn fallback_is_checked() {
    let with = |fallback: &str| broken("model: gpt-4o\n", &format!("model: gpt-4o\n    fallback: {{{fallback}}}\n"));
    for on in ["200", "600", "4xx", "refused", "''", "-1"] {
        assert!(with(&format!("on: [429, {on}]")).contains("routes[0].fallback.on[1]: must be a status"), "{on}");
    }
    assert!(with("first_byte_timeout: 0s").contains("more than 0"));
    assert!(with("first_byte_timeout: 5s, on: [timeout]").contains("fallback.on: with a `first_byte_timeout`"));
    assert!(with("first_byte_timeout: 5").contains("must be a span of time"));
    assert!(with("repeats: 11").contains("at most 10"));
    let snapshot = holds("model: gpt-4o\n", "model: gpt-4o\n    fallback: {on: [503, 429, 503, connect]}\n");
    let fallback = &snapshot.routes.list[0].fallback;
    assert_eq!((&*fallback.statuses, fallback.server_errors, fallback.connect), (&[429, 503][..], false, true));
}

#[test]
fn limits_and_bounds_are_checked() {
    let path = "12:5: limits[0]";
    breaks("requests: 10, ", "", path, "exactly one of");
    breaks("requests: 10", "requests: 10, total_tokens: 5", path, "exactly one of");
    breaks("requests: 10", "requests: 0", "12:44: limits[0].requests", "must be from 1");
    breaks("every: 1m", "every: 0s", "12:55: limits[0].every", "more than 0");
    breaks("every: 1m", "every: 367d", "12:55: limits[0].every", "at most 366 days");
    breaks("per: [key]", "per: [key, key]", "12:33: limits[0].per[1]", "twice");
    breaks("per: [key]", "per: [user]", "12:28: limits[0].per[0]", "must be one of `key`, `tenant`, `model`");
    breaks("every: 1m", "every: 1m, reserve_output_at_most: 5", "12:83: limits[0].reserve_output_at_most", "is only for");
    breaks("limits:\n", "bounds: {request_bytes: 10}\nlimits:\n", "11:25: bounds.request_bytes", "1 KiB");
    breaks("limits:\n", "bounds: {json_depth: 1000}\nlimits:\n", "11:22: bounds.json_depth", "from 8 to 512");
}

#[test]
fn no_secret_is_ever_shown() {
    let secrets = ["sk-from-environment", "sk-inline", "hunter2"];
    let clean = |text: String| secrets.iter().for_each(|secret| assert!(!text.contains(secret), "{text}"));
    let rules = "dialect: openai, headers: {set: {x-a: hunter2}},";
    let body = "{name: claude, body: {set: {token: hunter2}},";
    let text = GOOD.replacen("dialect: openai,", rules, 1).replacen("{name: claude,", body, 1);
    clean(format!("{:?}", read(&text).unwrap()));
    for (from, to) in [
        ("{bearer: \"${KEY}\"}", "\"${KEY}\""),
        ("{bearer: \"${KEY}\"}", "{bearer: [\"${KEY}\"]}"),
        ("{bearer: \"${KEY}\"}", "{bearer: \"${KEY}\\n\"}"),
        ("{bearer: \"${KEY}\"}", "{baerer: \"${KEY}\"}"),
        ("dialect: openai", "dialect: \"${KEY}\""),
        ("https://api.openai.com", "https://user:hunter2@api.openai.com"),
        ("every: 1m", "every: hunter2"),
        ("requests: 10", "requests: hunter2"),
        ("dialect: openai,", "dialect: openai, headers: {set: {x-a: \"hunter2\\n\"}},"),
        ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "${KEY}"),
        ("tenant: red", "expires: hunter2"),
        ("credential: {x_api_key: sk-inline}", "credential: {x_api_key: sk-inline"),
    ] {
        let error = read(&GOOD.replacen(from, to, 1)).map(|_| ()).expect_err(to);
        clean(format!("{error} {error:?}"));
    }
}

#[test]
fn a_variable_cannot_become_structure() {
    let snapshot = holds("model: claude-haiku-4-5", "headers: {set: {x-a: a}}, body: {set: {note: \"${EVIL}\"}}");
    let overrides = &snapshot.routes.list[0].choices[1].overrides;
    assert_eq!(overrides[0].1.as_ref().unwrap().get(), r#""x: {a: b}\nproviders: {}""#);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(at in 0..GOOD.len(), cut in 0..30_usize, put in r#"[ -~\n\t]{0,8}|[\PC]{0,3}|\$\{|: \{|\*a|&a |- |\?"#) {
        let end = (at + cut).min(GOOD.len());
        if let Err(errors) = read(&format!("{}{put}{}", &GOOD[..at], &GOOD[end..])) {
            let text = errors.to_string();
            proptest::prop_assert!(text.lines().count() == errors.list().len() && text.starts_with("gateway.yaml:"), "{}", text);
        }
    }
}

#[test]
fn nothing_at_all_is_told_plainly() {
    for text in ["", "# a comment\n", "[]", "just text", "{}"] {
        let error = read(text).map(|_| ()).unwrap_err();
        assert!(!error.to_string().is_empty(), "{error}");
    }
    assert_eq!(read("").map(|_| ()).unwrap_err().to_string(), "gateway.yaml:1:1: `providers` is missing");
}
