//! A tool call, as requests and answers write it.
//!
//! `arguments` is a string that holds JSON. What a model wrote is passed on as it is, valid or not: only the application knows what
//! to do about it. `extra_content.google.thought_signature` is how Google's own OpenAI-compatible endpoint tells the signature of
//! the thinking behind a call, and how it wants to have it back (field note 44).

use serde::ser::{SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::translate::conversation::ToolCall;
use crate::translate::text::Str;

/// A tool call, ready to be written. Arguments that are empty become `{}`: clients parse them as JSON.
#[derive(Debug)]
pub(super) struct Call<'c> {
    call: &'c ToolCall<'c>,
    signature: Option<&'c str>,
    is_custom: bool,
}

impl<'c> Call<'c> {
    /// The call with this signature, whatever its own.
    pub(super) fn new(call: &'c ToolCall<'c>, signature: Option<&'c str>) -> Self {
        Self { call, signature, is_custom: false }
    }

    /// A call of a custom tool.
    pub(super) fn custom(call: &'c ToolCall<'c>) -> Self {
        Self { call, signature: call.signature.as_deref(), is_custom: true }
    }
}

impl Serialize for Call<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Function<'c> {
            name: &'c str,
            arguments: &'c str,
        }
        #[derive(Serialize)]
        struct Custom<'c> {
            name: &'c str,
            input: &'c str,
        }
        let ToolCall { id, name, arguments, .. } = self.call;
        let mut call = serializer.serialize_struct("Call", 4)?;
        call.serialize_field("id", id)?;
        if self.is_custom {
            call.serialize_field("type", "custom")?;
            call.serialize_field("custom", &Custom { name, input: arguments })?;
        } else {
            let arguments = if arguments.is_empty() { "{}" } else { arguments };
            call.serialize_field("type", "function")?;
            call.serialize_field("function", &Function { name, arguments })?;
        }
        match self.signature {
            Some(signature) => call.serialize_field("extra_content", &ExtraContent::new(signature))?,
            None => call.skip_field("extra_content")?,
        }
        call.end()
    }
}

/// `extra_content`, as Google's endpoint has it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ExtraContent<'c> {
    #[serde(borrow)]
    google: Option<Google<'c>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Google<'c> {
    #[serde(borrow)]
    thought_signature: Option<Str<'c>>,
}

impl<'c> ExtraContent<'c> {
    pub(super) fn new(signature: &'c str) -> Self {
        Self { google: Some(Google { thought_signature: Some(signature.into()) }) }
    }
}

/// The signature in an `extra_content`. What another vendor puts there is none of ours.
pub(super) fn signature(extra_content: &RawValue) -> Option<Str<'_>> {
    let extra: ExtraContent<'_> = serde_json::from_str(extra_content.get()).ok()?;
    extra.google?.thought_signature.filter(|signature| !signature.is_empty())
}
