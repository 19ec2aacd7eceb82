//! Client certificates as identity: what Envoy has verified, and whose it is.
//!
//! Envoy tells the names in a certificate as attributes of the connection, which no client can write; or in the header
//! `x-forwarded-client-cert`, which is believed only where the config says that the Envoy beside us sets it.

mod xfcc;

use std::sync::Arc;

use super::recent::Recent;
use super::{Principal, is_name};
use crate::route::glob::Glob;

/// Callers whose certificates have matched a pattern and that are remembered.
const MOST_KNOWN: usize = 10_000;

/// The header in which proxies tell of client certificates.
pub const FORWARDED: &str = "x-forwarded-client-cert";

/// The names in a client certificate that Envoy has verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Subject alternative names that are URIs, such as SPIFFE ids.
    pub uris: Vec<String>,
    /// Subject alternative names that are DNS names.
    pub dns: Vec<String>,
    /// The subject, as Envoy writes it (RFC 2253): `CN=red,O=Acme`.
    pub subject: Option<String>,
}

impl Certificate {
    /// Reads `x-forwarded-client-cert`: what the proxy nearest to us has said, which is the last element. `None`: it cannot be
    /// read, or says nothing.
    pub fn forwarded(header: &str) -> Option<Self> {
        xfcc::last(header).filter(|certificate| *certificate != Self::default())
    }
}

/// Where certificates are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Told {
    /// As attributes of the connection.
    #[default]
    ByAttributes,
    /// In `x-forwarded-client-cert`.
    ByHeader,
}

/// Which name of a certificate is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// URIs.
    Uri,
    /// DNS names.
    Dns,
    /// The subject.
    Subject,
}

/// Whose a certificate is.
#[derive(Debug)]
pub struct Rule {
    /// What of the certificate …
    pub field: Field,
    /// … must fit this.
    pub pattern: Glob,
    /// Who it is. Where it `is_named`, under this very name; otherwise under the name in the certificate.
    pub principal: Arc<Principal>,
    /// Whether the principal has a name of its own.
    pub is_named: bool,
}

/// Everybody who may call with a certificate.
#[derive(Debug)]
pub struct Certificates {
    told: Told,
    rules: Vec<Rule>,
    known: Recent<(usize, Box<str>), Arc<Principal>>,
}

impl Certificates {
    /// The first rule that fits counts.
    pub fn new(told: Told, rules: Vec<Rule>) -> Self {
        Self { told, rules, known: Recent::new(MOST_KNOWN) }
    }

    /// Where certificates are told.
    pub fn told(&self) -> Told {
        self.told
    }

    /// Whose certificate this is.
    pub(super) fn find(&self, certificate: &Certificate) -> Option<Arc<Principal>> {
        self.rules.iter().enumerate().find_map(|(index, rule)| self.principal(index, rule, rule.fits(certificate)?))
    }

    /// A name that cannot stand in a log or a header is nobody's.
    fn principal(&self, index: usize, rule: &Rule, name: &str) -> Option<Arc<Principal>> {
        if rule.is_named {
            return Some(Arc::clone(&rule.principal));
        }
        let place = (index, name.into());
        if let Some(principal) = self.known.get(&place, |_| true) {
            return Some(principal);
        }
        is_name(name).then(|| {
            let principal = Arc::new(Principal { key: name.into(), ..(*rule.principal).clone() });
            self.known.put(place, Arc::clone(&principal));
            principal
        })
    }
}

impl Rule {
    /// The name that fits.
    fn fits<'a>(&self, certificate: &'a Certificate) -> Option<&'a str> {
        let names: &[String] = match self.field {
            Field::Uri => &certificate.uris,
            Field::Dns => &certificate.dns,
            Field::Subject => certificate.subject.as_slice(),
        };
        names.iter().map(String::as_str).find(|name| self.pattern.matches(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(field: Field, pattern: &str, name: Option<&str>) -> Rule {
        let principal = Arc::new(Principal::new(name.unwrap_or_default(), Some("red")));
        Rule { field, pattern: Glob::of_text(pattern).unwrap(), principal, is_named: name.is_some() }
    }

    fn certificates() -> Certificates {
        let rules = vec![
            rule(Field::Uri, "spiffe://mesh.example/ns/red/sa/ci", Some("red-ci")),
            rule(Field::Uri, "spiffe://mesh.example/ns/red/*", None),
            rule(Field::Dns, "*.red.example", None),
            rule(Field::Subject, "CN=ops,O=Acme Inc*", Some("ops")),
        ];
        Certificates::new(Told::ByAttributes, rules)
    }

    fn name(certificate: &Certificate) -> Option<String> {
        certificates().find(certificate).map(|principal| principal.key.to_string())
    }

    fn uri(uri: &str) -> Certificate {
        Certificate { uris: vec![uri.to_owned()], ..Certificate::default() }
    }

    #[test]
    fn the_first_rule_that_fits_tells_who_it_is() {
        assert_eq!(name(&uri("spiffe://mesh.example/ns/red/sa/ci")).as_deref(), Some("red-ci"));
        let app = "spiffe://mesh.example/ns/red/sa/app";
        assert_eq!(name(&uri(app)).as_deref(), Some(app));
        let dns = Certificate { dns: vec!["x.example".to_owned(), "a.red.example".to_owned()], ..Certificate::default() };
        assert_eq!(name(&dns).as_deref(), Some("a.red.example"));
        let subject = Certificate { subject: Some("CN=ops,O=Acme Inc,C=FI".to_owned()), ..Certificate::default() };
        assert_eq!(name(&subject).as_deref(), Some("ops"));
    }

    #[test]
    fn who_fits_no_rule_is_nobody() {
        for other in ["spiffe://mesh.example/ns/blue/sa/ci", "spiffe://evil.example/ns/red/sa/ci", ""] {
            assert_eq!(name(&uri(other)), None, "{other}");
        }
        assert_eq!(name(&Certificate::default()), None);
    }

    #[test]
    fn a_name_that_no_header_can_carry_is_nobodys() {
        assert_eq!(name(&uri("spiffe://mesh.example/ns/red/\n")), None);
        assert_eq!(name(&uri(&format!("spiffe://mesh.example/ns/red/{}", "a".repeat(200)))), None);
    }

    #[test]
    fn a_caller_is_made_once() {
        let certificates = certificates();
        let app = uri("spiffe://mesh.example/ns/red/sa/app");
        let first = certificates.find(&app).unwrap();
        assert!(Arc::ptr_eq(&first, &certificates.find(&app).unwrap()));
        assert_eq!(first.tenant.as_deref(), Some("red"));
    }
}
