//! Fields that are a text, or something with more in it. Read by hand, because an untagged enum can only say that no variant fits.

use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, MapAccess, SeqAccess, Visitor};

/// Reads a text or a list.
pub(super) struct TextOrList<V, T> {
    /// What may stand there, for who wrote something else.
    pub(super) expected: &'static str,
    pub(super) text: fn(&str) -> V,
    pub(super) list: fn(Vec<T>) -> V,
}

impl<'de, V, T: Deserialize<'de>> Visitor<'de> for TextOrList<V, T> {
    type Value = V;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<V, E> {
        Ok((self.text)(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<V, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(self.list)
    }
}

/// Reads a text or a map.
pub(super) struct TextOrMap<V, M> {
    /// What may stand there, for who wrote something else.
    pub(super) expected: &'static str,
    pub(super) text: fn(&str) -> V,
    pub(super) map: fn(M) -> V,
}

impl<'de, V, M: Deserialize<'de>> Visitor<'de> for TextOrMap<V, M> {
    type Value = V;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<V, E> {
        Ok((self.text)(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V, A::Error> {
        M::deserialize(MapAccessDeserializer::new(map)).map(self.map)
    }
}
