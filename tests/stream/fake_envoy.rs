//! A fake Envoy: a gRPC client that plays the phases of an external-processing stream and shows what came back.

use std::collections::HashMap;

use envoy_types::pb::envoy::config::core::v3::{HeaderMap, HeaderValue, Metadata};
use envoy_types::pb::envoy::service::ext_proc::v3::body_mutation::Mutation;
use envoy_types::pb::envoy::service::ext_proc::v3::external_processor_client::ExternalProcessorClient;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_response::Response;
use envoy_types::pb::envoy::service::ext_proc::v3::{
    CommonResponse, HeaderMutation, HttpBody, HttpHeaders, HttpTrailers, ImmediateResponse, ProcessingRequest, ProcessingResponse,
};
use envoy_types::pb::google::protobuf::value::Kind;
use envoy_types::pb::google::protobuf::{Struct, Value};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

pub type Client = ExternalProcessorClient<Channel>;

/// One stream to the processor.
pub struct Stream {
    to: mpsc::Sender<ProcessingRequest>,
    from: Streaming<ProcessingResponse>,
}

/// What Envoy would tell besides headers and bodies.
#[derive(Default, Clone)]
pub struct Told<'a> {
    pub exchange: Option<f64>,
    pub target: Option<&'a str>,
    pub attempt: Option<u32>,
    pub details: Option<&'a str>,
    /// The first URI in the client's certificate.
    pub client_uri: Option<&'a str>,
}

impl Stream {
    pub async fn open(client: &mut Client, role: &'static str) -> Self {
        let (to, receiver) = mpsc::channel(16);
        let mut request = tonic::Request::new(ReceiverStream::new(receiver));
        request.metadata_mut().insert("x-kanmon-role", role.parse().unwrap());
        let from = client.process(request).await.unwrap().into_inner();
        Self { to, from }
    }

    pub async fn say(&mut self, request: Request, told: &Told<'_>) -> Result<Answer, Status> {
        self.send(request, told).await;
        self.hear().await
    }

    pub async fn send(&mut self, request: Request, told: &Told<'_>) {
        let message = ProcessingRequest {
            request: Some(request),
            attributes: attributes(told),
            metadata_context: told.exchange.map(metadata),
            ..ProcessingRequest::default()
        };
        self.to.send(message).await.unwrap();
    }

    /// The next answer; an end of the stream is told as the status `Ok`.
    pub async fn hear(&mut self) -> Result<Answer, Status> {
        match self.from.message().await? {
            Some(response) => Ok(Answer(response)),
            None => Err(Status::ok("the stream ended")),
        }
    }

    pub async fn request_headers(&mut self, fields: &[(&str, &str)]) -> Answer {
        self.say(Request::RequestHeaders(headers(fields, false)), &Told::default()).await.unwrap()
    }

    pub async fn request_body(&mut self, body: &str) -> Answer {
        let body = HttpBody { body: body.as_bytes().to_vec(), end_of_stream: true, ..HttpBody::default() };
        self.say(Request::RequestBody(body), &Told::default()).await.unwrap()
    }

    pub async fn response_headers(&mut self, fields: &[(&str, &str)], target: &str) -> Answer {
        let told = Told { target: Some(target), details: Some("via_upstream"), attempt: Some(1), ..Told::default() };
        self.say(Request::ResponseHeaders(headers(fields, false)), &told).await.unwrap()
    }

    pub async fn response_body(&mut self, body: &[u8], end: bool) -> Answer {
        let body = HttpBody { body: body.to_vec(), end_of_stream: end, ..HttpBody::default() };
        self.say(Request::ResponseBody(body), &Told::default()).await.unwrap()
    }

    pub async fn response_trailers(&mut self) -> Result<Answer, Status> {
        self.say(Request::ResponseTrailers(HttpTrailers::default()), &Told::default()).await
    }
}

/// What the processor answered.
#[derive(Debug)]
pub struct Answer(pub ProcessingResponse);

impl Answer {
    pub fn immediate(&self) -> &ImmediateResponse {
        match &self.0.response {
            Some(Response::ImmediateResponse(immediate)) => immediate,
            other => panic!("not an immediate response: {other:?}"),
        }
    }

    /// Whether the road ends here.
    pub fn is_immediate(&self) -> bool {
        matches!(self.0.response, Some(Response::ImmediateResponse(_)))
    }

    pub fn immediate_json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.immediate().body).unwrap()
    }

    pub fn status(&self) -> i32 {
        self.immediate().status.unwrap().code
    }

    pub fn common(&self) -> CommonResponse {
        match self.0.response.clone() {
            Some(Response::RequestHeaders(headers) | Response::ResponseHeaders(headers)) => headers.response.unwrap_or_default(),
            Some(Response::RequestBody(body) | Response::ResponseBody(body)) => body.response.unwrap_or_default(),
            other => panic!("not an answer that goes on: {other:?}"),
        }
    }

    /// The body that was put in; `None`: the body goes on as it is.
    pub fn body(&self) -> Option<Vec<u8>> {
        match self.common().body_mutation?.mutation? {
            Mutation::Body(body) => Some(body),
            Mutation::ClearBody(_) => Some(Vec::new()),
            Mutation::StreamedResponse(_) => panic!("not in this mode"),
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body().expect("the body was replaced")).unwrap()
    }

    fn mutation(&self) -> HeaderMutation {
        match &self.0.response {
            Some(Response::ImmediateResponse(immediate)) => immediate.headers.clone().unwrap_or_default(),
            _ => self.common().header_mutation.unwrap_or_default(),
        }
    }

    /// The headers that were set.
    pub fn set(&self) -> HashMap<String, String> {
        let set = self.mutation().set_headers.into_iter().filter_map(|option| option.header);
        set.map(|header| (header.key, String::from_utf8(header.raw_value).unwrap())).collect()
    }

    /// The headers that were removed.
    pub fn removed(&self) -> Vec<String> {
        self.mutation().remove_headers
    }

    /// A fact in Kanmon's dynamic metadata.
    pub fn fact(&self, name: &str) -> Option<Kind> {
        let own = self.0.dynamic_metadata.as_ref()?.fields.get("kanmon")?.kind.clone()?;
        let Kind::StructValue(own) = own else { return None };
        own.fields.get(name)?.kind.clone()
    }

    pub fn text_fact(&self, name: &str) -> String {
        match self.fact(name) {
            Some(Kind::StringValue(text)) => text,
            other => panic!("no text under {name}: {other:?}"),
        }
    }

    pub fn number_fact(&self, name: &str) -> f64 {
        match self.fact(name) {
            Some(Kind::NumberValue(number)) => number,
            other => panic!("no number under {name}: {other:?}"),
        }
    }
}

pub fn headers(fields: &[(&str, &str)], end: bool) -> HttpHeaders {
    let headers = fields.iter().map(|(key, value)| HeaderValue {
        key: (*key).to_owned(),
        value: String::new(),
        raw_value: value.as_bytes().to_vec(),
    });
    HttpHeaders { headers: Some(HeaderMap { headers: headers.collect() }), end_of_stream: end, ..HttpHeaders::default() }
}

fn attributes(told: &Told<'_>) -> HashMap<String, Struct> {
    let text = |text: &str| Value { kind: Some(Kind::StringValue(text.to_owned())) };
    let mut fields = HashMap::new();
    if let Some(target) = told.target {
        fields.insert("xds.upstream_host_metadata.filter_metadata['kanmon'].target".to_owned(), text(target));
    }
    if let Some(details) = told.details {
        fields.insert("response.code_details".to_owned(), text(details));
    }
    if let Some(uri) = told.client_uri {
        fields.insert("connection.uri_san_peer_certificate".to_owned(), text(uri));
    }
    if let Some(attempt) = told.attempt {
        fields.insert("upstream.request_attempt_count".to_owned(), Value { kind: Some(Kind::NumberValue(f64::from(attempt))) });
    }
    HashMap::from([("envoy.filters.http.ext_proc".to_owned(), Struct { fields })])
}

fn metadata(exchange: f64) -> Metadata {
    let fields = HashMap::from([("exchange".to_owned(), Value { kind: Some(Kind::NumberValue(exchange)) })]);
    Metadata { filter_metadata: HashMap::from([("kanmon".to_owned(), Struct { fields })]), ..Metadata::default() }
}
