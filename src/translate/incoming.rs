//! A request as a client sent it, read as far as every road needs it: which API, and the body's outermost layer.
//!
//! Made anew from the client's own bytes for each attempt. What kind of body an API takes is decided here and nowhere else.

use bytes::Bytes;

use super::{Api, RequestError, Task};
use crate::codec::json::{JsonError, JsonErrorKind, TopLevel};

/// A request as a client sent it.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// The API that is called.
    pub api: Api,
    /// Path and query: some APIs say there what others say in the body.
    pub path: &'a str,
    /// What the client says that the body is.
    pub content_type: Option<&'a str>,
    /// Beta features that the client asks for in a header (`anthropic-beta`). None are read here.
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
            Task::Conversation(_) => Parsed::Json(TopLevel::scan(body, depth)?),
        };
        Ok(Self { api, path, content_type, betas: None, body, parsed })
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
        }
    }
}

impl From<JsonError> for RequestError {
    fn from(error: JsonError) -> Self {
        let message = error.to_string();
        let field = match error.kind {
            JsonErrorKind::WrongType { key, .. } | JsonErrorKind::DuplicateKey(key) => key,
            _ => String::new(),
        };
        Self::Invalid { field, message }
    }
}
