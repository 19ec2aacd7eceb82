//! A part, ready to be written: of a request, of an answer, or of a chunk.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

/// What one side says.
#[derive(Debug, Serialize)]
pub(super) struct Content<'c> {
    pub(super) role: &'static str,
    pub(super) parts: Vec<Part<'c>>,
}

/// A piece of it. One kind of data is there.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<Cow<'c, str>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) thought: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) inline_data: Option<Blob<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_data: Option<FileData<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) function_call: Option<FunctionCall<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) function_response: Option<FunctionResponse<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thought_signature: Option<Cow<'c, str>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blob<'c> {
    pub(super) mime_type: Cow<'c, str>,
    pub(super) data: &'c str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileData<'c> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mime_type: Option<&'static str>,
    pub(super) file_uri: &'c str,
}

#[derive(Debug, Serialize)]
pub(super) struct FunctionCall<'c> {
    pub(super) id: &'c str,
    pub(super) name: &'c str,
    pub(super) args: Args<'c>,
}

/// The arguments of a call.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Args<'c> {
    Object(&'c RawValue),
    Nothing {},
    /// What a model wrote wrongly, for the application to refuse.
    Invalid {
        #[serde(rename = "INVALID_JSON")]
        text: &'c str,
    },
}

impl<'c> Args<'c> {
    /// The arguments that a model wrote.
    pub(super) fn written(arguments: &'c str) -> Self {
        if arguments.trim().is_empty() {
            return Self::Nothing {};
        }
        match serde_json::from_str::<&RawValue>(arguments) {
            Ok(raw) if raw.get().starts_with('{') => Self::Object(raw),
            _ => Self::Invalid { text: arguments },
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct FunctionResponse<'c> {
    pub(super) id: &'c str,
    pub(super) name: &'c str,
    pub(super) response: Outcome<'c>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) parts: Vec<Part<'c>>,
}

/// What a function answered. Google's words: `output` for what it said, `error` for why it failed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Outcome<'c> {
    Output(Cow<'c, str>),
    Error(Cow<'c, str>),
}

impl<'c> Part<'c> {
    pub(super) fn text(text: impl Into<Cow<'c, str>>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }

    pub(super) fn thought(text: impl Into<Cow<'c, str>>) -> Self {
        Self { thought: true, ..Self::text(text) }
    }

    pub(super) fn inline(mime_type: impl Into<Cow<'c, str>>, data: &'c str) -> Self {
        Self { inline_data: Some(Blob { mime_type: mime_type.into(), data }), ..Self::default() }
    }

    pub(super) fn file(mime_type: Option<&'static str>, file_uri: &'c str) -> Self {
        Self { file_data: Some(FileData { mime_type, file_uri }), ..Self::default() }
    }

    /// Whether this is what the model says, without a signature.
    pub(super) fn is_unsigned_text(&self) -> bool {
        self.text.is_some() && !self.thought && self.thought_signature.is_none()
    }
}
