//! Messages from Envoy, out of the frames of HTTP/2: gRPC's messages, each with its length before it.
//!
//! A message that lies in one frame is read where it lies. One that does not is gathered in memory of exactly its size. Both are let
//! go with the message: a stream that waits for its provider holds nothing of what it has read. (tonic's own reader keeps a buffer as large
//! as the largest message for as long as the stream lives.)

use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use hyper::body::{Body, Incoming};
use prost::Message as _;
use tonic::{Code, Status};

use super::message::Message;

/// What stands before each message: whether it is compressed, and its length.
pub(super) const PREFIX: usize = 5;

/// The inbound half of a stream.
pub(super) struct Inbound<B = Incoming> {
    body: B,
    /// What has been read and not been used.
    rest: Bytes,
    /// The length of the message that comes next, once its prefix has been read.
    length: Option<usize>,
    /// The beginning of what does not lie in one frame.
    gathered: BytesMut,
    /// The longest message that is taken, in bytes.
    longest: usize,
}

impl<B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Unpin> Inbound<B> {
    pub(super) fn new(body: B, longest: usize) -> Self {
        Self { body, rest: Bytes::new(), length: None, gathered: BytesMut::new(), longest }
    }

    /// The next message; `None` when Envoy has closed its half, or has reset the stream.
    ///
    /// # Errors
    /// It cannot be read. The stream must not end with OK then.
    pub(super) async fn message(&mut self) -> Result<Option<Message>, Status> {
        poll_fn(|cx| self.poll_message(cx)).await
    }

    /// The next message, if it is there already.
    pub(super) async fn message_now(&mut self) -> Poll<Result<Option<Message>, Status>> {
        poll_fn(|cx| Poll::Ready(self.poll_message(cx))).await
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Message>, Status>> {
        let length = match self.length {
            Some(length) => length,
            None => match ready!(self.poll_bytes(PREFIX, cx))? {
                Some(prefix) => *self.length.insert(self.announced(prefix)?),
                None => return Poll::Ready(Ok(None)),
            },
        };
        let bytes = ready!(self.poll_bytes(length, cx))?.ok_or_else(cut)?;
        self.length = None;
        let message = Message::decode(bytes).map_err(|error| Status::invalid_argument(error.to_string()))?;
        Poll::Ready(Ok(Some(message)))
    }

    /// The length that a prefix tells.
    fn announced(&self, mut prefix: Bytes) -> Result<usize, Status> {
        if prefix.get_u8() != 0 {
            return Err(Status::unimplemented("compressed messages are not taken"));
        }
        let length = usize::try_from(prefix.get_u32()).unwrap_or(usize::MAX);
        let refuse = || Status::out_of_range(format!("a message of {length} bytes is longer than {} bytes", self.longest));
        (length <= self.longest).then_some(length).ok_or_else(refuse)
    }

    /// The next so many bytes; `None` if the stream ends before the first of them.
    fn poll_bytes(&mut self, wanted: usize, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        loop {
            let missing = wanted - self.gathered.len();
            if self.rest.len() >= missing {
                let last = self.rest.split_to(missing);
                if self.gathered.is_empty() {
                    return Poll::Ready(Ok(Some(last)));
                }
                self.gathered.extend_from_slice(&last);
                return Poll::Ready(Ok(Some(std::mem::take(&mut self.gathered).freeze())));
            }
            if !self.rest.is_empty() {
                self.gathered.reserve(missing);
                self.gathered.extend_from_slice(&std::mem::take(&mut self.rest));
            }
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => {
                    let status = Status::from_error(error.into());
                    let reset = status.code() == Code::Cancelled;
                    return Poll::Ready(if reset { Ok(None) } else { Err(status) });
                }
                None if self.gathered.is_empty() => return Poll::Ready(Ok(None)),
                None => return Poll::Ready(Err(cut())),
            }
        }
    }
}

fn cut() -> Status {
    Status::internal("the stream ended within a message")
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::convert::Infallible;

    use bytes::BufMut as _;
    use envoy_types::pb::envoy::config::core::v3::{HeaderMap, HeaderValue};
    use envoy_types::pb::envoy::service::ext_proc::v3 as envoy;
    use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request;
    use futures_util::stream;
    use http_body_util::StreamBody;
    use hyper::body::Frame;

    use super::super::message::{HttpBody, Phase};
    use super::*;

    fn framed(message: &impl prost::Message) -> Vec<u8> {
        let mut bytes = vec![0];
        bytes.put_u32(u32::try_from(message.encoded_len()).unwrap());
        message.encode(&mut bytes).unwrap();
        bytes
    }

    fn of(frames: impl IntoIterator<Item = Vec<u8>>) -> Inbound<impl Body<Data = Bytes, Error = Infallible> + Unpin> {
        let frames: VecDeque<_> = frames.into_iter().map(|frame| Ok::<_, Infallible>(Frame::data(Bytes::from(frame)))).collect();
        Inbound::new(StreamBody::new(stream::iter(frames)), 1_000)
    }

    fn chunk(text: &str) -> envoy::ProcessingRequest {
        let body = envoy::HttpBody { body: text.into(), end_of_stream: true, ..envoy::HttpBody::default() };
        envoy::ProcessingRequest { request: Some(Request::ResponseBody(body)), ..envoy::ProcessingRequest::default() }
    }

    fn text(message: Option<Message>) -> Option<String> {
        match message?.phase? {
            Phase::AnswerBody(HttpBody { body, end_of_stream: true }) => Some(String::from_utf8(body.into()).unwrap()),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn messages_are_the_same_wherever_the_frames_are_cut() {
        let messages: Vec<_> = ["", "one", &"long".repeat(50)].iter().map(|text| framed(&chunk(text))).collect();
        let wire = messages.concat();
        for first in 0..wire.len() {
            for second in [first, first + 1, first + 7, wire.len()].map(|second| second.min(wire.len())) {
                let frames = [wire[..first].to_vec(), wire[first..second].to_vec(), wire[second..].to_vec()];
                let mut inbound = of(frames);
                let mut texts = Vec::new();
                while let Some(message) = inbound.message().await.unwrap() {
                    texts.extend(text(Some(message)));
                }
                assert_eq!(texts, ["".to_owned(), "one".to_owned(), "long".repeat(50)], "cut at {first} and {second}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_cut_compressed_too_long_or_no_message_is_an_error_and_never_an_end() {
        let whole = framed(&chunk("whole"));
        for length in 1..whole.len() {
            let error = of([whole[..length].to_vec()]).message().await.unwrap_err();
            assert_eq!(error.code(), Code::Internal, "{length} bytes");
        }
        let compressed = [&[1], &whole[1..]].concat();
        assert_eq!(of([compressed]).message().await.unwrap_err().code(), Code::Unimplemented);
        let long = framed(&chunk(&"x".repeat(1_001)));
        assert_eq!(of([long]).message().await.unwrap_err().code(), Code::OutOfRange);
        let garbage = vec![0, 0, 0, 0, 2, 0xff, 0xff];
        assert_eq!(of([garbage]).message().await.unwrap_err().code(), Code::InvalidArgument);
        assert_eq!(of([]).message().await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_message_in_one_frame_is_not_copied() {
        let frame = Bytes::from(framed(&chunk("where it lies")));
        let body = StreamBody::new(stream::iter([Ok::<_, Infallible>(Frame::data(frame.clone()))]));
        let message = Inbound::new(body, 1_000).message().await.unwrap().unwrap();
        let Some(Phase::AnswerBody(read)) = message.phase else { panic!() };
        assert!(frame.as_ptr_range().contains(&read.body.as_ptr()));
    }

    #[test]
    fn it_is_read_as_the_generated_message_would_be() {
        let header = HeaderValue { key: ":status".into(), raw_value: b"200".to_vec(), ..HeaderValue::default() };
        let headers = envoy::HttpHeaders {
            headers: Some(HeaderMap { headers: vec![header] }),
            end_of_stream: true,
            ..envoy::HttpHeaders::default()
        };
        let theirs = envoy::ProcessingRequest {
            request: Some(Request::ResponseHeaders(headers.clone())),
            metadata_context: Some(Default::default()),
            attributes: [("envoy.filters.http.ext_proc".to_owned(), Default::default())].into(),
            observability_mode: true,
            ..Default::default()
        };
        let ours = Message::decode(theirs.encode_to_vec().as_slice()).unwrap();
        assert_eq!(ours.phase, Some(Phase::AnswerHeaders(headers)));
        assert_eq!(ours.metadata, Some(Default::default()));
        assert_eq!(ours.attributes[0].extension, "envoy.filters.http.ext_proc");
    }
}
