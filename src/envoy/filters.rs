//! The HTTP filters: the gate in front of the route, and the chain of each order behind it.
//!
//! The upstream chain stands on the composite cluster of an order, because Envoy runs only the parent's. Requests pass it from
//! first to last, answers from last to first.

use serde_json::{Value, json};

use super::clusters::{PROCESSOR_CLUSTER, UNDECIDED_CLUSTER};
use super::contract::{
    ATTEMPT, ATTEMPT_ATTRIBUTE, CONTENT_LENGTH_HEADER, DETAILS_ATTRIBUTE, DNS_ATTRIBUTE, GATE, NAMESPACE, PEEK, ROLE_METADATA,
    SUBJECT_ATTRIBUTE, TARGET_ATTRIBUTE, TRANSLATED_HEADER, URI_ATTRIBUTE, WATCH,
};
use super::matchers::{delegate, first_attempt_to, first_attempt_to_or_named_by, no_error, no_peek};
use super::typed::extension;

/// How long the processor may take for one message. It is local; this is for one that hangs.
const MESSAGE_TIMEOUT: &str = "30s";

/// How long a held stream may wait for its first event: Envoy's maximum. A message timeout is never retried, so it must not come
/// before the route's `per_try_timeout`, which is.
const PEEK_TIMEOUT: &str = "3600s";

/// The filter that every request passes, before its route is known. `certificates`: it tells of the client's certificate, which
/// costs every request a little.
pub(super) fn gate(certificates: bool) -> Value {
    let mut gate = ext_proc(
        "kanmon.gate",
        GATE,
        json!({
            "message_timeout": MESSAGE_TIMEOUT,
            "allow_mode_override": true,
            "processing_mode": {
                "request_header_mode": "SEND",
                "request_body_mode": "BUFFERED",
                "request_trailer_mode": "SKIP",
                "response_header_mode": "SEND",
                "response_body_mode": "NONE",
                // Where a provider sends trailers, the last body message does not say that it is the last.
                "response_trailer_mode": "SEND",
            },
            "response_attributes": [TARGET_ATTRIBUTE, DETAILS_ATTRIBUTE],
            "metadata_options": {"receiving_namespaces": {"untyped": [NAMESPACE]}},
        }),
    );
    if certificates {
        gate["typed_config"]["request_attributes"] = json!([URI_ATTRIBUTE, DNS_ATTRIBUTE, SUBJECT_ATTRIBUTE]);
    }
    gate
}

/// The filters of an attempt. `first` is the target that the gate translates for, `credentials` the headers that must not reach
/// any other.
pub(super) fn of_order(first: &str, peek: bool, credentials: &[String]) -> Vec<Value> {
    let mut filters = vec![strip(first, credentials), attempt(first), guard(first), watch()];
    if peek {
        filters.push(self::peek());
    }
    filters.push(finish());
    filters.push(extension(
        "envoy.filters.http.upstream_codec",
        "envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec",
        json!({}),
    ));
    filters
}

/// Whatever goes wrong with the attempt stream (one that is closed with OK lets the request pass as it is), no credential
/// reaches the wrong provider, and the length of one attempt's body is not told for another's.
fn strip(first: &str, credentials: &[String]) -> Value {
    let mut removals: Vec<Value> = credentials.iter().map(|name| remove(name)).collect();
    removals.extend(["content-length", CONTENT_LENGTH_HEADER, TRANSLATED_HEADER].map(remove));
    delegate("kanmon.strip", request_mutations("strip", removals), first_attempt_to(first))
}

/// Translates for the target of this attempt. The body is not sent to the processor: it keeps the original.
fn attempt(first: &str) -> Value {
    let filter = ext_proc(
        "attempt",
        ATTEMPT,
        json!({
            "message_timeout": MESSAGE_TIMEOUT,
            "processing_mode": headers_only("SEND", "SKIP"),
            "request_attributes": [TARGET_ATTRIBUTE, ATTEMPT_ATTRIBUTE],
            "metadata_options": {
                "forwarding_namespaces": {"untyped": [NAMESPACE]},
                "receiving_namespaces": {"untyped": [NAMESPACE]},
            },
        }),
    );
    delegate("kanmon.attempt", filter, first_attempt_to(first))
}

/// Stops an attempt that nobody has translated for, by asking a processor that does not exist: the strip has removed the header
/// that says so, and only an answer of the attempt stream puts it back.
fn guard(first: &str) -> Value {
    let mut filter = ext_proc("guard", ATTEMPT, json!({"processing_mode": headers_only("SEND", "SKIP")}));
    filter["typed_config"]["grpc_service"] = json!({"envoy_grpc": {"cluster_name": UNDECIDED_CLUSTER}});
    delegate("kanmon.guard", filter, first_attempt_to_or_named_by(first, TRANSLATED_HEADER))
}

/// Tells the processor of a failed attempt that Envoy may hide by its next one.
fn watch() -> Value {
    let filter = ext_proc(
        "watch",
        WATCH,
        json!({
            "message_timeout": MESSAGE_TIMEOUT,
            "processing_mode": headers_only("SKIP", "SEND"),
            "response_attributes": [TARGET_ATTRIBUTE, ATTEMPT_ATTRIBUTE],
            "metadata_options": {"forwarding_namespaces": {"untyped": [NAMESPACE]}},
        }),
    );
    delegate("kanmon.watch", filter, no_error())
}

/// Holds an event stream until its first event is judged.
fn peek() -> Value {
    let mut mode = headers_only("SKIP", "SEND");
    mode["response_body_mode"] = "STREAMED".into();
    let filter = ext_proc(
        "peek",
        PEEK,
        json!({
            "message_timeout": PEEK_TIMEOUT,
            "processing_mode": mode,
            "send_body_without_waiting_for_header_response": true,
            "response_attributes": [TARGET_ATTRIBUTE, ATTEMPT_ATTRIBUTE],
            "metadata_options": {"forwarding_namespaces": {"untyped": [NAMESPACE]}},
        }),
    );
    delegate("kanmon.peek", filter, no_peek())
}

/// Puts the length back that Envoy has dropped when it replaced the body, and removes what a provider should not learn. Envoy sets
/// the attempt count anew for each attempt.
fn finish() -> Value {
    let length = json!({"append": {
        "header": {"key": "content-length", "value": format!("%REQ({CONTENT_LENGTH_HEADER})%")},
        "append_action": "ADD_IF_ABSENT",
    }});
    let mut mutations = vec![length];
    mutations.extend(["x-envoy-attempt-count", CONTENT_LENGTH_HEADER, TRANSLATED_HEADER].map(remove));
    request_mutations("kanmon.finish", mutations)
}

fn remove(name: &str) -> Value {
    json!({"remove": name})
}

fn headers_only(request: &str, response: &str) -> Value {
    json!({
        "request_header_mode": request,
        "request_body_mode": "NONE",
        "request_trailer_mode": "SKIP",
        "response_header_mode": response,
        "response_body_mode": "NONE",
        "response_trailer_mode": "SKIP",
    })
}

fn request_mutations(name: &str, mutations: Vec<Value>) -> Value {
    extension(
        name,
        "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
        json!({"mutations": {"request_mutations": mutations}}),
    )
}

fn ext_proc(name: &str, role: &str, specific: Value) -> Value {
    let mut fields = json!({
        "grpc_service": {
            "envoy_grpc": {"cluster_name": PROCESSOR_CLUSTER},
            // No deadline for the whole stream: it lives as long as the answer.
            "timeout": "0s",
            // A processor that is being replaced refuses a stream now and then; measured: none lost with this.
            "retry_policy": {
                "retry_on": "connect-failure,refused-stream,unavailable",
                "num_retries": 5,
                "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.250s"},
            },
            "initial_metadata": [{"key": ROLE_METADATA, "value": role}],
        },
        "failure_mode_allow": false,
        "status_on_error": {"code": "ServiceUnavailable"},
        "mutation_rules": {"allow_all_routing": true},
    });
    if let (Value::Object(fields), Value::Object(specific)) = (&mut fields, specific) {
        fields.extend(specific);
    }
    extension(name, "envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor", fields)
}
