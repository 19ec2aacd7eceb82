//! A value that fits a JSON Schema, for tool arguments and structured answers: required properties only, the first of several
//! choices, a string that says the name of its property.
//!
//! Schemas are input: recursion is bounded, what is not understood is answered with `null`.

use serde_json::{Map, Value, json};

/// How deep references and nesting are followed.
const DEEPEST: usize = 16;

/// The most values that one instance has.
const MOST_VALUES: usize = 2000;

/// The most characters that `minLength` can ask for.
const LONGEST: u64 = 1000;

/// Arguments for a tool: an instance of its schema, an object whatever it says.
pub(super) fn arguments(schema: &Value) -> Value {
    match instance(schema) {
        object @ Value::Object(_) => object,
        _ => json!({}),
    }
}

/// A value that fits the schema.
pub(super) fn instance(schema: &Value) -> Value {
    Builder { root: schema, left: MOST_VALUES }.build(schema, "value", DEEPEST)
}

struct Builder<'a> {
    root: &'a Value,
    left: usize,
}

impl Builder<'_> {
    fn build(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        // Counted even where nothing is built, so that a long array of nothing ends.
        let left = self.left;
        self.left = left.saturating_sub(1);
        let (Some(depth), 1..) = (depth.checked_sub(1), left) else { return Value::Null };
        if let Some(fixed) = schema.get("const") {
            return self.fixed(fixed);
        }
        if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|values| values.first()) {
            return self.fixed(first);
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|reference| resolve(self.root, reference)) {
            return self.build(target, name, depth);
        }
        let any = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array);
        if let Some(choice) = any.and_then(|choices| choices.iter().find(|choice| !is_null(choice)).or(choices.first())) {
            return self.build(choice, name, depth);
        }
        match type_of(schema) {
            "string" => self.string(schema, name),
            "integer" => json!(schema.get("minimum").and_then(Value::as_i64).unwrap_or(1)),
            "number" => json!(schema.get("minimum").and_then(Value::as_f64).unwrap_or(1.5)),
            "boolean" => json!(true),
            "array" => self.array(schema, name, depth),
            "object" => self.object(schema, depth),
            _ => Value::Null,
        }
    }

    fn fixed(&mut self, value: &Value) -> Value {
        self.charge(value.to_string().len());
        value.clone()
    }

    /// Long texts count as several values.
    fn charge(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes / 10);
    }

    fn string(&mut self, schema: &Value, name: &str) -> Value {
        let text = match schema.get("format").and_then(Value::as_str) {
            Some("date-time") => "2026-01-02T03:04:05Z",
            Some("date") => "2026-01-02",
            Some("time") => "03:04:05Z",
            Some("email") => "someone@example.com",
            Some("uri") => "https://example.com",
            Some("uuid") => "00000000-0000-4000-8000-000000000000",
            _ => name,
        };
        let shortest = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0).min(LONGEST);
        let shortest = usize::try_from(shortest).unwrap_or(0);
        self.charge(shortest.max(name.len()));
        json!(format!("{text:x<shortest$}"))
    }

    fn array(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        let Some(items) = schema.get("items") else { return json!([]) };
        let some = schema.get("maxItems").and_then(Value::as_u64).map_or(1, |most| most.min(1));
        let count = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0).max(some);
        let mut array = Vec::new();
        for _ in 0..count {
            if self.left == 0 {
                break;
            }
            array.push(self.build(items, name, depth));
        }
        Value::Array(array)
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut object = Map::new();
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            if let Value::Object(more) = self.build(part, "value", depth) {
                object.extend(more);
            }
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for name in required {
            self.charge(name.len());
            let property = schema.get("properties").and_then(|properties| properties.get(name)).unwrap_or(&Value::Null);
            object.insert(name.to_owned(), self.build(property, name, depth));
        }
        Value::Object(object)
    }
}

fn type_of(schema: &Value) -> &str {
    let named = match schema.get("type") {
        Some(Value::String(name)) => Some(name.as_str()),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        _ => None,
    };
    let looks_like_object = ["properties", "allOf"].iter().any(|key| schema.get(key).is_some());
    named.unwrap_or(if looks_like_object { "object" } else { "null" })
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}

fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(reference.strip_prefix('#')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn required_properties_are_filled_by_type() {
        let schema = json!({
            "type": "object",
            "properties": {
                "city": {"type": "string"}, "days": {"type": "integer", "minimum": 3}, "unit": {"enum": ["C", "F"]},
                "when": {"type": ["null", "string"], "format": "date"}, "tags": {"type": "array", "items": {"type": "string"}},
                "place": {"$ref": "#/$defs/place"}, "left_out": {"type": "string"},
                "maybe": {"anyOf": [{"type": "null"}, {"type": "boolean"}]}
            },
            "required": ["city", "days", "unit", "when", "tags", "place", "maybe"],
            "$defs": {"place": {"type": "object", "properties": {"lat": {"type": "number"}}, "required": ["lat"]}}
        });
        let expected = json!({
            "city": "city", "days": 3, "unit": "C", "when": "2026-01-02", "tags": ["tags"], "place": {"lat": 1.5}, "maybe": true
        });
        assert_eq!(instance(&schema), expected);
    }

    #[test]
    fn a_schema_without_end_ends() {
        let node = json!({"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]});
        assert!(instance(&node).to_string().len() < 1000);
        assert_eq!(instance(&json!({"$ref": "#"})), Value::Null);
        let wide = json!({"type": "array", "items": {"type": "string", "minLength": u64::MAX}, "minItems": u64::MAX});
        assert!(instance(&wide).to_string().len() < 30_000);
        let nothing = (0..DEEPEST).fold(json!({}), |items, _| json!({"type": "array", "items": items, "minItems": u64::MAX}));
        assert!(instance(&nothing).to_string().len() < 30_000);
        let long = json!({"type": "array", "items": {"const": "x".repeat(10_000)}, "minItems": 5000});
        assert!(instance(&long).to_string().len() < 60_000);
        let twice = json!({"type": "object", "allOf": [{"$ref": "#"}, {"$ref": "#"}]});
        assert_eq!(instance(&twice), json!({}));
    }

    #[test]
    fn arguments_are_an_object_whatever_the_schema_says() {
        assert_eq!(arguments(&json!(true)), json!({}));
        assert_eq!(arguments(&json!({"type": "string"})), json!({}));
    }
}
