use std::sync::LazyLock;

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;
use crate::rejection::Kind;
use crate::route::glob::Glob;

#[path = "../../../tests/support/tokens.rs"]
#[expect(unreachable_pub, reason = "shared with the tests in tests/")]
mod tokens;

use tokens::{Signer, encode, jwks};

const ISSUER: &str = "https://idp.example";
/// 2026-11-21T12:00:00Z.
const NOW: i64 = 1_795_262_400;

/// Made once: keys of RSA take their time.
static RSA: LazyLock<Signer> = LazyLock::new(|| Signer::rsa("rsa-1"));
static EC: LazyLock<Signer> = LazyLock::new(|| Signer::ec("ec-1"));
static ED: LazyLock<Signer> = LazyLock::new(|| Signer::ed("ed-1"));

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "gateway", "sub": "alice", "exp": NOW + 600})
}

/// The claims with some of them changed; `null` takes one away.
fn with(changes: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn plain() -> Identity {
    Identity {
        name: ClaimPath::new("sub"),
        prefix: String::new(),
        tenant: Tenant::Fixed(None),
        models: Models::Fixed(None),
        passthrough: Vec::new(),
        kept: Vec::new(),
        required: Vec::new(),
    }
}

fn issuer(keys: Arc<KeySource>, identity: Identity) -> Issuer {
    Issuer {
        name: ISSUER.to_owned(),
        audiences: vec!["gateway".to_owned(), "other".to_owned()],
        algorithms: vec![Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA],
        leeway: Duration::from_secs(30),
        keys,
        identity,
    }
}

fn fixed(signers: &[&Signer]) -> Arc<KeySource> {
    KeySource::fixed(KeySet::parse(jwks(signers).as_bytes()).unwrap())
}

fn all() -> Arc<KeySource> {
    fixed(&[&RSA, &EC, &ED])
}

fn issuers(identity: Identity) -> Issuers {
    Issuers::new(vec![issuer(all(), identity)], HashSet::new())
}

fn identify(issuers: &Issuers, token: &str, now: Timestamp) -> Result<Arc<Principal>, Rejection> {
    issuers.identify(token, crate::auth::key::digest(token), now, || Ok(())).expect("it looks like a token")
}

fn bearer(token: &str) -> Result<Arc<Principal>, Rejection> {
    identify(&issuers(plain()), token, now())
}

#[track_caller]
fn refused(token: &str) -> (Kind, String) {
    let rejection = bearer(token).unwrap_err();
    let challenge = rejection.headers.first().map(|(_, value)| value.to_str().unwrap().to_owned()).unwrap_or_default();
    (rejection.kind, challenge)
}

#[track_caller]
fn is_refused(token: &str, description: &str) {
    let (kind, challenge) = refused(token);
    assert_eq!(kind.row().status, 401);
    assert_eq!(challenge, format!(r#"Bearer realm="kanmon", error="invalid_token", error_description="{description}""#));
}

#[test]
fn a_token_of_each_kind_of_key_names_its_bearer() {
    for signer in [&*RSA, &*EC, &*ED] {
        let principal = bearer(&signer.token(&claims())).unwrap();
        assert_eq!(*principal, Principal::new("alice", None), "{}", signer.algorithm());
    }
}

#[test]
fn a_token_that_was_changed_or_signed_by_somebody_else_is_refused() {
    let token = EC.token(&claims());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let other = encode(with(&json!({"sub": "root"})).to_string().as_bytes());
    is_refused(&format!("{header}.{other}.{signature}"), "the signature is not valid");
    is_refused(&format!("{signed}.{}", encode(&[0; 64])), "the signature is not valid");
    is_refused(&format!("{signed}."), "the signature is not valid");
    is_refused(&Signer::ec("ec-1").token(&claims()), "the signature is not valid");
    is_refused(&Signer::ec("ec-2").token(&claims()), "the signature is not valid");
}

#[test]
fn an_algorithm_that_is_no_signature_or_not_the_keys_own_is_refused() {
    let text = claims().to_string();
    let header = |algorithm: &str, id: &str| json!({"alg": algorithm, "kid": id});
    for algorithm in ["none", "None", "HS256", "HS384", "HS512", "rs256", "", "PS256", "RS512"] {
        is_refused(&RSA.token_with(&header(algorithm, "rsa-1"), &text), "the algorithm is not accepted");
    }
    // The algorithm is accepted, the key is for another.
    is_refused(&EC.token_with(&header("RS256", "ec-1"), &text), "the signature is not valid");
    is_refused(&RSA.token_with(&header("ES256", "rsa-1"), &text), "the signature is not valid");
    is_refused(&RSA.token_with(&json!({"kid": "rsa-1"}), &text), "the token is malformed");
}

#[test]
fn a_public_key_is_no_shared_secret() {
    let signed = format!("{}.{}", encode(br#"{"alg":"HS256","kid":"rsa-1"}"#), encode(claims().to_string().as_bytes()));
    let modulus = base64::Engine::decode(&URL_SAFE_NO_PAD, RSA.jwk()["n"].as_str().unwrap()).unwrap();
    for secret in [modulus, RSA.jwk().to_string().into_bytes()] {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &secret);
        let signature = aws_lc_rs::hmac::sign(&key, signed.as_bytes());
        is_refused(&format!("{signed}.{}", encode(signature.as_ref())), "the algorithm is not accepted");
    }
}

#[test]
fn an_algorithm_that_the_key_names_is_the_only_one_it_is_for() {
    let mut jwk = RSA.jwk();
    jwk["alg"] = "PS256".into();
    let set = || KeySource::fixed(KeySet::parse(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap());
    let both = vec![Algorithm::RS256, Algorithm::PS256];
    let issuers = Issuers::new(vec![Issuer { algorithms: both, ..issuer(set(), plain()) }], HashSet::new());
    assert_eq!(identify(&issuers, &RSA.token(&claims()), now()).unwrap_err().kind, Kind::TokenInvalid);
    let pss = RSA.token_with(&json!({"alg": "PS256", "kid": "rsa-1"}), &claims().to_string());
    assert!(identify(&issuers, &pss, now()).is_ok());
}

#[test]
fn times_count_with_leeway_and_a_token_without_an_end_is_none() {
    let ends = |at: i64| bearer(&ED.token(&with(&json!({"exp": at})))).map(|_| ());
    assert!(ends(NOW - 29).is_ok());
    let late = ends(NOW - 30).unwrap_err();
    assert_eq!(
        (late.kind, late.message.as_str()),
        (Kind::TokenExpired, "This token expired on 2026-11-21T11:59:30Z. Get a new one.")
    );
    is_refused(&ED.token(&with(&json!({"exp": NOW - 30}))), "the token has expired");
    is_refused(&ED.token(&with(&json!({"exp": null}))), "the token is malformed");
    is_refused(&ED.token(&with(&json!({"exp": (NOW + 60).to_string()}))), "the token is malformed");
    is_refused(&ED.token(&with(&json!({"nbf": NOW + 31}))), "the token is not yet valid");
    assert!(bearer(&ED.token(&with(&json!({"nbf": NOW + 30})))).is_ok());
    assert!(bearer(&ED.token(&with(&json!({"exp": NOW as f64 + 0.5, "nbf": NOW as f64 - 0.5})))).is_ok());
    assert!(bearer(&ED.token(&with(&json!({"exp": 1e300})))).is_ok());
    is_refused(&ED.token(&with(&json!({"exp": -1e300}))), "the token has expired");
}

#[test]
fn a_token_for_somebody_else_or_of_somebody_else_is_refused() {
    let audience = |audience: Value| bearer(&ED.token(&with(&json!({"aud": audience})))).is_ok();
    assert!(audience(json!("other")) && audience(json!(["x", "gateway"])));
    for other in [json!("gateway2"), json!(["x"]), json!([]), json!({"gateway": 1}), json!([["gateway"]]), Value::Null] {
        is_refused(&ED.token(&with(&json!({"aud": other}))), "the audience is another");
    }
    for other in [json!("https://idp.example/"), json!("HTTPS://idp.example"), json!([ISSUER]), Value::Null] {
        is_refused(&ED.token(&with(&json!({"iss": other}))), "the issuer is not known");
    }
}

#[test]
fn an_issuers_keys_are_good_for_its_own_tokens_only() {
    let other = "https://other.example";
    let second = Issuer { name: other.to_owned(), ..issuer(fixed(&[&EC]), plain()) };
    let issuers = Issuers::new(vec![issuer(fixed(&[&ED]), plain()), second], HashSet::new());
    assert!(identify(&issuers, &ED.token(&claims()), now()).is_ok());
    assert!(identify(&issuers, &EC.token(&with(&json!({"iss": other}))), now()).is_ok());
    assert!(identify(&issuers, &ED.token(&with(&json!({"iss": other}))), now()).is_err());
    assert!(identify(&issuers, &EC.token(&claims()), now()).is_err());
}

#[test]
fn what_is_malformed_is_told_so() {
    let header = json!({"alg": "EdDSA", "kid": "ed-1"});
    let text = claims().to_string();
    let twice = text.replacen('{', r#"{"sub":"root","#, 1);
    let escaped = text.replacen('{', r#"{"\u0073ub":"root","#, 1);
    let deep = with(&json!({"x": serde_json::from_str::<Value>(&format!("{}{}", "[".repeat(40), "]".repeat(40))).unwrap()}));
    for claims in [&twice, &escaped, &deep.to_string(), "[]", "\"x\"", "{", "", "\u{0}"] {
        let token = ED.token_with(&header, claims);
        if claims.is_empty() {
            assert!(Token::split(&token).is_none());
        } else {
            is_refused(&token, "the token is malformed");
        }
    }
    for header in [
        json!({"alg": "EdDSA", "kid": "ed-1", "crit": ["b64"], "b64": false}),
        json!({"alg": "EdDSA", "kid": "ed-1", "typ": "dpop+jwt"}),
        json!({"alg": "EdDSA", "kid": 7}),
        json!({"alg": ["EdDSA"], "kid": "ed-1"}),
        json!({"alg": "EdDSA", "kid": "k".repeat(1_025)}),
    ] {
        is_refused(&ED.token_with(&header, &text), "the token is malformed");
    }
    assert!(bearer(&ED.token_with(&json!({"alg": "EdDSA", "kid": "ed-1", "typ": "at+JWT"}), &text)).is_ok());
}

#[test]
fn what_is_no_token_is_left_to_others() {
    let large = ED.token(&with(&json!({"x": "x".repeat(LONGEST_TOKEN)})));
    for text in
        ["", "a.b", "kmn_abc", "eyJ.e30", "eyJ.e30.sig.more", "eyJ..sig", "eyJ=.e30.sig", "sk.proj.key", "eyé.e30.sig", &large]
    {
        assert!(Token::split(text).is_none(), "{text:.40}");
    }
    let token = "e.e.e";
    assert!(Token::split(token).is_some());
    is_refused(token, "the token is malformed");
}

#[test]
fn a_token_without_kid_fits_only_where_one_key_does() {
    let header = json!({"alg": "EdDSA"});
    let token = ED.token_with(&header, &claims().to_string());
    assert!(bearer(&token).is_ok());
    let second = Signer::ed("ed-2");
    let issuers = Issuers::new(vec![issuer(fixed(&[&ED, &second]), plain())], HashSet::new());
    assert!(identify(&issuers, &token, now()).is_err());
    assert!(identify(&issuers, &ED.token(&claims()), now()).is_ok());
    assert!(identify(&issuers, &second.token(&claims()), now()).is_ok());
}

#[test]
fn only_keys_that_verify_signatures_are_kept() {
    let change = |signer: &Signer, name: &str, value: Value| {
        let mut jwk = signer.jwk();
        jwk[name] = value;
        jwk
    };
    let useless = [
        json!({"kty": "oct", "k": encode(b"secret"), "kid": "x"}),
        json!({"kty": "RSA", "n": encode(&[0xff; 128]), "e": "AQAB", "kid": "small"}),
        change(&RSA, "use", json!("enc")),
        change(&RSA, "alg", json!("RSA-OAEP")),
        change(&RSA, "alg", json!("HS256")),
        change(&EC, "alg", json!("ES384")),
        change(&EC, "crv", json!("secp256k1")),
        change(&ED, "key_ops", json!(["sign"])),
        change(&ED, "x", json!(7)),
        json!({"kty": "AKP", "alg": "ML-DSA-65", "pub": "x"}),
        json!("x"),
    ];
    let set = |keys: &[Value]| KeySet::parse(json!({"keys": keys}).to_string().as_bytes()).map(|set| set.len());
    for key in &useless {
        assert_eq!(set(std::slice::from_ref(key)), Err(KeySetError::NoKey), "{key}");
    }
    assert_eq!(set(&[&useless[..], &[RSA.jwk(), EC.jwk(), ED.jwk()]].concat()), Ok(3));
    assert_eq!(set(&vec![EC.jwk(); 101]), Err(KeySetError::TooMany));
    for document in ["", "[]", "{}", r#"{"keys": {}}"#, "<html>"] {
        assert_eq!(KeySet::parse(document.as_bytes()).map(|_| ()), Err(KeySetError::NotASet), "{document}");
    }
}

#[test]
fn claims_tell_tenant_models_and_what_is_kept() {
    let glob = |pattern: &str| Glob::parse(pattern).unwrap();
    let identity = Identity {
        prefix: "idp:".to_owned(),
        tenant: Tenant::Claim(ClaimPath::new("/org/name")),
        models: Models::Claim(ClaimPath::new("https://idp.example/models")),
        passthrough: vec![glob("openai")],
        kept: ["team", "level", "absent", "list"].map(ClaimPath::new).to_vec(),
        ..plain()
    };
    let issuers = issuers(identity);
    let told = |changes: Value| identify(&issuers, &ED.token(&with(&changes)), now());
    let good = json!({
        "org": {"name": "red"}, "https://idp.example/models": ["gpt-*", "o3"], "team": "search", "level": 3, "list": ["a"],
    });
    let principal = told(good.clone()).unwrap();
    assert_eq!((&*principal.key, principal.tenant.as_deref(), principal.key_id), ("idp:alice", Some("red"), None));
    assert_eq!(principal.models, Some(vec![glob("gpt-*"), glob("o3")]));
    assert!(principal.may_pass_to("openai"));
    let kept: Vec<_> = principal.claims.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(kept, [("level", "3"), ("team", "search")]);
    let changed = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        told(claims)
    };
    let models = changed("https://idp.example/models", json!("gpt-4o  o3")).unwrap().models.clone();
    assert_eq!(models, Some(vec![glob("gpt-4o"), glob("o3")]));
    assert_eq!(changed("https://idp.example/models", json!([])).unwrap().models, Some(Vec::new()));
    for (name, value) in [
        ("org", Value::Null),
        ("org", json!({"name": ""})),
        ("org", json!({"name": "röt"})),
        ("org", json!({"name": ["red"]})),
        ("https://idp.example/models", Value::Null),
        ("https://idp.example/models", json!({"gpt-4o": true})),
        ("https://idp.example/models", json!(["gpt-[4]"])),
        ("https://idp.example/models", json!(vec!["m"; 201])),
        ("sub", Value::Null),
        ("sub", json!("a\nb")),
        ("sub", json!("a".repeat(125))),
    ] {
        let refused = changed(name, value.clone()).unwrap_err();
        assert_eq!((refused.kind, refused.kind.row().status.as_u16()), (Kind::TokenNotAllowed, 403), "{name} {value}");
        assert!(refused.headers[0].1.to_str().unwrap().contains(r#"error="insufficient_scope""#));
    }
}

#[test]
fn claims_that_are_required_must_have_one_of_their_values() {
    let required = vec![
        (ClaimPath::new("scope"), vec!["llm".to_owned(), "llm.admin".to_owned()]),
        (ClaimPath::new("verified"), vec!["true".to_owned()]),
    ];
    let issuers = issuers(Identity { required, ..plain() });
    let told = |scope: Value, verified: Value| {
        identify(&issuers, &ED.token(&with(&json!({"scope": scope, "verified": verified}))), now()).is_ok()
    };
    assert!(told(json!("openid llm"), json!(true)));
    assert!(told(json!(["llm.admin"]), json!("true")));
    assert!(!told(json!("openid llmx"), json!(true)));
    assert!(!told(json!("llm"), json!(false)));
    assert!(!told(json!("llm"), Value::Null));
    assert!(!told(Value::Null, json!(true)));
}

#[test]
fn no_token_takes_the_name_of_another_caller() {
    let issuers = Issuers::new(vec![issuer(all(), plain())], HashSet::from(["alice".into()]));
    assert_eq!(identify(&issuers, &ED.token(&claims()), now()).unwrap_err().kind, Kind::TokenNotAllowed);
    assert!(identify(&issuers, &ED.token(&with(&json!({"sub": "bob"}))), now()).is_ok());
}

fn fetched() -> Arc<KeySource> {
    KeySource::at(Location { uri: "https://idp.example/jwks".to_owned(), ca_file: None })
}

#[tokio::test(start_paused = true)]
async fn before_the_keys_are_known_the_answer_is_that_they_are_not() {
    let keys = fetched();
    let issuers = Issuers::new(vec![issuer(Arc::clone(&keys), plain())], HashSet::new());
    let token = ED.token(&claims());
    let refused = identify(&issuers, &token, now()).unwrap_err();
    assert_eq!((refused.kind.row().status.as_u16(), refused.retry_after), (503, Some(Duration::from_secs(5))));
    keys.learn(KeySet::parse(jwks(&[&ED]).as_bytes()).unwrap());
    assert!(identify(&issuers, &token, now()).is_ok());
    keys.fail("down".to_owned());
    assert!(identify(&issuers, &ED.token(&with(&json!({"sub": "bob"}))), now()).is_ok(), "what is known stays known");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_not_known_yet_is_worth_another_try_and_then_it_is_not() {
    let keys = fetched();
    keys.learn(KeySet::parse(jwks(&[&ED]).as_bytes()).unwrap());
    let issuers = Issuers::new(vec![issuer(Arc::clone(&keys), plain())], HashSet::new());
    let token = EC.token(&claims());
    for _ in 0..3 {
        let refused = identify(&issuers, &token, now()).unwrap_err();
        assert_eq!((refused.kind, refused.retry_after), (Kind::IssuerUnreachable, Some(Duration::from_secs(1))));
    }
    keys.learn(KeySet::parse(jwks(&[&ED]).as_bytes()).unwrap());
    assert_eq!(identify(&issuers, &token, now()).unwrap_err().kind, Kind::TokenInvalid);
    keys.learn(KeySet::parse(jwks(&[&ED, &EC]).as_bytes()).unwrap());
    assert!(identify(&issuers, &token, now()).is_ok());
}

#[test]
fn a_token_that_was_checked_is_remembered_until_it_ends_or_the_keys_change() {
    let keys = fetched();
    keys.learn(KeySet::parse(jwks(&[&ED]).as_bytes()).unwrap());
    let issuers = Issuers::new(vec![issuer(Arc::clone(&keys), plain())], HashSet::new());
    let token = ED.token(&with(&json!({"exp": NOW + 60})));
    let digest = crate::auth::key::digest(&token);
    let never = || -> Result<(), Rejection> { Err(Rejection::new(Kind::TooManyFailures, "it is checked anew")) };
    let again = |at: i64| issuers.identify(&token, digest, Timestamp::from_second(at).unwrap(), never).unwrap();
    assert_eq!(again(NOW).unwrap_err().kind, Kind::TooManyFailures, "it is not known yet");
    let first = identify(&issuers, &token, now()).unwrap();
    assert!(Arc::ptr_eq(&first, &again(NOW + 89).unwrap()));
    keys.learn(KeySet::parse(jwks(&[&ED]).as_bytes()).unwrap());
    assert!(again(NOW).is_ok(), "the same keys again change nothing");
    assert!(again(NOW + 90).is_err(), "it has ended");
    identify(&issuers, &token, now()).unwrap();
    keys.learn(KeySet::parse(jwks(&[&EC]).as_bytes()).unwrap());
    assert!(again(NOW).is_err(), "its key may be gone");
    assert_eq!(issuers.remembered(), 0);
}

#[test]
fn a_token_that_lasts_long_is_checked_anew_after_minutes() {
    let issuers = issuers(plain());
    let token = ED.token(&with(&json!({"exp": NOW + 100_000})));
    identify(&issuers, &token, now()).unwrap();
    let again = |at| {
        let never = || Err(Rejection::new(Kind::TooManyFailures, "it is checked anew"));
        issuers.identify(&token, crate::auth::key::digest(&token), Timestamp::from_second(at).unwrap(), never).unwrap()
    };
    assert!(again(NOW + 299).is_ok());
    assert!(again(NOW + 300).is_err());
}

#[test]
fn keys_outlive_a_change_of_the_config_and_remembered_tokens_do_not() {
    let before = Issuers::new(vec![issuer(fetched(), plain())], HashSet::new());
    before.list[0].keys.learn(KeySet::parse(jwks(&[&ED]).as_bytes()).unwrap());
    identify(&before, &ED.token(&claims()), now()).unwrap();
    let mut after = Issuers::new(vec![issuer(fetched(), Identity { prefix: "x:".to_owned(), ..plain() })], HashSet::new());
    after.inherit(&before);
    assert!(Arc::ptr_eq(&before.list[0].keys, &after.list[0].keys));
    assert_eq!(&*identify(&after, &ED.token(&claims()), now()).unwrap().key, "x:alice");
    let mut file = Issuers::new(vec![issuer(fixed(&[&EC]), plain())], HashSet::new());
    file.inherit(&before);
    assert!(identify(&file, &ED.token(&claims()), now()).is_err(), "keys of a file are those of the file");
}
