//! What of a config Envoy was configured with. A gateway that cannot change its Envoy refuses a config that differs in this.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::Snapshot;
use crate::auth::certificate::Told;
use crate::route::{Choice, Order};

impl Snapshot {
    /// Equal for configs that fit the same Envoy configuration: the same targets, orders with their fallback, buffer limits, and
    /// way of telling client certificates.
    /// Stable between processes of one version.
    pub fn envoy_fingerprint(&self) -> u64 {
        let mut hash = Sha256::new();
        for fact in self.envoy_facts() {
            hash.update(fact.as_bytes());
            hash.update([0]);
        }
        hash.finalize().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// What differs for Envoy between this config and `other`, in a reader's words.
    pub(super) fn envoy_difference(&self, other: &Self) -> Vec<String> {
        let (mine, others) = (self.envoy_facts(), other.envoy_facts());
        let gone = mine.difference(&others).map(|fact| format!("no longer: {fact}"));
        gone.chain(others.difference(&mine).map(|fact| format!("new: {fact}"))).collect()
    }

    fn envoy_facts(&self) -> BTreeSet<String> {
        let routes = self.routes.all();
        let targets = routes.clone().flat_map(|route| route.choices.iter().map(target));
        let orders = routes.flat_map(|route| route.orders.iter().map(order));
        let bounds =
            [format!("request_bytes {}", self.bounds.request_bytes), format!("answer_bytes {}", self.bounds.answer_bytes)];
        let service = self.rate_limit_service.iter().map(|service| format!("rate_limit_service {service:?}"));
        let told = self.callers.told_certificates().map(|told| match told {
            Told::ByAttributes => "client certificates from attributes".to_owned(),
            Told::ByHeader => "client certificates from xfcc".to_owned(),
        });
        targets.chain(orders).chain(bounds).chain(service).chain(told).collect()
    }
}

fn target(choice: &Choice) -> String {
    let provider = &choice.provider;
    let scheme = if provider.endpoint.tls { "https" } else { "http" };
    let mut fact = format!(
        "provider {} ({}) at {scheme}://{}:{}",
        choice.target,
        provider.dialect.name(),
        provider.endpoint.host,
        provider.endpoint.port
    );
    let ca_file = provider.ca_file.as_ref().map(|file| format!(" ca_file {}", file.display()));
    let http2 = provider.http2.map(|http2| format!(" http2 {http2}"));
    for more in [ca_file, http2, provider.peek.then(|| " peek".to_owned())].into_iter().flatten() {
        fact.push_str(&more);
    }
    fact
}

/// The name in Envoy tells the fallback, too.
fn order(order: &Order) -> String {
    order.envoy_route.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse_with;

    const CONFIG: &str = "auth: {anonymous: true}\n\
                          providers:\n  \
                          a: {dialect: openai, endpoint: 'https://a.example', credential: {bearer: one}}\n  \
                          b: {dialect: anthropic, endpoint: 'https://b.example'}\n\
                          routes:\n- {model: m, providers: [a, b]}\n- {model: n, providers: [b, a]}\n";

    fn snapshot(from: &str, to: &str) -> Snapshot {
        assert!(CONFIG.contains(from), "{from}");
        parse_with(&CONFIG.replacen(from, to, 1), "a.yaml", &|_| None).unwrap()
    }

    #[test]
    fn what_envoy_does_not_know_changes_nothing() {
        let before = snapshot("", "").envoy_fingerprint();
        for (from, to) in [
            ("bearer: one", "bearer: two"),
            ("https://a.example", "https://a.example/other/v2"),
            ("model: m", "model: 'm-*'"),
            ("- {model: m, providers: [a, b]}\n", "- {model: m, providers: [{name: a, model: x}, b]}\n"),
            ("routes:\n", "limits: [{name: l, requests: 1, every: 1s}]\nroutes:\n"),
            ("providers:\n", "providers:\n  unused: {dialect: openai, endpoint: 'https://c.example'}\n"),
        ] {
            assert_eq!(snapshot(from, to).envoy_fingerprint(), before, "{to}");
        }
    }

    #[test]
    fn what_envoy_was_configured_with_does() {
        let before = snapshot("", "");
        for (from, to) in [
            ("https://a.example", "https://c.example"),
            ("https://a.example", "https://a.example:8443"),
            ("https://b.example", "http://b.example"),
            ("dialect: anthropic", "dialect: anthropic, http2: true"),
            ("dialect: anthropic", "dialect: anthropic, peek: true"),
            ("dialect: anthropic", "dialect: anthropic, ca_file: ca.pem"),
            ("dialect: anthropic", "dialect: anthropic, passthrough: true"),
            ("dialect: anthropic", "dialect: openai"),
            ("{model: m, providers: [a, b]}", "{model: m, providers: [a]}"),
            ("{model: m, providers: [a, b]}", "{model: m, providers: [a, b], fallback: {repeats: 1}}"),
            ("routes:\n", "bounds: {request_bytes: 100000}\nroutes:\n"),
        ] {
            let after = snapshot(from, to);
            assert_ne!(after.envoy_fingerprint(), before.envoy_fingerprint(), "{to}");
            assert!(!before.envoy_difference(&after).is_empty());
        }
    }

    #[test]
    fn the_difference_names_what_changed() {
        let difference = snapshot("", "").envoy_difference(&snapshot("https://a.example", "https://c.example"));
        let old = "no longer: provider a (openai) at https://a.example:443";
        assert_eq!(difference, [old, "new: provider a (openai) at https://c.example:443"]);
    }
}
