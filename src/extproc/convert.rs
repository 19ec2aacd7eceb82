//! Between Envoy's messages and plain data.

use envoy_types::pb::envoy::config::core::v3;
use envoy_types::pb::envoy::config::core::v3::header_value_option::HeaderAppendAction;
use envoy_types::pb::envoy::config::core::v3::{HeaderMap, HeaderValue, HeaderValueOption};
use envoy_types::pb::envoy::extensions::filters::http::ext_proc::v3::ProcessingMode;
use envoy_types::pb::envoy::extensions::filters::http::ext_proc::v3::processing_mode::{BodySendMode, HeaderSendMode};
use envoy_types::pb::envoy::service::ext_proc::v3::body_mutation::Mutation;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_response::Response;
use envoy_types::pb::envoy::service::ext_proc::v3::{BodyMutation, HeaderMutation, ImmediateResponse};
use envoy_types::pb::envoy::r#type::v3::HttpStatus;
use envoy_types::pb::google::protobuf::value::Kind;

use super::message::Message;
use crate::auth::certificate::Certificate;
use crate::envoy::contract::{
    ATTEMPT_ATTRIBUTE, DETAILS_ATTRIBUTE, DNS_ATTRIBUTE, EXCHANGE_KEY, NAMESPACE, SUBJECT_ATTRIBUTE, TARGET_ATTRIBUTE,
    URI_ATTRIBUTE,
};
use crate::exchange::answer::BodyMode;
use crate::exchange::fields::{Edits, Fields};
use crate::exchange::reply::Reply;

/// Under this key Envoy sends the attributes that the filter's config asks for.
const ATTRIBUTES: &str = "envoy.filters.http.ext_proc";

/// Header fields, moved out of Envoy's message. Envoy puts values into `raw_value`.
pub(super) fn fields(headers: Option<HeaderMap>) -> Fields {
    let headers = headers.map(|map| map.headers).unwrap_or_default();
    headers
        .into_iter()
        .map(|HeaderValue { key, value, raw_value }| (key, if raw_value.is_empty() { value.into_bytes() } else { raw_value }))
        .collect()
}

/// Header changes in Envoy's words. `None`: no change.
pub(super) fn mutation(edits: Edits) -> Option<HeaderMutation> {
    if edits == Edits::default() {
        return None;
    }
    let pseudo = edits.pseudo.into_iter().map(|(name, value)| overwrite(name.to_owned(), value.into_bytes()));
    let set = edits.set.into_iter().map(|(name, value)| overwrite(name.as_str().to_owned(), value.as_bytes().to_vec()));
    Some(HeaderMutation { set_headers: pseudo.chain(set).collect(), remove_headers: edits.remove })
}

fn overwrite(key: String, raw_value: Vec<u8>) -> HeaderValueOption {
    HeaderValueOption {
        header: Some(HeaderValue { key, value: String::new(), raw_value }),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd.into(),
        ..HeaderValueOption::default()
    }
}

/// A body in Envoy's words.
pub(super) fn body(body: Vec<u8>) -> BodyMutation {
    let mutation = if body.is_empty() { Mutation::ClearBody(true) } else { Mutation::Body(body) };
    BodyMutation { mutation: Some(mutation) }
}

/// An answer of the gateway in Envoy's words.
pub(super) fn immediate(reply: Reply) -> Response {
    let edits = Edits { set: reply.headers, ..Edits::default() };
    Response::ImmediateResponse(ImmediateResponse {
        status: Some(HttpStatus { code: i32::from(reply.status) }),
        headers: mutation(edits),
        body: reply.body.to_vec(),
        grpc_status: None,
        details: reply.details,
    })
}

/// How the answer's body is wanted. Trailers are always wanted: without them a body that ends with trailers never ends.
pub(super) fn mode_override(mode: BodyMode) -> ProcessingMode {
    let body = match mode {
        BodyMode::None => BodySendMode::None,
        BodyMode::Streamed => BodySendMode::Streamed,
        BodyMode::Buffered => BodySendMode::Buffered,
    };
    let trailers = if mode == BodyMode::None { HeaderSendMode::Skip } else { HeaderSendMode::Send };
    ProcessingMode { response_body_mode: body.into(), response_trailer_mode: trailers.into(), ..ProcessingMode::default() }
}

/// What Envoy tells besides headers and bodies.
#[derive(Debug, Default)]
pub(super) struct Context {
    /// The number of the exchange.
    pub(super) exchange: Option<u64>,
    /// Which target the chosen host belongs to.
    pub(super) target: Option<String>,
    /// Which attempt this is, from 1.
    pub(super) attempt: Option<u32>,
    /// How Envoy came by an answer.
    pub(super) details: Option<String>,
}

/// The attributes that Envoy has sent along, by name.
fn attributes(message: &mut Message) -> impl FnMut(&str) -> Option<String> + use<> {
    let known = std::mem::take(&mut message.attributes).into_iter().find(|known| known.extension == ATTRIBUTES);
    let mut attributes = known.and_then(|known| known.values).unwrap_or_default().fields;
    move |name| match attributes.remove(name)?.kind? {
        Kind::StringValue(text) => Some(text),
        Kind::NumberValue(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The client's certificate, if the filter's config asks for it and there is one.
pub(super) fn certificate(message: &mut Message) -> Option<Certificate> {
    if message.attributes.is_empty() {
        return None;
    }
    let mut name = attributes(message);
    let mut name = |attribute: &str| name(attribute).filter(|name| !name.is_empty());
    let (uris, dns) = (name(URI_ATTRIBUTE).into_iter().collect(), name(DNS_ATTRIBUTE).into_iter().collect());
    Some(Certificate { uris, dns, subject: name(SUBJECT_ATTRIBUTE) })
}

impl Context {
    /// Takes the context out of a message.
    pub(super) fn take(message: &mut Message) -> Self {
        let mut text = attributes(message);
        Self {
            exchange: message.metadata.take().and_then(exchange),
            target: text(TARGET_ATTRIBUTE),
            attempt: text(ATTEMPT_ATTRIBUTE).and_then(|attempt| attempt.parse().ok()),
            details: text(DETAILS_ATTRIBUTE),
        }
    }
}

fn exchange(mut metadata: v3::Metadata) -> Option<u64> {
    match metadata.filter_metadata.remove(NAMESPACE)?.fields.remove(EXCHANGE_KEY)?.kind? {
        // Numbers of exchanges are below 2^53: exact.
        Kind::NumberValue(number) if (0.0..9_007_199_254_740_992.0).contains(&number) => Some(number as u64),
        _ => None,
    }
}
