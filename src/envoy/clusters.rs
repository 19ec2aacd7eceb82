//! The clusters: the processor, the one without endpoints for requests that nobody decided on, one for each target, and one
//! composite for each order.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;

use serde_json::{Value, json};

use super::contract::{NAMESPACE, PEEK_KEY, TARGET_KEY};
use super::typed::extension;
use super::{Options, Processor, RenderError, filters, http, rate_limit, routes, tls};
use crate::config::{RateLimitService, Snapshot};
use crate::route::{Choice, Order, Route};
use crate::upstream::{ACCOUNT_HEADERS, CREDENTIAL_HEADERS, Endpoint, Provider};

/// The cluster of the processor.
pub(super) const PROCESSOR_CLUSTER: &str = "processor";
/// The cluster without endpoints.
pub(super) const UNDECIDED_CLUSTER: &str = "undecided";

/// Headers that are no secret though a rule may set them; the attempt stream sets them itself.
const NO_CREDENTIAL: [&str; 5] = ["accept", "content-length", "content-type", "host", "user-agent"];

/// All clusters.
pub(super) fn all(snapshot: &Snapshot, options: &Options) -> Result<Vec<Value>, RenderError> {
    let mut clusters = vec![processor(&options.processor)?, undecided()];
    clusters.extend(snapshot.rate_limit_service.as_ref().map(rate_limit_service));
    let choices = choices(snapshot);
    for choice in choices.values() {
        clusters.push(target(choice, options)?);
    }
    let credentials = credential_headers(snapshot);
    for members in composites(snapshot).into_values() {
        clusters.push(members.cluster(&credentials));
    }
    Ok(clusters)
}

/// The distinct choices, by target.
fn choices(snapshot: &Snapshot) -> BTreeMap<&str, &Choice> {
    let all = snapshot.routes.all().flat_map(|route| &route.choices);
    all.map(|choice| (&*choice.target, choice)).collect()
}

/// What no provider may see of a client's request: credentials, and accounts, which go with them. What providers' header rules set
/// comes on top.
fn credential_headers(snapshot: &Snapshot) -> Vec<String> {
    let known = CREDENTIAL_HEADERS.iter().chain(&ACCOUNT_HEADERS);
    let mut names: BTreeSet<String> = known.map(|name| name.as_str().to_owned()).collect();
    let of_providers = snapshot.providers.iter().map(|provider| &provider.headers);
    let of_choices = snapshot.routes.all().flat_map(|route| &route.choices).map(|choice| &choice.headers);
    for (name, value) in of_providers.chain(of_choices).flatten() {
        if value.is_some() && !NO_CREDENTIAL.contains(&name.as_str()) {
            names.insert(name.as_str().to_owned());
        }
    }
    names.into_iter().collect()
}

/// A composite cluster to be: equal orders of several routes share one.
struct Composite<'a> {
    order: &'a Order,
    route: &'a Route,
    /// The most repeats that any of the routes wants; each route's own `num_retries` keeps it to its own.
    repeats: u32,
}

fn composites(snapshot: &Snapshot) -> BTreeMap<&str, Composite<'_>> {
    let mut composites: BTreeMap<&str, Composite<'_>> = BTreeMap::new();
    for (route, order) in routes::orders(snapshot) {
        let known = composites.entry(&*order.cluster).or_insert(Composite { order, route, repeats: 0 });
        known.repeats = known.repeats.max(route.fallback.repeats);
    }
    composites
}

impl Composite<'_> {
    fn choices(&self) -> impl Iterator<Item = &Choice> {
        self.order.choices.iter().filter_map(|index| self.route.choices.get(*index))
    }

    fn cluster(&self, credentials: &[String]) -> Value {
        let targets: Vec<&str> = self.choices().map(|choice| &*choice.target).collect();
        let first = targets.first().copied().unwrap_or_default();
        let last = targets.last().copied().unwrap_or_default();
        // An attempt beyond the list would be a 503 without a host.
        let repeated = std::iter::repeat_n(last, self.repeats as usize);
        let members: Vec<Value> =
            targets.iter().copied().chain(repeated).map(|target| json!({"name": target_cluster(target)})).collect();
        let peek = self.choices().any(|choice| choice.provider.peek);
        json!({
            "name": &*self.order.cluster,
            "connect_timeout": "5s",
            "lb_policy": "CLUSTER_PROVIDED",
            "cluster_type": extension(
                "envoy.clusters.composite",
                "envoy.extensions.clusters.composite.v3.ClusterConfig",
                json!({"clusters": members}),
            ),
            "circuit_breakers": wide_open(),
            "typed_extension_protocol_options": http::composite(filters::of_order(first, peek, credentials)),
        })
    }
}

/// The name of a target's cluster.
fn target_cluster(target: &str) -> String {
    format!("target:{target}")
}

fn target(choice: &Choice, options: &Options) -> Result<Value, RenderError> {
    let provider = &*choice.provider;
    let name = target_cluster(&choice.target);
    let mut cluster = json!({
        "name": name,
        "connect_timeout": "5s",
        "circuit_breakers": wide_open(),
        "upstream_connection_options": tcp_keepalive(),
        "typed_extension_protocol_options": http::provider(provider),
        "load_assignment": assignment(&name, &[provider_endpoint(choice)]),
    });
    discover(&mut cluster, &provider.endpoint.host);
    if provider.endpoint.tls {
        cluster["transport_socket"] = tls::upstream(provider, options)?;
    }
    Ok(cluster)
}

fn discover(cluster: &mut Value, host: &str) {
    if host.parse::<IpAddr>().is_ok() {
        cluster["type"] = "STATIC".into();
        return;
    }
    cluster["cluster_type"] = dns();
}

/// Each address that a name stands for is a host of its own.
fn dns() -> Value {
    extension(
        "envoy.clusters.dns",
        "envoy.extensions.clusters.dns.v3.DnsCluster",
        json!({
            // With both families as hosts, every other first attempt would fail where only one is routed.
            "dns_lookup_family": "V4_PREFERRED",
            "dns_refresh_rate": "15s",
            "dns_failure_refresh_rate": {"base_interval": "1s", "max_interval": "15s"},
        }),
    )
}

fn provider_endpoint(choice: &Choice) -> Value {
    let Provider { endpoint, peek, .. } = &*choice.provider;
    let mut facts = json!({TARGET_KEY: &*choice.target});
    if *peek {
        facts[PEEK_KEY] = "yes".into();
    }
    json!({
        "endpoint": {"address": socket_address(&endpoint.host, endpoint.port), "hostname": endpoint.host},
        "metadata": {"filter_metadata": {NAMESPACE: facts}},
    })
}

fn processor(processor: &Processor) -> Result<Value, RenderError> {
    let address = match processor {
        Processor::Uds(path) => pipe(path)?,
        Processor::Tcp { host, port } => socket_address(host, *port),
    };
    let mut cluster = json!({
        "name": PROCESSOR_CLUSTER,
        "connect_timeout": "1s",
        "circuit_breakers": wide_open(),
        "typed_extension_protocol_options": http::processor(),
        "load_assignment": assignment(PROCESSOR_CLUSTER, &[json!({"endpoint": {"address": address}})]),
    });
    match processor {
        Processor::Tcp { host, .. } => discover(&mut cluster, host),
        Processor::Uds(_) => cluster["type"] = "STATIC".into(),
    }
    Ok(cluster)
}

fn rate_limit_service(service: &RateLimitService) -> Value {
    let Endpoint { host, port, .. } = &service.endpoint;
    let mut cluster = json!({
        "name": rate_limit::CLUSTER,
        "connect_timeout": "1s",
        "circuit_breakers": wide_open(),
        "typed_extension_protocol_options": http::grpc(),
        "load_assignment": assignment(rate_limit::CLUSTER, &[json!({"endpoint": {"address": socket_address(host, *port)}})]),
    });
    discover(&mut cluster, host);
    cluster
}

/// Reached by a request whose stream ended or answered without a decision: a 503, nothing sent.
fn undecided() -> Value {
    json!({
        "name": UNDECIDED_CLUSTER,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": assignment(UNDECIDED_CLUSTER, &[]),
    })
}

fn assignment(cluster: &str, endpoints: &[Value]) -> Value {
    if endpoints.is_empty() {
        return json!({"cluster_name": cluster});
    }
    json!({"cluster_name": cluster, "endpoints": [{"lb_endpoints": endpoints}]})
}

pub(super) fn socket_address(host: &str, port: u16) -> Value {
    json!({"socket_address": {"address": host, "port_value": port}})
}

/// The longest path that a Unix socket address holds on Linux, without its terminating zero.
const LONGEST_PIPE: usize = 107;

pub(super) fn pipe(path: &Path) -> Result<Value, RenderError> {
    let text = path.to_str().ok_or_else(|| RenderError::PathNotText { path: path.to_owned() })?;
    if text.len() > LONGEST_PIPE {
        return Err(RenderError::PipeTooLong { path: path.to_owned() });
    }
    Ok(json!({"pipe": {"path": text}}))
}

/// Envoy's defaults (1024 requests, 3 concurrent retries) break under LLM traffic, and an overflow is never retried.
fn wide_open() -> Value {
    json!({"thresholds": [{
        "max_connections": 1_000_000,
        "max_pending_requests": 1_000_000,
        "max_requests": 1_000_000,
        "max_retries": 1_000_000,
    }]})
}

/// A model may think for minutes without a byte; firewalls forget silent connections sooner.
fn tcp_keepalive() -> Value {
    json!({"tcp_keepalive": {"keepalive_probes": 3, "keepalive_time": 30, "keepalive_interval": 10}})
}
