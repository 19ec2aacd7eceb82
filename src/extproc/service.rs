//! The gRPC service `envoy.service.ext_proc.v3.ExternalProcessor`, by hand: the generated one copies every body, and keeps
//! buffers as large as the largest message for as long as a stream lives.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use http::HeaderValue;
use http::header::CONTENT_TYPE;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;

use super::Processor;
use super::inbound::Inbound;
use crate::envoy::contract::ROLE_METADATA;

const PROCESS: &str = "/envoy.service.ext_proc.v3.ExternalProcessor/Process";
const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// The service.
#[derive(Debug, Clone)]
pub(super) struct ExternalProcessor {
    processor: Processor,
    longest_message: usize,
}

impl ExternalProcessor {
    /// `longest_message`: of those from Envoy, in bytes. Those to Envoy are not bounded here.
    pub(super) fn new(processor: Processor, longest_message: usize) -> Self {
        Self { processor, longest_message }
    }
}

impl NamedService for ExternalProcessor {
    const NAME: &'static str = "envoy.service.ext_proc.v3.ExternalProcessor";
}

impl Service<http::Request<Body>> for ExternalProcessor {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        ready(Ok(self.answer(request)))
    }
}

impl ExternalProcessor {
    fn answer(&self, request: http::Request<Body>) -> http::Response<Body> {
        if request.uri().path() != PROCESS {
            return Status::unimplemented("this service has the one method Process").into_http();
        }
        let (head, body) = request.into_parts();
        let role = head.headers.get(ROLE_METADATA).and_then(|role| role.to_str().ok()).unwrap_or_default();
        match self.processor.process(role, Inbound::new(body, self.longest_message)) {
            Ok(answers) => {
                let mut response = http::Response::new(answers);
                response.headers_mut().insert(CONTENT_TYPE, GRPC);
                response
            }
            Err(status) => status.into_http(),
        }
    }
}
