//! The listener for clients, as strict as the edge of a network wants it.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::clusters::socket_address;
use super::typed::{duration, extension};
use super::{Options, RenderError, access_log, filters, local_replies, rate_limit, routes, tls};
use crate::auth::certificate::Told;
use crate::config::Snapshot;

/// Envoy's name of the listener, in `/listeners` too.
pub(super) const NAME: &str = "clients";

/// What Envoy keeps for one connection in each direction before it stops reading: small, since a client that does not read would
/// hold all of it. Bodies are bounded by the virtual host's `request_body_buffer_limit` instead.
const CONNECTION_BUFFER_BYTES: u32 = 1 << 20;

/// The listener.
pub(super) fn listener(snapshot: &Snapshot, options: &Options) -> Result<Value, RenderError> {
    let manager = extension(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        connection_manager(snapshot, options)?,
    );
    let mut chain = json!({"filters": [manager]});
    if let Some(tls) = &options.tls {
        chain["transport_socket"] = tls::downstream(tls)?;
    }
    Ok(json!({
        "name": NAME,
        "address": address(options.listen),
        "per_connection_buffer_limit_bytes": CONNECTION_BUFFER_BYTES,
        "filter_chains": [chain],
    }))
}

fn address(listen: SocketAddr) -> Value {
    let mut address = socket_address(&listen.ip().to_string(), listen.port());
    if listen.is_ipv6() && listen.ip().is_unspecified() {
        address["socket_address"]["ipv4_compat"] = true.into();
    }
    address
}

fn connection_manager(snapshot: &Snapshot, options: &Options) -> Result<Value, RenderError> {
    let access_log = options.access_log.as_deref().map(access_log::file).transpose()?;
    let told = snapshot.callers.told_certificates();
    let mut http_filters = vec![filters::gate(told == Some(Told::ByAttributes))];
    http_filters.extend(snapshot.rate_limit_service.as_ref().map(rate_limit::filter));
    http_filters.push(router());
    let mut manager = json!({
        "stat_prefix": NAME,
        "codec_type": "AUTO",
        "server_name": "kanmon",
        "use_remote_address": true,
        "internal_address_config": nobody(),
        "generate_request_id": true,
        "preserve_external_request_id": options.trust_request_id,
        "normalize_path": true,
        "merge_slashes": true,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "access_log": Vec::from_iter(access_log),
        "local_reply_config": local_replies::config(),
        "http_filters": http_filters,
        "route_config": {"name": "kanmon", "virtual_hosts": [routes::virtual_host(snapshot)?]},
    });
    if told == Some(Told::ByHeader) {
        // What a client sends in the header is removed with or without a certificate of its own.
        manager["forward_client_cert_details"] = "SANITIZE_SET".into();
        manager["set_current_client_cert_details"] = json!({"subject": true, "uri": true, "dns": true});
    }
    if let (Value::Object(manager), Value::Object(bounds)) = (&mut manager, bounds(options)) {
        manager.extend(bounds);
    }
    Ok(manager)
}

fn router() -> Value {
    extension(
        "envoy.filters.http.router",
        "envoy.extensions.filters.http.router.v3.Router",
        json!({"suppress_envoy_headers": true}),
    )
}

/// Whose `x-envoy-retry-on` and the like are obeyed. Without a range Envoy trusts loopback and private networks; this one holds
/// only the broadcast address, which nobody can connect from.
fn nobody() -> Value {
    json!({"cidr_ranges": [{"address_prefix": "255.255.255.255", "prefix_len": 32}]})
}

/// Times and windows. A stream may be silent for long, while a model thinks; a request may not.
fn bounds(options: &Options) -> Value {
    json!({
        "common_http_protocol_options": {
            "idle_timeout": "900s",
            // Rejecting them would close the connection without a word: the gate holds the answer until it is too late.
            "headers_with_underscores_action": "DROP_HEADER",
        },
        "http2_protocol_options": {
            "max_concurrent_streams": 1024,
            "initial_stream_window_size": 1 << 20,
            "initial_connection_window_size": 16 << 20,
        },
        // How long Envoy waits before it closes a connection of HTTP/1.1 that it has given up, for the client to read what was said
        // last. A client whose stream was cut learns of it only then, and Envoy's own default is a second.
        "delayed_close_timeout": "0.250s",
        "request_headers_timeout": "10s",
        "request_timeout": "300s",
        "stream_idle_timeout": duration(options.stream_idle_timeout),
    })
}
