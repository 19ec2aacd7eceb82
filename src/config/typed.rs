//! From a tree of nodes to typed data: serde over [`Node`], with errors that name field, place and remedy.
//!
//! Errors never show a value. After an error the value at fault is taken out and reading begins again, so that all errors of
//! shape are told at once. An empty value (`limits:` with every item commented out) is an empty list or map.

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor};

use super::errors::{Report, Source};
use super::node::{Key, Node, Number, Path, Value};

mod enums;
mod shape;
#[cfg(test)]
mod tests;

use shape::Shape;

/// Rounds of reading a file with errors.
const ROUNDS: usize = 50;

/// Reads a file as a `T`. `None`: what is wrong has been noted.
pub(super) fn read<T: DeserializeOwned>(source: &mut Source, report: &mut Report) -> Option<T> {
    let mut failed = false;
    for _ in 0..ROUNDS {
        let error = match T::deserialize(Reader { node: &source.tree, path: &Path::Root }) {
            Ok(value) => return (!failed).then_some(value),
            Err(error) => error.or_at(source.tree.place, &Path::Root),
        };
        failed = true;
        let (place, path) = error.at();
        if !error.follows_from_another(&source.tree) {
            report.add_at(source, Some(place), path.to_string(), error.message);
        }
        if !source.tree.take_out(&path) {
            break;
        }
    }
    None
}

/// A node under reading.
#[derive(Clone, Copy)]
struct Reader<'n, 'p> {
    node: &'n Node,
    path: &'p Path<'p>,
}

impl<'n> Reader<'n, '_> {
    fn seed<T: DeserializeSeed<'n>>(self, seed: T) -> Result<T::Value, Shape> {
        seed.deserialize(self).map_err(|error| error.or_at(self.node.place, self.path))
    }

    fn mismatch(self, expected: &str) -> Shape {
        match self.node.value {
            Value::Null => Shape::new(format!("has no value: must be {expected}")),
            _ => Shape::new(format!("must be {expected}, not {}", self.node.kind())),
        }
    }

    fn items<V: Visitor<'n>>(self, items: &'n [Node], visitor: V) -> Result<V::Value, Shape> {
        visitor.visit_seq(Items { items: items.iter().enumerate(), path: self.path })
    }

    fn entries<V: Visitor<'n>>(self, entries: &'n [(Key, Node)], visitor: V) -> Result<V::Value, Shape> {
        visitor.visit_map(Entries { entries: entries.iter(), value: None, path: self.path })
    }

    fn unsigned(self, most: u64) -> Result<u64, Shape> {
        let number = match &self.node.value {
            Value::Number { number: Number::Unsigned(number), .. } => Some(*number),
            Value::Text { text, interpolated: true } => text.parse().ok(),
            Value::Number { .. } => None,
            _ => return Err(self.mismatch(&format!("a whole number from 0 to {most}"))),
        };
        number.filter(|number| *number <= most).ok_or_else(|| Shape::new(format!("must be a whole number from 0 to {most}")))
    }
}

impl<'de> de::Deserializer<'de> for Reader<'de, '_> {
    type Error = Shape;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Shape> {
        match &self.node.value {
            Value::Null | Value::Hole => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number { number: Number::Unsigned(number), .. } => visitor.visit_u64(*number),
            Value::Number { number: Number::Signed(number), .. } => visitor.visit_i64(*number),
            Value::Number { number: Number::Float(number), .. } => visitor.visit_f64(*number),
            Value::Text { text, .. } => visitor.visit_str(text),
            Value::List(items) => self.items(items, visitor),
            Value::Map(entries) => self.entries(entries, visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Shape> {
        match &self.node.value {
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Text { text, interpolated: true } if text == "true" => visitor.visit_bool(true),
            Value::Text { text, interpolated: true } if text == "false" => visitor.visit_bool(false),
            _ => Err(self.mismatch("`true` or `false`")),
        }
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Shape> {
        visitor.visit_u64(self.unsigned(u32::MAX.into())?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Shape> {
        visitor.visit_u64(self.unsigned(u64::MAX)?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Shape> {
        match &self.node.value {
            Value::Text { text, .. } => visitor.visit_str(text),
            Value::Number { spelled, .. } => visitor.visit_str(spelled),
            Value::Bool(true) => visitor.visit_str("true"),
            Value::Bool(false) => visitor.visit_str("false"),
            _ => Err(self.mismatch("text")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Shape> {
        self.deserialize_str(visitor)
    }

    /// For what may be text or more: text as it is spelled, even where it looks like a number (as the digits of a hash can), lists and
    /// maps as they are. Serde has no word for this, and nothing in a config is bytes.
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Shape> {
        match &self.node.value {
            Value::Number { spelled, .. } => visitor.visit_str(spelled),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Shape> {
        if matches!(self.node.value, Value::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Shape> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Shape> {
        match &self.node.value {
            Value::List(items) => self.items(items, visitor),
            Value::Null => self.items(&[], visitor),
            _ => Err(self.mismatch("a list (`- …` or `[…, …]`)")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Shape> {
        match &self.node.value {
            Value::Map(entries) => self.entries(entries, visitor),
            Value::Null => self.entries(&[], visitor),
            _ => Err(self.mismatch("a map (`name: value`)")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Shape> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Shape> {
        enums::read(self, variants, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Shape> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u128 f32 f64 char byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

/// The items of a list.
struct Items<'n, 'p> {
    items: std::iter::Enumerate<std::slice::Iter<'n, Node>>,
    path: &'p Path<'p>,
}

impl<'n> de::SeqAccess<'n> for Items<'n, '_> {
    type Error = Shape;

    fn next_element_seed<T: DeserializeSeed<'n>>(&mut self, seed: T) -> Result<Option<T::Value>, Shape> {
        let Some((index, node)) = self.items.find(|(_, node)| !matches!(node.value, Value::Hole)) else { return Ok(None) };
        Reader { node, path: &self.path.item(index) }.seed(seed).map(Some)
    }
}

/// The entries of a map.
struct Entries<'n, 'p> {
    entries: std::slice::Iter<'n, (Key, Node)>,
    value: Option<(&'n Key, &'n Node)>,
    path: &'p Path<'p>,
}

impl<'n> de::MapAccess<'n> for Entries<'n, '_> {
    type Error = Shape;

    fn next_key_seed<K: DeserializeSeed<'n>>(&mut self, seed: K) -> Result<Option<K::Value>, Shape> {
        let Some((key, node)) = self.entries.find(|(_, node)| !matches!(node.value, Value::Hole)) else { return Ok(None) };
        self.value = Some((key, node));
        let name: StrDeserializer<'_, Shape> = key.name.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|error| error.or_at(key.place, &self.path.field(&key.name)))
    }

    fn next_value_seed<V: DeserializeSeed<'n>>(&mut self, seed: V) -> Result<V::Value, Shape> {
        let Some((key, node)) = self.value.take() else { return Err(Shape::new("a value was read before its name".to_owned())) };
        Reader { node, path: &self.path.field(&key.name) }.seed(seed)
    }
}
