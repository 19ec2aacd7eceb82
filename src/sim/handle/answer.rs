//! From a reply, or an error, to a response: status, headers, and a body that carries out the plan.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;

use super::super::body::{PlannedBody, TRAILER};
use super::super::error::{Api, ApiError};
use super::super::plan::{self, Plan};
use super::super::prompt::Prompt;
use super::super::reply;
use super::super::script::Script;
use super::super::sse::Event;
use super::super::stats::Flight;
use super::super::{anthropic, openai};

/// What an answer needs to know besides what it says.
pub(super) struct Answerer {
    pub(super) api: Api,
    pub(super) request_id: String,
    pub(super) script: Script,
    pub(super) flight: Flight,
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");

impl Answerer {
    /// The model's answer, whole or streamed.
    pub(super) fn reply(self, prompt: &Prompt, seed: &str) -> Response {
        let reply = reply::answer(prompt, &self.script, seed);
        if !prompt.stream {
            let body = match self.api {
                Api::OpenAi => openai::whole(&reply, prompt, &self.script, seed),
                Api::Anthropic => anthropic::whole(&reply, prompt, &self.script, seed),
            };
            return self.json(StatusCode::OK, &body);
        }
        let events = match self.api {
            Api::OpenAi => openai::events(&reply, prompt, &self.script, seed),
            Api::Anthropic => anthropic::events(&reply, prompt, &self.script, seed),
        };
        match plan::stream(events, &self.error_event(), &self.script) {
            Ok(plan) => self.send(StatusCode::OK, EVENTS, None, plan),
            Err(error) => server_error(&error),
        }
    }

    /// An error in the API's shape.
    pub(super) fn error(self, error: &ApiError) -> Response {
        let body = error.body(self.api, &self.request_id);
        self.json(error.status, &body)
    }

    /// JSON, whole.
    pub(super) fn json(self, status: StatusCode, body: &Value) -> Response {
        self.whole(status, JSON, body.to_string().as_bytes())
    }

    /// Whatever the script says instead of the API's JSON.
    pub(super) fn raw(self, text: &str) -> Response {
        let text = text.replace("\\n", "\n");
        let content_type = match text.as_bytes().first() {
            Some(b'{' | b'[') => JSON,
            Some(b'<') => HeaderValue::from_static("text/html"),
            _ if text.starts_with("data:") || text.starts_with("event:") => EVENTS,
            _ => HeaderValue::from_static("text/plain"),
        };
        let status = self.script.status.unwrap_or(StatusCode::OK);
        self.whole(status, content_type, text.as_bytes())
    }

    fn whole(self, status: StatusCode, content_type: HeaderValue, body: &[u8]) -> Response {
        match plan::whole(body, &self.script) {
            Ok((plan, length)) => self.send(status, content_type, length, plan),
            Err(error) => server_error(&error),
        }
    }

    fn send(self, status: StatusCode, content_type: HeaderValue, length: Option<usize>, plan: Plan) -> Response {
        let mut response = Response::new(Body::new(PlannedBody::new(plan, self.flight)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, content_type);
        if let Some(length) = length {
            headers.insert(header::CONTENT_LENGTH, length.into());
        }
        if let Ok(id) = HeaderValue::from_str(&self.request_id) {
            headers.insert(request_id_header(self.api), id);
        }
        script_headers(headers, &self.script);
        response
    }

    fn error_event(&self) -> Event {
        let error = ApiError::scripted(StatusCode::SERVICE_UNAVAILABLE);
        let body = error.body(self.api, &self.request_id);
        match self.api {
            Api::OpenAi => Event::data(&body),
            Api::Anthropic => Event::named("error", &body),
        }
    }
}

fn request_id_header(api: Api) -> HeaderName {
    HeaderName::from_static(match api {
        Api::OpenAi => "x-request-id",
        Api::Anthropic => "request-id",
    })
}

fn script_headers(headers: &mut HeaderMap, script: &Script) {
    if let Some(encoding) = script.encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    }
    if let Some(after) = script.retry_after.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
        headers.insert(header::RETRY_AFTER, after);
    }
    if script.trailers {
        // Without this announcement HTTP/1.1 sends none.
        headers.insert(header::TRAILER, HeaderValue::from(TRAILER));
    }
}

fn server_error(error: &std::io::Error) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("simulator: {error}\n")).into_response()
}
