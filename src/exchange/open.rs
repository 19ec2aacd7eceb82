//! The client's headers: which endpoint, who calls. Whoever may not call is told so before a byte of the body is read.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use http::header::ALLOW;
use tokio::time::Instant;

use super::answer::Answering;
use super::endpoint::{self, Endpoint};
use super::fields::Fields;
use super::identify::identify;
use super::opaque::Place;
use super::reply::Reply;
use super::request::Sent;
use super::{Engine, Exchange};
use crate::auth::Principal;
use crate::auth::certificate::Certificate;
use crate::config::Snapshot;
use crate::rejection::{Kind, Rejection};
use crate::route::models;
use crate::translate::{Api, Family, Task};

/// What becomes of a request whose headers are known.
#[derive(Debug)]
pub enum Opened {
    /// The gateway answers by itself.
    Reply(Reply, Option<Box<Exchange>>),
    /// The road goes on with the body.
    Body(Box<Exchange>),
    /// The request has no body and needs none: it goes on at once.
    Sent(Box<Exchange>, Box<Sent>),
}

impl Exchange {
    /// A request begins. `certificate`: what Envoy tells of the client's, as attributes of the connection. `end`: it has no body.
    pub async fn open(engine: &Arc<Engine>, fields: Fields, certificate: Option<Certificate>, end: bool) -> Opened {
        let snapshot = engine.live.current();
        let path = fields.get(":path").unwrap_or_default();
        let bare_path = path.split_once('?').map_or(path, |(bare, _)| bare);
        if snapshot.callers.is_open(bare_path) {
            return Opened::Reply(Reply::json(200, r#"{"status":"ok"}"#, "open_path"), None);
        }
        let speaks = speaks(&fields);
        let method = fields.get(":method").unwrap_or_default();
        let endpoint = endpoint::find(method, path, speaks);
        let place = if endpoint == Endpoint::Unknown { Place::find(&snapshot, path) } else { None };
        let api = match endpoint {
            Endpoint::Serve(api) => api,
            Endpoint::Models(family) | Endpoint::Model(family, _) => family.main_api(),
            Endpoint::WrongMethod(_) | Endpoint::NotStored | Endpoint::Unknown => {
                place.as_ref().and_then(Place::api).unwrap_or_else(|| endpoint::error_api(path, speaks))
            }
        };
        let principal = identify(&snapshot, &fields, certificate, api.family());
        let verdict = principal.clone().and_then(|principal| match &place {
            Some(place) => Ok((place.pass(&snapshot, &principal, method)?, principal, None)),
            None => local_answer(&snapshot, &principal, endpoint, bare_path, end).map(|reply| (None, principal, reply)),
        });
        match verdict {
            Ok((_, _, Some(reply))) => Opened::Reply(reply, None),
            Ok((unread, principal, None)) => {
                let mut exchange = Self::new(engine, snapshot, fields, api, Some(principal));
                exchange.unread = unread;
                if exchange.unread.is_some() && end { exchange.without_body().await } else { Opened::Body(exchange) }
            }
            Err(rejection) => {
                let mut exchange = Self::new(engine, Arc::clone(&snapshot), fields, api, principal.ok());
                Opened::Reply(exchange.reject(&rejection), Some(exchange))
            }
        }
    }

    async fn without_body(mut self: Box<Self>) -> Opened {
        match self.request(Bytes::new()).await {
            Ok(sent) => Opened::Sent(self, Box::new(sent)),
            Err(reply) => Opened::Reply(reply, Some(self)),
        }
    }

    fn new(
        engine: &Arc<Engine>,
        snapshot: Arc<Snapshot>,
        fields: Fields,
        api: Api,
        principal: Option<Arc<Principal>>,
    ) -> Box<Self> {
        Box::new(Self {
            engine: Arc::clone(engine),
            snapshot,
            began: Instant::now(),
            began_at: jiff::Timestamp::now(),
            request_id: fields.get("x-request-id").unwrap_or_default().to_owned(),
            api,
            unread: None,
            principal,
            fields,
            facts: None,
            shared: None,
            reservation: None,
            input_estimate: 0,
            answering: Answering::Waiting,
            status: None,
            first_token: None,
            outcome: None,
            metadata: None,
        })
    }
}

/// Whose API the client speaks, by the headers that its SDK sends.
fn speaks(fields: &Fields) -> Family {
    let has = |names: [&str; 2]| names.into_iter().any(|name| fields.contains(name));
    if has(["anthropic-version", "x-api-key"]) {
        Family::Anthropic
    } else if has(["x-goog-api-client", "x-goog-api-key"]) {
        Family::Gemini
    } else {
        Family::OpenAi
    }
}

/// What the gateway answers by itself to somebody who may call; `None`: it is a provider's business, and the body comes next.
fn local_answer(
    snapshot: &Snapshot,
    principal: &Principal,
    endpoint: Endpoint<'_>,
    path: &str,
    end: bool,
) -> Result<Option<Reply>, Rejection> {
    match endpoint {
        Endpoint::Serve(api) if end => {
            let wanted = match api.task() {
                Task::Conversation(_) => "a JSON object with `model` and what is asked of it",
                Task::Call(call) if call.is_always_a_form() => "a form (multipart/form-data) with `model` and a file",
                Task::Call(_) | Task::Opaque => "a JSON object with `model`",
            };
            Err(Rejection::new(Kind::InvalidRequest, format!("the request has no body: send {wanted}")))
        }
        Endpoint::Serve(_) => Ok(None),
        Endpoint::Models(family) => Ok(Some(Reply::json(200, models::list(snapshot.routes.models(principal), family), "models"))),
        Endpoint::Model(family, id) => {
            snapshot.routes.select(id, principal)?;
            Ok(Some(Reply::json(200, models::one(id, family), "model")))
        }
        Endpoint::WrongMethod(method) => {
            let mut rejection = Rejection::new(Kind::WrongMethod, format!("{path} takes {method}"));
            rejection.headers.push((ALLOW, HeaderValue::from_static(method)));
            Err(rejection)
        }
        Endpoint::NotStored => Err(Rejection::new(
            Kind::NotStored,
            format!("{path} is not here: this gateway stores no responses, so keep their items and send them in `input`"),
        )),
        Endpoint::Unknown => Err(Rejection::new(
            Kind::UnknownEndpoint,
            format!(
                "{path} is not an endpoint of this gateway: it serves /v1/chat/completions, /v1/responses, /v1/completions, /v1/messages, /v1beta/models/MODEL:generateContent, /v1/models and others"
            ),
        )),
    }
}
