//! What the processor of most tests does: the gate sends the request to the first provider of a route, the attempt stream
//! translates for whichever comes, everything else passes.

use std::net::SocketAddr;
use std::sync::Arc;

use kanmon::config::Snapshot;
use kanmon::envoy::contract::{CONTENT_LENGTH_HEADER, TARGET_ATTRIBUTE, TRANSLATED_HEADER};
use kanmon::route::Fallback;
use kanmon::upstream::Provider;

use crate::answers::{decide, go_on, replace};
use crate::gateway::{fallback, provider, route, snapshot};
use crate::processor::{Reply, Seen};

/// A snapshot with one route over providers at addresses, and the Envoy route of its first order.
pub(crate) fn one_route(providers: &[(&str, SocketAddr)]) -> (Snapshot, String) {
    one_route_with(providers.iter().map(|(name, address)| provider(name, *address)).collect(), fallback())
}

/// A snapshot with one route, and the Envoy route of its first order.
pub(crate) fn one_route_with(providers: Vec<Provider>, fallback: Fallback) -> (Snapshot, String) {
    let providers: Vec<Arc<Provider>> = providers.into_iter().map(Arc::new).collect();
    let route = route("m", &providers.iter().collect::<Vec<_>>(), fallback);
    let name = route.orders[0].envoy_route.to_string();
    (snapshot(vec![route]), name)
}

/// The script, with an Envoy route whose first provider is `a`.
pub(crate) fn translating(route: String) -> impl Fn(&Seen) -> Reply + Send + Sync + 'static {
    translating_except(route, |_| None)
}

/// The script, with exceptions.
pub(crate) fn translating_except(
    route: String,
    exception: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static,
) -> impl Fn(&Seen) -> Reply + Send + Sync + 'static {
    move |seen| match (exception(seen), seen.phase().as_str()) {
        (Some(reply), _) => reply,
        (None, "gate.request_body") => {
            Reply::Send(decide(seen, &route, &[(":path", "/for/a"), ("authorization", "key-of-a")], "body for a"))
        }
        (None, "attempt.request_headers") => Reply::Send(translate(seen, &seen.attribute(TARGET_ATTRIBUTE).unwrap())),
        (None, _) => Reply::Send(go_on(seen)),
    }
}

/// The answer of an attempt stream that has translated for `target`.
pub(crate) fn translate(seen: &Seen, target: &str) -> envoy_types::pb::envoy::service::ext_proc::v3::ProcessingResponse {
    let body = format!("body for {target}, attempt {}", seen.header("x-envoy-attempt-count").unwrap());
    let headers = [
        (":path", &*format!("/for/{target}")),
        (":authority", &*format!("{target}.example")),
        ("authorization", &*format!("key-of-{target}")),
        (CONTENT_LENGTH_HEADER, &*body.len().to_string()),
        (TRANSLATED_HEADER, target),
    ];
    replace(seen, &headers, &body)
}
