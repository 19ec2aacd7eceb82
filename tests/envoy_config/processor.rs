//! A processor that notes what Envoy sends and answers by a script.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use envoy_types::pb::envoy::service::ext_proc::v3::external_processor_server::{ExternalProcessor, ExternalProcessorServer};
use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request as Phase;
use envoy_types::pb::envoy::service::ext_proc::v3::{ProcessingRequest, ProcessingResponse};
use envoy_types::pb::google::protobuf::Value;
use envoy_types::pb::google::protobuf::value::Kind;
use kanmon::envoy::contract::{NAMESPACE, ROLE_METADATA};
use parking_lot::Mutex;
use tokio::net::UnixListener;
use tokio_stream::wrappers::{ReceiverStream, UnixListenerStream};
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

/// A message that Envoy sent.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// What the stream is for.
    pub(crate) role: String,
    /// The message.
    pub(crate) message: ProcessingRequest,
}

/// What to do about a message.
#[allow(clippy::large_enum_variant, reason = "short-lived, in tests")]
pub(crate) enum Reply {
    /// Answer.
    Send(ProcessingResponse),
    /// Answer more than once, and then end the stream with OK.
    SendAndClose(Vec<ProcessingResponse>),
    /// Say nothing.
    Hold,
    /// End the stream with OK.
    Close,
    /// End the stream with an error.
    Fail,
}

type Script = Arc<dyn Fn(&Seen) -> Reply + Send + Sync>;

/// The processor.
#[derive(Clone)]
pub(crate) struct Processor {
    seen: Arc<Mutex<Vec<Seen>>>,
    script: Script,
}

impl Processor {
    /// Serves on a socket for as long as the runtime lives.
    pub(crate) fn serve(socket: &Path, script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let processor = Self { seen: Arc::default(), script: Arc::new(script) };
        let listener = UnixListener::bind(socket).unwrap();
        let service = ExternalProcessorServer::new(processor.clone()).max_decoding_message_size(64 << 20);
        tokio::spawn(
            tonic::transport::Server::builder().add_service(service).serve_with_incoming(UnixListenerStream::new(listener)),
        );
        processor
    }

    /// What was seen since the last call.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock())
    }
}

#[tonic::async_trait]
impl ExternalProcessor for Processor {
    type ProcessStream = Pin<Box<dyn Stream<Item = Result<ProcessingResponse, Status>> + Send>>;

    async fn process(&self, request: Request<Streaming<ProcessingRequest>>) -> Result<Response<Self::ProcessStream>, Status> {
        let role = request.metadata().get(ROLE_METADATA).map(|role| role.to_str().unwrap().to_owned()).unwrap_or_default();
        let mut messages = request.into_inner();
        let (sender, receiver) = tokio::sync::mpsc::channel(8);
        let processor = self.clone();
        tokio::spawn(async move {
            while let Some(Ok(message)) = messages.next().await {
                let seen = Seen { role: role.clone(), message };
                let reply = (processor.script)(&seen);
                processor.seen.lock().push(seen);
                match reply {
                    Reply::Send(answer) => drop(sender.send(Ok(answer)).await),
                    Reply::Hold => {}
                    Reply::SendAndClose(answers) => {
                        for answer in answers {
                            drop(sender.send(Ok(answer)).await);
                        }
                        break;
                    }
                    Reply::Close => break,
                    Reply::Fail => {
                        drop(sender.send(Err(Status::internal("as the test wants it"))).await);
                        break;
                    }
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}

impl Seen {
    /// The phase in short: `gate.request_headers`.
    pub(crate) fn phase(&self) -> String {
        let phase = match &self.message.request {
            Some(Phase::RequestHeaders(_)) => "request_headers",
            Some(Phase::RequestBody(_)) => "request_body",
            Some(Phase::RequestTrailers(_)) => "request_trailers",
            Some(Phase::ResponseHeaders(_)) => "response_headers",
            Some(Phase::ResponseBody(_)) => "response_body",
            Some(Phase::ResponseTrailers(_)) => "response_trailers",
            _ => "nothing",
        };
        format!("{}.{phase}", self.role)
    }

    /// The body of the message, as text.
    pub(crate) fn text(&self) -> String {
        match &self.message.request {
            Some(Phase::RequestBody(body) | Phase::ResponseBody(body)) => String::from_utf8_lossy(&body.body).into_owned(),
            _ => String::new(),
        }
    }

    /// A header of the message.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let headers = match self.message.request.as_ref()? {
            Phase::RequestHeaders(headers) | Phase::ResponseHeaders(headers) => headers,
            _ => return None,
        };
        let header = headers.headers.as_ref()?.headers.iter().find(|header| header.key == name)?;
        Some(String::from_utf8(header.raw_value.clone()).unwrap())
    }

    /// A field of the dynamic metadata that came along, as text.
    pub(crate) fn metadata(&self, key: &str) -> Option<String> {
        let fields = &self.message.metadata_context.as_ref()?.filter_metadata.get(NAMESPACE)?.fields;
        text(fields.get(key)?)
    }

    /// An attribute of the message, as text.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        text(self.message.attributes.get("envoy.filters.http.ext_proc")?.fields.get(name)?)
    }
}

fn text(value: &Value) -> Option<String> {
    match value.kind.as_ref()? {
        Kind::StringValue(text) => Some(text.clone()),
        Kind::NumberValue(number) => Some(number.to_string()),
        other => Some(format!("{other:?}")),
    }
}
