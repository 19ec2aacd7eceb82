//! Rules for headers and for fields of a body.

use http::{HeaderName, HeaderValue};
use serde_json::value::RawValue;

use crate::config::errors::Check;
use crate::config::model::{BodyRules, HeaderRules};
use crate::config::node::Path;
use crate::upstream::CREDENTIAL_HEADERS;

/// Headers that Envoy or the translation owns: framing, encoding, routing.
const RESERVED: [&str; 14] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-request-id",
];

/// Fields of a body that the gateway itself reads or sets.
const OWNED: [(&str, &str); 3] = [
    ("model", "is set by `model` of the provider in the route"),
    ("stream", "decides how the answer is read, so it is the client's alone"),
    ("stream_options", "is set by the gateway, which needs the usage"),
];

/// Headers to set (`Some`) and to remove (`None`).
pub(super) fn headers(check: &mut Check<'_>, path: &Path<'_>, rules: &HeaderRules) -> Vec<(HeaderName, Option<HeaderValue>)> {
    let mut headers = Vec::with_capacity(rules.set.len() + rules.remove.len());
    let (set, remove) = (path.field("set"), path.field("remove"));
    for (name, value) in &rules.set {
        let path = set.field(name);
        let Some(header) = free(check, &path, name, &headers) else { continue };
        if let Some(message) = credential(&header) {
            check.error(&path, message);
        }
        match HeaderValue::from_str(value) {
            Ok(mut value) => {
                // It may have come out of the environment: nothing should print it.
                value.set_sensitive(true);
                headers.push((header, Some(value)));
            }
            Err(_) => check.error(&path, "must be a header value: printable characters on one line"),
        }
    }
    for (index, name) in rules.remove.iter().enumerate() {
        if let Some(header) = free(check, &remove.item(index), name, &headers) {
            headers.push((header, None));
        }
    }
    headers
}

/// A header that rules may touch and that no earlier rule touches.
fn free(check: &mut Check<'_>, path: &Path<'_>, name: &str, earlier: &[(HeaderName, Option<HeaderValue>)]) -> Option<HeaderName> {
    let header = header_name(check, path, name)?;
    if let Some(message) = reserved(&header) {
        check.error(path, message);
        return None;
    }
    if earlier.iter().any(|(other, _)| *other == header) {
        check.error(path, "there are two rules for this header: keep one of them");
        return None;
    }
    Some(header)
}

/// A header's name; upper case is read as lower case.
pub(super) fn header_name(check: &mut Check<'_>, path: &Path<'_>, name: &str) -> Option<HeaderName> {
    let header = HeaderName::from_bytes(name.as_bytes()).ok().filter(|_| name.len() <= 256);
    check.require(header.is_some(), path, "must be the name of a header: letters, digits and `-`");
    header
}

/// Why a header is not for rules.
pub(super) fn reserved(header: &HeaderName) -> Option<&'static str> {
    match header.as_str() {
        name if RESERVED.contains(&name) => Some("this header belongs to Envoy or to the gateway and cannot be changed"),
        name if name.starts_with("x-envoy-") => Some("headers that begin with `x-envoy-` steer Envoy and cannot be changed"),
        _ => None,
    }
}

/// Why a header cannot be set by a rule or carry something else.
pub(super) fn credential(header: &HeaderName) -> Option<&'static str> {
    CREDENTIAL_HEADERS.contains(header).then_some("this header carries credentials: use `credential` of the provider")
}

/// Top-level fields of a body to set, as JSON, and to remove (`None`).
pub(super) fn body(check: &mut Check<'_>, path: &Path<'_>, rules: &BodyRules) -> Vec<(String, Option<Box<RawValue>>)> {
    let mut fields: Vec<(String, Option<Box<RawValue>>)> = Vec::with_capacity(rules.set.len() + rules.remove.len());
    let (set, remove) = (path.field("set"), path.field("remove"));
    for (name, value) in &rules.set {
        let path = set.field(name);
        owned(check, &path, name);
        match serde_json::value::to_raw_value(value) {
            Ok(json) => fields.push((name.clone(), Some(json))),
            Err(_) => check.error(&path, "must be a value that JSON has"),
        }
    }
    for (index, name) in rules.remove.iter().enumerate() {
        let path = remove.item(index);
        owned(check, &path, name);
        let twice = fields.iter().any(|(other, _)| other == name);
        check.require(!twice, &path, "there are two rules for this field: keep one of them");
        fields.push((name.clone(), None));
    }
    fields
}

fn owned(check: &mut Check<'_>, path: &Path<'_>, name: &str) {
    check.require(!name.is_empty(), path, "must be the name of a field");
    if let Some((name, why)) = OWNED.iter().find(|(owned, _)| *owned == name) {
        check.error(path, format!("`{name}` {why}"));
    }
}
