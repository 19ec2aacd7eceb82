//! What clients see where the processor has no say: Envoy's own refusals, in the shape of the API that was called.
//!
//! Only answers that no stream of the processor can still shape are rewritten, told by Envoy's response code details; the
//! processor's own immediate answers are local replies too and must pass as they are.

use serde_json::{Value, json};

use super::typed::extension;
use crate::rejection::Kind;

/// HCM's mappers, first match wins.
pub(super) fn config() -> Value {
    let broken = "response.code_details.startsWith('ext_proc_error')";
    let undecided = "xds.route_name == 'undecided' && response.code_details == 'no_healthy_upstream'";
    let away = &format!("({broken} || {undecided})");
    let too_large = "response.code_details == 'request_payload_too_large'";
    let anthropic = "request.path.startsWith('/v1/messages')";
    json!({"mappers": [
        mapper(&format!("{away} && {anthropic}"), 503, anthropic_body(Kind::Internal, AWAY)),
        mapper(away, 503, openai_body(Kind::Internal, AWAY)),
        mapper(&format!("{too_large} && {anthropic}"), 413, anthropic_body(Kind::TooLarge, TOO_LARGE)),
        mapper(too_large, 413, openai_body(Kind::TooLarge, TOO_LARGE)),
    ]})
}

const AWAY: &str = "The gateway cannot process requests at the moment. Try again.";
const TOO_LARGE: &str = "The request body is larger than this gateway accepts.";

fn mapper(condition: &str, status: u16, body: Value) -> Value {
    json!({
        "filter": {"extension_filter": extension(
            "envoy.access_loggers.extension_filters.cel",
            "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
            json!({"expression": condition}),
        )},
        "status_code": status,
        "body_format_override": {"json_format": body, "content_type": "application/json"},
    })
}

fn openai_body(kind: Kind, message: &str) -> Value {
    let row = kind.row();
    json!({"error": {"message": message, "type": row.openai_type, "code": row.code}})
}

fn anthropic_body(kind: Kind, message: &str) -> Value {
    json!({"type": "error", "error": {"type": kind.row().anthropic_type, "message": message}})
}
