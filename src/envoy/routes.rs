//! The Envoy routes: one for each order and fallback, found by dynamic metadata that only the processor can set, and last the
//! route of a request that nobody has decided on, which leads nowhere.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::clusters::UNDECIDED_CLUSTER;
use super::contract::{FALLBACK_HEADER, NAMESPACE, ROUTE_KEY};
use super::typed::duration;
use super::{RenderError, rate_limit};
use crate::config::Snapshot;
use crate::route::{Fallback, Order, Route};

/// What HCM and clients add to a request and providers should not learn, or what belongs to the connection with the gateway.
/// `x-request-id` stays: it tells nothing, and without it the access log has none.
const REMOVED_FROM_REQUESTS: [&str; 14] = [
    // Answers are translated and counted, so they should not come compressed.
    "accept-encoding",
    "cookie",
    "forwarded",
    "via",
    "x-envoy-decorator-operation",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-external-address",
    "x-envoy-internal",
    "x-envoy-original-path",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
];

/// What a provider says about its own origin, or to Envoy alone. In a browser's hands `alt-svc` and `strict-transport-security`
/// would speak for the gateway's origin, and a provider's cookies would come back to every other provider.
const REMOVED_FROM_ANSWERS: [&str; 5] =
    ["alt-svc", "set-cookie", "strict-transport-security", "x-envoy-upstream-service-time", FALLBACK_HEADER];

/// Where AWS names an error, and how it calls what Bedrock answers with 424: the model failed to answer. The status alone would be
/// something else at other providers.
const AWS_ERROR: &str = "x-amzn-errortype";
const MODEL_FAILED: &str = "ModelErrorException";

/// Room for a body that is a little above the bound, so that the processor can say so in the client's own API.
const SLACK_BYTES: usize = 64 << 10;

/// The virtual host with all routes.
pub(super) fn virtual_host(snapshot: &Snapshot) -> Result<Value, RenderError> {
    let limit = buffer_limit(snapshot);
    let mut routes = Vec::new();
    let mut seen: HashMap<&str, (&str, &Fallback)> = HashMap::new();
    for (route, order) in orders(snapshot) {
        let meaning = (&*order.cluster, &route.fallback);
        match seen.insert(&order.envoy_route, meaning) {
            None => routes.push(decided(route, order, limit)?),
            Some(known) if known == meaning => {}
            Some(_) => return Err(RenderError::AmbiguousRoute { name: order.envoy_route.to_string() }),
        }
    }
    routes.push(json!({"name": "undecided", "match": {"prefix": "/"}, "route": {"cluster": UNDECIDED_CLUSTER}}));
    let mut host = json!({
        "name": "kanmon",
        "domains": ["*"],
        // The upstream filters match on it.
        "include_request_attempt_count": true,
        "request_body_buffer_limit": limit,
        "request_headers_to_remove": REMOVED_FROM_REQUESTS,
        "response_headers_to_remove": REMOVED_FROM_ANSWERS,
        "routes": routes,
    });
    if let Some(service) = &snapshot.rate_limit_service {
        host["typed_per_filter_config"] = rate_limit::per_host(service);
    }
    Ok(host)
}

/// All orders of all routes, with repetitions.
pub(super) fn orders(snapshot: &Snapshot) -> impl Iterator<Item = (&Route, &Order)> {
    snapshot.routes.all().flat_map(|route| route.orders.iter().map(|order| (&**route, order)))
}

/// The limit lifts buffering in both directions, hence the larger of the two bounds.
fn buffer_limit(snapshot: &Snapshot) -> usize {
    snapshot.bounds.request_bytes.max(snapshot.bounds.answer_bytes).saturating_add(SLACK_BYTES)
}

fn decided(route: &Route, order: &Order, limit: usize) -> Result<Value, RenderError> {
    let decision = json!({
        "filter": NAMESPACE,
        "path": [{"key": ROUTE_KEY}],
        "value": {"string_match": {"exact": &*order.envoy_route}},
    });
    Ok(json!({
        "name": &*order.envoy_route,
        "match": {"prefix": "/", "dynamic_metadata": [decision]},
        "route": {
            "cluster": &*order.cluster,
            // Envoy's own default of 15 s counts until the end of the answer and would cut streams.
            "timeout": "0s",
            "retry_policy": retry_policy(route, order.choices.len())?,
        },
        "request_body_buffer_limit": limit,
    }))
}

fn retry_policy(route: &Route, providers: usize) -> Result<Value, RenderError> {
    let fallback = &route.fallback;
    let mut headers = vec![json!({"name": FALLBACK_HEADER, "present_match": true})];
    if fallback.server_errors {
        headers.push(json!({"name": ":status", "range_match": {"start": 500, "end": 600}}));
        headers.push(json!({"name": AWS_ERROR, "string_match": {"prefix": MODEL_FAILED}}));
    }
    let mut policy = json!({
        "retry_on": retry_on(route)?,
        "retriable_headers": headers,
        "num_retries": providers.saturating_sub(1).saturating_add(fallback.repeats as usize),
        "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.250s"},
    });
    if !fallback.statuses.is_empty() {
        policy["retriable_status_codes"] = fallback.statuses.clone().into();
    }
    if let Some(timeout) = fallback.first_byte_timeout {
        policy["per_try_timeout"] = duration(timeout).into();
    }
    Ok(policy)
}

/// Envoy's conditions. Not `5xx` and not `gateway-error`: both also retry resets and timeouts. To Envoy a first byte that does
/// not come in time is a reset as well, so these two cannot be told apart; and every `reset` includes failed connections.
fn retry_on(route: &Route) -> Result<String, RenderError> {
    let fallback = &route.fallback;
    if fallback.first_byte_timeout.is_some() && fallback.reset != fallback.timeout {
        return Err(RenderError::ResetWithoutTimeout { route: route.name.to_string() });
    }
    let mut conditions = vec!["retriable-headers"];
    if !fallback.statuses.is_empty() {
        conditions.push("retriable-status-codes");
    }
    // An answer that another Envoy's rate limiter gave says so in a header, and is retried only with this.
    if fallback.statuses.contains(&429) {
        conditions.push("envoy-ratelimited");
    }
    if fallback.connect {
        conditions.extend(["connect-failure", "refused-stream"]);
    }
    if fallback.reset {
        conditions.push("reset");
    }
    Ok(conditions.join(","))
}
