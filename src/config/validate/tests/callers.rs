use std::fs;
use std::path::Path;

use super::{GOOD, broken, holds, key, read};
use crate::auth::key::{digest, hex};
use crate::config::{Errors, Snapshot, load_with};

const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const JWKS: &str =
    r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// The good config with this under `auth`, beside its keys.
#[track_caller]
fn with(auth: &str, path: &str, words: &str) {
    let error = broken("auth:\n", &format!("auth:\n  {auth}\n"));
    assert!(error.contains(&format!(": {path}: ")) && error.contains(words), "{error}");
}

fn name_of(snapshot: &Snapshot, secret: &str, time: &str) -> Option<String> {
    let found = snapshot.callers.identify(&key(secret), time.parse().unwrap());
    found.ok().map(|principal| format!("{} {}", principal.key, principal.key_id.unwrap()))
}

#[test]
fn one_name_may_have_several_keys_each_with_its_end() {
    let (old, new) = (hex(&digest("old")), hex(&digest("new")));
    let list = format!("[{new}, {{sha256: {old}, expires: 2027-01-31}}]");
    let snapshot = holds(DIGEST, &list);
    let (before, after) = ("2027-01-30T23:59:59Z", "2027-01-31T00:00:00Z");
    assert_eq!(name_of(&snapshot, "new", after).unwrap(), format!("ci {}", &new[..8]));
    assert_eq!(name_of(&snapshot, "old", before).unwrap(), format!("ci {}", &old[..8]));
    assert_eq!(name_of(&snapshot, "old", after), None);
    let snapshot = holds(DIGEST, &format!("{list}, expires: 2026-01-01"));
    assert_eq!(name_of(&snapshot, "old", before), None, "the end of the whole counts, too");
    for (list, path, words) in [
        ("[]", "auth.keys[0].sha256", "empty list"),
        (&*format!("[{new}, {new}]"), "auth.keys[0].sha256[1]", "the same key as `ci`"),
        ("[x]", "auth.keys[0].sha256[0]", "64 hex digits"),
        (&*format!("[{{sha256: {new}, expires: soon}}]"), "auth.keys[0].sha256[0].expires", "must be a time"),
        (&*format!("[{{sha256: {new}}}]"), "auth.keys[0].sha256[0]", "`expires` is missing"),
        ("{a: b}", "auth.keys[0].sha256", "must be the SHA-256 of a key, or a list of them"),
        ("true", "auth.keys[0].sha256", "must be the SHA-256 of a key, or a list of them"),
    ] {
        let error = broken(DIGEST, list);
        assert!(error.contains(&format!(": {path}: ")) && error.contains(words), "{error}");
    }
}

#[test]
fn a_digest_that_looks_like_a_number_is_a_digest_all_the_same() {
    for digits in ["0".repeat(64), format!("1{}", "2".repeat(63)), format!("{}e22", "1".repeat(61))] {
        for written in [digits.clone(), format!("[{digits}]")] {
            let read = read(&GOOD.replacen(DIGEST, &written, 1));
            assert!(read.is_ok(), "{written}: {}", read.map(|_| ()).unwrap_err());
        }
    }
}

/// Loads a config with a directory of keys that holds these files.
fn with_dir(files: &[(&str, &str)], dir: &str) -> Result<Snapshot, Errors> {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("keys")).unwrap();
    for (name, text) in files {
        fs::write(directory.path().join("keys").join(name), text).unwrap();
    }
    let text = GOOD.replace("auth:\n", &format!("auth:\n  keys_dirs: [{dir}]\n")).replace("${KEY}", "sk");
    let path = directory.path().join("gateway.yaml");
    fs::write(&path, text).unwrap();
    load_with(&path, &|_| None)
}

#[track_caller]
fn dir_breaks(files: &[(&str, &str)], dir: &str, words: &str) {
    let error = with_dir(files, dir).map(|_| ()).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains(words), "{error}");
}

#[test]
fn a_directory_holds_a_key_in_each_file() {
    let made = "kmn_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
    let (one, two) = (hex(&digest("one")), hex(&digest("two")).to_uppercase());
    let files =
        [("app", &*format!("{one}\n")), ("job", &*format!("# two takes over\n  {two}\r\n\n{made}")), (".hidden", "not a key")];
    let snapshot = with_dir(&files, "{path: keys, tenant: blue, models: ['gpt-*']}").unwrap();
    let find = |secret: &str| snapshot.callers.identify(&key(secret), "2026-01-01T00:00:00Z".parse().unwrap());
    let app = find("one").unwrap();
    assert_eq!((&*app.key, app.tenant.as_deref()), ("app", Some("blue")));
    assert!(app.may_use("gpt-4o") && !app.may_use("o3"));
    assert_eq!([&*find("two").unwrap().key, &*find(made).unwrap().key], ["job", "job"]);
    assert!(find("not a key").is_err());
}

#[test]
fn what_is_wrong_in_a_directory_is_told_with_the_file_and_never_with_what_is_in_it() {
    let keys = "{path: keys}";
    dir_breaks(&[("app", "sk-proj-secret")], keys, "keys/app: line 1 is neither the SHA-256 of a key, 64 hex digits, nor a key");
    dir_breaks(&[("app", "kmn_short")], keys, "line 1");
    dir_breaks(&[("app", "# nothing\n")], keys, "keys/app: has no key in it");
    dir_breaks(&[("app", &"x".repeat(5_000))], keys, "more than 4 KiB");
    dir_breaks(&[("ci", &hex(&digest("x")))], keys, "the name `ci` stands here twice");
    dir_breaks(&[("röt", &hex(&digest("x")))], keys, "printable");
    dir_breaks(&[("app", DIGEST)], keys, "the same key as `ci`");
    dir_breaks(&[], "{path: nowhere}", "auth.keys_dirs[0].path: ");
    dir_breaks(&[], "{path: keys, models: ['a b']}", "auth.keys_dirs[0].models[0]: ");
    let error = with_dir(&[("app", "sk-proj-secret")], keys).map(|_| ()).unwrap_err().to_string();
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn issuers_are_checked() {
    let issuer = |more: &str| format!("jwt: [{{issuer: 'https://idp.example', audiences: [a]{more}}}]");
    let uri = ", jwks_uri: 'https://idp.example/jwks'";
    holds("auth:\n", &format!("auth:\n  {}\n", issuer(uri)));
    for uri in ["https://idp.example/keys?p=policy", "http://127.0.0.1:1/jwks", "http://[::1]:1/jwks", "http://localhost/jwks"] {
        holds("auth:\n", &format!("auth:\n  {}\n", issuer(&format!(", jwks_uri: '{uri}'"))));
    }
    for bad in
        ["http://idp.example/jwks", "http://10.0.0.1/jwks", "ftp://idp.example", "idp.example", "https://u:p@idp.example/", ""]
    {
        with(&issuer(&format!(", jwks_uri: '{bad}'")), "auth.jwt[0].jwks_uri", "https://");
    }
    with(&issuer(""), "auth.jwt[0]", "exactly one of `jwks_uri` and `jwks_file`");
    with(&issuer(&format!("{uri}, algorithms: [HS256]")), "auth.jwt[0].algorithms[0]", "must be one of `RS256`");
    with(&issuer(&format!("{uri}, algorithms: [none]")), "auth.jwt[0].algorithms[0]", "must be one of `RS256`");
    with(&issuer(&format!("{uri}, algorithms: []")), "auth.jwt[0].algorithms", "no token would be accepted");
    with(&issuer(&format!("{uri}, leeway: 6m")), "auth.jwt[0].leeway", "at most 5m");
    with(&issuer(&format!("{uri}, tenant: red, tenant_claim: org")), "auth.jwt[0].tenant_claim", "keep one of them");
    with(&issuer(&format!("{uri}, models: ['*'], models_claim: m")), "auth.jwt[0].models_claim", "keep one of them");
    with(&issuer(&format!("{uri}, name_claim: ''")), "auth.jwt[0].name_claim", "name of a claim");
    with(&issuer(&format!("{uri}, required_claims: {{scope: []}}")), "auth.jwt[0].required_claims.scope", "is empty");
    with(&issuer(&format!("{uri}, name_prefix: {}", "x".repeat(33))), "auth.jwt[0].name_prefix", "at most 32");
    with(&issuer(uri).replace("[a]", "[]"), "auth.jwt[0].audiences", "is empty");
    let two = format!("jwt: [{{issuer: a, audiences: [a]{uri}}}, {{issuer: b, audiences: [a]{uri}}}]");
    with(&two, "auth.jwt[1].name_prefix", "do not share names");
    holds("auth:\n", &format!("auth:\n  {}\n", two.replace("issuer: b,", "issuer: b, name_prefix: 'b:',")));
}

#[test]
fn a_file_with_the_keys_of_an_issuer_is_read_and_checked() {
    let directory = tempfile::tempdir().unwrap();
    let load = |keys: &str| {
        fs::write(directory.path().join("jwks.json"), keys).unwrap();
        let issuer = "auth:\n  jwt: [{issuer: a, audiences: [a], jwks_file: jwks.json}]\n";
        fs::write(directory.path().join("gateway.yaml"), GOOD.replace("auth:\n", issuer).replace("${KEY}", "sk")).unwrap();
        load_with(&directory.path().join("gateway.yaml"), &|_| None)
    };
    let snapshot = load(JWKS).unwrap();
    assert_eq!(snapshot.callers.status().issuers[0].1.keys, 1);
    assert_eq!(snapshot.callers.key_sources().count(), 0, "nothing is fetched");
    let error = load("{}").map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("auth.jwt[0].jwks_file: it is no JWK set"), "{error}");
    fs::remove_file(directory.path().join("jwks.json")).unwrap();
    let error = load_with(&Path::new(directory.path()).join("gateway.yaml"), &|_| None).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("auth.jwt[0].jwks_file: ") && error.contains("cannot be read"), "{error}");
}

#[test]
fn two_issuers_with_one_place_of_keys_fetch_them_once() {
    let one =
        |name: &str| format!("{{issuer: {name}, name_prefix: '{name}:', audiences: [a], jwks_uri: 'https://idp.example/jwks'}}");
    let snapshot = holds("auth:\n", &format!("auth:\n  jwt: [{}, {}]\n", one("a"), one("b")));
    let sources: Vec<_> = snapshot.callers.key_sources().collect();
    assert!(std::sync::Arc::ptr_eq(sources[0], sources[1]));
}

#[test]
fn callers_with_certificates_are_checked() {
    let caller = |caller: &str| format!("client_certificates: {{callers: [{caller}]}}");
    holds(
        "auth:\n",
        &format!("auth:\n  {}\n", caller("{uri: 'spiffe://a.example/*'}, {subject: 'CN=ops,O=Acme Inc', name: ops}")),
    );
    with(&caller("{}"), "auth.client_certificates.callers[0]", "exactly one of `uri`, `dns` and `subject`");
    with(&caller("{uri: a, dns: b}"), "auth.client_certificates.callers[0]", "exactly one of `uri`, `dns` and `subject`");
    with(&caller("{dns: '*'}"), "auth.client_certificates.callers[0].dns", "fits every certificate");
    with(&caller("{dns: \"a\\nb\"}"), "auth.client_certificates.callers[0].dns", "control characters");
    with(&caller("{dns: a, name: ''}"), "auth.client_certificates.callers[0].name", "printable");
    with(&caller("{dns: a, models: ['']}"), "auth.client_certificates.callers[0].models[0]", "empty");
    with("client_certificates: {callers: []}", "auth.client_certificates.callers", "is empty");
    with("client_certificates: {from: header, callers: [{dns: a}]}", "auth.client_certificates.from", "`attributes`, `xfcc`");
}

#[test]
fn with_tokens_or_certificates_there_need_not_be_keys_and_everybody_cannot_come_in() {
    let auth = &GOOD[GOOD.find("auth:").unwrap()..GOOD.find("providers:").unwrap()];
    let jwt = "jwt: [{issuer: a, audiences: [a], jwks_uri: 'https://idp.example'}]";
    let certificates = "client_certificates: {callers: [{dns: a}]}";
    for others in [jwt, certificates] {
        holds(auth, &format!("auth: {{{others}}}\n"));
        let error = broken(auth, &format!("auth: {{anonymous: true, {others}}}\n"));
        assert!(error.contains("auth.anonymous: everybody comes in"), "{error}");
    }
}

#[test]
fn failures_are_counted_over_a_time_that_makes_sense() {
    with("throttle: {every: 0s}", "auth.throttle.every", "at most 1d");
    with("throttle: {every: 2d}", "auth.throttle.every", "at most 1d");
    holds("auth:\n", "auth:\n  throttle: {failures: 0}\n");
    assert!(read(GOOD).is_ok());
}
