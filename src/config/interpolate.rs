//! `${NAME}` and `${NAME:-default}` in values, out of the environment.
//!
//! Works on the tree, after YAML was parsed: a value can never become structure. Names of fields are left alone. `$${` stands
//! for a plain `${`. Nothing that came out of the environment is ever told in a message.

use super::errors::{Report, Source};
use super::node::{Node, Path, Value};

/// Where variables come from.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The most text that variables may stand for in one file, in bytes.
const MOST: usize = 16 << 20;

/// Expands every value of the file in place. Where that fails, the value is empty and the error is noted.
pub(super) fn interpolate(source: &mut Source, environment: Environment<'_>, report: &mut Report) {
    let mut tree = std::mem::replace(&mut source.tree, Node::hole());
    let mut errors = Vec::new();
    Walk { environment, left: MOST, errors: &mut errors }.node(&mut tree, &Path::Root);
    source.tree = tree;
    for (place, path, message) in errors {
        report.add_at(source, Some(place), path, message);
    }
}

struct Walk<'a> {
    environment: Environment<'a>,
    left: usize,
    errors: &'a mut Vec<(super::node::Place, String, String)>,
}

impl Walk<'_> {
    fn node(&mut self, node: &mut Node, path: &Path<'_>) {
        match &mut node.value {
            Value::Text { text, interpolated } if text.contains("${") => {
                *interpolated = true;
                *text = self.text(text).unwrap_or_else(|message| {
                    self.errors.push((node.place, path.to_string(), message));
                    String::new()
                });
            }
            Value::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.node(item, &path.item(index));
                }
            }
            Value::Map(entries) => {
                for (key, value) in entries {
                    self.node(value, &path.field(&key.name));
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) -> Result<String, String> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let (before, reference) = rest.split_at(start);
            if let Some(before) = before.strip_suffix('$') {
                expanded.push_str(before);
                expanded.push_str("${");
                rest = &reference[2..];
                continue;
            }
            let (reference, after) =
                reference[2..].split_once('}').ok_or("`${` without a `}`: close it, or write `$${` for a plain `${`")?;
            expanded.push_str(before);
            expanded.push_str(&self.value(reference)?);
            rest = after;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    fn value(&mut self, reference: &str) -> Result<String, String> {
        let (name, default) = match reference.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (reference, None),
        };
        if !is_name(name) || default.is_some_and(|default| default.contains("${")) {
            return Err(
                "write `${NAME}` or `${NAME:-default}`, NAME of letters, digits and `_`, and the default plain".to_owned()
            );
        }
        let found = (self.environment)(name).filter(|value| default.is_none() || !value.is_empty());
        let value = found.or_else(|| default.map(str::to_owned)).ok_or_else(|| {
            format!("the environment variable {name} is not set: set it, or give a default with `${{{name}:-…}}`")
        })?;
        self.left = self.left.checked_sub(value.len()).ok_or("the environment variables of this file are too large")?;
        Ok(value)
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= 256
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str) -> Result<String, String> {
        let environment = |name: &str| match name {
            "KEY" => Some("sk-secret".to_owned()),
            "EMPTY" => Some(String::new()),
            "NESTED" => Some("${KEY}: [x]".to_owned()),
            _ => None,
        };
        Walk { environment: &environment, left: 100, errors: &mut Vec::new() }.text(text)
    }

    #[test]
    fn variables_and_defaults_are_put_in() {
        assert_eq!(expand("Bearer ${KEY}!").as_deref(), Ok("Bearer sk-secret!"));
        assert_eq!(expand("${NONE:-x y}${KEY:-z}").as_deref(), Ok("x ysk-secret"));
        assert_eq!(expand("${EMPTY:-full}${EMPTY}").as_deref(), Ok("full"));
        assert_eq!(expand("${NONE:-}").as_deref(), Ok(""));
    }

    #[test]
    fn what_a_variable_holds_is_not_expanded_again() {
        assert_eq!(expand("${NESTED}").as_deref(), Ok("${KEY}: [x]"));
    }

    #[test]
    fn a_doubled_dollar_is_a_plain_one() {
        assert_eq!(expand("$${KEY} costs $5").as_deref(), Ok("${KEY} costs $5"));
    }

    #[test]
    fn a_variable_that_is_not_set_is_an_error_that_names_it() {
        assert!(expand("${NONE}").is_err_and(|message| message.contains("NONE is not set")));
    }

    #[test]
    fn a_malformed_reference_is_an_error() {
        for text in ["${KEY", "${}", "${A B}", "${1A}", "${:-x}", "${A:-${KEY}}", "é${"] {
            assert!(expand(text).is_err(), "{text}");
        }
    }

    #[test]
    fn variables_cannot_grow_a_file_without_end() {
        assert!(expand(&"${KEY}".repeat(12)).is_err_and(|message| message.contains("too large")));
    }
}
