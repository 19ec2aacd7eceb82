//! Envoy's rate limit service.

use std::collections::HashSet;
use std::time::Duration;

use super::{name, unique};
use crate::config::RateLimitService;
use crate::config::errors::Check;
use crate::config::model;
use crate::config::node::Path;
use crate::translate::Dialect;
use crate::upstream::Endpoint;

/// A request that waits longer is of no use to anybody.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The most limits: each is a descriptor in two questions for each request.
const MOST_LIMITS: usize = 32;

/// Validates the service.
pub(super) fn service(check: &mut Check<'_>, written: model::RateLimitService) -> Option<RateLimitService> {
    let path = Path::Root.field("rate_limit_service");
    name(check, &path.field("domain"), &written.domain);
    let timeout = written.timeout.0;
    let message = "must be from 1ms to 30s";
    check.require((Duration::from_millis(1)..=LONGEST_WAIT).contains(&timeout), &path.field("timeout"), message);
    let limits = path.field("limits");
    check.require(!written.limits.is_empty(), &limits, "there is no limit: add one, or leave the service out");
    check.require(written.limits.len() <= MOST_LIMITS, &limits, "has more than 32 limits");
    let mut names = HashSet::new();
    for (index, limit) in written.limits.iter().enumerate() {
        let path = limits.item(index);
        name(check, &path.field("name"), &limit.name);
        unique(check, &path.field("name"), &limit.name, &mut names);
        let mut per = limit.per.iter().enumerate();
        if let Some((index, _)) = per.find(|(index, per)| limit.per[..*index].contains(per)) {
            check.error(&path.field("per").item(index), "stands here twice: keep one of them");
        }
    }
    let endpoint = endpoint(&written.address);
    if endpoint.is_none() {
        check.error(&path.field("address"), "must be `HOST:PORT`, such as `ratelimit:8081`");
    }
    let model::RateLimitService { domain, when_away, limits, .. } = written;
    Some(RateLimitService { endpoint: endpoint?, domain, timeout, when_away, limits })
}

/// Host and port of an address, both of which must be there.
fn endpoint(address: &str) -> Option<Endpoint> {
    let has_port = address.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let parsed = || Endpoint::parse(&format!("http://{address}"), Dialect::OpenAi).ok();
    (has_port && !address.contains('/')).then(parsed).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        for (address, host) in [("ratelimit:8081", "ratelimit"), ("10.0.0.7:8081", "10.0.0.7"), ("[::1]:8081", "::1")] {
            let endpoint = endpoint(address).unwrap();
            assert_eq!((endpoint.host.as_str(), endpoint.port), (host, 8081));
        }
        for address in ["", "ratelimit", "ratelimit:", "ratelimit:0", ":8081", "http://a:1", "a:1/b", "a:b", "a@b:1", "[::1]"] {
            assert!(endpoint(address).is_none(), "{address}");
        }
    }
}
