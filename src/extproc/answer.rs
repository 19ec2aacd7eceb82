//! A message to Envoy, and how it becomes bytes.

use envoy_types::pb::envoy::service::ext_proc::v3::processing_response::Response;
use envoy_types::pb::envoy::service::ext_proc::v3::{ProcessingRequest, ProcessingResponse};
use prost::Message;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

use super::metadata;
use crate::exchange::Metadata;

/// The buffers of one stream begin with this size, in bytes: headers and most events fit. A larger message makes its own room.
const BUFFER: usize = 2 << 10;
/// No more is gathered before it is sent, in bytes.
const GATHERED: usize = 32 << 10;

/// A message to Envoy.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The message, without dynamic metadata.
    pub(super) message: ProcessingResponse,
    /// Dynamic metadata in Kanmon's namespace.
    pub(super) metadata: Option<Metadata>,
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        let message = ProcessingResponse { response: Some(response), ..ProcessingResponse::default() };
        Self { message, metadata: None }
    }
}

/// The wire format of both directions.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wire;

impl Codec for Wire {
    type Encode = Answer;
    type Decode = ProcessingRequest;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Wire {
    type Item = Answer;
    type Error = Status;

    /// Makes room for the whole message at once: a buffer that grows by doubling stays as large for as long as the stream lives.
    fn encode(&mut self, answer: Answer, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        let metadata = answer.metadata.as_ref();
        out.reserve(answer.message.encoded_len() + metadata.map_or(0, metadata::encoded_len));
        answer.message.encode_raw(out);
        if let Some(facts) = metadata {
            metadata::encode(facts, out);
        }
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BUFFER, GATHERED)
    }
}

impl Decoder for Wire {
    type Item = ProcessingRequest;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<ProcessingRequest>, Status> {
        ProcessingRequest::decode(bytes).map(Some).map_err(|error| Status::invalid_argument(error.to_string()))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BUFFER, GATHERED)
    }
}
