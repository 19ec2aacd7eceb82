//! One request: record it, read the script, judge the body, answer.

mod answer;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};

use super::args::Options;
use super::error::{Api, ApiError};
use super::prompt::Prompt;
use super::record::{Recorded, Recorder};
use super::script::Script;
use super::stats::{Flight, Stats};
use super::{anthropic, models, openai};
use answer::Answerer;

/// The largest request body, in bytes: twice what the gateway lets through by default.
const LARGEST_BODY: usize = 64 << 20;

/// Marks an answer that is none: the connection is broken instead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Abort;

/// The simulator.
pub(super) struct Sim {
    options: Options,
    stats: Arc<Stats>,
    recorder: Recorder,
    serial: AtomicU64,
}

impl Sim {
    pub(super) fn new(options: Options) -> Self {
        Self { options, stats: Arc::default(), recorder: Recorder::default(), serial: AtomicU64::new(0) }
    }

    pub(super) fn stats(&self) -> &Arc<Stats> {
        &self.stats
    }
}

/// What the simulator serves: its own pages under `/_sim/`, and the APIs everywhere else.
pub(super) fn router(sim: Arc<Sim>) -> Router {
    let requests = get(async |State(sim): State<Arc<Sim>>| Json(sim.recorder.list()))
        .delete(async |State(sim): State<Arc<Sim>>| sim.recorder.clear());
    Router::new()
        .route("/_sim/health", get(async || "ok\n"))
        .route("/_sim/requests", requests)
        .route("/_sim/stats", get(async |State(sim): State<Arc<Sim>>| Json(sim.stats.snapshot())))
        .fallback(api)
        .with_state(sim)
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint<'a> {
    Chat,
    Messages,
    CountTokens,
    Models,
    Model(&'a str),
    Unknown,
}

impl<'a> Endpoint<'a> {
    fn of(method: &Method, path: &'a str) -> Self {
        match (method.as_str(), path) {
            ("POST", "/v1/chat/completions") => Self::Chat,
            ("POST", "/v1/messages") => Self::Messages,
            ("POST", "/v1/messages/count_tokens") => Self::CountTokens,
            ("GET", "/v1/models") => Self::Models,
            ("GET", path) => path.strip_prefix("/v1/models/").map_or(Self::Unknown, Self::Model),
            _ => Self::Unknown,
        }
    }
}

/// Whose shape an answer has. Both APIs have `/v1/models`; only Anthropic's clients send a version.
fn api_of(parts: &Parts) -> Api {
    let is_anthropic = parts.uri.path().starts_with("/v1/messages") || parts.headers.contains_key(anthropic::VERSION);
    if is_anthropic { Api::Anthropic } else { Api::OpenAi }
}

async fn api(State(sim): State<Arc<Sim>>, request: Request<Body>) -> Response {
    let flight = Flight::begin(&sim.stats);
    let (parts, body) = request.into_parts();
    let api = api_of(&parts);
    let request_id = format!("req_{}_{}", sim.options.name, sim.serial.fetch_add(1, Relaxed));
    let received = receive(&sim, &parts, body).await;
    let script = match sim.options.script.for_request(&sim.options.name, &parts.headers) {
        Ok(script) => script,
        Err(message) => {
            let answerer = Answerer { api, request_id, script: Script::default(), flight };
            return answerer.error(&ApiError::new(StatusCode::BAD_REQUEST, format!("simulator: {message}")));
        }
    };
    if script.reset {
        return abort(flight);
    }
    if let Some(delay) = script.delay {
        tokio::time::sleep(delay).await;
    }
    let answerer = Answerer { api, request_id, script, flight };
    match received {
        Ok((body, seed)) => respond(&sim, &parts, &body, &seed, answerer),
        Err(error) => answerer.error(&error),
    }
}

/// The body, and the seed of the answer's ids.
async fn receive(sim: &Sim, parts: &Parts, body: Body) -> Result<(Bytes, String), ApiError> {
    let too_large = |_| ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the request exceeds {LARGEST_BODY} bytes"));
    let collected = Limited::new(body, LARGEST_BODY).collect().await.map_err(too_large)?;
    let trailers = collected.trailers().cloned();
    let body = collected.to_bytes();
    let recorded = Recorded::new(parts, &body, trailers.as_ref());
    let seed = recorded.seed(&sim.options.name);
    sim.recorder.add(recorded);
    Ok((body, seed))
}

fn respond(sim: &Sim, parts: &Parts, body: &[u8], seed: &str, answerer: Answerer) -> Response {
    if let Some(text) = answerer.script.body.clone() {
        return answerer.raw(&text);
    }
    if let Some(status) = answerer.script.status {
        return answerer.error(&ApiError::scripted(status));
    }
    match judged(sim, parts, body, answerer.api) {
        Ok(Judged::Prompt(prompt)) => answerer.reply(&prompt, seed),
        Ok(Judged::Json(json)) => answerer.json(StatusCode::OK, &json),
        Err(error) => answerer.error(&error),
    }
}

/// What a right request wants.
enum Judged {
    /// The model's answer.
    Prompt(Box<Prompt>),
    /// This.
    Json(serde_json::Value),
}

fn judged(sim: &Sim, parts: &Parts, body: &[u8], api: Api) -> Result<Judged, ApiError> {
    authorize(&sim.options, &parts.headers, api)?;
    let known = &sim.options.models;
    match Endpoint::of(&parts.method, parts.uri.path()) {
        Endpoint::Chat => {
            let prompt = openai::parse(&parts.headers, body)?;
            models::check(known, &prompt.model, api)?;
            Ok(Judged::Prompt(Box::new(prompt)))
        }
        Endpoint::Messages => {
            let prompt = anthropic::parse(&parts.headers, body)?;
            models::check(known, &prompt.model, api)?;
            Ok(Judged::Prompt(Box::new(prompt)))
        }
        Endpoint::CountTokens => {
            let prompt = anthropic::parse_count(&parts.headers, body)?;
            Ok(Judged::Json(serde_json::json!({"input_tokens": prompt.tokens})))
        }
        Endpoint::Models => Ok(Judged::Json(models::list(known, api))),
        Endpoint::Model(id) => {
            models::check(known, id, api)?;
            Ok(Judged::Json(models::one(id, api)))
        }
        Endpoint::Unknown => {
            let message = format!("Invalid URL ({} {})", parts.method, parts.uri.path());
            Err(ApiError::new(StatusCode::NOT_FOUND, message))
        }
    }
}

/// OpenAI takes its key as a bearer token; Anthropic in `x-api-key`, or as a bearer token where OAuth gave it.
fn authorize(options: &Options, headers: &HeaderMap, api: Api) -> Result<(), ApiError> {
    let Some(required) = &options.require_key else { return Ok(()) };
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let plain = headers.get("x-api-key").and_then(|value| value.to_str().ok());
    let (sent, message) = match api {
        Api::OpenAi => (bearer, "Incorrect API key provided. You can find your API key in the provider's settings."),
        Api::Anthropic => (plain.or(bearer), "invalid x-api-key"),
    };
    if sent == Some(required.as_str()) {
        return Ok(());
    }
    Err(ApiError::new(StatusCode::UNAUTHORIZED, message).code("invalid_api_key"))
}

fn abort(mut flight: Flight) -> Response {
    flight.cut();
    let mut response = StatusCode::OK.into_response();
    response.extensions_mut().insert(Abort);
    response
}
