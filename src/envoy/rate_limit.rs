//! Envoy's own rate limit filter, behind the gate: it asks the fleet's rate limit service, in whose terms a request is a list of
//! descriptors. What they are made of the gate has put into the dynamic metadata.
//!
//! Each limit is two entries: before the request goes on it is asked, and at the end of the stream the cost is charged, as
//! `hits_addend` from the metadata. In the older place for them (`route.rate_limits`) Envoy ignores `hits_addend`.

use serde_json::{Value, json};

use super::contract::NAMESPACE;
use super::typed::{duration, extension, message};
use crate::config::RateLimitService;
use crate::config::model::{ServiceAway, ServiceLimit, ServicePer};

/// The filter's name, under which the virtual host configures it.
const FILTER: &str = "kanmon.rate_limit";
/// The cluster of the service.
pub(super) const CLUSTER: &str = "rate_limit_service";

/// The filter.
pub(super) fn filter(service: &RateLimitService) -> Value {
    extension(
        FILTER,
        "envoy.extensions.filters.http.ratelimit.v3.RateLimit",
        json!({
            "domain": service.domain,
            "timeout": duration(service.timeout),
            "failure_mode_deny": service.when_away == ServiceAway::Deny,
            "status_on_error": {"code": "ServiceUnavailable"},
            // The gate makes `retry-after` of it.
            "enable_x_ratelimit_headers": "DRAFT_VERSION_03",
            "disable_x_envoy_ratelimited_header": true,
            "rate_limit_service": {
                "transport_api_version": "V3",
                "grpc_service": {"envoy_grpc": {"cluster_name": CLUSTER}},
            },
        }),
    )
}

/// What the virtual host says to the filter.
pub(super) fn per_host(service: &RateLimitService) -> Value {
    let entries: Vec<Value> = service.limits.iter().flat_map(entries).collect();
    let fields = json!({"rate_limits": entries});
    json!({FILTER: message("envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute", fields)})
}

fn entries(limit: &ServiceLimit) -> Vec<Value> {
    let mut actions = vec![json!({"generic_key": {"descriptor_key": "limit", "descriptor_value": limit.name}})];
    actions.extend(limit.per.iter().map(|per| action(*per)));
    let Some(cost) = limit.counts.fact() else { return vec![json!({"actions": actions})] };
    vec![
        // Nothing is taken before the cost is known; the service says whether there is anything left.
        json!({"actions": actions, "hits_addend": {"number": 0}}),
        json!({
            "actions": actions,
            "hits_addend": {"format": format!("%DYNAMIC_METADATA({NAMESPACE}:{cost})%")},
            "apply_on_stream_done": true,
        }),
    ]
}

fn action(per: ServicePer) -> Value {
    let (fact, entry) = per.names();
    json!({"metadata": {
        "descriptor_key": entry,
        "metadata_key": {"key": NAMESPACE, "path": [{"key": fact}]},
        "source": "DYNAMIC",
        "default_value": "-",
    }})
}
