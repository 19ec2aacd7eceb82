//! Judging a JSON body field by field, with the path of what is wrong.
//!
//! A [`Node`] is a value and where it stands. Its methods say what it must be; the [`Fault`] that they give is told in each API's
//! own words by its dialect. A `null` in an optional field counts as absent, as both APIs hold it.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    value: &'a Value,
    path: String,
}

/// An object whose fields are all known.
#[derive(Debug, Clone)]
pub(super) struct Object<'a> {
    map: &'a Map<String, Value>,
    path: String,
}

/// What is wrong with a body.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    /// Where: `messages[0].content`. Empty for the body itself.
    pub(super) path: String,
    /// What.
    pub(super) what: What,
}

/// The ways in which a value can be wrong.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    /// It is not there.
    Missing,
    /// No such field.
    Unknown,
    /// It is of another type.
    Type { expected: &'static str, found: &'static str },
    /// It is not one of these.
    Choice { allowed: &'static [&'static str], found: String },
    /// It breaks some other rule, told in the API's own words.
    Rule(String),
}

impl<'a> Node<'a> {
    /// The body itself.
    pub(super) fn root(value: &'a Value) -> Self {
        Self { value, path: String::new() }
    }

    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// An object with these fields only.
    pub(super) fn object(&self, allowed: &[&str]) -> Result<Object<'a>, Fault> {
        let object = self.any_object()?;
        match object.map.keys().find(|key| !allowed.contains(&key.as_str())) {
            Some(unknown) => Err(Fault { path: object.path_of(unknown), what: What::Unknown }),
            None => Ok(object),
        }
    }

    /// An object with whatever fields.
    pub(super) fn any_object(&self) -> Result<Object<'a>, Fault> {
        match self.value {
            Value::Object(map) => Ok(Object { map, path: self.path.clone() }),
            _ => Err(self.type_fault("an object")),
        }
    }

    /// The elements of an array.
    pub(super) fn array(&self) -> Result<Vec<Node<'a>>, Fault> {
        match self.value {
            Value::Array(values) => Ok(values
                .iter()
                .enumerate()
                .map(|(index, value)| Node { value, path: format!("{}[{index}]", self.path) })
                .collect()),
            _ => Err(self.type_fault("an array")),
        }
    }

    pub(super) fn string(&self) -> Result<&'a str, Fault> {
        self.value.as_str().ok_or_else(|| self.type_fault("a string"))
    }

    pub(super) fn boolean(&self) -> Result<bool, Fault> {
        self.value.as_bool().ok_or_else(|| self.type_fault("a boolean"))
    }

    /// A whole number within a range.
    pub(super) fn integer(&self, range: RangeInclusive<i64>) -> Result<i64, Fault> {
        let number = self.value.as_i64().ok_or_else(|| self.type_fault("an integer"))?;
        if range.contains(&number) { Ok(number) } else { Err(self.range_fault(range.start(), range.end(), number)) }
    }

    /// A number within a range.
    pub(super) fn number(&self, range: RangeInclusive<f64>) -> Result<f64, Fault> {
        let number = self.value.as_f64().ok_or_else(|| self.type_fault("a number"))?;
        if range.contains(&number) { Ok(number) } else { Err(self.range_fault(range.start(), range.end(), number)) }
    }

    /// One of these words.
    pub(super) fn one_of(&self, allowed: &'static [&'static str]) -> Result<&'a str, Fault> {
        let word = self.string()?;
        if allowed.contains(&word) {
            return Ok(word);
        }
        Err(Fault { path: self.path.clone(), what: What::Choice { allowed, found: word.to_owned() } })
    }

    /// A name of ASCII letters, digits, `_` and `-`, as both APIs want it for tools.
    pub(super) fn name(&self, longest: usize) -> Result<&'a str, Fault> {
        let name = self.string()?;
        let fits = (1..=longest).contains(&name.len());
        if fits && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
            return Ok(name);
        }
        Err(self.rule(format!("`{name}` does not match the pattern '^[a-zA-Z0-9_-]{{1,{longest}}}$'")))
    }

    /// Base64 with padding, not empty.
    pub(super) fn base64(&self, text: &str) -> Result<(), Fault> {
        use base64::Engine as _;
        match base64::engine::general_purpose::STANDARD.decode(text) {
            Ok(bytes) if !bytes.is_empty() => Ok(()),
            _ => Err(self.rule("invalid base64 data")),
        }
    }

    /// A fault of this value, in the API's own words.
    pub(super) fn rule(&self, message: impl Into<String>) -> Fault {
        Fault { path: self.path.clone(), what: What::Rule(message.into()) }
    }

    /// A fault of this value's type.
    pub(super) fn type_fault(&self, expected: &'static str) -> Fault {
        Fault { path: self.path.clone(), what: What::Type { expected, found: type_name(self.value) } }
    }

    fn range_fault(&self, low: impl std::fmt::Display, high: impl std::fmt::Display, found: impl std::fmt::Display) -> Fault {
        self.rule(format!("{found} is out of range: expected a value from {low} to {high}"))
    }
}

impl<'a> Object<'a> {
    /// A field that must be there.
    pub(super) fn need(&self, key: &str) -> Result<Node<'a>, Fault> {
        match self.map.get(key) {
            Some(value) => Ok(Node { value, path: self.path_of(key) }),
            None => Err(Fault { path: self.path_of(key), what: What::Missing }),
        }
    }

    /// A field that may be there; `null` counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<Node<'a>> {
        let value = self.map.get(key).filter(|value| !value.is_null())?;
        Some(Node { value, path: self.path_of(key) })
    }

    /// Whether a field may be there and is right.
    pub(super) fn optional<T>(&self, key: &str, check: impl FnOnce(Node<'a>) -> Result<T, Fault>) -> Result<Option<T>, Fault> {
        self.get(key).map(check).transpose()
    }

    /// Every field.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        self.map.iter().map(|(key, value)| (key.as_str(), Node { value, path: self.path_of(key) }))
    }

    /// A fault of this object, in the API's own words.
    pub(super) fn rule(&self, message: impl Into<String>) -> Fault {
        Fault { path: self.path.clone(), what: What::Rule(message.into()) }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_fault_says_where_it_is() {
        let body = json!({"messages": [{"role": "user"}, {"role": 7}]});
        let messages = Node::root(&body).object(&["messages"]).unwrap().need("messages").unwrap().array().unwrap();
        let message = messages[1].object(&["role"]).unwrap();
        let fault = message.need("role").unwrap().string().unwrap_err();
        assert_eq!(fault.path, "messages[1].role");
        assert_eq!(fault.what, What::Type { expected: "a string", found: "an integer" });
        assert_eq!(message.need("content").unwrap_err(), Fault { path: "messages[1].content".into(), what: What::Missing });
    }

    #[test]
    fn an_unknown_field_is_a_fault_and_null_is_absent() {
        let body = json!({"a": null, "b": 1});
        assert_eq!(Node::root(&body).object(&["a"]).unwrap_err(), Fault { path: "b".into(), what: What::Unknown });
        assert!(Node::root(&body).object(&["a", "b"]).unwrap().get("a").is_none());
    }

    #[test]
    fn numbers_names_and_base64_are_held_to_their_bounds() {
        let body = json!({"n": 3, "big": u64::MAX, "f": 0.5, "name": "a b", "good": "get_weather-2"});
        let object = Node::root(&body).any_object().unwrap();
        assert!(object.need("n").unwrap().integer(1..=2).is_err());
        assert!(object.need("big").unwrap().integer(0..=i64::MAX).is_err());
        assert!(object.need("f").unwrap().integer(0..=9).is_err());
        assert!(object.need("f").unwrap().number(0.0..=1.0).is_ok());
        assert!(object.need("name").unwrap().name(64).is_err());
        assert!(object.need("good").unwrap().name(64).is_ok());
        assert!(object.need("good").unwrap().name(3).is_err());
        let node = object.need("n").unwrap();
        assert!(
            node.base64("aGk=").is_ok() && node.base64("aGk").is_err() && node.base64("").is_err() && node.base64("é").is_err()
        );
    }
}
