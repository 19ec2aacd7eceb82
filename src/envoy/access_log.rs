//! The access log: a JSON line for each request, with everything that the processor knows about it under `kanmon`.

use std::path::Path;

use serde_json::{Value, json};

use super::RenderError;
use super::contract::NAMESPACE;
use super::typed::extension;

/// Standard output by name. Envoy writes to it as it is; opening it anew fails where it is a socket, as under systemd.
const STDOUT: &str = "/dev/stdout";

/// The access logger that appends to `path`.
pub(super) fn file(path: &Path) -> Result<Value, RenderError> {
    let text = path.to_str().ok_or_else(|| RenderError::PathNotText { path: path.to_owned() })?;
    let format = json!({"json_format": fields()});
    Ok(if text == STDOUT {
        extension(
            "envoy.access_loggers.stdout",
            "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
            json!({"log_format": format}),
        )
    } else {
        extension(
            "envoy.access_loggers.file",
            "envoy.extensions.access_loggers.file.v3.FileAccessLog",
            json!({"path": text, "log_format": format}),
        )
    })
}

/// Paths without their queries: some APIs carry keys there. `path` is the last provider's, rewritten for it.
fn fields() -> Value {
    json!({
        "time": "%START_TIME%",
        "request_id": "%STREAM_ID%",
        "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
        "protocol": "%PROTOCOL%",
        "method": "%REQ(:METHOD)%",
        "path": "%PATH(NQ:PATH)%",
        "status": "%RESPONSE_CODE%",
        "details": "%RESPONSE_CODE_DETAILS%",
        "flags": "%RESPONSE_FLAGS%",
        "route": "%ROUTE_NAME%",
        "target": format!("%UPSTREAM_METADATA({NAMESPACE}:target)%"),
        "upstream_host": "%UPSTREAM_HOST%",
        "upstream_failure": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
        "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
        "duration_ms": "%DURATION%",
        "first_byte_ms": "%RESPONSE_DURATION%",
        "bytes_received": "%BYTES_RECEIVED%",
        "bytes_sent": "%BYTES_SENT%",
        NAMESPACE: format!("%DYNAMIC_METADATA({NAMESPACE})%"),
    })
}
