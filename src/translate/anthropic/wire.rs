//! What requests, answers and stream events have in common, as it is written, before it has a meaning.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::translate::object::object;
use crate::translate::text::Str;
use crate::translate::text_or::Either;

object! {
    /// A content block of any type, of a request or an answer.
    Block {
        kind as "type": Str<'a>,
        text: Str<'a>,
        source: Source<'a>,
        title: Str<'a>,
        context: Str<'a>,
        citations: &'a RawValue,
        thinking: Str<'a>,
        signature: Str<'a>,
        data: Str<'a>,
        id: Str<'a>,
        name: Str<'a>,
        input: &'a RawValue,
        tool_use_id: Str<'a>,
        content: Content<'a>,
        is_error: bool,
        caller: Caller<'a>,
        cache_control: CacheControl<'a>,
    }
}

object! {
    /// The `source` of an image or a document.
    SourceObject {
        kind as "type": Str<'a>,
        media_type: Str<'a>,
        data: Str<'a>,
        url: Str<'a>,
        file_id: Str<'a>,
        content: Content<'a>,
    }
}

object! {
    /// Who calls a tool.
    Caller {
        kind as "type": Str<'a>,
    }
}

object! {
    CacheControl {
        kind as "type": Str<'a>,
        ttl: Str<'a>,
    }
}

object! {
    /// What Anthropic says about a refusal.
    StopDetails {
        explanation: Str<'a>,
    }
}

/// `source` is an object, but a string in search results, which are told by their type and not by a type error.
#[derive(Debug)]
pub(super) enum Source<'a> {
    Object(SourceObject<'a>),
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Source<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectOrText;

        impl<'de> Visitor<'de> for ObjectOrText {
            type Value = Source<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                SourceObject::deserialize(de::value::MapAccessDeserializer::new(map)).map(Source::Object)
            }

            fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> {
                Ok(Source::Other)
            }
        }

        deserializer.deserialize_any(ObjectOrText)
    }
}

/// `content`: a string or blocks, and an object in the results of some tools that Anthropic runs.
#[derive(Debug)]
pub(super) enum Content<'a> {
    Text(Str<'a>),
    Blocks(Vec<Block<'a>>),
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a string or an array of blocks";
        deserializer.deserialize_any(Either {
            expected,
            text: Content::Text,
            list: Content::Blocks,
            object: Some(Content::Other),
        })
    }
}
