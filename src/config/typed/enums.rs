//! Enums: a bare name (`none`), or a map with one entry (`{bearer: …}`).

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};

use super::Reader;
use super::shape::{Shape, one_of};
use crate::config::node::{Key, Node, Path, Value};

pub(super) fn read<'n, V: Visitor<'n>>(
    reader: Reader<'n, '_>,
    variants: &'static [&'static str],
    visitor: V,
) -> Result<V::Value, Shape> {
    match &reader.node.value {
        Value::Map(entries) => match &**entries {
            entries if entries.iter().any(|(_, node)| matches!(node.value, Value::Hole)) => Err(Shape::following()),
            [(key, node)] => visitor.visit_enum(Entry { key, node, path: reader.path }),
            _ => Err(Shape::new(format!("must have exactly one entry: {}", one_of(variants)))),
        },
        Value::Text { text, .. } => visitor.visit_enum(Name { name: text }),
        Value::Number { spelled, .. } => visitor.visit_enum(Name { name: spelled }),
        _ => Err(reader.mismatch(&one_of(variants))),
    }
}

struct Name<'n> {
    name: &'n str,
}

impl<'n> de::EnumAccess<'n> for Name<'n> {
    type Error = Shape;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'n>>(self, seed: V) -> Result<(V::Value, Self), Shape> {
        let name: StrDeserializer<'_, Shape> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

/// Reached for names of variants only, so the name is no secret.
impl<'n> de::VariantAccess<'n> for Name<'n> {
    type Error = Shape;

    fn unit_variant(self) -> Result<(), Shape> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'n>>(self, _: T) -> Result<T::Value, Shape> {
        Err(Shape::new(format!("`{0}` needs a value: `{0}: …`", self.name)))
    }

    fn tuple_variant<V: Visitor<'n>>(self, _: usize, _: V) -> Result<V::Value, Shape> {
        Err(Shape::new(format!("`{}` needs values", self.name)))
    }

    fn struct_variant<V: Visitor<'n>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Shape> {
        Err(Shape::new(format!("`{}` needs fields", self.name)))
    }
}

struct Entry<'n, 'p> {
    key: &'n Key,
    node: &'n Node,
    path: &'p Path<'p>,
}

impl<'n> de::EnumAccess<'n> for Entry<'n, '_> {
    type Error = Shape;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'n>>(self, seed: V) -> Result<(V::Value, Self), Shape> {
        let name: StrDeserializer<'_, Shape> = self.key.name.as_str().into_deserializer();
        let variant = seed.deserialize(name).map_err(|error| error.or_at(self.key.place, self.path))?;
        Ok((variant, self))
    }
}

impl<'n> de::VariantAccess<'n> for Entry<'n, '_> {
    type Error = Shape;

    fn unit_variant(self) -> Result<(), Shape> {
        match self.node.value {
            Value::Null => Ok(()),
            _ => Err(Shape::new(format!("`{}` takes no value", self.key.name))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'n>>(self, seed: T) -> Result<T::Value, Shape> {
        Reader { node: self.node, path: &self.path.field(&self.key.name) }.seed(seed)
    }

    fn tuple_variant<V: Visitor<'n>>(self, _: usize, visitor: V) -> Result<V::Value, Shape> {
        de::Deserializer::deserialize_seq(Reader { node: self.node, path: &self.path.field(&self.key.name) }, visitor)
    }

    fn struct_variant<V: Visitor<'n>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Shape> {
        de::Deserializer::deserialize_map(Reader { node: self.node, path: &self.path.field(&self.key.name) }, visitor)
    }
}
