//! The processor that does nothing: the least that keeps the road through Envoy open, over the same protocol as Kanmon.
//!
//! What it answers is what any processor that holds the whole exchange has to answer: continue at the request's headers, the
//! route at its body, the mode for the body at the answer's headers, continue for each part of the answer. It keeps its streams
//! until Envoy ends them: one that is closed early makes Envoy go on without it, which would be cheating.

use anyhow::{Context, Result};
use envoy_types::pb::envoy::extensions::filters::http::ext_proc::v3::ProcessingMode;
use envoy_types::pb::envoy::extensions::filters::http::ext_proc::v3::processing_mode::{BodySendMode, HeaderSendMode};
use envoy_types::pb::envoy::service::ext_proc::v3::external_processor_server::{ExternalProcessor, ExternalProcessorServer};
use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request as Phase;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_response::Response as Answer;
use envoy_types::pb::envoy::service::ext_proc::v3::{
    BodyResponse, CommonResponse, HeaderMutation, HeadersResponse, HttpHeaders, ProcessingRequest, ProcessingResponse,
    TrailersResponse,
};
use envoy_types::pb::google::protobuf::{Struct, Value, value};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{Request, Response, Status, Streaming};

use crate::args;

/// As much as the rendered configuration lets Envoy send in one message, and more.
const LARGEST_MESSAGE: usize = 64 << 20;
const WINDOW: u32 = 16 << 20;

/// Serves until it is killed.
pub(crate) async fn run(args: args::Noop) -> Result<()> {
    let metadata: serde_json::Value = serde_json::from_str(&args.metadata).context("--metadata is not JSON")?;
    let route = fields(&metadata).context("--metadata is not an object")?;
    let sockets = UnixListenerStream::new(UnixListener::bind(&args.socket)?);
    let service = ExternalProcessorServer::new(Noop { route }).max_decoding_message_size(LARGEST_MESSAGE);
    tonic::transport::Server::builder()
        .initial_connection_window_size(WINDOW)
        .initial_stream_window_size(1 << 20)
        // Clients that leave reset their streams; the default closes the connection after 20 of them.
        .http2_max_pending_accept_reset_streams(Some(4096))
        .add_service(service)
        .serve_with_incoming(sockets)
        .await?;
    Ok(())
}

struct Noop {
    /// The dynamic metadata that chooses the route.
    route: Struct,
}

#[tonic::async_trait]
impl ExternalProcessor for Noop {
    type ProcessStream = BoxStream<'static, Result<ProcessingResponse, Status>>;

    async fn process(&self, request: Request<Streaming<ProcessingRequest>>) -> Result<Response<Self::ProcessStream>, Status> {
        let state = (request.into_inner(), self.route.clone());
        let answers = stream::try_unfold(state, |(mut phases, mut route)| async {
            let Some(message) = phases.message().await? else { return Ok(None) };
            let answer = answer(message, &mut route)?;
            Ok(Some((answer, (phases, route))))
        });
        Ok(Response::new(answers.boxed()))
    }
}

/// The least answer to a phase. Of the upstream filters only those of a second stream come here, with request headers.
fn answer(message: ProcessingRequest, route: &mut Struct) -> Result<ProcessingResponse, Status> {
    let phase = message.request.ok_or_else(|| Status::invalid_argument("a message without a phase"))?;
    let mut response = ProcessingResponse::default();
    response.response = Some(match phase {
        Phase::RequestHeaders(_) => Answer::RequestHeaders(HeadersResponse::default()),
        Phase::RequestBody(_) => {
            response.dynamic_metadata = Some(std::mem::take(route));
            Answer::RequestBody(BodyResponse { response: Some(choose_the_route_again()) })
        }
        Phase::ResponseHeaders(headers) => {
            response.mode_override = Some(body_mode(&headers));
            Answer::ResponseHeaders(HeadersResponse::default())
        }
        Phase::ResponseBody(_) => Answer::ResponseBody(BodyResponse::default()),
        Phase::RequestTrailers(_) => Answer::RequestTrailers(TrailersResponse::default()),
        Phase::ResponseTrailers(_) => Answer::ResponseTrailers(TrailersResponse::default()),
    });
    Ok(response)
}

/// Envoy clears its route cache only together with a change of headers; one that changes nothing will do.
fn choose_the_route_again() -> CommonResponse {
    let header_mutation = Some(HeaderMutation::default());
    CommonResponse { header_mutation, clear_route_cache: true, ..CommonResponse::default() }
}

/// As Kanmon wants it: every chunk of a stream as it comes, any other answer as a whole.
fn body_mode(headers: &HttpHeaders) -> ProcessingMode {
    let fields = headers.headers.iter().flat_map(|map| &map.headers);
    let mut content_types = fields.filter(|field| field.key == "content-type");
    let is_stream = content_types.any(|field| field.raw_value.starts_with(b"text/event-stream"));
    let body = if is_stream { BodySendMode::Streamed } else { BodySendMode::Buffered };
    ProcessingMode {
        response_body_mode: body.into(),
        response_trailer_mode: HeaderSendMode::Send.into(),
        ..ProcessingMode::default()
    }
}

/// JSON objects and strings are all that the metadata consists of.
fn fields(metadata: &serde_json::Value) -> Option<Struct> {
    let fields = metadata.as_object()?.iter().map(|(key, value)| {
        let kind = match value {
            serde_json::Value::String(text) => value::Kind::StringValue(text.clone()),
            object => value::Kind::StructValue(self::fields(object)?),
        };
        Some((key.clone(), Value { kind: Some(kind) }))
    });
    Some(Struct { fields: fields.collect::<Option<_>>()? })
}
