//! Schemas whose objects are closed: what Anthropic and Bedrock demand of the schema that an answer must match.
//!
//! Both refuse an object that does not say `additionalProperties: false` (Anthropic's guide to structured outputs, "JSON Schema
//! limitations"; Bedrock's guide of the same name), while Google's clients never say it. Every answer that fits the closed schema
//! fits the open one, too. What a client says of further properties stays as it is, refused or not: the provider tells it better than
//! a guess would. Parts of an `allOf` are left alone, since closed ones would exclude each other.

use std::borrow::Cow;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::fault::{Fault, read_raw};

const FURTHER: &str = "additionalProperties";

/// The schema, with its objects closed where it leaves that open; as it came where there is nothing to change.
pub(super) fn closed(raw: &RawValue) -> Result<Cow<'_, RawValue>, Fault> {
    let mut schema: Value = read_raw(raw)?;
    if !close(&mut schema) {
        return Ok(Cow::Borrowed(raw));
    }
    to_raw_value(&schema).map(Cow::Owned).map_err(|error| Fault::new("", error.to_string()))
}

/// Whether anything was changed. Only where schemas stand: an `enum` or a `default` may hold anything. The depth was bounded when the
/// JSON was read.
fn close(schema: &mut Value) -> bool {
    let Value::Object(fields) = schema else { return false };
    let mut changed = is_object(fields) && !fields.contains_key(FURTHER);
    if changed {
        fields.insert(FURTHER.to_owned(), Value::Bool(false));
    }
    for (key, field) in fields.iter_mut() {
        changed |= match (key.as_str(), field) {
            ("properties" | "$defs" | "definitions", Value::Object(named)) => close_all(named.values_mut()),
            ("anyOf" | "oneOf" | "prefixItems" | "items", Value::Array(list)) => close_all(list),
            ("allOf", Value::Array(list)) if list.len() == 1 => close_all(list),
            ("items", field) => close(field),
            _ => false,
        };
    }
    changed
}

fn close_all<'v>(schemas: impl IntoIterator<Item = &'v mut Value>) -> bool {
    schemas.into_iter().fold(false, |changed, schema| close(schema) | changed)
}

fn is_object(fields: &Map<String, Value>) -> bool {
    match fields.get("type") {
        Some(Value::String(kind)) => kind == "object",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "object"),
        _ => fields.contains_key("properties"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(json: &str) -> String {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        closed(raw).unwrap().get().to_owned()
    }

    #[test]
    fn every_object_that_says_nothing_of_further_properties_is_closed() {
        assert_eq!(
            written(
                r##"{"type":"object","properties":{"a":{"type":["object","null"]},"b":{"type":"array","items":{"properties":{}}}},
                "$defs":{"x":{"anyOf":[{"type":"object"},{"type":"string"}]}}}"##
            ),
            concat!(
                r#"{"type":"object","properties":{"a":{"type":["object","null"],"additionalProperties":false},"#,
                r#""b":{"type":"array","items":{"properties":{},"additionalProperties":false}}},"#,
                r#""$defs":{"x":{"anyOf":[{"type":"object","additionalProperties":false},{"type":"string"}]}},"#,
                r#""additionalProperties":false}"#
            )
        );
    }

    #[test]
    fn what_is_closed_or_says_something_else_stays_as_it_came() {
        for json in [
            r#"{ "type":"object","properties":{"a":{"type":"integer", "minimum":1.50}},"additionalProperties":false}"#,
            r#"{"type": "object","additionalProperties":{"type":"string"}}"#,
            r#"{"type":"object","additionalProperties":true,"default":{"type":"object"}}"#,
            r#"{"allOf": [{"type":"object"},{"type":"object"}]}"#,
            r#"{"enum": [{"type":"object"}]}"#,
            "true",
            r#"{"properties": 7, "additionalProperties":false, "items":[1]}"#,
        ] {
            assert_eq!(written(json), json);
        }
    }
}
