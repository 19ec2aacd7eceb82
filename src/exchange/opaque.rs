//! What the gateway does not know, asked of a provider that may be asked for it: `/openai/v1/files` for the provider `openai`.
//!
//! Decided by the headers alone: the provider must be open for it, the key must have leave, and the path must be plain. What is an
//! endpoint of the gateway's own never passes unread, under whatever name: its models, limits and accounts would be gone around.
//! The request then counts as one request and reserves no tokens; it goes to one provider, once.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use http::header::ALLOW;

use super::Exchange;
use super::endpoint::{self, Endpoint};
use super::request::Sent;
use super::shared::Original;
use crate::auth::Principal;
use crate::config::{Shown, Snapshot};
use crate::rejection::{Kind, Rejection};
use crate::route::Route;
use crate::translate::opaque::Below;
use crate::translate::{Api, Facts, Family};
use crate::upstream::Provider;

/// The methods that pass. Not TRACE, whose answer repeats the request with the gateway's credential.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");

/// Segments of the path and bytes of it that go into a usage record.
const TOLD_SEGMENTS: usize = 2;
const TOLD_BYTES: usize = 64;

/// A request that passes unread.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) route: Arc<Route>,
    /// The first segments of its path behind the provider's prefix, for the usage record.
    pub(super) path: String,
}

/// A path below a provider's name.
#[derive(Debug)]
pub(super) struct Place<'a> {
    below: Below<'a>,
    provider: &'a Provider,
}

impl<'a> Place<'a> {
    /// Finds the provider whose name is the first segment of a path.
    pub(super) fn find(snapshot: &'a Snapshot, path: &'a str) -> Option<Self> {
        let below = Below::of(path)?;
        let provider = snapshot.providers.iter().find(|provider| *provider.name == *below.provider)?;
        Some(Self { below, provider })
    }

    /// The API in whose words a client of it is answered.
    pub(super) fn api(&self) -> Option<Api> {
        self.provider.dialect.opaque().map(Api::Opaque)
    }

    /// What becomes of the request, if it may pass.
    pub(super) fn pass(&self, snapshot: &Snapshot, principal: &Principal, method: &str) -> Result<Option<Unread>, Rejection> {
        let (name, place) = (&*self.provider.name, Shown(self.below.place));
        let unknown = |message: String| Rejection::new(Kind::UnknownEndpoint, message);
        let route = snapshot.routes.opaque(name).ok_or_else(|| {
            unknown(format!(
                "`{place}` is not an endpoint of this gateway, and provider `{name}` may not be asked for others: \
                 `passthrough: true` at the provider and `passthrough: [{name}]` at the key would allow it"
            ))
        })?;
        if !principal.may_pass_to(name) {
            let message = format!(
                "This API key may not ask provider `{name}` for what the gateway does not know: `passthrough: [{name}]` at the key would allow it"
            );
            return Err(Rejection::new(Kind::PassthroughNotAllowed, message));
        }
        if !METHODS.contains(&method) {
            let mut rejection = Rejection::new(Kind::WrongMethod, format!("`{}` is not a method that passes", Shown(method)));
            rejection.headers.push((ALLOW, ALLOWED));
            return Err(rejection);
        }
        let operation = self.below.operation(self.provider.dialect).map_err(unknown)?;
        if self.below.readings().iter().any(|path| is_own(method, path)) {
            return Err(unknown(format!("`{place}` is an endpoint of the gateway itself: ask for it without `/{name}`")));
        }
        Ok(Some(Unread { route: Arc::clone(route), path: told(operation) }))
    }
}

/// Whether a path, or what stands behind any of its slashes with a version of its own, is one of the gateway's endpoints.
fn is_own(method: &str, path: &str) -> bool {
    let known = |path: &str| {
        [method, "POST"].iter().any(|method| {
            [Family::OpenAi, Family::Gemini].iter().any(|speaks| endpoint::find(method, path, *speaks) != Endpoint::Unknown)
        })
    };
    let generates = [":generatecontent", ":streamgeneratecontent"].iter().any(|method| path.ends_with(method));
    generates || path.match_indices("/v").any(|(at, _)| path.get(at..).is_some_and(known))
}

/// The first segments, bounded: what stands behind them is mostly an id.
fn told(operation: &str) -> String {
    let end = operation.match_indices('/').nth(TOLD_SEGMENTS).map_or(operation.len(), |(at, _)| at);
    // The path is ASCII, so that any byte is the beginning of a character.
    operation.get(..end.min(TOLD_BYTES)).unwrap_or_default().to_owned()
}

impl Exchange {
    /// Sends a request on as it is. It counts as one request.
    pub(super) async fn pass_on(&mut self, route: Arc<Route>, body: Bytes) -> Result<Sent, Rejection> {
        let original = Arc::new(Original { fields: std::mem::take(&mut self.fields), body });
        let incoming = original.incoming(self.api, self.snapshot.bounds.json_depth)?;
        let principal = self.principal.clone().ok_or_else(|| Rejection::new(Kind::Internal, "the caller is not known"))?;
        let facts = Facts::unread(route.model.clone());
        let order = self.reserve(&principal, &facts, &route, &original.fields, &incoming).await?;
        self.send(principal, &original, &incoming, facts, (route, order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateways_own_endpoints_are_found_wherever_they_stand() {
        for path in [
            "/v1/chat/completions",
            "/v1/messages",
            "/v1/models",
            "/v1/v1/chat/completions",
            "/v1/proxy/v1/responses",
            "/v1/responses/resp_1",
            "/v1beta/models/m:generatecontent",
            "/v1beta/models/m:streamgeneratecontent",
            "/v1beta/models/m:generateContent",
            "/v1beta/models/m:countTokens",
            "/v1beta/models/m:embedContent",
            "/v2/rerank",
            "/v1/embeddings",
        ] {
            assert!(is_own("GET", path), "{path}");
        }
        for path in ["/v1/files", "/v1/messages/batches", "/v1/threads/t/messages", "/v1/fine_tuning/jobs", "/v1beta/files"] {
            assert!(!is_own("POST", path) && !is_own("DELETE", path), "{path}");
        }
    }

    #[test]
    fn a_record_tells_the_first_segments_only() {
        assert_eq!(told("/files"), "/files");
        assert_eq!(told("/files/file-1/content"), "/files/file-1");
        assert_eq!(told(&"/x".repeat(400)), "/x/x");
        assert_eq!(told(&format!("/{}", "x".repeat(400))).len(), 64);
    }
}
