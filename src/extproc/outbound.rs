//! Messages to Envoy, and how they become the frames of HTTP/2.
//!
//! A message is encoded as soon as it is made, into memory of its own size, which is let go when it has been sent.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{BufMut as _, Bytes, BytesMut};
use envoy_types::pb::envoy::service::ext_proc::v3::ProcessingResponse;
use envoy_types::pb::envoy::service::ext_proc::v3::processing_response::Response;
use futures_util::Stream;
use http::HeaderMap;
use hyper::body::{Body, Frame};
use prost::Message as _;
use tonic::Status;

use super::inbound::PREFIX;
use super::metadata::Measured;
use crate::exchange::Metadata;

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

/// Messages that wait to be sent.
#[derive(Debug, Default)]
pub(super) struct Outbox(BytesMut);

impl Outbox {
    /// Adds a message.
    pub(super) fn push(&mut self, answer: &Answer) {
        let metadata = answer.metadata.as_ref().map(Measured::of);
        let length = answer.message.encoded_len() + metadata.as_ref().map_or(0, Measured::len);
        self.0.reserve(PREFIX + length);
        self.0.put_u8(0);
        // Bodies are bounded far below 4 GiB.
        self.0.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
        answer.message.encode_raw(&mut self.0);
        if let Some(metadata) = metadata {
            metadata.encode(&mut self.0);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is time to send them.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= GATHERED
    }

    /// Takes them, to be sent.
    pub(super) fn take(&mut self) -> Bytes {
        std::mem::take(&mut self.0).freeze()
    }
}

/// The outbound half of a stream: what is sent, and the status at the end.
pub(super) struct Outbound {
    sent: Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>,
    state: State,
}

enum State {
    Open,
    /// All that is left to be sent is the status.
    Ending(Status),
    Ended,
}

impl Outbound {
    pub(super) fn new(sent: impl Stream<Item = Result<Bytes, Status>> + Send + 'static) -> Self {
        Self { sent: Box::pin(sent), state: State::Open }
    }
}

impl Body for Outbound {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if matches!(self.state, State::Open) {
            self.state = State::Ending(match ready!(self.sent.as_mut().poll_next(cx)) {
                Some(Ok(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Some(Err(status)) => status,
                None => Status::ok(""),
            });
        }
        Poll::Ready(match std::mem::replace(&mut self.state, State::Ended) {
            State::Ending(status) => {
                let mut trailers = HeaderMap::new();
                Some(status.add_header(&mut trailers).map(|()| Frame::trailers(trailers)))
            }
            State::Open | State::Ended => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.state, State::Ended)
    }
}
