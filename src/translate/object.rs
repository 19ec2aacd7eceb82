//! `object!`: a struct for a JSON object whose unknown fields are kept, borrowed, instead of being thrown away.
//!
//! serde's `flatten` would do it, but it buffers, and a buffered `RawValue` is refused by `serde_json`. Every field is an `Option`;
//! JSON's null is the same as a field that is not there, as APIs of this kind have it. A field that comes twice is an error.

use serde_json::value::RawValue;

use super::text::Str;

/// Fields that the struct does not know, in the order in which they came; nulls are left out.
pub(crate) type Rest<'a> = Vec<(Str<'a>, &'a RawValue)>;

/// `object! { Name { field: Type, kind as "type": Type, } }` makes `struct Name<'a>` with `Option<Type>` fields and `rest`. A field
/// may have several names: `mime as "mimeType" | "mime_type": Type`.
macro_rules! object {
    ($(#[$meta:meta])* $name:ident { $($field:ident $(as $wire:literal $(| $other:literal)*)?: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub(crate) struct $name<'a> {
            $(pub(crate) $field: Option<$type>,)*
            pub(crate) rest: $crate::translate::object::Rest<'a>,
        }

        impl<'de: 'a, 'a> serde::Deserialize<'de> for $name<'a> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Fields<'a>(std::marker::PhantomData<$name<'a>>);

                impl<'de: 'a, 'a> serde::de::Visitor<'de> for Fields<'a> {
                    type Value = $name<'a>;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        let mut object = $name::default();
                        while let Some(key) = map.next_key::<$crate::translate::text::Str<'de>>()? {
                            match &*key {
                                $(object!(@name $field $($wire)?) $($(| $other)*)? => {
                                    if object.$field.is_some() {
                                        return Err(serde::de::Error::duplicate_field(object!(@name $field $($wire)?)));
                                    }
                                    object.$field = map.next_value()?;
                                })*
                                _ => {
                                    if let Some(raw) = map.next_value()? {
                                        object.rest.push((key, raw));
                                    }
                                }
                            }
                        }
                        Ok(object)
                    }
                }

                deserializer.deserialize_map(Fields(std::marker::PhantomData))
            }
        }
    };
    (@name $field:ident $wire:literal) => { $wire };
    (@name $field:ident) => { stringify!($field) };
}

pub(crate) use object;

#[cfg(test)]
mod tests {
    use super::*;

    object! {
        Thing {
            kind as "type": Str<'a>,
            count as "count" | "number": u32,
        }
    }

    #[test]
    fn unknown_fields_are_kept_and_nulls_are_nothing() {
        let thing: Thing<'_> = serde_json::from_str(r#"{"a":{"b":1},"type":"x","count":null,"c":null}"#).unwrap();
        assert_eq!(thing.kind.unwrap(), "x");
        assert_eq!(thing.count, None);
        let rest: Vec<_> = thing.rest.iter().map(|(key, raw)| (&**key, raw.get())).collect();
        assert_eq!(rest, [("a", r#"{"b":1}"#)]);
    }

    #[test]
    fn a_field_that_comes_twice_is_an_error() {
        let error = serde_json::from_str::<Thing<'_>>(r#"{"type":"x","type":"y"}"#).unwrap_err();
        assert!(error.to_string().contains("duplicate field `type`"), "{error}");
    }

    #[test]
    fn a_field_of_two_names_is_one_field() {
        let thing: Thing<'_> = serde_json::from_str(r#"{"number":2}"#).unwrap();
        assert_eq!(thing.count, Some(2));
        assert!(serde_json::from_str::<Thing<'_>>(r#"{"number":2,"count":2}"#).is_err());
    }

    #[test]
    fn something_else_than_an_object_is_an_error() {
        let error = serde_json::from_str::<Thing<'_>>("[1]").unwrap_err();
        assert!(error.to_string().contains("expected an object"), "{error}");
    }
}
