//! The admin address: for probes and for the person on call. Bind it to loopback or to the pod; it has no authentication and tells
//! no secrets.
//!
//! `GET /health`: the process lives. `GET /ready`: it takes requests (503 while starting and draining). `GET /status`: what it is
//! doing, as JSON. `GET /limits`: where budgets stand, as JSON (see `admin/limits.rs`).

mod limits;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::auth::{self, jwt::SourceStatus};
use crate::exchange::Engine;
use crate::limit::StoreStatus;
use crate::upstream::{Credential, kept};

/// Whether the process takes requests.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Says so.
    pub fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Relaxed);
    }

    /// Whether it does.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Clone)]
struct Admin {
    engine: Arc<Engine>,
    readiness: Readiness,
}

#[derive(Debug, Serialize)]
struct Status {
    version: &'static str,
    ready: bool,
    exchanges: usize,
    buckets: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_store: Option<StoreStatus>,
    usage_records_written: u64,
    usage_records_lost: u64,
    providers: Vec<ProviderStatus>,
    auth: AuthStatus,
}

#[derive(Debug, Serialize)]
struct AuthStatus {
    issuers: Vec<IssuerStatus>,
    verified_tokens: usize,
    failing_sources: usize,
    throttled_requests: u64,
}

#[derive(Debug, Serialize)]
struct IssuerStatus {
    issuer: String,
    #[serde(flatten)]
    keys: SourceStatus,
}

impl From<auth::Status> for AuthStatus {
    fn from(status: auth::Status) -> Self {
        let issuers = status.issuers.into_iter().map(|(issuer, keys)| IssuerStatus { issuer, keys });
        Self {
            issuers: issuers.collect(),
            verified_tokens: status.verified_tokens,
            failing_sources: status.throttle.sources,
            throttled_requests: status.throttle.refused,
        }
    }
}

#[derive(Debug, Serialize)]
struct ProviderStatus {
    name: String,
    dialect: &'static str,
    resting: bool,
    credential: CredentialStatus,
}

/// How the gateway proves itself to a provider, without what it proves itself with.
#[derive(Debug, Serialize)]
struct CredentialStatus {
    kind: &'static str,
    valid: bool,
    /// Of one that is fetched: when that was, when it ends, and why it could not be fetched the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    fetched_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl CredentialStatus {
    fn of(credential: &Credential, now: Instant) -> Self {
        let kind = credential.kind();
        match credential.kept().map(|kept| kept.status(now)) {
            None => Self { kind, valid: true, fetched_at: None, expires_at: None, error: None },
            Some(kept::Status { valid, fetched_at, expires_at, error }) => {
                let [fetched_at, expires_at] = [fetched_at, expires_at].map(|at| at.map(|at| at.to_string()));
                Self { kind, valid, fetched_at, expires_at, error }
            }
        }
    }
}

/// Serves until the task is dropped.
///
/// # Errors
/// The listener fails.
pub async fn serve(listener: TcpListener, engine: Arc<Engine>, readiness: Readiness) -> std::io::Result<()> {
    let router = Router::new()
        .route("/health", get(|| async { "ok" }))
        .route("/ready", get(ready))
        .route("/status", get(status))
        .route("/limits", get(limits))
        .with_state(Admin { engine, readiness });
    axum::serve(listener, router).await
}

async fn ready(State(admin): State<Admin>) -> Response {
    if admin.readiness.get() { "ready".into_response() } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready").into_response() }
}

async fn limits(State(admin): State<Admin>, RawQuery(query): RawQuery) -> Response {
    match limits::look(&admin.engine, query.as_deref().unwrap_or_default()).await {
        Ok(states) => Json(states).into_response(),
        Err(Some(wrong)) => (StatusCode::BAD_REQUEST, wrong).into_response(),
        Err(None) => (StatusCode::SERVICE_UNAVAILABLE, "the store of the budgets is away").into_response(),
    }
}

async fn status(State(admin): State<Admin>) -> Json<Status> {
    let engine = &admin.engine;
    let snapshot = engine.live.current();
    let now = Instant::now();
    let usage = engine.sink.status();
    let providers = snapshot.providers.iter().map(|provider| ProviderStatus {
        name: provider.name.to_string(),
        dialect: provider.dialect.name(),
        resting: engine.health.is_resting(&provider.name, now),
        credential: CredentialStatus::of(&provider.credential, now),
    });
    Json(Status {
        version: env!("CARGO_PKG_VERSION"),
        ready: admin.readiness.get(),
        exchanges: engine.registry.len(),
        buckets: engine.limiter.buckets(),
        limit_store: engine.limiter.store(),
        usage_records_written: usage.written,
        usage_records_lost: usage.dropped + usage.failed,
        providers: providers.collect(),
        auth: snapshot.callers.status().into(),
    })
}
