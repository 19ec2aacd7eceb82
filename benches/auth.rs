//! Who calls, as every request is asked: an API key, a token that was checked before, and one that has to be checked.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use kanmon::auth::{Evidence, Presented};
use kanmon::config::{self, Snapshot};
use serde_json::json;

#[path = "../tests/support/tokens.rs"]
#[expect(clippy::unwrap_used, unreachable_pub, reason = "shared with the tests")]
mod tokens;

use tokens::{Signer, jwks};

const ISSUER: &str = "https://idp.example";

#[expect(clippy::expect_used, reason = "a bench without its config measures nothing")]
fn snapshot(signer: &Signer) -> Snapshot {
    let directory = tempfile::tempdir().expect("a folder");
    std::fs::write(directory.path().join("jwks.json"), jwks(&[signer])).expect("a file");
    let path = directory.path().join("gateway.yaml");
    let digest = kanmon::auth::key::hex(&kanmon::auth::key::digest("a-key"));
    let text = format!(
        "auth:\n  keys: [{{name: k, sha256: {digest}}}]\n  jwt: [{{issuer: '{ISSUER}', audiences: [gateway], jwks_file: jwks.json}}]\n\
         providers: {{a: {{dialect: openai, endpoint: 'http://127.0.0.1:1'}}}}\nroutes: [{{model: '*', providers: [a]}}]\n"
    );
    std::fs::write(&path, text).expect("a file");
    config::load(&path).expect("a valid config")
}

/// A token as identity providers make them, of about a kilobyte.
fn token(signer: &Signer, now: Timestamp) -> String {
    let roles: Vec<_> = (0..20).map(|role| format!("role-of-the-company-{role}")).collect();
    signer.token(&json!({
        "iss": ISSUER, "aud": ["gateway", "account"], "sub": "f:5a1c:alice", "exp": now.as_second() + 100_000_000_000, "roles": roles,
    }))
}

#[expect(clippy::expect_used, reason = "whoever does not come in measures something else")]
fn identify(snapshot: &Snapshot, secret: &str, now: Timestamp) {
    let evidence = Evidence { presented: Presented::Key(secret), certificate: None, source: None };
    black_box(snapshot.callers.identify(black_box(&evidence), now)).expect("comes in");
}

fn callers(c: &mut Criterion) {
    let now = Timestamp::now();
    let mut group = c.benchmark_group("identify");
    for signer in [Signer::rsa("rsa"), Signer::ec("ec"), Signer::ed("ed")] {
        let snapshot = snapshot(&signer);
        if signer.id == "rsa" {
            group.bench_function("API key", |b| b.iter(|| identify(&snapshot, "a-key", now)));
            let known = token(&signer, now);
            group.bench_function("token, checked before", |b| b.iter(|| identify(&snapshot, &known, now)));
        }
        let token = token(&signer, now);
        let mut later = now;
        group.bench_function(format!("token, {}, checked", signer.algorithm()), |b| {
            b.iter(|| {
                // What was checked is remembered for five minutes at most.
                later = later.checked_add(jiff::SignedDuration::from_secs(301)).unwrap_or(now);
                identify(&snapshot, &token, later);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, callers);
criterion_main!(benches);
