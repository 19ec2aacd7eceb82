//! The names that the rendered Envoy configuration and the exchange engine share: roles of streams, metadata, attributes and
//! the headers with which they talk to each other. None of these headers is ever trusted from a client nor sent to a provider.

/// The dynamic metadata namespace, the host metadata namespace and the namespace in the access log.
pub const NAMESPACE: &str = "kanmon";
/// Key of the dynamic metadata that chooses the Envoy route (`route::Order::envoy_route`).
pub const ROUTE_KEY: &str = "route";
/// Key of the dynamic metadata by which attempt, watch and peek streams find their exchange.
pub const EXCHANGE_KEY: &str = "exchange";
/// Key of the host metadata that names the target (`route::Choice::target`).
pub const TARGET_KEY: &str = "target";
/// Key of the host metadata that is `yes` where the provider's streams are peeked at.
pub const PEEK_KEY: &str = "peek";

/// The gRPC metadata that tells what a stream is for.
pub const ROLE_METADATA: &str = "x-kanmon-role";
/// The stream of a request (downstream): one for each.
pub const GATE: &str = "gate";
/// The stream of an attempt that the gate did not translate for (upstream): request headers only.
pub const ATTEMPT: &str = "attempt";
/// The stream of an attempt that was answered with 4xx or 5xx (upstream): response headers only.
pub const WATCH: &str = "watch";
/// The stream of an attempt that was answered with an event stream by a provider with `peek` (upstream): response headers and
/// body. It must be closed as soon as its first event is judged; an open one crashes Envoy under back-pressure.
pub const PEEK: &str = "peek";

/// The attribute with the target that the attempt goes to.
pub const TARGET_ATTRIBUTE: &str = "xds.upstream_host_metadata.filter_metadata['kanmon'].target";
/// The attribute with the number of the attempt, from 1.
pub const ATTEMPT_ATTRIBUTE: &str = "upstream.request_attempt_count";
/// The attribute with the reason of an answer, in Envoy's words.
pub const DETAILS_ATTRIBUTE: &str = "response.code_details";

/// The attribute with the first URI among the names in the client's certificate.
pub const URI_ATTRIBUTE: &str = "connection.uri_san_peer_certificate";
/// The attribute with the first DNS name in it.
pub const DNS_ATTRIBUTE: &str = "connection.dns_san_peer_certificate";
/// The attribute with its subject.
pub const SUBJECT_ATTRIBUTE: &str = "connection.subject_peer_certificate";

/// The header in which the attempt stream tells the length of the body that it sends along. Envoy drops `content-length` when a
/// body is replaced together with the headers; the configuration puts it back from here. Without it the body goes out chunked.
pub const CONTENT_LENGTH_HEADER: &str = "x-kanmon-content-length";
/// The header in which the attempt stream names the target that it has translated for. An attempt that goes anywhere else, or for
/// which no stream has answered, is a 503 and is not sent.
pub const TRANSLATED_HEADER: &str = "x-kanmon-translated";
/// The response header with which the watch and peek streams make Envoy try the next provider whatever the status.
pub const FALLBACK_HEADER: &str = "x-kanmon-fallback";
