//! Endpoints asked without a server between.

use http::Request;
use serde_json::Value;

use super::super::ask::{Ask, Output, Payload};
use super::super::error::ApiError;
use super::super::sse::Event;
use super::super::{Options, Script, authorize, route};

/// A request at an endpoint, found by its path as a server would.
pub(in super::super) struct Direct {
    path: String,
    headers: Vec<(&'static str, String)>,
    pub(in super::super) options: Options,
    script: Script,
}

/// JSON at a path.
pub(in super::super) fn at(path: &str) -> Direct {
    let headers = vec![("content-type", "application/json".to_owned())];
    Direct { path: path.to_owned(), headers, options: Options::default(), script: Script::default() }
}

impl Direct {
    pub(in super::super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(in super::super) fn script(self, script: Script) -> Self {
        Self { script, ..self }
    }

    pub(in super::super) fn send(&self, body: &[u8]) -> Result<Output, ApiError> {
        let mut request = Request::post(&self.path);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let route = route::find(&parts);
        let (options, script, target) = (&self.options, &self.script, route.target.as_str());
        let ask = Ask { api: route.api, options, script, parts: &parts, body, seed: "seed", target };
        authorize::check(&ask)?;
        (route.serve)(&ask)
    }

    /// The answer as JSON.
    pub(in super::super) fn json(&self, body: &Value) -> Value {
        match self.send(body.to_string().as_bytes()) {
            Ok(Output { payload: Payload::Json(answer), .. }) => answer,
            other => panic!("not JSON: {other:?} for {body}"),
        }
    }

    /// The events of a streamed answer.
    pub(in super::super) fn events(&self, body: &Value) -> Vec<Event> {
        match self.send(body.to_string().as_bytes()) {
            Ok(Output { payload: Payload::Events { events, .. }, .. }) => events,
            other => panic!("no events: {other:?} for {body}"),
        }
    }

    /// The data of the events, `[DONE]` as null.
    pub(in super::super) fn data(&self, body: &Value) -> Vec<Value> {
        self.events(body).iter().map(|event| serde_json::from_str(&event.data).unwrap_or_default()).collect()
    }

    /// Status and message of the error.
    pub(in super::super) fn refused(&self, body: &Value) -> (u16, String) {
        let error = self.send(body.to_string().as_bytes()).expect_err(&body.to_string());
        (error.status.as_u16(), error.message)
    }
}

/// An object with some fields changed; `null` takes a field away.
pub(in super::super) fn changed(mut body: Value, changes: &Value) -> Value {
    let fields = body.as_object_mut().unwrap();
    fields.extend(changes.as_object().unwrap().clone());
    fields.retain(|_, value| !value.is_null());
    body
}
