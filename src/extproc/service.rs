//! The gRPC services of a connection. `envoy.service.ext_proc.v3.ExternalProcessor` stands on HTTP/2's frames, without a layer
//! between: the generated service copies every body, and keeps buffers as large as the largest message for as long as a stream lives.
//! Beside it stands the standard health service.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use envoy_types::pb::envoy::service::ext_proc::v3::external_processor_server;
use futures_util::future::Either;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use hyper::body::{Body, Frame, Incoming};
use tonic::Status;
use tonic::codegen::Service as _;
use tonic_health::pb::health_server::{self, Health, HealthServer};

use super::Processor;
use super::inbound::Inbound;
use super::outbound::Outbound;
use crate::envoy::contract::ROLE_METADATA;

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// The services.
pub(super) struct Services<H> {
    processor: Processor,
    longest_message: usize,
    health: HealthServer<H>,
}

/// What a service sends.
pub(super) enum Sent {
    /// Messages to Envoy.
    Messages(Outbound),
    /// What the library sends: the state of health, or a status alone.
    Other(tonic::body::Body),
}

impl<H> Services<H> {
    /// `longest_message`: of those from Envoy, in bytes. Those to Envoy are not bounded here.
    pub(super) fn new(processor: Processor, longest_message: usize, health: HealthServer<H>) -> Self {
        Self { processor, longest_message, health }
    }

    fn process(&self, request: Request<Incoming>) -> Result<Response<Sent>, Status> {
        let (head, body) = request.into_parts();
        let role = head.headers.get(ROLE_METADATA).and_then(|role| role.to_str().ok()).unwrap_or_default();
        let answers = self.processor.process(role, Inbound::new(body, self.longest_message))?;
        let mut response = Response::new(Sent::Messages(answers));
        response.headers_mut().insert(CONTENT_TYPE, GRPC);
        Ok(response)
    }
}

type Answer = Result<Response<Sent>, Infallible>;

impl<H: Health> hyper::service::Service<Request<Incoming>> for Services<H> {
    type Response = Response<Sent>;
    type Error = Infallible;
    type Future = Either<Ready<Answer>, Pin<Box<dyn Future<Output = Answer> + Send>>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let path = request.uri().path().strip_prefix('/').and_then(|path| path.split_once('/'));
        let answer = match path {
            Some((external_processor_server::SERVICE_NAME, "Process")) => self.process(request),
            Some((health_server::SERVICE_NAME, _)) => {
                let answer = self.health.clone().call(request);
                return Either::Right(Box::pin(async { answer.await.map(|response| response.map(Sent::Other)) }));
            }
            _ => Err(Status::unimplemented("there is ExternalProcessor/Process here, and the health service")),
        };
        Either::Left(ready(Ok(answer.unwrap_or_else(|status| status.into_http().map(Sent::Other)))))
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match self.get_mut() {
            Self::Messages(messages) => Pin::new(messages).poll_frame(cx),
            Self::Other(other) => Pin::new(other).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Messages(messages) => messages.is_end_stream(),
            Self::Other(other) => other.is_end_stream(),
        }
    }
}
