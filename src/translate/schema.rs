//! JSON Schemas as Anthropic and Bedrock demand them.
//!
//! [`object_schema`]: the parameters of a function have the type `object`. [`closed`]: the objects of an answer's schema are closed.
//! Both refuse an object that does not say `additionalProperties: false` (Anthropic's guide to structured outputs, "JSON Schema
//! limitations"; Bedrock's guide of the same name), while Google's clients never say it. Every answer that fits the closed schema
//! fits the open one, too. What a client says of further properties stays as it is, refused or not: the provider tells it better than
//! a guess would. Parts of an `allOf` are left alone, since closed ones would exclude each other.

use std::borrow::Cow;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::fault::{Fault, read_raw};
use super::object::object;

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

object! {
    Typed {
        kind as "type": &'a RawValue,
    }
}

/// A schema whose `type` is `object`: OpenAI takes a function without parameters, and one without a `type`.
pub(super) fn object_schema(parameters: Option<&RawValue>) -> Result<Cow<'_, RawValue>, Fault> {
    let given = match parameters {
        Some(raw) if raw.get() != "null" => (raw, read_raw::<Typed<'_>>(raw)?),
        _ => return completed(",\"properties\":{}"),
    };
    match given {
        (raw, Typed { kind: Some(_), .. }) => Ok(Cow::Borrowed(raw)),
        (_, Typed { rest, .. }) if rest.is_empty() => completed(",\"properties\":{}"),
        (_, Typed { rest, .. }) => {
            let members: Result<String, Fault> = rest.iter().map(|(key, value)| member(key, value)).collect();
            completed(&members?)
        }
    }
}

fn member(key: &str, value: &RawValue) -> Result<String, Fault> {
    let key = to_raw_value(key).map_err(|error| Fault::new("", error.to_string()))?;
    Ok(format!(",{}:{}", key.get(), value.get()))
}

fn completed(members: &str) -> Result<Cow<'static, RawValue>, Fault> {
    let text = format!("{{\"type\":\"object\"{members}}}");
    RawValue::from_string(text).map(Cow::Owned).map_err(|error| Fault::new("", error.to_string()))
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
