//! Field names. Protobuf's JSON reader takes `generationConfig` and `generation_config` alike, and Google's own clients send both;
//! the judge knows the first only.

use serde_json::{Map, Value};

/// What is the caller's own below these fields: nothing there is a field name.
const OPAQUE: &[&str] = &["args", "default", "example", "labels", "parametersJsonSchema", "response", "responseJsonSchema"];

/// The body with all field names as JSON has them.
pub(super) fn camel(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(name, value)| field(&name, value)).collect()),
        Value::Array(values) => values.into_iter().map(camel).collect(),
        other => other,
    }
}

fn field(name: &str, value: Value) -> (String, Value) {
    let name = renamed(name);
    let value = match value {
        value if OPAQUE.contains(&name.as_str()) => value,
        // The names are the caller's, what they name is not.
        Value::Object(properties) if name == "properties" => {
            properties.into_iter().map(|(property, schema)| (property, camel(schema))).collect::<Map<_, _>>().into()
        }
        value => camel(value),
    };
    (name, value)
}

fn renamed(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    if camel.is_empty() {
        return name.to_owned();
    }
    for word in words {
        let mut characters = word.chars();
        camel.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(characters.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_changed_but_not_what_is_the_callers_own() {
        let body = json!({
            "system_instruction": {"parts": [{"inline_data": {"mime_type": "a_b"}}]},
            "function_call": {"args": {"a_b": 1}},
            "response_schema": {"properties": {"a_b": {"property_ordering": ["c_d"]}}},
            "_x": 1,
        });
        let expected = json!({
            "systemInstruction": {"parts": [{"inlineData": {"mimeType": "a_b"}}]},
            "functionCall": {"args": {"a_b": 1}},
            "responseSchema": {"properties": {"a_b": {"propertyOrdering": ["c_d"]}}},
            "_x": 1,
        });
        assert_eq!(camel(body), expected);
    }
}
