//! Google's `Schema`: a part of OpenAPI 3.0's, with its own words for types. JSON Schema's other words are unknown fields.

use serde_json::Value;

use super::super::check::{Fault, Node};
use super::super::error::Api;

const FIELDS: &[&str] = &[
    "anyOf",
    "default",
    "description",
    "enum",
    "example",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "nullable",
    "pattern",
    "properties",
    "propertyOrdering",
    "required",
    "title",
    "type",
];

/// Vertex AI knows a few more.
const VERTEX_FIELDS: &[&str] = &["additionalProperties", "defs", "ref"];

const TYPES: &[&str] = &[
    "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL", "string", "number", "integer", "boolean", "array",
    "object", "null",
];

/// How deep a schema may be.
const DEEPEST: usize = 32;

/// Whether a schema is one of Google's.
pub(super) fn check(node: &Node<'_>, api: Api) -> Result<(), Fault> {
    walk(node, api, DEEPEST)
}

fn walk(node: &Node<'_>, api: Api, depth: usize) -> Result<(), Fault> {
    let Some(depth) = depth.checked_sub(1) else { return Err(node.rule("the schema is too deep")) };
    let fields = if api == Api::Vertex { [FIELDS, VERTEX_FIELDS].concat() } else { FIELDS.to_vec() };
    let schema = node.object(&fields)?;
    let kind = schema.optional("type", |node| node.one_of(TYPES))?.unwrap_or_default().to_ascii_uppercase();
    if kind.is_empty() && schema.get("anyOf").is_none() && schema.get("ref").is_none() {
        return Err(node.rule("type must be specified"));
    }
    for value in schema.optional("enum", |node| node.array())?.into_iter().flatten() {
        if value.string()?.is_empty() {
            return Err(value.rule("cannot be empty"));
        }
    }
    schema.optional("nullable", |node| node.boolean())?;
    for text in ["description", "title", "format", "pattern"] {
        schema.optional(text, |node| node.string())?;
    }
    format(&schema, &kind, api)?;
    let properties: Vec<_> =
        schema.optional("properties", |node| node.any_object())?.iter().flat_map(|all| all.fields()).collect();
    for (_, property) in &properties {
        walk(property, api, depth)?;
    }
    for list in ["required", "propertyOrdering"] {
        for name in schema.optional(list, |node| node.array())?.into_iter().flatten() {
            let known = name.string()?;
            if !properties.iter().any(|(property, _)| *property == known) {
                return Err(name.rule("property is not defined"));
            }
        }
    }
    match schema.get("items") {
        Some(items) => walk(&items, api, depth)?,
        None if kind == "ARRAY" => {
            return Err(Fault { path: format!("{}.items", node.rule("").path), ..node.rule("missing field.") });
        }
        None => {}
    }
    for choice in schema.optional("anyOf", |node| node.array())?.into_iter().flatten() {
        walk(&choice, api, depth)?;
    }
    Ok(())
}

/// The Gemini API knows two formats of texts only.
fn format(schema: &super::super::check::Object<'_>, kind: &str, api: Api) -> Result<(), Fault> {
    match schema.get("format") {
        Some(format) if kind == "STRING" && api == Api::Gemini && !["enum", "date-time"].contains(&format.string()?) => {
            Err(format.rule("only 'enum' and 'date-time' are supported for STRING type"))
        }
        _ => Ok(()),
    }
}

/// The schema with JSON Schema's words for types.
pub(super) fn lowered(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let lower = fields.iter().map(|(name, value)| match value {
                Value::String(kind) if name == "type" => (name.clone(), Value::from(kind.to_ascii_lowercase())),
                value => (name.clone(), lowered(value)),
            });
            Value::Object(lower.collect())
        }
        Value::Array(values) => values.iter().map(lowered).collect(),
        other => other.clone(),
    }
}
