//! Envoy's rate limit service.

use super::{GOOD, read};

fn with(service: &str) -> Result<crate::config::Snapshot, crate::config::Errors> {
    read(&format!("{GOOD}\nrate_limit_service: {service}\n"))
}

#[test]
fn a_service_is_envoys_business_and_so_in_its_fingerprint() {
    let limits = "limits: [{name: tokens, per: [tenant], counts: total_tokens}]";
    let without = read(GOOD).unwrap().envoy_fingerprint();
    let one = with(&format!("{{address: 'ratelimit:8081', {limits}}}")).unwrap();
    let other = with(&format!("{{address: 'ratelimit:8081', when_away: deny, {limits}}}")).unwrap();
    assert_ne!(one.envoy_fingerprint(), without);
    assert_ne!(one.envoy_fingerprint(), other.envoy_fingerprint());
    assert_eq!(one.rate_limit_service.unwrap().domain, "kanmon");
}

#[test]
fn what_is_wrong_is_told_with_its_field() {
    for (service, field, words) in [
        ("{address: ratelimit, limits: [{name: a, counts: requests}]}", "address", "`HOST:PORT`"),
        ("{address: 'http://a:1', limits: [{name: a, counts: requests}]}", "address", "`HOST:PORT`"),
        ("{address: 'a:1', limits: []}", "limits", "add one"),
        ("{address: 'a:1', timeout: 1m, limits: [{name: a, counts: requests}]}", "timeout", "30s"),
        ("{address: 'a:1', limits: [{name: a, per: [key, key], counts: requests}]}", "limits[0].per[1]", "twice"),
        ("{address: 'a:1', limits: [{name: a, counts: requests}, {name: a, counts: requests}]}", "limits[1].name", "twice"),
    ] {
        let error = with(service).map(|_| ()).expect_err(service).to_string();
        assert!(error.contains(&format!("rate_limit_service.{field}: ")) && error.contains(words), "{error}");
    }
}
