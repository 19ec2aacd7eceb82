//! Which HTTP is spoken on connections that Envoy opens.

use serde_json::{Value, json};

use super::typed::message;
use crate::upstream::Provider;

/// How long a connection to a provider may be idle. Below the 60 s after which common load balancers close one, so that a
/// request does not meet a closing connection: that is a reset, and would be answered by the next provider.
const IDLE: &str = "55s";

/// 16 MiB, on streams and connections of the processor: a large body must not wait for window updates.
const WINDOW_BYTES: u32 = 16 << 20;

/// To a provider.
pub(super) fn provider(provider: &Provider) -> Value {
    let protocol = match (provider.http2, provider.endpoint.tls) {
        (None, true) => ("auto_config", json!({"http_protocol_options": {}, "http2_protocol_options": http2()})),
        (Some(true), _) => ("explicit_http_config", json!({"http2_protocol_options": http2()})),
        (Some(false), _) | (None, false) => ("explicit_http_config", json!({"http_protocol_options": {}})),
    };
    options(json!({protocol.0: protocol.1, "common_http_protocol_options": {"idle_timeout": IDLE}}))
}

/// To the processor.
pub(super) fn processor() -> Value {
    let mut http2 = http2();
    http2["initial_stream_window_size"] = WINDOW_BYTES.into();
    http2["initial_connection_window_size"] = WINDOW_BYTES.into();
    options(json!({"explicit_http_config": {"http2_protocol_options": http2}}))
}

/// To any other gRPC service.
pub(super) fn grpc() -> Value {
    options(json!({"explicit_http_config": {"http2_protocol_options": http2()}}))
}

/// On a composite cluster. Its members say which HTTP is spoken; Envoy wants an answer here all the same.
pub(super) fn composite(filters: Vec<Value>) -> Value {
    options(json!({"explicit_http_config": {"http_protocol_options": {}}, "http_filters": filters}))
}

fn http2() -> Value {
    json!({"connection_keepalive": {"interval": "30s", "timeout": "15s"}})
}

fn options(fields: Value) -> Value {
    json!({"envoy.extensions.upstreams.http.v3.HttpProtocolOptions":
        message("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", fields)})
}
