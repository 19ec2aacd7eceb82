//! What the APIs demand of a JSON Schema that an answer must match exactly.
//!
//! Both want `additionalProperties: false` on every object; OpenAI also wants every property to be required (its guide to
//! structured outputs, "Supported schemas"; Anthropic's guide of the same name, "JSON Schema limitations").

use serde_json::Value;

/// Whose rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rules {
    OpenAi,
    Anthropic,
}

/// Whether a schema may be held to exactly.
pub(super) fn check(schema: &Value, rules: Rules) -> Result<(), String> {
    if schema.get("type").and_then(Value::as_str) != Some("object") && schema.get("$ref").is_none() && rules == Rules::OpenAi {
        return Err("schema must be a JSON Schema of 'type: \"object\"'.".to_owned());
    }
    walk(schema, rules, &mut Vec::new())
}

fn walk<'a>(schema: &'a Value, rules: Rules, path: &mut Vec<&'a str>) -> Result<(), String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let is_object = properties.is_some() || names_object(schema.get("type"));
    if is_object && schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return Err(broken(path, "'additionalProperties' is required to be supplied and to be false."));
    }
    if let (Rules::OpenAi, Some(properties)) = (rules, properties) {
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        if let Some(missing) = properties.keys().find(|key| !required.contains(&key.as_str())) {
            let every = "'required' is required to be supplied and to be an array including every key in properties. Missing";
            return Err(broken(path, &format!("{every} '{missing}'.")));
        }
    }
    for map in ["properties", "$defs", "definitions"] {
        for (key, part) in schema.get(map).and_then(Value::as_object).into_iter().flatten() {
            path.extend([map, key]);
            walk(part, rules, path)?;
            path.truncate(path.len().saturating_sub(2));
        }
    }
    for list in ["anyOf", "allOf", "oneOf"] {
        for part in schema.get(list).and_then(Value::as_array).into_iter().flatten() {
            walk(part, rules, path)?;
        }
    }
    schema.get("items").map_or(Ok(()), |items| walk(items, rules, path))
}

fn names_object(kind: Option<&Value>) -> bool {
    match kind {
        Some(Value::String(name)) => name == "object",
        Some(Value::Array(names)) => names.iter().any(|name| name == "object"),
        _ => false,
    }
}

fn broken(path: &[&str], what: &str) -> String {
    let context = path.iter().map(|part| format!("'{part}'")).collect::<Vec<_>>().join(", ");
    format!("In context=({context}), {what}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_must_be_closed_and_openai_wants_every_property() {
        let good = json!({
            "type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false
        });
        assert_eq!(check(&good, Rules::OpenAi), Ok(()));
        let optional = json!({"type": "object", "properties": {"a": {}}, "required": [], "additionalProperties": false});
        assert!(check(&optional, Rules::OpenAi).unwrap_err().contains("Missing 'a'"));
        assert_eq!(check(&optional, Rules::Anthropic), Ok(()));
        let open_inside = json!({
            "type": "object", "properties": {"a": {"type": "array", "items": {"anyOf": [{"type": ["null", "object"]}]}}},
            "required": ["a"], "additionalProperties": false
        });
        for rules in [Rules::OpenAi, Rules::Anthropic] {
            assert!(
                check(&open_inside, rules).unwrap_err().starts_with("In context=('properties', 'a'), 'additionalProperties'")
            );
        }
        assert!(check(&json!({"type": "string"}), Rules::OpenAi).is_err());
    }
}
