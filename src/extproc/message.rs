//! Messages from Envoy: `envoy.service.ext_proc.v3.ProcessingRequest`, as far as anybody looks at it. Bodies are not copied out of
//! what was read.

use bytes::Bytes;
use envoy_types::pb::envoy::config::core::v3::Metadata;
use envoy_types::pb::envoy::service::ext_proc::v3::{HttpHeaders, HttpTrailers};
use envoy_types::pb::google::protobuf::Struct;

/// A message from Envoy.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Message {
    /// What it is about.
    #[prost(oneof = "Phase", tags = "2, 3, 4, 5, 6, 7")]
    pub(super) phase: Option<Phase>,
    /// Dynamic metadata that the filter forwards.
    #[prost(message, optional, tag = "8")]
    pub(super) metadata: Option<Metadata>,
    /// Attributes that the filter's config asks for.
    #[prost(message, repeated, tag = "9")]
    pub(super) attributes: Vec<Attributes>,
}

/// A part of a request or an answer.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Phase {
    #[prost(message, tag = "2")]
    RequestHeaders(HttpHeaders),
    #[prost(message, tag = "3")]
    AnswerHeaders(HttpHeaders),
    #[prost(message, tag = "4")]
    RequestBody(HttpBody),
    #[prost(message, tag = "5")]
    AnswerBody(HttpBody),
    #[prost(message, tag = "6")]
    RequestTrailers(HttpTrailers),
    #[prost(message, tag = "7")]
    AnswerTrailers(HttpTrailers),
}

/// A body, or a part of one.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct HttpBody {
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) body: Bytes,
    /// Whether it is the last part.
    #[prost(bool, tag = "2")]
    pub(super) end_of_stream: bool,
}

/// The attributes of one extension.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Attributes {
    #[prost(string, tag = "1")]
    pub(super) extension: String,
    #[prost(message, optional, tag = "2")]
    pub(super) values: Option<Struct>,
}
