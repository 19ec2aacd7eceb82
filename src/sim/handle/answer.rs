//! From a reply, or an error, to a response: status, headers, and a body that carries out the plan.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;

use super::super::ask::{Output, Payload};
use super::super::body::{PlannedBody, TRAILER};
use super::super::error::{Api, ApiError};
use super::super::plan::{self, Plan};
use super::super::script::Script;
use super::super::sse::{Event, Framing};
use super::super::stats::Flight;

/// What an answer needs to know besides what it says.
pub(super) struct Answerer {
    pub(super) api: Api,
    pub(super) request_id: String,
    pub(super) script: Script,
    pub(super) flight: Flight,
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");
const FRAMES: HeaderValue = HeaderValue::from_static("application/vnd.amazon.eventstream");

/// AWS's header for the kind of an error.
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

impl Answerer {
    /// What a dialect answers.
    pub(super) fn output(self, output: Output) -> Response {
        let mut response = match output.payload {
            Payload::Json(body) => self.json(StatusCode::OK, &body),
            Payload::Bytes { content_type, body } => self.whole(StatusCode::OK, content_type, &body),
            Payload::Events { framing, events } => self.stream(framing, events),
        };
        response.headers_mut().extend(output.headers);
        response
    }

    fn stream(self, framing: Framing, events: Vec<Event>) -> Response {
        let content_type = if framing == Framing::Sse { EVENTS } else { FRAMES };
        match plan::stream(events, framing, &self.error_event(), &self.script) {
            Ok(plan) => self.send(StatusCode::OK, content_type, None, plan),
            Err(error) => server_error(&error),
        }
    }

    /// An error in the API's shape.
    pub(super) fn error(self, error: &ApiError) -> Response {
        let api = self.api;
        let body = error.body(api, &self.request_id);
        let mut response = self.json(error.status, &body);
        if api == Api::Bedrock {
            response.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(error.aws_type()));
        }
        response
    }

    /// JSON, whole.
    fn json(self, status: StatusCode, body: &Value) -> Response {
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
        let status = self.script.status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let sent = self.script.error_after.unwrap_or_default();
        ApiError::scripted(status, &self.script).event(self.api, &self.request_id, sent)
    }
}

fn request_id_header(api: Api) -> HeaderName {
    HeaderName::from_static(match api {
        Api::OpenAi | Api::Responses | Api::Gemini | Api::Vertex => "x-request-id",
        Api::Azure | Api::AzureResponses => "apim-request-id",
        Api::Anthropic | Api::AnthropicVertex => "request-id",
        Api::Bedrock => "x-amzn-requestid",
        Api::Cohere => "x-debug-trace-id",
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
