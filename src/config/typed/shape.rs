//! An error of shape: an unknown field, a missing one, a value of the wrong kind. Shows names of fields, never values.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

use crate::config::node::{Node, Path, Place, Shown, Steps, Value};
use crate::route::suggest::nearest;

/// What is wrong with the shape of a value, and where.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) message: String,
    at: Option<(Place, Steps)>,
    missing: Option<&'static str>,
    follows: bool,
}

impl Shape {
    pub(super) fn new(message: String) -> Self {
        Self { message, at: None, missing: None, follows: false }
    }

    /// An error that is there only because a value was taken out; not told.
    pub(super) fn following() -> Self {
        Self { follows: true, ..Self::new(String::new()) }
    }

    /// Says where, unless something further in has said so.
    pub(super) fn or_at(mut self, place: Place, path: &Path<'_>) -> Self {
        self.at.get_or_insert_with(|| (place, path.steps()));
        self
    }

    /// Where.
    pub(super) fn at(&self) -> (Place, Steps) {
        self.at.clone().unwrap_or((Place { line: 1, column: 1 }, Steps::default()))
    }

    /// Whether this is so only because an error further in was noted before.
    pub(super) fn follows_from_another(&self, tree: &Node) -> bool {
        let parent = self.at.as_ref().and_then(|(_, steps)| tree.at(steps));
        let field = self.missing.and_then(|name| parent?.field(name));
        self.follows || field.is_some_and(|field| matches!(field.value, Value::Hole))
    }
}

/// "one of `a`, `b`"
pub(super) fn one_of(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match &*names {
        [name] => name.clone(),
        names => format!("one of {}", names.join(", ")),
    }
}

impl std::error::Error for Shape {}

impl Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl de::Error for Shape {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let empty = if matches!(found, Unexpected::Unit) { "has no value: " } else { "" };
        Self::new(format!("{empty}must be {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("must be {expected}"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let hint = nearest(variant, expected.iter().copied(), 1);
        let hint = hint.first().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        Self::new(format!("must be {}{hint}", one_of(expected)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let hint = nearest(field, expected.iter().copied(), 1);
        let hint = hint
            .first()
            .map_or_else(|| format!("the fields here are {}", expected.join(", ")), |name| format!("did you mean `{name}`?"));
        Self::new(format!("there is no field `{}`; {hint}", Shown(field)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self { missing: Some(field), ..Self::new(format!("`{field}` is missing")) }
    }
}
