//! Answers of a processor, put together.

use std::collections::HashMap;

use envoy_types::pb::envoy::config::core::v3::header_value_option::HeaderAppendAction;
use envoy_types::pb::envoy::config::core::v3::{HeaderValue, HeaderValueOption};
use envoy_types::pb::envoy::service::ext_proc::v3::common_response::ResponseStatus;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request as Phase;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_response::Response as Answer;
use envoy_types::pb::envoy::service::ext_proc::v3::{
    BodyMutation, BodyResponse, CommonResponse, HeaderMutation, HeadersResponse, ImmediateResponse, ProcessingResponse,
    TrailersResponse, body_mutation,
};
use envoy_types::pb::envoy::r#type::v3::HttpStatus;
use envoy_types::pb::google::protobuf::value::Kind;
use envoy_types::pb::google::protobuf::{Struct, Value};

use crate::processor::Seen;

/// Nothing to change.
pub(crate) fn go_on(seen: &Seen) -> ProcessingResponse {
    with(seen, CommonResponse::default())
}

/// The answer to a message's phase.
pub(crate) fn with(seen: &Seen, common: CommonResponse) -> ProcessingResponse {
    let response = Some(common);
    let answer = match seen.message.request.as_ref().unwrap() {
        Phase::RequestHeaders(_) => Answer::RequestHeaders(HeadersResponse { response }),
        Phase::ResponseHeaders(_) => Answer::ResponseHeaders(HeadersResponse { response }),
        Phase::RequestBody(_) => Answer::RequestBody(BodyResponse { response }),
        Phase::ResponseBody(_) => Answer::ResponseBody(BodyResponse { response }),
        Phase::RequestTrailers(_) => Answer::RequestTrailers(TrailersResponse::default()),
        Phase::ResponseTrailers(_) => Answer::ResponseTrailers(TrailersResponse::default()),
    };
    ProcessingResponse { response: Some(answer), ..Default::default() }
}

/// A request rewritten: headers, body and the route, chosen by dynamic metadata; with a key, and what the client said.
pub(crate) fn decide(seen: &Seen, route: &str, headers: &[(&str, &str)], body: &str) -> ProcessingResponse {
    let length = body.len().to_string();
    let mut headers = headers.to_vec();
    headers.push(("content-length", &length));
    let common = CommonResponse {
        header_mutation: Some(set(&headers)),
        body_mutation: Some(replaced(body)),
        clear_route_cache: true,
        ..Default::default()
    };
    let mut answer = with(seen, common);
    let said: String = seen.text().chars().take(16).collect();
    answer.dynamic_metadata = Some(metadata(&[("route", route), ("key", "42"), ("said", &said)]));
    answer
}

/// An attempt rewritten at its headers.
pub(crate) fn replace(seen: &Seen, headers: &[(&str, &str)], body: &str) -> ProcessingResponse {
    let common = CommonResponse {
        status: ResponseStatus::ContinueAndReplace.into(),
        header_mutation: Some(set(headers)),
        body_mutation: Some(replaced(body)),
        ..Default::default()
    };
    with(seen, common)
}

/// An answer without a provider.
pub(crate) fn immediate(status: i32, body: &str) -> ProcessingResponse {
    let response =
        ImmediateResponse { status: Some(HttpStatus { code: status }), body: body.as_bytes().to_vec(), ..Default::default() };
    ProcessingResponse { response: Some(Answer::ImmediateResponse(response)), ..Default::default() }
}

/// Response headers rewritten.
pub(crate) fn change(seen: &Seen, headers: &[(&str, &str)]) -> ProcessingResponse {
    with(seen, CommonResponse { header_mutation: Some(set(headers)), ..Default::default() })
}

fn replaced(body: &str) -> BodyMutation {
    BodyMutation { mutation: Some(body_mutation::Mutation::Body(body.as_bytes().to_vec())) }
}

fn set(headers: &[(&str, &str)]) -> HeaderMutation {
    let one = |(name, value): &(&str, &str)| HeaderValueOption {
        header: Some(HeaderValue { key: (*name).to_owned(), raw_value: value.as_bytes().to_vec(), ..Default::default() }),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd.into(),
        ..Default::default()
    };
    HeaderMutation { set_headers: headers.iter().map(one).collect(), ..Default::default() }
}

fn metadata(fields: &[(&str, &str)]) -> Struct {
    let text = |text: &str| Value { kind: Some(Kind::StringValue(text.to_owned())) };
    let fields = fields.iter().map(|(key, value)| ((*key).to_owned(), text(value))).collect::<HashMap<_, _>>();
    let namespace = Value { kind: Some(Kind::StructValue(Struct { fields })) };
    Struct { fields: [("kanmon".to_owned(), namespace)].into() }
}
