//! A string, or an array of something: how `content`, `input` and `stop` are written.
//!
//! Read with a visitor of its own, because serde's untagged enums buffer what they read, and what is buffered can neither be
//! borrowed nor hold a `RawValue`.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};

use crate::translate::text::Str;

/// A string, or an array of something.
#[derive(Debug)]
pub(crate) enum TextOr<'a, T> {
    Text(Str<'a>),
    List(Vec<T>),
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for TextOr<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a string or an array";
        deserializer.deserialize_any(Either { expected, text: TextOr::Text, list: TextOr::List, object: None })
    }
}

/// The visitor, for whatever has such a shape.
pub(crate) struct Either<'de, V, T> {
    /// What may stand there, for who wrote something else.
    pub(crate) expected: &'static str,
    /// What a string is.
    pub(crate) text: fn(Str<'de>) -> V,
    /// What an array is.
    pub(crate) list: fn(Vec<T>) -> V,
    /// What an object is, whatever stands in it. `None`: a mistake.
    pub(crate) object: Option<V>,
}

impl<'de, V, T: Deserialize<'de>> Visitor<'de> for Either<'de, V, T> {
    type Value = V;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<V, E> {
        Ok((self.text)(text.into()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<V, E> {
        Ok((self.text)(text.to_owned().into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<V, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok((self.list)(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<V, A::Error> {
        let object = self.object.ok_or_else(|| de::Error::invalid_type(Unexpected::Map, &self.expected))?;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(object)
    }
}
