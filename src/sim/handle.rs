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
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};

use super::args::Options;
use super::ask::Ask;
use super::authorize;
use super::error::ApiError;
use super::record::{Recorded, Recorder};
use super::route::{self, Route};
use super::script::Script;
use super::stats::{Flight, Stats};
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

async fn api(State(sim): State<Arc<Sim>>, request: Request<Body>) -> Response {
    let flight = Flight::begin(&sim.stats);
    let (parts, body) = request.into_parts();
    let route = route::find(&parts);
    let api = route.api;
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
        Ok((body, seed)) => respond(&sim, &parts, &route, &body, &seed, answerer),
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

fn respond(sim: &Sim, parts: &Parts, route: &Route, body: &[u8], seed: &str, answerer: Answerer) -> Response {
    if let Some(text) = answerer.script.body.clone() {
        return answerer.raw(&text);
    }
    // Together with `error-after` it is the status of the error in mid-stream.
    if let Some(status) = answerer.script.status.filter(|_| answerer.script.error_after.is_none()) {
        let error = ApiError::scripted(status, &answerer.script);
        return answerer.error(&error);
    }
    let (options, script, target) = (&sim.options, &answerer.script, route.target.as_str());
    let ask = Ask { api: route.api, options, script, parts, body, seed, target };
    match authorize::check(&ask).and_then(|()| (route.serve)(&ask)) {
        Ok(output) => answerer.output(output),
        Err(error) => answerer.error(&error),
    }
}

fn abort(mut flight: Flight) -> Response {
    flight.cut();
    let mut response = StatusCode::OK.into_response();
    response.extensions_mut().insert(Abort);
    response
}
