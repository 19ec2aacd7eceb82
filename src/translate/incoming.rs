//! A request as a client sent it, read as far as every road needs it: which API, and the body's outermost layer.
//!
//! Made anew from the client's own bytes for each attempt. What kind of body an API takes is decided here and nowhere else.

use bytes::Bytes;

use super::calls::Call;
use super::fault::bounded;
use super::{Api, RequestError, Task};
use crate::codec::json::{JsonError, JsonErrorKind, TopLevel};
use crate::codec::multipart::{self, Form, FormError};

/// A request as a client sent it.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// The API that is called.
    pub api: Api,
    /// Path and query: some APIs say there what others say in the body.
    pub path: &'a str,
    /// What the client says that the body is.
    pub content_type: Option<&'a str>,
    /// The beta features of Anthropic's API that the client asks for (`anthropic-beta`).
    pub betas: Option<&'a str>,
    /// The body.
    pub body: &'a Bytes,
    /// Its outermost layer.
    pub parsed: Parsed<'a>,
}

/// The outermost layer of a body.
#[derive(Debug)]
pub enum Parsed<'a> {
    /// A JSON object.
    Json(TopLevel<'a>),
    /// A form with parts.
    Form(Form<'a>),
    /// Whatever it is: it passes unread.
    Unread,
}

impl<'a> Incoming<'a> {
    /// Reads the outermost layer of a body. `depth` bounds the nesting of JSON.
    ///
    /// # Errors
    /// [`RequestError::Invalid`]: the body is not of the kind that the API takes.
    pub fn read(
        api: Api,
        path: &'a str,
        content_type: Option<&'a str>,
        body: &'a Bytes,
        depth: usize,
    ) -> Result<Self, RequestError> {
        let parsed = match api.task() {
            Task::Call(call) if is_form(call, content_type) => {
                Parsed::Form(Form::scan(body, multipart::boundary(content_type.unwrap_or_default())?)?)
            }
            Task::Conversation(_) | Task::Call(_) => Parsed::Json(TopLevel::scan(body, depth)?),
            Task::Opaque => Parsed::Unread,
        };
        Ok(Self { api, path, content_type, betas: None, body, parsed })
    }

    /// With the beta features that the client asks for.
    pub fn with_betas(self, betas: Option<&'a str>) -> Self {
        Self { betas, ..self }
    }
}

impl<'a> Parsed<'a> {
    /// The fields of a JSON body.
    ///
    /// # Errors
    /// [`RequestError::Invalid`]: it is no JSON.
    pub fn json(&self) -> Result<&TopLevel<'a>, RequestError> {
        match self {
            Self::Json(top) => Ok(top),
            Self::Form(_) | Self::Unread => {
                Err(RequestError::Invalid { field: String::new(), message: "the body is not JSON".to_owned() })
            }
        }
    }
}

fn is_form(call: Call, content_type: Option<&str>) -> bool {
    call.is_always_a_form() || (call.may_be_a_form() && content_type.is_some_and(multipart::is_form))
}

impl From<FormError> for RequestError {
    fn from(error: FormError) -> Self {
        Self::Invalid { field: bounded(error.field().unwrap_or_default().to_owned()), message: bounded(error.to_string()) }
    }
}

impl From<JsonError> for RequestError {
    fn from(error: JsonError) -> Self {
        let message = error.to_string();
        let field = match error.kind {
            JsonErrorKind::WrongType { key, .. } | JsonErrorKind::DuplicateKey(key) => key,
            _ => String::new(),
        };
        Self::Invalid { field: bounded(field), message }
    }
}
