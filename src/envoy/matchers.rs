//! The matchers that decide when an upstream filter is skipped.
//!
//! All are fail-safe in one direction: where a fact is missing (a host without metadata, a request without an attempt count),
//! the filters that protect credentials run, and the one that peeks does not.

use serde_json::{Value, json};

use super::contract::{NAMESPACE, PEEK_KEY, TARGET_KEY};
use super::typed::extension;
use crate::translate::Framing;

/// Wraps a filter so that it is skipped where `matcher` says so.
pub(super) fn delegate(name: &str, filter: Value, matcher: Value) -> Value {
    extension(
        name,
        "envoy.extensions.common.matching.v3.ExtensionWithMatcher",
        json!({"extension_config": filter, "xds_matcher": matcher}),
    )
}

/// Skips on the first attempt, provided that it really goes to `target`: for the host that Envoy has chosen, not for the one
/// that it should have. A composite cluster moves on to its next member *within the same attempt* where the first has no host;
/// without the second half of the condition, that member would get the first one's credential.
pub(super) fn first_attempt_to(target: &str) -> Value {
    matcher_list(&[is_first_attempt_to(target)])
}

/// Skips, too, where a header names the chosen host's target.
pub(super) fn first_attempt_to_or_named_by(target: &str, header: &str) -> Value {
    let named = equal(request_header(header), host_metadata(TARGET_KEY));
    matcher_list(&[is_first_attempt_to(target), named])
}

fn is_first_attempt_to(target: &str) -> Value {
    let attempt = extension(
        "attempt",
        "envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
        json!({"header_name": "x-envoy-attempt-count"}),
    );
    let first = json!({"single_predicate": {"input": attempt, "value_match": {"exact": "1"}}});
    json!({"and_matcher": {"predicate": [first, equal(string(target), host_metadata(TARGET_KEY))]}})
}

/// Skips unless the answer is an error.
pub(super) fn no_error() -> Value {
    let input = extension("status", "envoy.type.matcher.v3.HttpResponseStatusCodeClassMatchInput", json!({}));
    let map = json!({"1xx": skip(), "2xx": skip(), "3xx": skip()});
    json!({"matcher_tree": {"input": input, "exact_match_map": {"map": map}}})
}

/// Skips unless the answer is an event stream of a provider that is peeked at.
pub(super) fn no_peek() -> Value {
    let content_type =
        extension("content type", "envoy.type.matcher.v3.HttpResponseHeaderMatchInput", json!({"header_name": "content-type"}));
    let is_told = |framing: Framing| {
        json!({"single_predicate": {
            "input": content_type,
            "value_match": {"prefix": framing.content_type(), "ignore_case": true},
        }})
    };
    let stream = any(Framing::ALL.map(is_told).to_vec());
    let wanted = json!({"and_matcher": {"predicate": [equal(string("yes"), host_metadata(PEEK_KEY)), stream]}});
    matcher_list(&[json!({"not_matcher": wanted})])
}

/// Where one of the predicates holds. Envoy refuses a list of one.
fn any(mut predicates: Vec<Value>) -> Value {
    match predicates.pop() {
        Some(only) if predicates.is_empty() => only,
        last => json!({"or_matcher": {"predicate": predicates.into_iter().chain(last).collect::<Vec<_>>()}}),
    }
}

/// Skips where one of the predicates holds.
fn matcher_list(predicates: &[Value]) -> Value {
    let matchers: Vec<Value> = predicates.iter().map(|predicate| json!({"predicate": predicate, "on_match": skip()})).collect();
    json!({"matcher_list": {"matchers": matchers}})
}

fn skip() -> Value {
    json!({"action": extension("skip", "envoy.extensions.filters.common.matcher.action.v3.SkipFilter", json!({}))})
}

/// The predicate `one == other` in CEL, as a syntax tree: Envoy refuses CEL as text here.
fn equal(one: Value, other: Value) -> Value {
    let matcher = json!({"expr_match": {"cel_expr_parsed": {"expr": call("_==_", [one, other])}}});
    json!({"single_predicate": {
        "input": extension("attributes", "xds.type.matcher.v3.HttpAttributesCelMatchInput", json!({})),
        "custom_match": extension("equal", "xds.type.matcher.v3.CelMatcher", matcher),
    }})
}

/// `xds.upstream_host_metadata.filter_metadata['kanmon'].key`
fn host_metadata(key: &str) -> Value {
    let metadata = select(select(ident("xds"), "upstream_host_metadata"), "filter_metadata");
    select(call("_[_]", [metadata, string(NAMESPACE)]), key)
}

/// `request.headers['name']`
fn request_header(name: &str) -> Value {
    call("_[_]", [select(ident("request"), "headers"), string(name)])
}

fn ident(name: &str) -> Value {
    json!({"ident_expr": {"name": name}})
}

fn string(value: &str) -> Value {
    json!({"const_expr": {"string_value": value}})
}

fn select(operand: Value, field: &str) -> Value {
    json!({"select_expr": {"operand": operand, "field": field}})
}

fn call(function: &str, args: [Value; 2]) -> Value {
    json!({"call_expr": {"function": function, "args": args}})
}
