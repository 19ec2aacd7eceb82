//! A request as a dialect gets it, and what the dialect gives back. Every endpoint is a function from [`Ask`] to [`Output`].

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use serde_json::Value;

use super::args::Options;
use super::check::{Fault, Node};
use super::error::{Api, ApiError};
use super::form::{self, Part};
use super::prompt::Prompt;
use super::reply::{self, Reply};
use super::script::Script;
use super::sse::{Event, Framing};
use super::{models, path};

/// A request, received and not judged yet.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) api: Api,
    pub(super) options: &'a Options,
    pub(super) script: &'a Script,
    pub(super) parts: &'a Parts,
    pub(super) body: &'a [u8],
    /// What ids of the answer are made of.
    pub(super) seed: &'a str,
    /// What the path names, decoded: a model or a deployment. Empty where it names none.
    pub(super) target: &'a str,
}

/// What is answered.
#[derive(Debug, PartialEq)]
pub(super) struct Output {
    pub(super) payload: Payload,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
}

/// The body of an answer.
#[derive(Debug, PartialEq)]
pub(super) enum Payload {
    Json(Value),
    Bytes { content_type: HeaderValue, body: Bytes },
    Events { framing: Framing, events: Vec<Event> },
}

/// One endpoint.
pub(super) type Serve = fn(&Ask<'_>) -> Result<Output, ApiError>;

impl Ask<'_> {
    /// The body as JSON, if that is what the request says it is.
    pub(super) fn json(&self) -> Result<Value, ApiError> {
        // AWS takes JSON for granted, and its clients do not always say it.
        let absent = if self.api == Api::Bedrock { "application/json" } else { "" };
        let content_type = self.header(header::CONTENT_TYPE.as_str()).unwrap_or(absent);
        if !content_type.starts_with("application/json") {
            let message = format!("Unsupported content type: '{content_type}'. Use 'application/json'.");
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message).code("unsupported_content_type"));
        }
        let body = serde_json::from_slice(self.body)
            .map_err(|error| ApiError::bad(format!("We could not parse the JSON body of your request: {error}.")))?;
        Ok(self.with_model(body))
    }

    /// The body as a form: its parts, and those that are no files as JSON (see [`form::fields`]).
    pub(super) fn form(&self, numbers: &[&str], booleans: &[&str]) -> Result<(Vec<Part<'_>>, Value), ApiError> {
        let content_type = self.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        let parts = form::parse(content_type, self.body).map_err(ApiError::bad)?;
        let fields = form::fields(&parts, numbers, booleans).map_err(ApiError::bad)?;
        Ok((parts, self.with_model(fields)))
    }

    /// At Azure a deployment in the path is the model, whatever the body says.
    fn with_model(&self, mut body: Value) -> Value {
        if let (Api::Azure, false, Some(fields)) = (self.api, self.target.is_empty(), body.as_object_mut()) {
            fields.insert("model".to_owned(), self.target.into());
        }
        body
    }

    /// Reads a JSON body with one of the dialect's judges, and tells what is wrong in the API's words.
    pub(super) fn read<T>(&self, judge: impl FnOnce(&Node<'_>) -> Result<T, Fault>) -> Result<T, ApiError> {
        let body = self.json()?;
        judge(&Node::root(&body)).map_err(|fault| ApiError::fault(self.api, fault))
    }

    /// Whether this simulator serves the model.
    pub(super) fn serves(&self, model: &str) -> Result<(), ApiError> {
        models::check(&self.options.models, model, self.api)
    }

    /// What the model answers, if it is served here.
    pub(super) fn reply(&self, prompt: &Prompt) -> Result<Reply, ApiError> {
        self.serves(&prompt.model)?;
        Ok(reply::answer(prompt, self.script, self.seed))
    }

    /// A header, if it is there and text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    /// A parameter of the query, decoded.
    pub(super) fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        path::parameter(self.parts.uri.query().unwrap_or_default(), name)
    }
}

impl Output {
    pub(super) fn json(body: Value) -> Self {
        Self { payload: Payload::Json(body), headers: Vec::new() }
    }

    pub(super) fn bytes(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let content_type = HeaderValue::from_static(content_type);
        Self { payload: Payload::Bytes { content_type, body: body.into() }, headers: Vec::new() }
    }

    /// Server-sent events.
    pub(super) fn events(events: Vec<Event>) -> Self {
        Self { payload: Payload::Events { framing: Framing::Sse, events }, headers: Vec::new() }
    }

    /// An AWS event stream.
    pub(super) fn frames(events: Vec<Event>) -> Self {
        Self { payload: Payload::Events { framing: Framing::Aws, events }, headers: Vec::new() }
    }

    pub(super) fn header(mut self, name: &'static str, value: u64) -> Self {
        self.headers.push((HeaderName::from_static(name), value.into()));
        self
    }
}
