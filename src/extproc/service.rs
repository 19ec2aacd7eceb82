//! The gRPC service `envoy.service.ext_proc.v3.ExternalProcessor`, by hand: the generated one has a wire format of its own.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use envoy_types::pb::envoy::service::ext_proc::v3::ProcessingRequest;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};
use tonic::server::{Grpc, NamedService, StreamingService};
use tonic::{Code, Request, Response, Status, Streaming};

use super::answer::{Answer, Wire};
use super::{Answers, Processor};

const PROCESS: &str = "/envoy.service.ext_proc.v3.ExternalProcessor/Process";

/// The service.
#[derive(Debug, Clone)]
pub(super) struct ExternalProcessor {
    processor: Processor,
    largest_message: usize,
}

impl ExternalProcessor {
    /// `largest_message`: of those from Envoy, in bytes. Those to Envoy are not bounded here.
    pub(super) fn new(processor: Processor, largest_message: usize) -> Self {
        Self { processor, largest_message }
    }
}

impl NamedService for ExternalProcessor {
    const NAME: &'static str = "envoy.service.ext_proc.v3.ExternalProcessor";
}

impl Service<http::Request<Body>> for ExternalProcessor {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        if request.uri().path() != PROCESS {
            return Box::pin(ready(Ok(unimplemented())));
        }
        let (process, largest) = (Process(self.processor.clone()), self.largest_message);
        Box::pin(async move {
            let mut grpc = Grpc::new(Wire).max_decoding_message_size(largest).max_encoding_message_size(usize::MAX);
            Ok(grpc.streaming(process, request).await)
        })
    }
}

struct Process(Processor);

impl StreamingService<ProcessingRequest> for Process {
    type Response = Answer;
    type ResponseStream = Answers;
    type Future = Ready<Result<Response<Answers>, Status>>;

    fn call(&mut self, request: Request<Streaming<ProcessingRequest>>) -> Self::Future {
        ready(self.0.process(request))
    }
}

fn unimplemented() -> http::Response<Body> {
    let mut response = http::Response::new(Body::default());
    response.headers_mut().insert(Status::GRPC_STATUS, (Code::Unimplemented as i32).into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}
