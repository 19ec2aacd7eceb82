//! A config file as a tree in which every value knows where it stands, so that an error can point at it.
//!
//! Between the YAML library ([`super::yaml`]) and the typed config ([`super::typed`]); scalars keep their spelling, so that
//! `model: 1.10` is the text `1.10`. Holds secrets: not `Debug`.

use std::fmt;

/// A place in a file, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line.
    pub line: u32,
    /// Column, in characters.
    pub column: u32,
}

/// A value and its place.
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// What a node holds.
pub(super) enum Value {
    Null,
    Bool(bool),
    Number {
        spelled: String,
        number: Number,
    },
    Text {
        text: String,
        /// Whether any of it came out of the environment: only then may it stand for a number or a boolean.
        interpolated: bool,
    },
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
    /// An error has been reported here; typed reading goes on as if the value were not there.
    Hole,
}

/// A number, as YAML's core schema reads it.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

/// The name of a field and its place.
pub(super) struct Key {
    pub(super) name: String,
    pub(super) place: Place,
}

impl Node {
    /// The tree of a file that could not be read: has no places.
    pub(super) fn hole() -> Self {
        Self { place: Place { line: 0, column: 0 }, value: Value::Hole }
    }

    /// The place of the value at `path`, or of the nearest value around it. `None` where the tree has no places.
    pub(super) fn place_of(&self, path: &Path<'_>) -> Option<Place> {
        let node = self.nearest(path).0;
        (node.place.line > 0).then_some(node.place)
    }

    /// The node at `path`, and whether it was found; otherwise the nearest one around it.
    fn nearest(&self, path: &Path<'_>) -> (&Self, bool) {
        let (parent, child) = match path {
            Path::Root => return (self, true),
            Path::Field(parent, name) => (parent, Step::Field(name)),
            Path::Item(parent, index) => (parent, Step::Item(*index)),
        };
        match self.nearest(parent) {
            (node, false) => (node, false),
            (node, true) => node.child(child).map_or((node, false), |child| (child, true)),
        }
    }

    fn child(&self, step: Step<'_>) -> Option<&Self> {
        match (step, &self.value) {
            (Step::Field(name), Value::Map(entries)) => entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| node),
            (Step::Item(index), Value::List(items)) => items.get(index),
            _ => None,
        }
    }

    /// The field `name`, if this is a map that has one.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        self.child(Step::Field(name))
    }

    /// The node at `steps`.
    pub(super) fn at(&self, steps: &Steps) -> Option<&Self> {
        steps.0.iter().try_fold(self, |node, step| node.child(step.borrow()))
    }

    /// Puts a hole in the place of the value at `steps`. `false`: there is none, or it is the root, or a hole already.
    pub(super) fn take_out(&mut self, steps: &Steps) -> bool {
        if steps.0.is_empty() {
            return false;
        }
        let mut node = self;
        for step in &steps.0 {
            let child = match (step, &mut node.value) {
                (OwnedStep::Field(name), Value::Map(entries)) => {
                    entries.iter_mut().find(|(key, _)| key.name == *name).map(|(_, node)| node)
                }
                (OwnedStep::Item(index), Value::List(items)) => items.get_mut(*index),
                _ => None,
            };
            let Some(child) = child else { return false };
            node = child;
        }
        !matches!(std::mem::replace(&mut node.value, Value::Hole), Value::Hole)
    }

    /// What kind of value this is, in a reader's words.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number { .. } => "a number",
            Value::Text { .. } => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
            Value::Hole => "an error",
        }
    }
}

enum Step<'a> {
    Field(&'a str),
    Item(usize),
}

/// A path that is kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Steps(Vec<OwnedStep>);

#[derive(Debug, Clone)]
enum OwnedStep {
    Field(String),
    Item(usize),
}

impl OwnedStep {
    fn borrow(&self) -> Step<'_> {
        match self {
            Self::Field(name) => Step::Field(name),
            Self::Item(index) => Step::Item(*index),
        }
    }
}

/// Where a value stands in the config, from its root: `routes[0].providers[1]`. A list through the stack, so that a path costs
/// nothing until it is shown.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    Root,
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    pub(super) fn field(&'a self, name: &'a str) -> Path<'a> {
        Path::Field(self, name)
    }

    pub(super) fn item(&'a self, index: usize) -> Path<'a> {
        Path::Item(self, index)
    }

    /// The same path, to keep.
    pub(super) fn steps(&self) -> Steps {
        let (parent, step) = match self {
            Path::Root => return Steps::default(),
            Path::Field(parent, name) => (parent, OwnedStep::Field((*name).to_owned())),
            Path::Item(parent, index) => (parent, OwnedStep::Item(*index)),
        };
        let mut steps = parent.steps();
        steps.0.push(step);
        steps
    }
}

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                OwnedStep::Field(name) if position == 0 => write!(f, "{}", Shown(name))?,
                OwnedStep::Field(name) => write!(f, ".{}", Shown(name))?,
                OwnedStep::Item(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps().fmt(f)
    }
}

/// Text out of a file or a request, as it may stand in a message: on one line and not too long.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

/// Characters of a name that are shown.
const SHOWN: usize = 100;

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for (position, character) in self.0.chars().enumerate() {
            if position == SHOWN {
                return f.write_char('…');
            }
            if character.is_control() { write!(f, "{}", character.escape_default())? } else { f.write_char(character)? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_the_config() {
        let routes = Path::Root.field("routes");
        let route = routes.item(0);
        let providers = route.field("providers");
        assert_eq!(providers.item(1).to_string(), "routes[0].providers[1]");
    }

    #[test]
    fn a_name_in_a_message_stays_on_one_line_and_short() {
        assert_eq!(Shown("a\nb\u{1b}").to_string(), "a\\nb\\u{1b}");
        assert_eq!(Shown(&"é".repeat(5_000)).to_string().chars().count(), SHOWN + 1);
    }
}
