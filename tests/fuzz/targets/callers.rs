//! What callers show besides keys: tokens, the keys that verify them, and what proxies tell of certificates.

use std::sync::LazyLock;

use jiff::Timestamp;
use kanmon::auth::certificate::Certificate;
use kanmon::auth::jwt::{KeySet, LONGEST_TOKEN};
use kanmon::auth::{Evidence, Presented, is_name};
use kanmon::config::{self, Snapshot};
use serde_json::json;

use crate::tokens::{Signer, encode, jwks};

const ISSUER: &str = "https://idp.example";

static SIGNER: LazyLock<Signer> = LazyLock::new(|| Signer::ed("key"));
static SNAPSHOT: LazyLock<Snapshot> = LazyLock::new(snapshot);

fn snapshot() -> Snapshot {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("jwks.json"), jwks(&[&SIGNER])).unwrap();
    let text = format!(
        "auth: {{jwt: [{{issuer: '{ISSUER}', audiences: [gateway], jwks_file: jwks.json, tenant_claim: /org/name, models_claim: models,\n  \
         claims: [team], required_claims: {{scope: [llm]}}}}]}}\n\
         providers: {{a: {{dialect: openai, endpoint: 'http://127.0.0.1:1'}}}}\nroutes: [{{model: '*', providers: [a]}}]\n"
    );
    let path = directory.path().join("gateway.yaml");
    std::fs::write(&path, text).unwrap();
    config::load(&path).unwrap_or_else(|errors| panic!("{errors}"))
}

fn show(secret: &str) -> Result<std::sync::Arc<kanmon::auth::Principal>, kanmon::rejection::Rejection> {
    let evidence = Evidence { presented: Presented::Key(secret), certificate: None, source: None };
    SNAPSHOT.callers.identify(&evidence, Timestamp::from_second(1_800_000_000).unwrap())
}

/// The first line is a header, the rest are claims; the issuer signs them. Who comes in has names that can be told; with any other
/// signature nobody does.
pub fn token(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let (header, claims) = text.split_once('\n').unwrap_or((&text, ""));
    let Ok(header) = serde_json::from_str::<serde_json::Value>(header) else { return raw(&text) };
    let token = SIGNER.token_with(&header, claims);
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert!(show(&format!("{signed}.{}", encode(&[1; 64]))).is_err());
    assert!(show(&format!("{signed}.")).is_err());
    match show(&token) {
        Ok(principal) => {
            assert!(token.len() <= LONGEST_TOKEN && (header["alg"] == "EdDSA" || header["alg"] == "Ed25519"));
            let told = [Some(&principal.key), principal.tenant.as_ref()].into_iter().flatten().chain(principal.claims.values());
            told.for_each(|name| assert!(is_name(name), "{name:?}"));
            format!("comes in, {} claims", principal.claims.len())
        }
        Err(rejection) => format!("{:?} {:.60}", rejection.kind, rejection.message),
    }
}

fn raw(text: &str) -> String {
    show(text).map_or_else(|rejection| format!("{:?}", rejection.kind), |_| "a whole token".to_owned())
}

pub fn tokens() -> Vec<Vec<u8>> {
    let claims = json!({
        "iss": ISSUER, "aud": ["gateway"], "sub": "alice", "exp": 1_900_000_000, "nbf": 1.5e9, "org": {"name": "red"},
        "models": "gpt-* o3", "team": "search", "scope": "openid llm",
    });
    assert!(show(&SIGNER.token(&claims)).is_ok(), "the first seed comes in");
    let header = json!({"alg": "EdDSA", "kid": "key", "typ": "at+jwt"});
    let mut seeds =
        vec![format!("{header}\n{claims}"), "eyJhbGciOiJub25lIn0.e30.".to_owned(), "eyJhbGciOiJFZERTQSJ9.e30.AA".to_owned()];
    for (name, value) in [("exp", json!(1)), ("aud", json!("x")), ("models", json!(["a", 1])), ("sub", json!(null))] {
        let mut claims = claims.clone();
        claims[name] = value;
        seeds.push(format!("{header}\n{claims}"));
    }
    seeds.into_iter().map(String::into_bytes).collect()
}

/// A set has keys, or is refused.
pub fn key_set(input: &[u8]) -> String {
    match KeySet::parse(input) {
        Ok(set) => {
            assert!(!set.is_empty() && set.len() <= 100);
            format!("{} keys", set.len().min(4))
        }
        Err(error) => error.to_string(),
    }
}

pub fn key_sets() -> Vec<Vec<u8>> {
    let signers = [Signer::ec("a"), Signer::ed("b"), Signer::rsa("c")];
    let mixed =
        json!({"keys": [signers[0].jwk(), {"kty": "oct", "k": "x"}, {"kty": "RSA", "n": "AQAB", "e": "AQAB", "alg": "RS256"}]});
    vec![jwks(&signers.each_ref()).into_bytes(), mixed.to_string().into_bytes()]
}

/// Names that a header tells stand in it, and are few.
pub fn forwarded(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let Some(certificate) = Certificate::forwarded(&text) else { return "nothing".to_owned() };
    let Certificate { uris, dns, subject } = certificate;
    assert!(uris.len() <= 100 && dns.len() <= 100);
    let plain = text.replace('\\', "");
    for name in uris.iter().chain(&dns).chain(&subject) {
        assert!(!name.is_empty() && plain.contains(&name.replace('\\', "")), "{name:?}");
    }
    format!("{} {} {}", uris.len().min(3), dns.len().min(3), subject.is_some())
}

pub fn headers() -> Vec<Vec<u8>> {
    [
        r#"By=spiffe://a/b;Hash=0f;Subject="CN=a\,b,O=\"c\"";URI=spiffe://a/c;URI=spiffe://a/d;DNS=a.example"#,
        "URI=a,Hash=x;URI=b;DNS=c",
        r#"Subject="";URI="#,
        r#"Subject="CN=a\\";Uri=b"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
