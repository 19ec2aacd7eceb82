//! The reference in `config/README.md`, made from the schema so that it cannot go stale.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::schema;
use super::tests::holds;

const BEGIN: &str = "<!-- generated from schema.json; do not edit below -->\n";

struct Reference {
    definitions: Map<String, Value>,
    /// Structs within the one that is described: where they stand in a config, and their schema.
    within: Vec<(String, Value)>,
    text: String,
}

impl Reference {
    fn write() -> String {
        let root: Value = serde_json::from_str(&schema()).unwrap();
        let definitions = root["$defs"].as_object().unwrap().clone();
        let mut reference = Self { definitions, within: Vec::new(), text: String::new() };
        reference.section("", &root);
        reference.text
    }

    fn section(&mut self, path: &str, schema: &Value) {
        let title = if path.is_empty() { "The file".to_owned() } else { format!("`{path}`") };
        let _ = writeln!(self.text, "\n### {title}\n\n{}\n", describe(schema));
        self.text.push_str("| field | type | default | meaning |\n|---|---|---|---|\n");
        let required: Vec<_> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, field) in schema["properties"].as_object().unwrap() {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let kind = self.kind(&path, field);
            let default = if required.contains(&name.as_str()) { "required".to_owned() } else { self.default(field) };
            let _ = writeln!(self.text, "| `{name}` | {kind} | {default} | {} |", describe(field));
        }
        for (path, schema) in std::mem::take(&mut self.within) {
            self.section(&path, &schema);
        }
    }

    /// The type of a field in words; structs in it will get a section of their own.
    fn kind(&mut self, path: &str, field: &Value) -> String {
        if let Some(name) = field["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            let definition = self.definitions[name].clone();
            return match name {
                "Duration" => "span of time".to_owned(),
                "Decimal" => "decimal number".to_owned(),
                "Patterns" => "text or list of text".to_owned(),
                _ if definition["properties"].is_object() => {
                    self.within.push((path.to_owned(), definition));
                    format!("see `{path}`")
                }
                _ => self.variants(path, &definition),
            };
        }
        if let Some(variants) = field["anyOf"].as_array() {
            let known = variants.iter().find(|variant| variant["type"] != "null").unwrap().clone();
            return self.kind(path, &known);
        }
        let kind = field["type"].as_array().map_or(&field["type"], |kinds| &kinds[0]);
        match kind.as_str() {
            Some("array") => many("list", "list of", &self.kind(&format!("{path}[]"), &field["items"])),
            Some("object") => many("map", "map of name to", &self.kind(&format!("{path}.NAME"), &field["additionalProperties"])),
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("integer") => "whole number".to_owned(),
            Some("string") => "text".to_owned(),
            _ => "any value".to_owned(),
        }
    }

    fn variants(&mut self, path: &str, definition: &Value) -> String {
        let list = definition["oneOf"].as_array().or(definition["anyOf"].as_array()).unwrap().clone();
        let mut variants = Vec::new();
        for variant in &list {
            if let Some(word) = variant["const"].as_str() {
                variants.push(format!("`{word}`"));
            } else if let Some((name, value)) = variant["properties"].as_object().and_then(|fields| fields.iter().next()) {
                variants.push(format!("`{{{name}: …}}`"));
                // What a variant holds gets a section of its own, where that is more than a value.
                self.kind(&format!("{path}.{name}"), value);
            } else if let Some(words) = variant["enum"].as_array() {
                variants.extend(words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")));
            } else {
                variants.push(self.kind(path, variant));
            }
        }
        variants.join(" or ")
    }

    fn default(&self, field: &Value) -> String {
        match &field["default"] {
            Value::Null if field["type"] == "array" => "`[]`".to_owned(),
            Value::Null => String::new(),
            Value::String(text) => format!("`{text}`"),
            other => format!("`{other}`"),
        }
    }
}

fn many(see: &str, of: &str, kind: &str) -> String {
    if kind.starts_with("see ") { format!("{see}, {kind}") } else { format!("{of} {kind}") }
}

fn describe(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|")
}

#[test]
fn the_reference_describes_every_field() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/README.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (hand_written, _) = text.split_once(BEGIN).unwrap_or((&text, ""));
    holds("config/README.md", &format!("{hand_written}{BEGIN}{}", Reference::write()));
}

#[test]
fn every_field_of_the_schema_says_what_it_means() {
    let root: Value = serde_json::from_str(&schema()).unwrap();
    let structs = root["$defs"].as_object().unwrap().values().chain([&root]);
    for (name, field) in structs.filter_map(|schema| schema["properties"].as_object()).flatten() {
        assert!(!describe(field).is_empty(), "{name}");
    }
}
