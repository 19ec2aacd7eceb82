//! The Envoy configurations: the one that `kanmon envoy` renders, and what is made of it for the setups without Kanmon, so that
//! all have the same listener, timeouts, limits and access log.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::process::Process;

/// The wrapped upstream filter that is entered only after a failed attempt.
const ATTEMPT_FILTER: &str = "kanmon.attempt";
/// The filter that stands under the same condition and belongs to a new translation.
const STRIP_FILTER: &str = "kanmon.strip";

/// The configuration that fits a gateway config.
pub(crate) async fn render(kanmon: &Path, config: &Path, listen: SocketAddr, socket: &Path) -> Result<Value> {
    let mut command = Command::new(kanmon);
    command.arg("envoy").arg("--config").arg(config).arg("--listen").arg(listen.to_string());
    command.arg("--processor").arg(format!("unix:{}", socket.display()));
    let output = command.output().await.with_context(|| format!("cannot start {}", kanmon.display()))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`kanmon envoy` has failed: {errors}");
    let text = String::from_utf8(output.stdout)?;
    let mut config: Value = serde_saphyr::from_str(&text).context("`kanmon envoy` did not print YAML")?;
    // Several Envoys run side by side, and none is asked for anything.
    config.as_object_mut().context("the rendered configuration is not an object")?.shift_remove("admin");
    Ok(config)
}

/// Envoy alone: the same listener without the filters in front of the router, and everything to one cluster.
pub(crate) fn alone(mut config: Value, backend: SocketAddr) -> Result<Value> {
    let manager = connection_manager(&mut config)?;
    let filters = manager.get_mut("http_filters").and_then(Value::as_array_mut).context("no HTTP filters")?;
    filters.retain(|filter| kind(filter).ends_with(".router.v3.Router"));
    ensure!(filters.len() == 1, "the rendered configuration has no router");
    manager["route_config"] = json!({"virtual_hosts": [{
        "name": "all", "domains": ["*"],
        "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "backend", "timeout": "0s"}}],
    }]});
    let address = json!({"socket_address": {"address": backend.ip().to_string(), "port_value": backend.port()}});
    config["static_resources"]["clusters"] = json!([{
        "name": "backend", "type": "STATIC", "connect_timeout": "5s",
        "load_assignment": {
            "cluster_name": "backend", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
        "circuit_breakers": {"thresholds": [{"max_connections": 100_000, "max_pending_requests": 100_000, "max_requests": 100_000}]},
    }]);
    Ok(config)
}

/// The design of others: the upstream filter is entered on every attempt, the first included.
pub(crate) fn two_streams(mut config: Value) -> Result<Value> {
    let clusters = config.pointer_mut("/static_resources/clusters").and_then(Value::as_array_mut).context("no clusters")?;
    let mut unwrapped = 0;
    for filters in clusters.iter_mut().filter_map(upstream_filters) {
        filters.retain(|filter| name(filter) != STRIP_FILTER);
        for filter in filters.iter_mut().filter(|filter| name(filter) == ATTEMPT_FILTER) {
            *filter = filter.pointer("/typed_config/extension_config").context("the attempt filter has no condition")?.clone();
            unwrapped += 1;
        }
    }
    ensure!(unwrapped > 0, "the rendered configuration has no filter `{ATTEMPT_FILTER}`");
    Ok(config)
}

/// The dynamic metadata that chooses the first route that needs some: `{namespace: {key: value}}`.
pub(crate) fn route_metadata(config: &mut Value) -> Result<Value> {
    let hosts = connection_manager(config)?.pointer("/route_config/virtual_hosts").and_then(Value::as_array);
    let routes = hosts.into_iter().flatten().filter_map(|host| host.get("routes")?.as_array()).flatten();
    let matcher = routes.filter_map(|route| route.pointer("/match/dynamic_metadata/0")).next();
    let matcher = matcher.context("no route of the rendered configuration matches dynamic metadata")?;
    let namespace = text(matcher, "/filter").context("a metadata matcher without a namespace")?;
    let key = text(matcher, "/path/0/key").context("a metadata matcher without a key")?;
    let value = text(matcher, "/value/string_match/exact").context("a metadata matcher without an exact value")?;
    Ok(json!({namespace: {key: value}}))
}

/// Starts Envoy with one worker thread.
pub(crate) fn start(envoy: &Path, name: &str, config: &Value, logs: &Path) -> Result<Process> {
    let file = logs.join(format!("{name}.json"));
    std::fs::write(&file, serde_json::to_vec_pretty(config)?)?;
    let mut command = Command::new(envoy);
    command.args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "warn", "--config-path"]).arg(file);
    Process::start(name, command.stdout(Stdio::null()), logs)
}

fn connection_manager(config: &mut Value) -> Result<&mut Value> {
    let manager = config.pointer_mut("/static_resources/listeners/0/filter_chains/0/filters/0/typed_config");
    manager.context("the rendered configuration has no HTTP listener")
}

fn upstream_filters(cluster: &mut Value) -> Option<&mut Vec<Value>> {
    let options = cluster.get_mut("typed_extension_protocol_options")?.as_object_mut()?.values_mut().next()?;
    options.get_mut("http_filters")?.as_array_mut()
}

fn kind(filter: &Value) -> &str {
    text(filter, "/typed_config/@type").unwrap_or_default()
}

fn name(filter: &Value) -> &str {
    text(filter, "/name").unwrap_or_default()
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}
