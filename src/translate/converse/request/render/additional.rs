//! `additionalModelRequestFields`: what the model takes and Converse has no field for.
//!
//! Bedrock adds these to what it makes of the request for the model. A client of any API may send the field itself; one that says
//! there what is also said in its own API's words would say it twice, and is refused.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::translate::converse::family::Family;
use crate::translate::fault::{Fault, read_raw};
use crate::translate::hints::Hints;
use crate::translate::object::object;
use crate::translate::plain;

object! {
    /// An object of which nothing is known.
    Unread {}
}

#[derive(Debug)]
enum Field<'c> {
    Given(&'c RawValue),
    Ours(Value),
}

/// The fields, ready to be written.
#[derive(Debug, Default)]
pub(super) struct Additional<'c>(Vec<(Cow<'c, str>, Field<'c>)>);

impl<'c> Additional<'c> {
    /// What the client gave.
    pub(super) fn given(raw: &'c RawValue) -> Result<Self, Fault> {
        let fields: Unread<'c> = read_raw(raw)?;
        Ok(Self(fields.rest.into_iter().map(|(key, raw)| (key.0, Field::Given(raw))).collect()))
    }

    /// Adds a field. `said` is where the client has asked for it.
    pub(super) fn add(&mut self, key: &'static str, value: Value, said: &str) -> Result<(), Fault> {
        if self.0.iter().any(|(known, _)| known == key) {
            let message = format!("says what `additionalModelRequestFields.{key}` says, too: say it once");
            return Err(Fault::new(plain::brief(said, plain::QUOTATION), message));
        }
        self.0.push((key.into(), Field::Ours(value)));
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Additional<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, field) in &self.0 {
            match field {
                Field::Given(raw) => map.serialize_entry(key, raw)?,
                Field::Ours(value) => map.serialize_entry(key, value)?,
            }
        }
        map.end()
    }
}

/// `top_k`, in the family's own word.
pub(super) fn top_k(
    top_k: Option<u64>,
    family: Family,
    additional: &mut Additional<'_>,
    dropped: &mut Hints,
) -> Result<(), Fault> {
    let Some(top_k) = top_k else { return Ok(()) };
    match family {
        Family::Claude => additional.add("top_k", top_k.into(), "top_k"),
        Family::Nova | Family::Nova2 => additional.add("inferenceConfig", serde_json::json!({ "topK": top_k }), "top_k"),
        _ => {
            dropped.add("top_k");
            Ok(())
        }
    }
}
