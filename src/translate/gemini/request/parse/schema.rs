//! Google's older kind of schema, a subset of OpenAPI 3.0's, as JSON Schema.
//!
//! Types are in capitals there, null is a flag, numbers of items may be strings (64-bit numbers in protocol buffers' JSON), and names
//! come in both spellings. The order of properties is a hint for Google's models and stays out.

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use crate::translate::fault::{Fault, read_raw};

pub(super) fn json_schema(raw: &RawValue) -> Result<Box<RawValue>, Fault> {
    let mut value: Value = read_raw(raw)?;
    rewrite(&mut value);
    to_raw_value(&value).map_err(|error| Fault::new("", error.to_string()))
}

/// The depth was bounded when the JSON was read.
fn rewrite(schema: &mut Value) {
    let Value::Object(fields) = schema else { return };
    let mut nullable = false;
    let mut written = Map::with_capacity(fields.len());
    for (key, mut value) in std::mem::take(fields) {
        let key = match &*key {
            "any_of" => "anyOf".to_owned(),
            "min_items" => "minItems".to_owned(),
            "max_items" => "maxItems".to_owned(),
            "min_length" => "minLength".to_owned(),
            "max_length" => "maxLength".to_owned(),
            "min_properties" => "minProperties".to_owned(),
            "max_properties" => "maxProperties".to_owned(),
            "additional_properties" => "additionalProperties".to_owned(),
            _ => key,
        };
        match &*key {
            "propertyOrdering" | "property_ordering" => continue,
            "nullable" => {
                nullable = value == Value::Bool(true);
                continue;
            }
            // Google's way to say that there is an `enum`.
            "format" if value == "enum" => continue,
            "type" => {
                if let Value::String(kind) = &mut value {
                    kind.make_ascii_lowercase();
                }
                if value == "type_unspecified" {
                    continue;
                }
            }
            "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties" | "maxProperties" => {
                if let Some(number) = value.as_str().and_then(|text| text.parse::<u64>().ok()) {
                    value = json!(number);
                }
            }
            "example" => {
                written.insert("examples".to_owned(), json!([value]));
                continue;
            }
            "items" | "additionalProperties" => rewrite(&mut value),
            "anyOf" => value.as_array_mut().into_iter().flatten().for_each(rewrite),
            "properties" | "$defs" => value.as_object_mut().into_iter().flat_map(Map::values_mut).for_each(rewrite),
            _ => {}
        }
        written.insert(key, value);
    }
    if nullable {
        allow_null(&mut written);
    }
    *fields = written;
}

fn allow_null(fields: &mut Map<String, Value>) {
    if let Some(list) = fields.get_mut("anyOf").and_then(Value::as_array_mut) {
        list.push(json!({"type": "null"}));
    } else if let Some(kind) = fields.get_mut("type")
        && kind.is_string()
    {
        *kind = json!([kind.take(), "null"]);
        // A value must match both.
        if let Some(list) = fields.get_mut("enum").and_then(Value::as_array_mut) {
            list.push(Value::Null);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(json: &str) -> String {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        json_schema(raw).unwrap().get().to_owned()
    }

    #[test]
    fn googles_schema_becomes_json_schema() {
        assert_eq!(
            written(
                r#"{"type":"OBJECT","propertyOrdering":["a"],"required":["a"],"properties":{
                "a":{"type":"STRING","format":"enum","enum":["x","y"],"nullable":true},
                "b":{"type":"ARRAY","min_items":"1","items":{"type":"INTEGER"}},
                "type":{"any_of":[{"type":"NUMBER"},{"type":"BOOLEAN"}],"nullable":true,"example":7}}}"#
            ),
            concat!(
                r#"{"type":"object","required":["a"],"properties":{"a":{"type":["string","null"],"enum":["x","y",null]},"#,
                r#""b":{"type":"array","minItems":1,"items":{"type":"integer"}},"#,
                r#""type":{"anyOf":[{"type":"number"},{"type":"boolean"},{"type":"null"}],"examples":[7]}}}"#
            )
        );
    }

    #[test]
    fn what_is_no_schema_stays_as_it_is() {
        assert_eq!(written("[1]"), "[1]");
        assert_eq!(written(r#"{"nullable":true}"#), "{}");
    }
}
