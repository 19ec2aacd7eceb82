//! A tool call, as requests and answers write it.
//!
//! `arguments` is a string that holds JSON. What a model wrote is passed on as it is, valid or not: only the application knows what
//! to do about it.

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::translate::conversation::ToolCall;

/// A tool call, ready to be written. Arguments that are empty become `{}`: clients parse them as JSON.
#[derive(Debug)]
pub(super) struct Call<'c>(pub(super) &'c ToolCall<'c>);

impl Serialize for Call<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Function<'c> {
            name: &'c str,
            arguments: &'c str,
        }
        let Self(ToolCall { id, name, arguments }) = self;
        let arguments = if arguments.is_empty() { "{}" } else { arguments };
        let mut call = serializer.serialize_struct("Call", 3)?;
        call.serialize_field("id", id)?;
        call.serialize_field("type", "function")?;
        call.serialize_field("function", &Function { name, arguments })?;
        call.end()
    }
}
