//! JSON Schema as Google takes it.
//!
//! Its reference lists what it reads. Three things that other clients write are said in another way that means the same: a `$ref`
//! must stand alone, so what stands beside it (a description, mostly) goes around it with an `anyOf` of one; `allOf` of one is
//! `anyOf` of one; `const` is an `enum` of one. A schema without them, which is nearly every one, is not even read.

use memchr::memmem;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::translate::fault::{Fault, read_raw};

/// A schema, ready to be written.
#[derive(Debug)]
pub(super) enum Schema<'c> {
    Given(&'c RawValue),
    Rewritten(Value),
}

impl Serialize for Schema<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Given(raw) => raw.serialize(serializer),
            Self::Rewritten(value) => value.serialize(serializer),
        }
    }
}

pub(super) fn schema(raw: &RawValue) -> Result<Schema<'_>, Fault> {
    let has = |name: &str| memmem::find(raw.get().as_bytes(), name.as_bytes()).is_some();
    if !["\"$ref\"", "\"allOf\"", "\"const\""].into_iter().any(has) {
        return Ok(Schema::Given(raw));
    }
    let mut value: Value = read_raw(raw)?;
    rewrite(&mut value);
    Ok(Schema::Rewritten(value))
}

/// Only where schemas stand: an `enum` or a `default` may hold anything. The depth was bounded when the JSON was read.
fn rewrite(schema: &mut Value) {
    let Value::Object(fields) = schema else { return };
    if let Some(only) = fields.shift_remove("const") {
        fields.entry("enum").or_insert_with(|| Value::Array(vec![only]));
    }
    if fields.get("allOf").and_then(Value::as_array).is_some_and(|list| list.len() == 1)
        && !fields.contains_key("anyOf")
        && let Some(list) = fields.shift_remove("allOf")
    {
        fields.insert("anyOf".to_owned(), list);
    }
    let beside = fields.keys().any(|key| !key.starts_with('$'));
    if beside
        && !fields.contains_key("anyOf")
        && let Some(reference) = fields.shift_remove("$ref")
    {
        let alone = Map::from_iter([("$ref".to_owned(), reference)]);
        fields.insert("anyOf".to_owned(), Value::Array(vec![Value::Object(alone)]));
    }
    for (key, field) in fields.iter_mut() {
        match (key.as_str(), field) {
            ("properties" | "$defs" | "definitions" | "patternProperties", Value::Object(named)) => {
                named.values_mut().for_each(rewrite);
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems" | "items", Value::Array(list)) => list.iter_mut().for_each(rewrite),
            ("items" | "additionalProperties" | "not", field) => rewrite(field),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(json: &str) -> String {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        serde_json::to_string(&schema(raw).unwrap()).unwrap()
    }

    #[test]
    fn what_google_reads_stays_as_it_came() {
        let json = r#"{"type":"object", "properties":{"a":{"anyOf":[{"type":"string"},{"type":"null"}]}},"required":["a"]}"#;
        assert_eq!(written(json), json);
    }

    #[test]
    fn a_reference_stands_alone() {
        assert_eq!(
            written(r##"{"properties":{"a":{"$ref":"#/$defs/x","description":"d"},"b":{"$ref":"#/$defs/x"}},"$defs":{"x":{}}}"##),
            r##"{"properties":{"a":{"description":"d","anyOf":[{"$ref":"#/$defs/x"}]},"b":{"$ref":"#/$defs/x"}},"$defs":{"x":{}}}"##
        );
        // At the top, `$defs` may stand beside it.
        let top = r##"{"$ref":"#/$defs/x","$defs":{"x":{"type":"object"}}}"##;
        assert_eq!(written(top), top);
    }

    #[test]
    fn all_of_one_and_a_constant_are_said_in_googles_words() {
        assert_eq!(
            written(r##"{"properties":{"a":{"allOf":[{"$ref":"#/$defs/x"}],"title":"A"},"b":{"const":"on"}}}"##),
            r##"{"properties":{"a":{"title":"A","anyOf":[{"$ref":"#/$defs/x"}]},"b":{"enum":["on"]}}}"##
        );
    }

    #[test]
    fn values_that_look_like_schemas_stay() {
        let json = r#"{"properties":{"const":{"enum":[{"const":1}],"default":{"allOf":[1]}}}}"#;
        assert_eq!(written(json), json);
    }
}
